/** How memory follows from row and clock (registration.md 9 "Continue-as-new"), and what is answered (4.3). */
import { describe, expect, it } from 'vitest';
import { answerOf, edgeAnswerOf, nextStep } from '../../../../../domain/registration/decide/answers.ts';
import {
  dueMarginMs,
  emptyMemory,
  memoryOf,
  pendingLimitMs,
  withClock,
} from '../../../../../domain/registration/memory.ts';
import {
  attempt,
  clock,
  contextAt,
  introspection,
  loadedFrom,
  memoryIn,
  newId,
  openingEvent,
  rowClock,
  settings,
  states,
} from './support.ts';

const day = 24 * 3_600_000;
const none = { pending: null, ack: null, liveness: null, retry: null, retire: null };

describe('deadlines', () => {
  it.each([
    ['pending_registration', { ...none, pending: clock + pendingLimitMs }],
    ['accepted', { ...none, ack: clock + 30_000 + dueMarginMs }],
    ['awaiting_ack', { ...none, ack: clock + 30_000 + dueMarginMs }],
    ['ack_received', none],
    ['active', { ...none, liveness: clock + 60_000 + dueMarginMs }],
    ['ack_timed_out', { ...none, retire: clock + 7 * day }],
    ['rejected', { ...none, retire: clock + 7 * day }],
    ['liveness_expired', { ...none, retire: clock + 7 * day }],
  ] as const)('in %s', (state, expected) => {
    expect(withClock(memoryIn(state), rowClock, settings, clock).due).toEqual(expected);
  });

  it('of a retry keep the workflow', () => {
    const due = withClock(memoryIn('ack_timed_out'), { ...rowClock, retry_remaining_ms: 5_000 }, settings, clock).due;
    expect(due).toEqual({ ...none, retry: clock + 5_000 });
  });

  it('follow the settings of the database: mode and interval', () => {
    const told = withClock(memoryIn('active'), { ...rowClock, mode: 'fleet', interval_ms: 45_000 }, settings, clock);
    expect(told).toMatchObject({ mode: 'fleet', interval_ms: 45_000 });
  });

  it('open the window of the attempt', () => {
    const { attempts } = withClock(memoryIn('awaiting_ack'), { ...rowClock, ack_remaining_ms: 7 }, settings, clock);
    expect(attempts[0]).toMatchObject({ attempt_id: attempt, open_until: clock + 7 });
    expect(attempts[1]).toMatchObject({ open_until: null });
  });
});

describe('the memory of a row', () => {
  it.each(states.filter((state) => state !== null))('in %s is what was written', (state) => {
    const memory = withClock(memoryIn(state), rowClock, settings, clock);
    const loaded = loadedFrom(memory, { expiry_reason: state === 'liveness_expired' ? 'missed_heartbeats' : null });
    expect(memoryOf(loaded, memory, settings, clock)).toEqual({ ...memory, attempt_opened_at: clock });
  });

  it('knows what an empty one does not: causes, attempts, the age of the attempt', () => {
    const memory = memoryIn('awaiting_ack');
    const seen = [newId()];
    const loaded = {
      ...loadedFrom(memory, { attempt_started_at: '2025-12-31T23:59:50.000Z', endpoints: { control: 'http://x' } }),
      seen,
    };
    expect(memoryOf(loaded, emptyMemory(settings), settings, clock)).toMatchObject({
      state: 'awaiting_ack',
      seen,
      attempt_cause_id: openingEvent,
      attempt_opened_at: clock - 10_000,
      has_control: true,
      facts_hash_without_status: null,
    });
  });

  it('keeps ids of messages that wrote nothing, and forgets beyond 32', () => {
    const mine = Array.from({ length: 20 }, () => newId());
    const stored = [mine[0] ?? '', ...Array.from({ length: 20 }, () => newId())];
    const memory = memoryIn('active', introspection(), { seen: mine });
    const { seen } = memoryOf({ ...loadedFrom(memory), seen: stored }, memory, settings, clock);
    expect(seen).toEqual([...mine, ...stored.slice(1)].slice(0, 32));
  });

  it('was withdrawn where its reason says so', () => {
    const memory = memoryIn('ack_timed_out', introspection(), { reason_code: 'withdrawn' });
    expect(memoryOf(loadedFrom(memory), emptyMemory(settings), settings, clock).withdrawn).toBe(true);
  });
});

describe('an answer', () => {
  const context = contextAt(clock);

  it.each([
    [null, 'introspect'],
    ['pending_registration', 'wait'],
    ['accepted', 'ack'],
    ['awaiting_ack', 'ack'],
    ['rejected', 'introspect'],
    ['ack_timed_out', 'introspect'],
    ['ack_received', 'heartbeat'],
    ['active', 'heartbeat'],
    ['liveness_expired', 'introspect'],
  ] as const)('in %s says what comes next: %s', (state, next) => {
    expect(nextStep(memoryIn(state))).toBe(next);
    const answer = answerOf(memoryIn(state), { result: 'duplicate' }, context);
    expect(answer).toMatchObject({ result: 'duplicate', state, next });
    expect(Object.values(answer)).not.toContain(undefined);
    expect(Object.keys(answer)).toHaveLength(12);
  });

  it('carries the open offer, also relative', () => {
    expect(answerOf(memoryIn('awaiting_ack'), { result: 'joined' }, contextAt(clock + 10_000))).toMatchObject({
      attempt_id: attempt,
      ack_deadline: '2026-01-01T00:00:30.000Z',
      ack_in_ms: 20_000,
      next_heartbeat_in_ms: 30_000,
    });
    expect(answerOf(memoryIn('awaiting_ack'), { result: 'joined' }, contextAt(clock + 60_000)).ack_in_ms).toBe(0);
    expect(answerOf(memoryIn('active'), { result: 'unchanged' }, context)).toMatchObject({
      ack_deadline: null,
      ack_in_ms: null,
    });
  });

  it('says when to come back', () => {
    expect(answerOf(memoryIn('rejected'), { result: 'rejected' }, context)).toMatchObject({
      retry_after_ms: 60_000,
      reason: { code: 'domain_closed', text: 'no' },
      next_heartbeat_in_ms: null,
    });
    const waiting = memoryIn('ack_timed_out', introspection(), { due: { ...none, retry: clock + 4_000 } });
    expect(answerOf(waiting, { result: 'too_late' }, context)).toMatchObject({ retry_after_ms: 4_000, next: 'wait' });
    expect(answerOf(memoryIn('active'), { result: 'deciding', retry_after_ms: 5_000 }, context).retry_after_ms).toBe(
      5_000,
    );
  });

  it('tells why a registration ended', () => {
    const reason = (state: 'ack_timed_out' | 'liveness_expired' | 'rejected', changes = {}) =>
      answerOf(memoryIn(state, introspection(), changes), { result: 'closed' }, context).reason?.code;
    expect(reason('ack_timed_out')).toBe('deadline');
    expect(reason('ack_timed_out', { reason_code: 'withdrawn' })).toBe('withdrawn');
    expect(reason('liveness_expired')).toBe('missed_heartbeats');
    expect(reason('liveness_expired', { expiry_reason: 'operator' })).toBe('operator');
    expect(reason('liveness_expired', { expiry_reason: null })).toBe('missed_heartbeats');
    expect(reason('rejected', { reason_code: null, rejection_reason: null })).toBe('rejected');
  });

  it('lets a node that leaves go', () => {
    expect(answerOf(memoryIn('rejected'), { result: 'already_closed', leaving: true }, context)).toMatchObject({
      next: 'stop',
      retry_after_ms: null,
      next_heartbeat_in_ms: null,
    });
  });

  it('to an edge names the row', () => {
    expect(edgeAnswerOf(memoryIn('active'), true)).toEqual({ applied: true, state: 'active', epoch: 2, version: 3 });
    expect(edgeAnswerOf(memoryIn(null), false)).toEqual({ applied: false, state: null, epoch: null, version: null });
  });
});
