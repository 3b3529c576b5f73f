/** The client of nodes against the real gateway: everything it offers, and events over a restart. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../../api/client/client.ts';
import { createNodeClient } from '../../../../api/client/node-client/node-client.ts';
import { createEventFeed } from '../../../../api/events/event-feed.ts';
import { nodeEventSchema, type PublishedEvent } from '../../../../contracts/event.ts';
import { purgeOutbox } from '../../../../db/stores/outbox/purge.ts';
import { checkHeartbeat, checkIntrospection } from '../../../../domain/registration/messages.ts';
import { type Relay, startRelay } from '../../../../workers/relay/start-relay.ts';
import { waitFor } from '../../../support/cli.ts';
import { type SocketHouse, socketHouse } from '../support.ts';
import { context, newNode, type NodeStack, openNodeStack } from './support.ts';

let stack: NodeStack;
let relay: Relay;
let house: SocketHouse;

beforeAll(async () => {
  stack = await openNodeStack();
  relay = startRelay({
    databaseUrl: stack.databaseUrl,
    database: stack.database,
    sinks: [],
    logger: pino({ level: 'silent' }),
    metrics: new Registry(),
  });
  house = await socketHouse();
}, 60_000);
afterAll(async () => {
  await house.dispose();
  await relay.close();
  await stack.dispose();
});

function message(change: Record<string, unknown> = {}) {
  const checked = checkIntrospection(newNode(change), { correlation_id: randomUUID() });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.value;
}

describe('everything at once', () => {
  it('speaks every route', async () => {
    const { nodes } = stack.client;
    const tag = `tag.${randomUUID()}`;
    const given = message({ contract_capabilities: { capability_tags: [tag, 'b'], intent_types: ['i'] } });
    const key = { node_id: given.node_id };
    const offer = await nodes.introspect(given, context);
    expect(await nodes.offer(key, 0, context)).toMatchObject({ attempt_id: offer.attempt_id });
    const ack = {
      command_id: randomUUID(),
      node_id: given.node_id,
      domain: given.domain,
      attempt_id: offer.attempt_id,
      correlation_id: null,
      timestamp: given.timestamp,
    };
    expect(await nodes.ack(ack, context)).toMatchObject({ result: 'activated' });
    expect(await nodes.offer(key, 0, context)).toBeNull();
    const beat = checkHeartbeat({ node_id: given.node_id, timestamp: given.timestamp, uptime_seconds: 3 });
    if (!beat.ok) throw new Error('bad beat');
    expect(await nodes.heartbeat(beat.value, context)).toMatchObject({ result: 'accepted', edge: 'applied' });
    expect(await nodes.heartbeats([beat.value, {}], context)).toMatchObject([
      { result: 'accepted' },
      { error: { code: 'ND001' } },
    ]);
    expect(await nodes.get(key, context)).toMatchObject({ current_state: 'active', live: { uptime_seconds: 3 } });
    expect((await nodes.transitions(key, { limit: 3 }, context)).items).toHaveLength(3);
    expect(await nodes.live(key, context)).toMatchObject({ state: 'active', epoch: 1 });
    expect((await nodes.counts(null, context)).active).toBeGreaterThan(0);
    expect((await nodes.list({ all_tags: [tag, 'b'], overdue: false, domain: null }, context)).items).toHaveLength(1);
    expect(
      (await nodes.list({ tag, intents: ['i', 'j'], capability: { processing: true } }, context)).items,
    ).toHaveLength(1);
    expect((await nodes.list({ tag, overdue: true }, context)).items).toHaveLength(0);
    expect(await nodes.select({ capability: tag, domain: null, strategy: 'least_loaded' }, context)).toMatchObject({
      candidates: 1,
      strategy: 'least_loaded',
    });
    expect(await nodes.requestIntrospection([given.node_id], null, context)).toBe(1);
    const goodbye = { ...key, domain: given.domain, command_id: randomUUID(), reason: 'x', epoch: null } as const;
    const actor = { type: 'node', id: given.node_id } as const;
    expect(await nodes.deregister({ ...goodbye, actor, correlation_id: null }, context)).toMatchObject({
      result: 'deregistered',
    });
    await expect(nodes.get({ node_id: randomUUID() }, context)).rejects.toMatchObject({ code: 'ND003' });
    await expect(nodes.select({ capability: 'nobody' }, context)).rejects.toMatchObject({ code: 'ND004' });
    await expect(nodes.list({ limit: 0 }, context)).rejects.toMatchObject({ code: 'ND002' });
  });
});

describe('events', () => {
  it('tells every event of a node once and in order, over a gateway that is restarted', async () => {
    const given = message();
    const seen: PublishedEvent[] = [];
    const stop = new AbortController();
    const open = async () => {
      const feed = createEventFeed({ database: stack.database, databaseUrl: stack.databaseUrl });
      return house.open({ deps: { nodes: stack.nodes, events: feed } });
    };
    let listening = await open();
    const client = createApiClient({ socketPath: house.socketPath });
    const reading = (async () => {
      const query = { entity_id: given.node_id, after: '0', signal: stop.signal };
      for await (const event of client.nodes.events(query, context)) seen.push(event);
    })().catch((error: unknown) => error);

    const offer = await stack.nodes.introspect(given, context);
    await waitFor('the first events', () => (seen.length >= 3 ? true : undefined));
    await listening.gateway.close();
    await stack.nodes.ack(
      {
        command_id: randomUUID(),
        node_id: given.node_id,
        domain: given.domain,
        attempt_id: offer.attempt_id,
        correlation_id: null,
        timestamp: given.timestamp,
      },
      context,
    );
    listening = await open();
    await waitFor('the events after the restart', () => (seen.length >= 5 ? true : undefined));
    stop.abort(new Error('enough'));
    expect(await reading).toMatchObject({ message: 'enough' });
    expect(seen.map(({ type }) => type)).toEqual([
      'node.registration.initiated',
      'node.registration.accepted',
      'node.registration.offered',
      'node.registration.ack_received',
      'node.became_active',
    ]);
    for (const { payload, event_id, pub_seq } of seen) {
      expect(nodeEventSchema.parse(payload).event_id).toBe(event_id);
      expect(pub_seq).toMatch(/^\d+$/);
    }
    client.close();
  });

  it('gives only what was asked for, from now on', async () => {
    const given = message();
    const stop = new AbortController();
    const seen: PublishedEvent[] = [];
    const reading = (async () => {
      const query = { types: ['node.became_active'], domain: given.domain, signal: stop.signal };
      for await (const event of stack.client.nodes.events(query, context)) seen.push(event);
    })().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const node = createNodeClient({
      target: { socketPath: stack.socketPath },
      node: { node_id: given.node_id, node_type: 'effect' },
    });
    node.start();
    expect(await node.ready({ timeoutMs: 10_000 })).toBe(true);
    await waitFor('the event', () => (seen.length > 0 ? true : undefined));
    expect(seen.map(({ subject_id, type }) => [subject_id, type])).toEqual([[given.node_id, 'node.became_active']]);
    stop.abort();
    await reading;
    await node.close();
    expect(await stack.client.nodes.get({ node_id: given.node_id }, context)).toMatchObject({
      current_state: 'liveness_expired',
      expiry_reason: 'deregistered',
    });
  });

  it('says ND018 when the place is too old', async () => {
    expect(await purgeOutbox(stack.database, { keepMs: 0 })).toBeGreaterThan(2);
    const events = stack.client.nodes.events({ after: '1' }, context);
    await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ND018' });
  });
});

describe('a node of this kind', () => {
  it('comes back after its row was lost from the fleet, with a new epoch', async () => {
    stack.configure({ heartbeat_interval_ms: 1_000 });
    const id = randomUUID();
    const node = createNodeClient({
      target: { socketPath: stack.socketPath },
      node: { node_id: id, node_type: 'compute' },
    });
    node.start();
    expect(await node.ready({ timeoutMs: 10_000 })).toBe(true);
    const actor = { type: 'operator', id: 'ops' } as const;
    const goodbye = { node_id: id, domain: 'registration', command_id: randomUUID(), reason: 'x', epoch: null };
    await stack.client.nodes.deregister({ ...goodbye, actor, correlation_id: null }, context);
    await waitFor('the second epoch', async () => {
      const { epoch, current_state } = await stack.client.nodes.get({ node_id: id }, context);
      return epoch === 2 && current_state === 'active' ? true : undefined;
    });
    await node.close();
  });

  it('gives way to a later process of the same node', async () => {
    stack.configure({ heartbeat_interval_ms: 1_000 });
    const options = {
      target: { socketPath: stack.socketPath },
      node: { node_id: randomUUID(), node_type: 'compute' },
    } as const;
    const [first, second] = [createNodeClient(options), createNodeClient(options)];
    first.start();
    expect(await first.ready({ timeoutMs: 10_000 })).toBe(true);
    second.start();
    expect(await second.ready({ timeoutMs: 10_000 })).toBe(true);
    await waitFor('the first to notice', () => (first.status.phase === 'replaced' ? true : undefined));
    await first.close();
    expect(await stack.client.nodes.get({ node_id: options.node.node_id }, context)).toMatchObject({
      current_state: 'active',
      epoch: 2,
    });
    await second.close();
  });
});

describe('an answer that breaks the contract', () => {
  let server: Server;
  let answer: unknown;
  const socketPath = () => path.join(house.directory, 'broken.sock');
  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(socketPath(), resolve));
  });
  afterAll(() => void server.close());

  it.each<[unknown, string]>([
    [{}, 'result'],
    [{ result: 'danced' }, 'result'],
    [[], 'its top'],
    ['text', 'its top'],
    [null, 'its top'],
  ])('%j is ND017 at %s', async (given, at) => {
    answer = given;
    const client = createApiClient({ socketPath: socketPath() });
    await expect(client.nodes.introspect(message(), context)).rejects.toMatchObject({
      code: 'ND017',
      details: { path: at },
    });
    client.close();
  });

  it('counts too few items of a batch, a page without items, and a row without its state', async () => {
    const client = createApiClient({ socketPath: socketPath() });
    answer = { items: [] };
    await expect(client.nodes.heartbeats([{}], context)).rejects.toMatchObject({ code: 'ND017' });
    await expect(client.nodes.list({}, context)).rejects.toMatchObject({ code: 'ND017' });
    answer = { items: [{ entity_id: 'x' }], next_cursor: null, has_more: false, malformed: [] };
    await expect(client.nodes.list({}, context)).rejects.toMatchObject({ code: 'ND017' });
    client.close();
  });
});
