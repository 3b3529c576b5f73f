/** Calls when a part is missing, and writes whose worker dies (registration.md 9 "down", 14). */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  ackNode,
  introspectNode,
  pokeNode,
  sendEdge,
  signalHeartbeat,
  snapshotNode,
} from '../../../client/registration.ts';
import type { RegistrationActivities } from '../../../contracts/node/workflow.ts';
import { useNodes } from './support/node-workers.ts';
import { ackOf, again, beatOf, introspection } from './support/node-worker.ts';

/** Writes after which the worker seems to die: the database has them, the workflow hears of them only at the next try. */
const lost = { writes: 0 };
const dying =
  <Request, Answer>(serve: (request: Request) => Promise<Answer>) =>
  async (request: Request): Promise<Answer> => {
    const answer = await serve(request);
    if (lost.writes === 0) return answer;
    lost.writes -= 1;
    throw new Error('the worker died before it could say so');
  };

const nodes = useNodes({
  script: (real: RegistrationActivities) => ({
    persistTransitions: dying((write) => real.persistTransitions(write)),
    persistIf: dying((request) => real.persistIf(request)),
  }),
});

describe('without a worker', () => {
  let client: Client;
  let connection: Connection;
  beforeAll(async () => {
    connection = await Connection.connect({ address: inject('temporalAddress') });
    client = new Client({ connection });
  });
  afterAll(() => connection.close());

  it('a call ends at its deadline and names the queue', async () => {
    const message = introspection();
    const taskQueue = `nobody-${randomUUID()}`;
    const asked = performance.now();
    await expect(introspectNode(client, message, { start: true, taskQueue, timeoutMs: 700 })).rejects.toMatchObject({
      code: 'ND013',
      details: { part: expect.stringContaining('omnibase-control') },
    });
    expect(performance.now() - asked).toBeLessThan(3_000);
    const key = { entity_id: message.node_id, domain: message.domain };
    await expect(snapshotNode(client, key, 700)).rejects.toMatchObject({ code: 'ND013' });
    // A poke needs nobody: it waits for the worker.
    await pokeNode(client, key, { kind: 'stuck', epoch: 1, incident_id: null }, { taskQueue });
    await client.workflow.getHandle(`registration/registration/${message.node_id}`).terminate();
  });
});

describe('without a workflow', () => {
  it('nothing is started that was not to be', async () => {
    const message = introspection();
    const { client } = nodes.worker;
    const key = { entity_id: message.node_id, domain: message.domain };
    expect(await ackNode(client, ackOf(message, null), { start: false })).toBeNull();
    expect(await snapshotNode(client, key)).toBeNull();
    const edge = {
      message_id: randomUUID(),
      epoch: 1,
      status: 'healthy',
      first: true,
      received_at: new Date().toISOString(),
    } as const;
    await expect(sendEdge(client, key, edge)).rejects.toMatchObject({ code: 'ND013' });
    await expect(signalHeartbeat(client, beatOf(message))).rejects.toMatchObject({ code: 'ND003' });
  });
});

describe('a write whose worker dies', () => {
  it('is one transition and one event, at every step, ten times running', async () => {
    for (let round = 0; round < 10; round += 1) {
      lost.writes = 1;
      const message = introspection();
      const offer = await nodes.introspect(message);
      expect(offer).toMatchObject({ result: 'started', state: 'awaiting_ack', version: 3 });
      expect((await nodes.row(message)).attempt_id).toBe(offer.attempt_id);
      lost.writes = 1;
      expect(await nodes.ack(ackOf(message, offer.attempt_id))).toMatchObject({ state: 'active', version: 5 });
      lost.writes = 1;
      const gone = await nodes.introspect(again(message, { reason: 'shutdown' }));
      expect(gone).toMatchObject({ result: 'deregistered', state: 'liveness_expired' });
      expect(await nodes.steps(message)).toBe('ES E1 E3 E4 E7 E8');
      expect(await nodes.events(message)).toHaveLength(6);
    }
  });
});

describe('a storm of one node', () => {
  it('waits its turn, and each gets an answer', async () => {
    const message = introspection({ instance_id: 'a' });
    await nodes.introspect(message);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => nodes.introspect(again(message, { reason: 'request' }))),
    );
    expect(new Set(answers.map(({ result }) => result))).toEqual(new Set(['joined']));
  });
});
