/** What time does to a node on a real engine and database (registration.md 3.1, 9), with short deadlines. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { signalHeartbeat, snapshotNode } from '../../../client/registration.ts';
import type { NodeSettings } from '../../../contracts/node/settings.ts';
import { storeBeats } from '../../../db/stores/node-liveness/store-beats.ts';
import { recordReceipt } from '../../../db/stores/node-liveness/receipt.ts';
import { defaultNodeSettings } from '../../../contracts/node/settings.ts';
import { historyOf, timerSummaries } from '../support/history.ts';
import { ackOf, beatOf, introspection } from './support/node-worker.ts';
import { useNodes } from './support/node-workers.ts';

const short = (defaults: NodeSettings): NodeSettings => ({
  ...defaults,
  registration: {
    ...defaults.registration,
    ack_timeout_ms: 1_000,
    first_liveness_ms: 1_500,
    liveness_window_ms: 3_000,
    heartbeat_interval_ms: 1_000,
    max_attempts: 2,
    retry_backoff: { first_ms: 300, max_ms: 1_000, jitter_percent: 0 },
    retire_after_ms: 1_500,
  },
});
const settings = short(defaultNodeSettings);

describe('precise deadlines', () => {
  const nodes = useNodes({ settings: short });

  async function active() {
    const message = introspection();
    const { attempt_id } = await nodes.introspect(message);
    await nodes.ack(ackOf(message, attempt_id));
    return message;
  }

  it('expire a node that never beats, once, within a second of its deadline', async () => {
    const message = await active();
    const before = nodes.worker.lags.liveness.length;
    const row = await nodes.reaches(message, 'liveness_expired');
    expect(row).toMatchObject({ expiry_reason: 'missed_heartbeats' });
    expect(nodes.worker.lags.liveness[before]).toBeLessThan(1);
    await nodes.poke(message, { kind: 'liveness', epoch: 1, incident_id: null });
    await sleep(300);
    expect(await nodes.steps(message)).toBe('ES E1 E3 E4 E7 E8');
  });

  it('follow the beats in the database, without a cancelled timer', async () => {
    const message = await active();
    for (let beat = 0; beat < 20; beat += 1) {
      await storeBeats(nodes.worker.database, [beatOf(message, { epoch: 1, uptime_seconds: beat })], settings, {
        path: 'gateway',
      });
      await sleep(150);
    }
    expect((await nodes.row(message)).current_state).toBe('active');
    const events = await historyOf(nodes.worker, nodes.workflowId(message));
    expect(events.filter((event) => event.timerCanceledEventAttributes)).toEqual([]);
    await nodes.reaches(message, 'liveness_expired');
    expect(timerSummaries(events).length).toBeLessThanOrEqual(4);
  });

  it('let a node that beats by signal live, with few flushes, and expire it from its last beat', async () => {
    const message = await active();
    const events = async () => historyOf(nodes.worker, nodes.workflowId(message));
    for (let beat = 0; beat < 100; beat += 1) {
      await signalHeartbeat(nodes.worker.client, beatOf(message, { sequence: beat }));
      await sleep(20);
    }
    const key = { entity_id: message.node_id, domain: message.domain };
    expect(await snapshotNode(nodes.worker.client, key)).toMatchObject({
      heartbeat: { result: 'accepted', next: 'heartbeat' },
    });
    expect((await nodes.row(message)).current_state).toBe('active');
    expect((await events()).filter((event) => event.timerCanceledEventAttributes)).toEqual([]);
    expect(await nodes.steps(message)).toBe('ES E1 E3 E4 E7 R');
    const row = await nodes.reaches(message, 'liveness_expired');
    expect(row.path).toBe('signal');
    expect((await nodes.events(message)).filter(({ type }) => type === 'node.health_changed')).toHaveLength(1);
  });

  it('time an offer out, make the next, call a node that can be called, and end the series', async () => {
    const posted: unknown[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      request.on('end', () => {
        posted.push(JSON.parse(body));
        response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const control = `http://127.0.0.1:${(server.address() as AddressInfo).port}/offers`;
    const message = introspection({ endpoints: { control } });
    const first = await nodes.introspect(message);
    await expect.poll(() => nodes.steps(message), { timeout: 10_000 }).toBe('ES E1 E3 E5 E6 E1 E3 E5');
    const row = await nodes.row(message);
    expect(row).toMatchObject({ attempt_number: 2, epoch: 2, next_retry_at: null });
    expect(posted).toMatchObject([{ node_id: message.node_id, epoch: 2, attempt_id: row.attempt_id, next: 'ack' }]);
    const events = await nodes.events(message);
    const [timeOut, retry, , offer] = events.slice(3).map(({ payload }) => payload);
    expect(timeOut).toMatchObject({
      causation_id: events[2]?.payload.event_id,
      correlation_id: message.correlation_id,
      payload: { will_retry: true, previous_state: 'awaiting_ack' },
    });
    expect(retry).toMatchObject({
      causation_id: timeOut?.event_id,
      correlation_id: message.correlation_id,
      payload: { reason: 'retry', supersedes: { epoch: 1, attempt_id: first.attempt_id } },
    });
    expect(offer).toMatchObject({ payload: { delivery: 'callback' } });
    server.close();
    // Nothing waits any more: the workflow retires, the row stays.
    await expect
      .poll(
        async () => (await nodes.worker.client.workflow.getHandle(nodes.workflowId(message)).describe()).status.name,
        {
          timeout: 10_000,
        },
      )
      .toBe('COMPLETED');
  });

  it('yield to the receipt of an ack that came in time, and rule over one that came late', async () => {
    const message = introspection();
    const { attempt_id } = await nodes.introspect(message);
    const receipt = {
      node_id: message.node_id,
      domain: message.domain,
      attempt_id: attempt_id ?? '',
      command_id: randomUUID(),
    };
    expect(await recordReceipt(nodes.worker.database, receipt)).toMatchObject({ recorded: true });
    await nodes.reaches(message, 'active');
    expect(await nodes.steps(message)).toBe('ES E1 E3 E4 E7');
    const events = await nodes.events(message);
    expect(events[3]?.payload).toMatchObject({ causation_id: receipt.command_id });
    // The ack itself comes at last.
    const late = { ...ackOf(message, attempt_id), command_id: receipt.command_id };
    expect((await nodes.ack(late)).result).toBe('duplicate');
  });

  it('race an ack of the last moment: whoever wins, there is one end', async () => {
    const ends = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const message = introspection();
        const { attempt_id } = await nodes.introspect(message);
        await sleep(1_000 + index * 20);
        const { result } = await nodes.ack(ackOf(message, attempt_id));
        const steps = await nodes.steps(message);
        return `${result} ${steps}`;
      }),
    );
    for (const end of ends) {
      expect(end).toMatch(/^(activated ES E1 E3 E4 E7|too_late ES E1 E3 E5( E6 E1 E3)?|too_late ES E1 E3 E5 E6)$/);
    }
  });

  it('wait while the path of the node is down, and grant a full window after it', async () => {
    const message = await active();
    const { database } = nodes.worker;
    nodes.worker.cutPaths();
    await database.pool.query(`UPDATE component_liveness SET last_seen_at = now() - interval '1 minute'`);
    await sleep(2_500);
    expect((await nodes.row(message)).current_state).toBe('active');
    await database.pool.query(
      "UPDATE component_liveness SET up_since = now(), last_seen_at = now() + interval '1 minute'",
    );
    const back = performance.now();
    await nodes.reaches(message, 'liveness_expired');
    expect(performance.now() - back).toBeGreaterThan(1_200);
  });
});

describe('fleet mode', () => {
  const nodes = useNodes({
    settings: (defaults) => ({ ...short(defaults), deadlines: { mode: 'fleet', backstop_ms: 60_000 } }),
  });

  it('adds backstops only, and acts on pokes', async () => {
    const message = introspection();
    const { attempt_id } = await nodes.introspect(message);
    await nodes.ack(ackOf(message, attempt_id));
    const incident_id = randomUUID();
    await nodes.poke(message, { kind: 'liveness', epoch: 9, incident_id });
    await sleep(1_700);
    expect((await nodes.row(message)).current_state).toBe('active');
    await nodes.poke(message, { kind: 'liveness', epoch: 1, incident_id });
    await nodes.reaches(message, 'liveness_expired');
    const events = await historyOf(nodes.worker, nodes.workflowId(message));
    expect(timerSummaries(events).filter((summary) => summary !== 'retire')).toEqual(['backstop']);
    expect((await nodes.events(message)).at(-1)?.payload).toMatchObject({ incident_id });
  });

  it('is revived by a poke and goes on', async () => {
    const message = introspection();
    const { attempt_id } = await nodes.introspect(message);
    const receipt = {
      node_id: message.node_id,
      domain: message.domain,
      attempt_id: attempt_id ?? '',
      command_id: randomUUID(),
    };
    await recordReceipt(nodes.worker.database, receipt);
    await nodes.worker.client.workflow.getHandle(nodes.workflowId(message)).terminate('lost');
    await nodes.poke(message, { kind: 'receipt', epoch: 1, incident_id: null });
    await nodes.reaches(message, 'active');
    await storeBeats(nodes.worker.database, [beatOf(message, { status: 'degraded' })], settings, { path: 'gateway' });
    await nodes.poke(message, { kind: 'edge', epoch: 1, incident_id: null });
    await expect.poll(() => nodes.steps(message)).toBe('ES E1 E3 E4 E7 R');
    expect((await nodes.row(message)).reported_status).toBe('degraded');
  });

  it('of a node nobody knows ends at once', async () => {
    const message = introspection();
    await nodes.poke(message, { kind: 'stuck', epoch: 1, incident_id: null });
    await nodes.worker.client.workflow.getHandle(nodes.workflowId(message)).result();
    await expect(nodes.row(message)).rejects.toThrow('no row');
  });
});
