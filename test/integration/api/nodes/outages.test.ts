/** What goes on while a part is away (registration.md 9, table of outages), and what a gateway says when it is full. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IntrospectionAnswer } from '../../../../contracts/node/answers.ts';
import type { Introspection } from '../../../../contracts/node/messages.ts';
import { checkHeartbeat, checkIntrospection } from '../../../../domain/registration/messages.ts';
import { readPaths } from '../../../../db/stores/liveness/path.ts';
import { waitFor } from '../../../support/cli.ts';
import { context, newNode, type NodeStack, openNodeStack } from './support.ts';

let stack: NodeStack;
/** Introspections that were handed to the engine and wait there while this holds. */
let hold: Promise<void> | null = null;

beforeAll(async () => {
  stack = await openNodeStack({
    proxied: true,
    limits: { introspections: 4, ingest: { waiting: 20 } },
    engine: (real) => ({
      ...real,
      async introspect(message, options) {
        await hold;
        return real.introspect(message, options);
      },
    }),
  });
}, 60_000);
afterAll(() => stack.dispose());

function message(change: Record<string, unknown> = {}): Introspection {
  const checked = checkIntrospection(newNode(change), { correlation_id: randomUUID() });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.value;
}

function beat(node_id: string, change: Record<string, unknown> = {}) {
  const at = new Date().toISOString();
  const checked = checkHeartbeat({ node_id, timestamp: at, uptime_seconds: 10, ...change });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.value;
}

async function offered(): Promise<IntrospectionAnswer & { readonly node_id: string }> {
  const given = message();
  return { ...(await stack.client.nodes.introspect(given, context)), node_id: given.node_id };
}

const ackOf = (offer: { node_id: string; attempt_id: string | null }, attempt_id = offer.attempt_id) => ({
  command_id: randomUUID(),
  node_id: offer.node_id,
  domain: 'registration',
  attempt_id,
  correlation_id: null,
  timestamp: new Date().toISOString(),
});

const goodbyeOf = ({ node_id }: { node_id: string }) => ({
  command_id: randomUUID(),
  node_id,
  domain: 'registration',
  reason: 'maintenance',
  actor: { type: 'operator', id: 'ops' } as const,
  correlation_id: null,
  epoch: null,
});

async function activated(): Promise<string> {
  const offer = await offered();
  expect((await stack.client.nodes.ack(ackOf(offer), context)).result).toBe('activated');
  return offer.node_id;
}

async function codeOf(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    (answer) => answer,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
}

describe('without workers', () => {
  it('takes beats, keeps acks, and says within 10 s that it cannot register', async () => {
    const offer = await offered();
    const silent = await activated();
    await stack.stopWorker();
    try {
      const from = performance.now();
      const [refused, recorded, unnamed, beaten, view, goodbye] = await Promise.all([
        codeOf(stack.client.nodes.introspect(message(), context)),
        stack.client.nodes.ack(ackOf(offer), context),
        codeOf(stack.client.nodes.ack(ackOf(offer, null), context)),
        stack.client.nodes.heartbeat(beat(silent), context),
        codeOf(stack.client.nodes.live({ node_id: silent }, context)),
        codeOf(stack.client.nodes.deregister(goodbyeOf({ node_id: silent }), context)),
      ]);
      expect(performance.now() - from).toBeLessThan(10_500);
      expect([refused, view, goodbye]).toEqual(['ND013', 'ND013', 'ND013']);
      expect(recorded).toMatchObject({
        result: 'recorded',
        state: 'awaiting_ack',
        epoch: 1,
        attempt_id: offer.attempt_id,
      });
      // Nothing says which offer is meant, so nothing could be kept.
      expect(unnamed).toBe('ND013');
      expect(beaten).toMatchObject({ result: 'accepted', edge: 'pending', next: 'heartbeat' });
      expect((await stack.client.nodes.get({ node_id: offer.node_id }, context)).live?.ack_received_at).not.toBeNull();
    } finally {
      await stack.startWorker();
    }
    // Updates that nobody took are gone; the receipt is not.
    await stack.pokeReceipt(offer.node_id, 1);
    const state = await waitFor('the recorded ack', async () => {
      const { current_state } = await stack.client.nodes.get({ node_id: offer.node_id }, context);
      return current_state === 'awaiting_ack' ? undefined : current_state;
    });
    expect(state).toBe('active');
  }, 60_000);
});

describe('without Temporal data', () => {
  it('revives an open row for an ack and a goodbye', async () => {
    const offer = await offered();
    await stack.endWorkflow(offer.node_id);
    expect(await stack.client.nodes.ack(ackOf(offer), context)).toMatchObject({ result: 'activated', epoch: 1 });
    await stack.endWorkflow(offer.node_id);
    const goodbye = goodbyeOf(offer);
    expect(await stack.client.nodes.deregister(goodbye, context)).toMatchObject({
      result: 'deregistered',
      state: 'liveness_expired',
    });
  });

  it('revives an open row for a shutdown', async () => {
    const given = message();
    await stack.client.nodes.introspect(given, context);
    await stack.endWorkflow(given.node_id);
    const shutdown = { ...given, message_id: randomUUID(), reason: 'shutdown' } as const;
    expect(await stack.client.nodes.introspect(shutdown, context)).toMatchObject({ result: 'withdrawn' });
  });

  it('lets a closed row speak for itself', async () => {
    const given = message();
    const offer = await stack.client.nodes.introspect(given, context);
    const named = { node_id: given.node_id, attempt_id: offer.attempt_id };
    const ack = ackOf(named);
    await stack.client.nodes.ack(ack, context);
    const goodbye = goodbyeOf(named);
    await stack.client.nodes.deregister(goodbye, context);
    await stack.endWorkflow(given.node_id);
    const { nodes } = stack.client;
    const closed = { state: 'liveness_expired', epoch: 1, next: 'introspect', reason: { code: 'operator' } };
    expect(await nodes.ack(ackOf(named), context)).toMatchObject({ ...closed, result: 'closed' });
    expect(await nodes.ack(ackOf(named, null), context)).toMatchObject({ ...closed, result: 'closed' });
    expect(await nodes.ack(ackOf(named, randomUUID()), context)).toMatchObject({
      ...closed,
      result: 'unknown_attempt',
    });
    expect(await nodes.ack(ack, context)).toMatchObject({ ...closed, result: 'duplicate' });
    expect(await nodes.deregister(goodbye, context)).toMatchObject({ ...closed, result: 'duplicate' });
    const later = { ...goodbye, command_id: randomUUID() };
    expect(await nodes.deregister(later, context)).toMatchObject({ ...closed, result: 'already_closed' });
    expect(await nodes.deregister({ ...later, epoch: 7 }, context)).toMatchObject({ ...closed, result: 'stale_epoch' });
    const shutdown = { ...given, message_id: randomUUID(), reason: 'shutdown' } as const;
    expect(await nodes.introspect(shutdown, context)).toMatchObject({ ...closed, result: 'already_closed' });
    const anew = { ...given, message_id: randomUUID() };
    expect(await nodes.introspect(anew, context)).toMatchObject({ result: 'started', epoch: 2 });
  });
});

describe('without Postgres', () => {
  it('fails beats and reads typed, and goes on by itself', async () => {
    const id = await activated();
    await stack.client.nodes.heartbeat(beat(id), context);
    stack.proxy?.cut();
    try {
      const { nodes } = stack.client;
      expect(await codeOf(nodes.heartbeat(beat(id), context))).toBe('ND009');
      expect(await codeOf(nodes.heartbeats([beat(id), { node_id: 'x' }], context))).toBe('ND009');
      expect(await codeOf(nodes.get({ node_id: id }, context))).toBe('ND009');
      expect(await codeOf(nodes.offer({ node_id: id }, 0, context))).toBe('ND009');
      expect(await codeOf(nodes.requestIntrospection('all', null, context))).toBe('ND009');
      // The engine still registers: its workers have their own way to Postgres.
      expect(await nodes.introspect(message(), context)).toMatchObject({ result: 'started' });
    } finally {
      stack.proxy?.mend();
    }
    await waitFor('beats', async () => {
      const answer = await codeOf(stack.client.nodes.heartbeat(beat(id), context));
      return typeof answer === 'object' ? answer : undefined;
    });
  });

  it('vouches for the path only while beats can be stored', async () => {
    const probe = stack.nodes.startProbe();
    const seen = async () => (await readPaths(stack.database)).ingest?.last_seen ?? 0;
    const first = await waitFor('the first refresh', async () => (await seen()) || undefined);
    await waitFor('the next refresh', async () => ((await seen()) > first ? true : undefined));
    stack.proxy?.cut();
    const atCut = await seen();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await seen()).toBe(atCut);
    stack.proxy?.mend();
    await waitFor('the refresh after the outage', async () => ((await seen()) > atCut ? true : undefined));
    await probe.close();
    const atClose = await seen();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await seen()).toBe(atClose);
  }, 30_000);
});

describe('when it is full', () => {
  it('refuses introspections beyond its places with ND014, and takes others once some have ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    hold = promise;
    const taken = Array.from({ length: 4 }, () => stack.client.nodes.introspect(message(), context));
    await new Promise((settle) => setTimeout(settle, 100));
    expect(await codeOf(stack.client.nodes.introspect(message(), context))).toBe('ND014');
    resolve();
    hold = null;
    expect((await Promise.all(taken)).map(({ result }) => result)).toEqual(Array.from({ length: 4 }, () => 'started'));
    expect(await stack.client.nodes.introspect(message(), context)).toMatchObject({ result: 'started' });
  });

  it('refuses a batch that does not fit as a whole, and stores none of it', async () => {
    const id = await activated();
    const items = Array.from({ length: 21 }, (_, index) => beat(id, { uptime_seconds: 10 + index }));
    expect(await codeOf(stack.client.nodes.heartbeats(items, context))).toBe('ND014');
    expect((await stack.client.nodes.get({ node_id: id }, context)).live?.last_heartbeat_at).toBeNull();
    expect(await stack.client.nodes.heartbeats(items.slice(1), context)).toHaveLength(20);
  });
});
