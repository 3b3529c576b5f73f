/** Status edges: a few at a time, within their time, never a failure of the beat. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createEdgeLine } from '../../../../api/ingest/edge-line.ts';
import { createQuietLog } from '../../../../api/ingest/quiet-log.ts';
import type { EdgeAnswer } from '../../../../contracts/node/answers.ts';
import type { StatusEdge } from '../../../../contracts/node/messages.ts';

const key = { entity_id: 'e', domain: 'registration' };
const edge: StatusEdge = {
  message_id: 'm',
  epoch: 1,
  status: 'degraded',
  first: false,
  received_at: '2026-01-01T00:00:00.000Z',
};
const answer = (applied: boolean): EdgeAnswer => ({ applied, state: 'active', epoch: 1, version: 6 });

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

it.each([
  [true, 'applied'],
  [false, 'none'],
] as const)('an edge that the workflow answers with applied = %s is %s', async (applied, outcome) => {
  expect(await createEdgeLine({ send: async () => answer(applied) }).send(key, edge)).toBe(outcome);
});

it('is pending when it cannot be delivered, and says why', async () => {
  const told: unknown[] = [];
  const line = createEdgeLine({
    send: () => Promise.reject(new Error('away')),
    onPending: (_key, error) => told.push(error),
  });
  expect(await line.send(key, edge)).toBe('pending');
  expect(told).toEqual([new Error('away')]);
});

it('sends a few at a time, in order, and gives each what is left of its time', async () => {
  const sent: { timeoutMs: number; end: () => void }[] = [];
  const line = createEdgeLine({
    atOnce: 2,
    deadlineMs: 2000,
    send: (_key, _edge, timeoutMs) => {
      const { promise, resolve } = Promise.withResolvers<EdgeAnswer>();
      sent.push({ timeoutMs, end: () => resolve(answer(true)) });
      return promise;
    },
  });
  const outcomes = Array.from({ length: 4 }, () => line.send(key, edge));
  await vi.advanceTimersByTimeAsync(500);
  expect(sent.map(({ timeoutMs }) => timeoutMs)).toEqual([2000, 2000]);
  sent[0]?.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(sent.map(({ timeoutMs }) => timeoutMs)).toEqual([2000, 2000, 1500]);
  await vi.advanceTimersByTimeAsync(1490);
  sent[1]?.end();
  await vi.advanceTimersByTimeAsync(0);
  // The fourth has waited too long to be heard in time.
  expect(sent).toHaveLength(3);
  expect(await outcomes[3]).toBe('pending');
  sent[2]?.end();
  expect(await Promise.all(outcomes.slice(0, 3))).toEqual(['applied', 'applied', 'applied']);
});

it('says the same about one subject once per period', () => {
  let now = 0;
  const told: string[] = [];
  const quiet = createQuietLog(60_000, () => now);
  const tell = (subject: string) => quiet.once(subject, () => told.push(`${subject}@${now}`));
  for (now = 0; now <= 120_000; now += 20_000) {
    tell('a');
    if (now === 20_000) tell('b');
  }
  expect(told).toEqual(['a@0', 'b@20000', 'a@60000', 'a@120000']);
});

it('forgets subjects rather than grow without end', () => {
  const quiet = createQuietLog(60_000, () => 0);
  let told = 0;
  const tell = (subject: number) => quiet.once(String(subject), () => (told += 1));
  for (let subject = 0; subject <= 10_000; subject += 1) tell(subject);
  expect(told).toBe(10_001);
  tell(10_000);
  expect(told).toBe(10_001);
  tell(0);
  expect(told).toBe(10_002);
});
