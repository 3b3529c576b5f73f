/**
 * What strangers are told while a part is away (registration.md 9, 14): when to come back, and what was kept meanwhile.
 * The parts are stopped, not killed, so that they neither answer nor refuse.
 */
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { errorAnswerSchema } from '../../../../api/schemas/answers.ts';
import { waitFor } from '../../../support/cli.ts';
import type { HttpAnswer } from '../support/http.ts';
import type { NodeStack } from '../support/node-stack.ts';

/** Introspections that a gateway has under way at once; the rest is told to come back. */
const inFlight = 64;
const nodes = '/api/v1/nodes';
let stack: NodeStack;

/** @param opened the stack, once it is up; its nodes live longer than an outage lasts */
export function outages(opened: () => NodeStack): void {
  beforeAll(() => void (stack = opened()));

  describe('while a part is away', () => {
    it('without Temporal nodes live on, acks are kept, and who wants more is told when to come back', async () => {
      const [living, offered] = [await announced(), await announced()];
      expect((await ack(living)).body).toMatchObject({ result: 'activated' });
      const { temporal = 0 } = await stack.pids();
      const resume = stop([temporal]);
      try {
        const started = performance.now();
        const crowd = Array.from({ length: inFlight + 8 }, () => announce(randomUUID()));
        const [beaten, acked, left, shown, ...refused] = await Promise.all([
          beat(living),
          ack(offered),
          farewell(living),
          stack.socket.call('GET', `${nodes}/${living}`),
          ...crowd,
        ]);
        expect(beaten).toMatchObject({ status: 200, body: { result: 'accepted', edge: 'pending' } });
        expect(acked).toMatchObject({ status: 202, body: { result: 'recorded' } });
        expect(shown).toMatchObject({ status: 200, body: { current_state: 'active' } });
        expect(performance.now() - started).toBeLessThan(12_000);
        expect(refusal(left)).toEqual({ status: 503, code: 'ND013', retryable: true });
        const kinds = Map.groupBy(refused.map(refusal), ({ code }) => code);
        expect(kinds.get('ND013')).toEqual(Array.from({ length: inFlight }, () => refusal(left)));
        expect(kinds.get('ND014')?.[0]).toEqual({ status: 429, code: 'ND014', retryable: true });
        expect(kinds.size).toBe(2);
      } finally {
        resume();
      }
      const isActive = async (id: string) =>
        ((await stack.socket.call('GET', `${nodes}/${id}`)).body as { current_state: string }).current_state ===
        'active';
      await waitFor('the kept ack', async () => (await isActive(offered)) || undefined, 30_000);
      expect(await isActive(living)).toBe(true);
    }, 60_000);

    it('without Postgres everybody is told when to come back, first slowly, then at once, and at last not any more', async () => {
      const id = await announced();
      const { postgres = 0 } = await stack.pids();
      const resume = stop([postgres, ...(await childrenOf(postgres))]);
      try {
        const full = Array.from({ length: 11 }, () => ({ items: Array.from({ length: 1000 }, someBeat) }));
        const [slow, crowd, single] = await Promise.all([
          Promise.all(Array.from({ length: 6 }, () => stack.socket.call('GET', `${nodes}/${id}`))),
          Promise.all(full.map((body) => stack.socket.call('POST', `${nodes}/heartbeats`, { body }))),
          beat(id),
        ]);
        for (const answer of slow) expect(refusal(answer)).toMatchObject({ status: 503, retryable: true });
        expect(refusal(single)).toMatchObject({ status: 503, retryable: true });
        expect(crowd.map((answer) => refusal(answer).code)).toContain('ND014');
        for (const answer of crowd) expect(refusal(answer)).toMatchObject({ status: 503, retryable: true });

        const quick = await stack.socket.call('GET', nodes);
        expect(refusal(quick)).toEqual({ status: 503, code: 'ND011', retryable: true });
        const { code, stderr } = await stack.run(['node', 'ls', '--timeout', '20s']);
        expect(code).toBe(6);
        expect(stderr).toMatch(/\[ND0(09|10|11)\]/);
      } finally {
        resume();
      }
      await waitFor(
        'an answer',
        async () => (await stack.socket.call('GET', nodes)).status === 200 || undefined,
        30_000,
      );
      expect(await beat(id)).toMatchObject({ status: 200 });
    }, 60_000);
  });
}

const timestamp = () => new Date().toISOString();

function announce(id: string): Promise<HttpAnswer> {
  return stack.socket.call('POST', nodes, { body: { node_id: id, node_type: 'effect', timestamp: timestamp() } });
}

async function announced(): Promise<string> {
  const id = randomUUID();
  expect(await announce(id)).toMatchObject({ status: 201 });
  return id;
}

async function ack(id: string): Promise<HttpAnswer> {
  const { body } = await stack.socket.call('GET', `${nodes}/${id}/offer`);
  const { attempt_id } = body as { attempt_id: string };
  return stack.socket.call('POST', `${nodes}/${id}/ack`, { body: { attempt_id, timestamp: timestamp() } });
}

function beat(id: string): Promise<HttpAnswer> {
  return stack.socket.call('POST', `${nodes}/${id}/heartbeat`, {
    body: { uptime_seconds: 1, timestamp: timestamp() },
  });
}

function someBeat() {
  return { node_id: randomUUID(), uptime_seconds: 1, timestamp: timestamp() };
}

function farewell(id: string): Promise<HttpAnswer> {
  const body = { reason: 'enough', actor: { type: 'operator', id: 'me' } };
  return stack.socket.call('DELETE', `${nodes}/${id}`, { body });
}

/** Every refusal of this kind says when to come back. */
function refusal({ status, body, headers }: HttpAnswer) {
  const { error } = errorAnswerSchema.parse(body);
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
  return { status, code: error.code, retryable: error.retryable };
}

/** Stops processes where they stand; answers what lets them go on. */
function stop(pids: readonly number[]): () => void {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
}

async function childrenOf(parent: number): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    names.map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      return { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]) };
    }),
  );
  return parents.filter((one) => one.parent === parent).map(({ pid }) => pid);
}
