/** A node against a control plane that says what the test wants: over HTTP to a gateway in this process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createNodeClient,
  type NodeClient,
  type NodeClientOptions,
  type NodeStatus,
} from '../../../../../api/client/node-client/node-client.ts';
import { listenGateway } from '../../../../../api/listen.ts';
import { OmniBaseError } from '../../../../../contracts/error.ts';
import type { Ack, Heartbeat, Introspection } from '../../../../../contracts/node/messages.ts';
import { checkAck, checkHeartbeat, checkIntrospection } from '../../../../../domain/registration/messages.ts';
import { type TestGateway, testGateway } from '../../support/gateway.ts';
import { exampleAttemptId, exampleNodeId, type MemoryNodes, memoryNodes } from '../../support/memory-nodes.ts';
import { until } from '../../support/until.ts';

let directory: string;
let gateway: TestGateway;
let nodes: MemoryNodes;
let client: NodeClient | null = null;
let seen: NodeStatus[];
const soon = { next_heartbeat_in_ms: 50 };
const away = new OmniBaseError('ND013', { details: { part: 'the engine' } });

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'omnibase-node-'));
  nodes = memoryNodes();
  gateway = testGateway({ deps: { nodes } });
  seen = [];
  await listenGateway(gateway.gateway, { socketPath: path.join(directory, 's'), tcp: null });
});
afterEach(async () => {
  await client?.close();
  client = null;
  await gateway.gateway.close();
  await rm(directory, { recursive: true, force: true });
});

function node(options: Partial<NodeClientOptions> = {}): NodeClient {
  client = createNodeClient({
    target: { socketPath: path.join(directory, 's') },
    node: { node_id: exampleNodeId, node_type: 'compute', declared_capabilities: { read: true } },
    intervalMs: 200,
    onChange: (status) => seen.push(status),
    ...options,
  });
  return client;
}

const introspections = () => nodes.given<Introspection>('introspect');
const acks = () => nodes.given<Ack>('ack');
const beats = () => nodes.given<Heartbeat>('heartbeat');
const operations = () => nodes.calls.map(({ operation }) => operation);

describe('the handshake', () => {
  it('introspects, acknowledges the attempt it was offered, and beats', async () => {
    nodes.script.ack = [soon];
    const started = node();
    started.start();
    expect(await started.ready({ timeoutMs: 4000 })).toBe(true);
    await until(() => beats().length > 0);
    expect(operations().slice(0, 3)).toEqual(['introspect', 'ack', 'heartbeat']);
    expect(introspections()[0]).toMatchObject({ reason: 'startup', status: 'healthy', domain: 'registration' });
    expect(acks()[0]).toMatchObject({ attempt_id: exampleAttemptId });
    expect(beats()[0]).toMatchObject({ epoch: 1, status: 'healthy', sequence: 1 });
    expect(beats()[0]?.memory_usage_mb).toBeGreaterThan(1);
    expect(seen.map(({ phase }) => phase)).toEqual(['registering', 'registering', 'active']);
    expect(started.status).toMatchObject({ phase: 'active', state: 'active', epoch: 1, failures: 0 });
  });

  it('sends what the checkers of the border take', async () => {
    nodes.script.ack = [soon];
    node({
      node: {
        node_id: exampleNodeId,
        node_type: 'effect',
        domain: 'edge',
        node_name: 'n',
        node_version: '2.0.0-rc.1',
        component: { name: 'team/a', version: '1.0.0' },
        contract_capabilities: { capability_tags: ['a'] },
        endpoints: { control: 'http://localhost:1/' },
        subscribe_topics: ['t'],
        metadata: { region: 'eu' },
        feature_flags: { f: true },
        performance_metrics: { rps: 3 },
      },
    }).start();
    await until(() => beats().length > 0);
    expect(checkIntrospection(introspections()[0])).toMatchObject({ ok: true, value: { domain: 'edge' } });
    expect(checkAck(acks()[0])).toMatchObject({ ok: true, value: { domain: 'edge' } });
    expect(checkHeartbeat(beats()[0])).toMatchObject({
      ok: true,
      value: { domain: 'edge', node_version: '2.0.0-rc.1' },
    });
  });

  it('takes the offer of another answer, when the first one was too late', async () => {
    const other = 'bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee';
    nodes.script.ack = [{ result: 'too_late', state: 'awaiting_ack', attempt_id: other, next: 'ack' }, soon];
    const started = node();
    started.start();
    expect(await started.ready({ timeoutMs: 4000 })).toBe(true);
    expect(acks().map(({ attempt_id }) => attempt_id)).toEqual([exampleAttemptId, other]);
    expect(acks()[0]?.command_id).not.toBe(acks()[1]?.command_id);
  });

  it('beats while the decision is open, and acknowledges when a beat brings the offer', async () => {
    const open = { state: 'pending_registration', attempt_id: null, next: 'wait', next_heartbeat_in_ms: 60 } as const;
    nodes.script.introspect = [{ ...open, result: 'deciding' }];
    nodes.script.heartbeat = [open, { state: 'awaiting_ack', attempt_id: exampleAttemptId, next: 'ack' }];
    const started = node();
    started.start();
    expect(await started.ready({ timeoutMs: 4000 })).toBe(true);
    expect(operations().slice(0, 4)).toEqual(['introspect', 'heartbeat', 'heartbeat', 'ack']);
  });

  it('waits as long as it is told when it was refused, then asks again', async () => {
    nodes.script.introspect = [{ result: 'rejected', state: 'rejected', next: 'introspect', retry_after_ms: 150 }];
    const started = node();
    started.start();
    await until(() => introspections().length === 1 && started.status.phase === 'waiting');
    const from = performance.now();
    await until(() => introspections().length === 2);
    expect(performance.now() - from).toBeGreaterThan(100);
    expect(introspections()[1]).toMatchObject({ reason: 'request' });
    expect(introspections()[1]?.message_id).not.toBe(introspections()[0]?.message_id);
  });
});

describe('what answers ask for', () => {
  it('beats at the told interval', async () => {
    nodes.script.ack = [{ next_heartbeat_in_ms: 120 }];
    nodes.script.heartbeat = [{ next_heartbeat_in_ms: 60 }, { next_heartbeat_in_ms: 60_000 }];
    node().start();
    await until(() => beats().length === 2);
    const at = nodes.calls.map((made) => made.at);
    const [toFirst, toSecond] = [(at[2] ?? 0) - (at[1] ?? 0), (at[3] ?? 0) - (at[2] ?? 0)];
    expect(toFirst).toBeGreaterThan(110);
    expect(toSecond).toBeGreaterThan(55);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(beats()).toHaveLength(2);
  });

  it.each(['unknown_node', 'ignored_terminal'])('registers again after %s', async (result) => {
    nodes.script.ack = [soon];
    nodes.script.heartbeat = [{ result, state: null, next: 'introspect' }];
    node().start();
    await until(() => acks().length === 2);
    expect(operations().slice(0, 5)).toEqual(['introspect', 'ack', 'heartbeat', 'introspect', 'ack']);
    expect(introspections()[1]).toMatchObject({ reason: 'request' });
  });

  it('names its epoch only while it takes part: a retry begins another one by itself', async () => {
    nodes.script.ack = [{ result: 'too_late', state: 'ack_timed_out', next: 'wait', retry_after_ms: 50 }, soon];
    nodes.script.heartbeat = [{ state: 'awaiting_ack', next: 'ack' }, soon];
    node().start();
    await until(() => beats().length === 2);
    expect(beats().map(({ epoch }) => epoch)).toEqual([null, 1]);
  });

  it('beats no more once another process has taken over, and does not take that one out', async () => {
    nodes.script.ack = [soon];
    nodes.script.heartbeat = [{ result: 'stale_epoch', next: 'stop', next_heartbeat_in_ms: null }];
    const started = node();
    started.start();
    await until(() => started.status.phase === 'replaced');
    const before = nodes.calls.length;
    await started.close();
    expect(nodes.calls).toHaveLength(before);
    expect(await started.ready({ timeoutMs: 10 })).toBe(false);
  });

  it('does not spin when it is told to introspect for ever', async () => {
    nodes.script.introspect = Array.from(
      { length: 1000 },
      () => ({ next: 'introspect', next_heartbeat_in_ms: 400 }) as const,
    );
    node().start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(introspections().length).toBeLessThanOrEqual(3);
  });
});

describe('trouble', () => {
  it('keeps trying with the same message while nobody answers, and never throws', async () => {
    nodes.away = away;
    const started = node();
    started.start();
    await until(() => started.status.failures >= 3);
    expect(started.status).toMatchObject({ phase: 'registering', last_error: { code: 'ND013' } });
    nodes.away = null;
    nodes.script.ack = [soon];
    expect(await started.ready({ timeoutMs: 4000 })).toBe(true);
    expect(new Set(introspections().map(({ message_id }) => message_id)).size).toBe(1);
    expect(started.status).toMatchObject({ failures: 0, last_error: null });
    expect(seen.map(({ failures }) => failures > 0)).toContain(true);
  });

  it('waits between tries for at most the told interval', async () => {
    nodes.away = away;
    const started = node({ intervalMs: 100 });
    started.start();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // 50-100 ms each.
    expect(introspections().length).toBeGreaterThanOrEqual(4);
    expect(introspections().length).toBeLessThanOrEqual(21);
  });

  it('acknowledges again with the same command when the answer was lost', async () => {
    nodes.script.ack = [away, { ...soon, result: 'duplicate' }];
    nodes.script.heartbeat = [{ state: 'awaiting_ack', next: 'ack' }];
    const started = node();
    started.start();
    expect(await started.ready({ timeoutMs: 4000 })).toBe(true);
    expect(new Set(acks().map(({ command_id }) => command_id)).size).toBe(1);
    expect(acks()).toHaveLength(2);
  });

  it('hears from a heartbeat that an ack came through whose answer was lost', async () => {
    nodes.script.ack = [away];
    const started = node();
    started.start();
    expect(await started.ready({ timeoutMs: 4000 })).toBe(true);
    expect(operations()).toEqual(['introspect', 'ack', 'heartbeat']);
  });

  it('goes on beating while what it has to say about itself is not taken', async () => {
    nodes.script.ack = [{ next_heartbeat_in_ms: 100 }];
    const started = node();
    started.start();
    expect(await started.ready({ timeoutMs: 4000 })).toBe(true);
    nodes.script.introspect = Array.from({ length: 100 }, () => away);
    nodes.script.heartbeat = Array.from({ length: 100 }, () => ({ next_heartbeat_in_ms: 100 }));
    started.update({ declared_capabilities: { write: true } });
    await until(() => beats().length > 3);
    expect(started.status).toMatchObject({ phase: 'active', last_error: { code: 'ND013' } });
    nodes.script.introspect = [{ result: 'refreshed', state: 'active', next: 'heartbeat', ...soon }];
    await until(() => started.status.failures === 0);
    expect(new Set(introspections().map(({ message_id }) => message_id)).size).toBe(2);
  });

  it('takes an answer that breaks the contract for a failure', async () => {
    nodes.script.introspect = [{ state: 'dancing' as 'active' }];
    const started = node();
    started.start();
    await until(() => started.status.failures === 1 || started.status.state !== null);
    expect(seen.find(({ failures }) => failures === 1)?.last_error).toMatchObject({ code: 'ND017' });
    expect(await started.ready({ timeoutMs: 4000 })).toBe(true);
  });

  it('survives a gateway that is gone and comes back', async () => {
    nodes.script.ack = [soon];
    nodes.script.heartbeat = Array.from({ length: 100 }, () => soon);
    const started = node();
    started.start();
    await until(() => beats().length > 1);
    await gateway.gateway.close();
    await until(() => started.status.failures > 1);
    gateway = testGateway({ deps: { nodes } });
    await listenGateway(gateway.gateway, { socketPath: path.join(directory, 's'), tcp: null });
    const before = beats().length;
    await until(() => beats().length > before && started.status.failures === 0);
    expect(introspections()).toHaveLength(1);
  });

  it('is not disturbed by what the program around it throws', async () => {
    nodes.script.ack = [soon];
    const started = node({
      telemetry: () => {
        throw new Error('telemetry');
      },
      onChange: () => {
        throw new Error('listener');
      },
    });
    started.start();
    await until(() => beats().length > 0);
    expect(started.status.phase).toBe('active');
  });
});

describe('what the program says', () => {
  it('reports telemetry, and another status at once', async () => {
    nodes.script.ack = [soon];
    nodes.script.heartbeat = [{ next_heartbeat_in_ms: 60_000 }, { next_heartbeat_in_ms: 60_000 }];
    const started = node({ telemetry: () => ({ cpu_usage_percent: 12 }) });
    started.report({ active_operations_count: 3 });
    started.start();
    await until(() => beats().length === 1);
    expect(beats()[0]).toMatchObject({ active_operations_count: 3, cpu_usage_percent: 12, status: 'healthy' });
    await until(() => started.status.interval_ms > 50_000);
    started.report({ status: 'unhealthy', note: 'disk full' });
    await until(() => beats().length === 2);
    expect(beats()[1]).toMatchObject({
      active_operations_count: 3,
      status: 'unhealthy',
      note: 'disk full',
      sequence: 2,
    });
  });

  it('tells changed facts at once', async () => {
    nodes.script.ack = [{ next_heartbeat_in_ms: 60_000 }];
    const started = node();
    started.start();
    expect(await started.ready({ timeoutMs: 4000 })).toBe(true);
    nodes.script.introspect = [
      { result: 'refreshed', state: 'active', next: 'heartbeat', next_heartbeat_in_ms: 60_000 },
    ];
    started.update({ declared_capabilities: { write: true } });
    await until(() => introspections().length === 2);
    expect(introspections()[1]).toMatchObject({
      reason: 'capability_change',
      declared_capabilities: { write: true },
      instance_id: introspections()[0]?.instance_id,
    });
  });

  it('starts with facts that changed before the first answer', async () => {
    nodes.script.introspect = [away];
    const started = node();
    started.start();
    await until(() => started.status.failures === 1);
    started.update({ node_name: 'later' });
    await until(() => introspections().length === 2);
    expect(introspections()[1]).toMatchObject({ reason: 'startup', node_name: 'later' });
  });
});

describe('closing', () => {
  it('says goodbye once and stops', async () => {
    nodes.script.ack = [soon];
    nodes.script.heartbeat = Array.from({ length: 100 }, () => soon);
    const started = node();
    started.start();
    await until(() => beats().length > 0);
    await started.close();
    expect(introspections().at(-1)).toMatchObject({ reason: 'shutdown' });
    const before = nodes.calls.length;
    await started.close();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(nodes.calls).toHaveLength(before);
    expect(started.status.phase).toBe('closed');
  });

  it('says nothing when it was never started, and cannot be started any more', async () => {
    const idle = node();
    await idle.close();
    idle.start();
    expect(nodes.calls).toEqual([]);
    expect(await idle.ready()).toBe(false);
  });

  it('ends in time when nobody listens', async () => {
    const started = node();
    started.start();
    await until(() => started.status.state !== null);
    await gateway.gateway.close();
    const from = performance.now();
    await started.close({ timeoutMs: 200 });
    expect(performance.now() - from).toBeLessThan(1000);
  });
});

it('gives up waiting for ready when the time has passed', async () => {
  nodes.away = away;
  const started = node();
  started.start();
  expect(await started.ready({ timeoutMs: 100 })).toBe(false);
});
