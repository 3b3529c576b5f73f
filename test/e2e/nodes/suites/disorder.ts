/** Messages nobody meant, out of order, for the wrong node or all at once: a registration keeps its shape. */
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { waitFor } from '../../../support/cli.ts';
import type { HttpAnswer } from '../support/http.ts';
import type { NodeStack } from '../support/node-stack.ts';
import { expectLegalChain, type Key, recorded } from '../support/story.ts';

let stack: NodeStack;

/** @param opened the stack, once it is up; it gives a node two attempts */
export function disorder(opened: () => NodeStack): void {
  beforeAll(() => void (stack = opened()));

  describe.concurrent('a registration', () => {
    it('is not disturbed by malformed signals, unknown names and messages for others', async (context) => {
      const key = newKey();
      await activate(key);
      const before = (await recorded(stack, key)).map(({ event_id }) => event_id);
      const beating = keepBeating(key, context);
      const at = ['--workflow-id', `registration/${key.domain}/${key.id}`];
      const say = (...args: string[]) => stack.temporal('workflow', ...args);
      const signal = (name: string, input: unknown) =>
        say('signal', ...at, '--name', name, '--input', JSON.stringify(input));
      const update = (name: string, input: unknown) =>
        say('update', 'execute', ...at, '--name', name, '--input', JSON.stringify(input));
      const poke = { kind: 'liveness', epoch: 1, incident_id: null };

      const taken = await Promise.all([
        signal('heartbeat', 'nonsense'),
        signal('heartbeat', { ...message(key), uptime_seconds: -1 }),
        signal('heartbeat', { ...message({ ...key, id: randomUUID() }), uptime_seconds: 1 }),
        say('signal', ...at, '--name', 'heartbeat'),
        signal('poke', { ...poke, kind: 'everything' }),
        signal('poke', { ...poke, epoch: 7 }),
        signal('poke', poke),
        signal('poke', { ...poke, kind: 'ack' }),
        signal('poke', { ...poke, kind: 'stuck' }),
        signal('explode', {}),
        say('cancel', ...at),
      ]);
      expect(taken.map(({ code }) => code)).toEqual(taken.map(() => 0));
      const refused = await Promise.all([
        update('introspect', { node_id: key.id, node_type: 'worker' }),
        update('ack', { ...message({ ...key, id: randomUUID() }), attempt_id: null }),
        update('deregister', { node_id: key.id, domain: key.domain }),
        update('edge', { epoch: 0 }),
        update('explode', {}),
        say('query', ...at, '--type', 'explode'),
      ]);
      expect(refused.map(({ code }) => code)).toEqual(refused.map(() => 1));
      // All problems at once, where the person can read them.
      expect(refused[0]?.stderr).toMatch(/\[ND001\][^]*node_type: must be one of[^]*timestamp: is required/);

      const { stdout } = await say('show', ...at, '--output', 'json');
      const { events } = JSON.parse(stdout) as { events: { eventType: string }[] };
      expect(events.filter(({ eventType }) => /TASK_(FAILED|TIMED_OUT)/.test(eventType))).toEqual([]);
      beating.stop();
      expect((await recorded(stack, key)).map(({ event_id }) => event_id)).toEqual(before);
      expect(await rowOf(key)).toMatchObject({ current_state: 'active', version: before.length });
      expect(await farewell(key)).toMatchObject({ result: 'deregistered' });
    });

    it('is independent of that of the same node in another domain', async (context) => {
      const first = newKey();
      const second = { id: first.id, domain: `other-${first.domain}` };
      await Promise.all([activate(first), activate(second)]);
      const beating = keepBeating(second, context);
      await settled(first);
      expect(await rowOf(first)).toMatchObject({ current_state: 'liveness_expired', epoch: 1, version: 7 });
      expect(await rowOf(second)).toMatchObject({ current_state: 'active', epoch: 1, version: 6 });
      beating.stop();
      expect(await farewell(second)).toMatchObject({ result: 'deregistered' });
      expect(await rowOf(second)).toMatchObject({ current_state: 'liveness_expired', expiry_reason: 'operator' });
      expect(await rowOf(first)).toMatchObject({ expiry_reason: 'missed_heartbeats', version: 7 });
    });

    it('stays legal and comes to an end when ten messages meet, in any order', async () => {
      const orders = fc.sample(fc.shuffledSubarray([...storm], { minLength: storm.length }), 8);
      const outcomes = await Promise.all(
        orders.map(async (order) => {
          const key = newKey();
          const answers = await Promise.all(order.map((part) => part(key)));
          expect(answers.map(({ status }) => status)).toEqual(answers.map(() => expect.toBeOneOf([200, 201, 202])));
          // One more, who still thinks the first offer stands.
          await call(key, 'POST', '/ack', { attempt_id: null });
          await settled(key);
          const steps = await recorded(stack, key);
          expectLegalChain(steps);
          const last = steps.at(-1);
          const row = await rowOf(key);
          expect(row).toMatchObject({ current_state: last?.to_state, epoch: last?.epoch, version: last?.version });
          const { body } = await call(key, 'GET', '/live');
          expect(body).toMatchObject({ state: last?.to_state, version: last?.version, inbox_length: 0 });
          return steps.length;
        }),
      );
      expect(Math.min(...outcomes)).toBeGreaterThan(3);
    });
  });
}

const timestamp = () => new Date().toISOString();
const newKey = (): Key => ({ id: randomUUID(), domain: `disorder-${randomUUID().slice(0, 8)}` });
const message = ({ id, domain }: Key) => ({ node_id: id, domain, timestamp: timestamp() });

/** What happens to one node within a moment. */
const storm: readonly ((key: Key) => Promise<HttpAnswer>)[] = [
  (key) => announce(key, {}),
  (key) => announce(key, { node_version: '2.0.0' }),
  (key) => announce(key, { reason: 'capability_change', contract_capabilities: { capability_tags: ['x'] } }),
  (key) => announce(key, { reason: 'shutdown' }),
  (key) => call(key, 'POST', '/ack', { attempt_id: null }),
  (key) => call(key, 'POST', '/ack', { attempt_id: randomUUID() }),
  (key) => call(key, 'POST', '/heartbeat', { uptime_seconds: 1 }),
  (key) => call(key, 'POST', '/heartbeat', { uptime_seconds: 2, status: 'degraded' }),
  (key) => call(key, 'POST', '/heartbeat', { uptime_seconds: 3, epoch: 1, status: 'unhealthy' }),
  (key) => call(key, 'DELETE', '', { reason: 'storm', actor: { type: 'operator', id: 'me' } }),
];

function announce(key: Key, more: object): Promise<HttpAnswer> {
  const body = { ...message(key), node_type: 'effect', ...more };
  return stack.socket.call('POST', '/api/v1/nodes', { body });
}

function call(key: Key, method: string, view: string, more: object = {}): Promise<HttpAnswer> {
  const path = `/api/v1/nodes/${key.id}${view}`;
  if (method === 'GET') return stack.socket.call(method, `${path}?domain=${key.domain}`);
  const { timestamp, ...address } = message(key);
  return stack.socket.call(method, path, {
    body: { ...address, ...(method === 'POST' ? { timestamp } : {}), ...more },
  });
}

async function activate(key: Key): Promise<void> {
  expect(await announce(key, {})).toMatchObject({ status: 201 });
  expect((await call(key, 'POST', '/ack', {})).body).toMatchObject({ result: 'activated' });
  expect(await beat(key)).toMatchObject({ result: 'accepted', edge: 'applied' });
}

async function beat(key: Key): Promise<unknown> {
  return (await call(key, 'POST', '/heartbeat', { uptime_seconds: process.uptime() })).body;
}

/** Beats on its own, also while the test waits; ends with the test at the latest. */
function keepBeating(key: Key, { onTestFinished }: TestContext): { stop(): void } {
  const timer = setInterval(() => void beat(key), 500);
  const stop = () => clearInterval(timer);
  onTestFinished(stop);
  return { stop };
}

async function farewell(key: Key): Promise<unknown> {
  return (await call(key, 'DELETE', '', { reason: 'enough', actor: { type: 'operator', id: 'me' } })).body;
}

async function rowOf(key: Key): Promise<Record<string, unknown>> {
  return (await call(key, 'GET', '')).body as Record<string, unknown>;
}

/** Waits until nothing is expected of this registration any more. */
async function settled(key: Key): Promise<void> {
  await waitFor(
    'the end of a registration',
    async () => {
      const { current_state: state, next_retry_at: retry } = await rowOf(key);
      const isOver =
        state === 'rejected' || state === 'liveness_expired' || (state === 'ack_timed_out' && retry === null);
      return isOver || undefined;
    },
    20_000,
  );
}
