/** Nodes that go: deregistration in every state (registration.md 3.4, 4.2). */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../../domain/registration/decide/decide.ts';
import {
  clock,
  contextAt,
  correlation,
  deregistration,
  introspection,
  lineOf,
  memoryAfter,
  memoryIn,
  newId,
  openingEvent,
  states,
  stepsOf,
} from './support.ts';

const table = {
  none: 'answer unknown_node',
  pending_registration: 'E2 withdrawn',
  accepted: 'E3 E5 withdrawn',
  awaiting_ack: 'E5 withdrawn',
  rejected: 'answer already_closed',
  ack_timed_out: 'answer already_closed',
  ack_received: 'E7 E8 deregistered',
  active: 'E8 deregistered',
  liveness_expired: 'answer already_closed',
} as const;

const input = (changes = {}) => ({ kind: 'deregister', command: deregistration(changes) }) as const;
const withRetry = memoryIn('ack_timed_out', introspection(), {
  due: { pending: null, ack: null, liveness: null, retry: clock + 5_000, retire: null },
});

describe('a deregistration', () => {
  it.each(states)('in %s', (state) => {
    const decision = decide(memoryIn(state), input(), contextAt());
    expect(lineOf(decision)).toBe(table[state ?? 'none']);
    if (decision.kind === 'answer' || decision.kind === 'write')
      expect(decision.reply).toMatchObject({ leaving: true });
  });

  it.each(states.filter((state) => state !== null))('repeated, or of another epoch, in %s does nothing', (state) => {
    const request = input();
    const seen = memoryIn(state, introspection(), { seen: [request.command.command_id] });
    expect(lineOf(decide(seen, request, contextAt()))).toBe('answer duplicate');
    expect(lineOf(decide(memoryIn(state), input({ epoch: 1 }), contextAt()))).toBe('answer stale_epoch');
    expect(lineOf(decide(memoryIn(state), input({ epoch: 2 }), contextAt()))).toBe(table[state]);
  });

  it('drops a retry that waits', () => {
    const request = input();
    const decision = decide(withRetry, request, contextAt());
    expect(lineOf(decision)).toBe('R already_closed');
    expect(stepsOf(decision)[0]).toMatchObject({
      from_state: 'ack_timed_out',
      reason_code: 'withdrawn',
      cause_id: request.command.command_id,
    });
    expect(memoryAfter(decision).withdrawn).toBe(true);
    const shutdown = introspection({ reason: 'shutdown' });
    const facts = { facts_hash: '', columns: {} as never };
    expect(
      lineOf(decide(withRetry, { kind: 'introspect', message: shutdown, facts, path: 'gateway' }, contextAt())),
    ).toBe('R already_closed');
  });

  it('has the reason of who asked', () => {
    const expire = (type: 'node' | 'operator' | 'system') =>
      stepsOf(decide(memoryIn('active'), input({ actor: { type, id: 'x' } }), contextAt()))[0];
    expect(expire('operator')).toMatchObject({ reason_code: 'operator', actor: 'operator:x' });
    expect(expire('node')).toMatchObject({
      reason_code: 'deregistered',
      event: { payload: { expiry_reason: 'deregistered' } },
    });
    expect(expire('system')).toMatchObject({ reason_code: 'deregistered' });
  });

  it('withdraws an undecided attempt with its own words', () => {
    const decision = decide(memoryIn('pending_registration'), input({ reason: 'moving house' }), contextAt());
    expect(memoryAfter(decision)).toMatchObject({
      state: 'rejected',
      reason_code: 'withdrawn',
      rejection_reason: 'moving house',
      withdrawn: true,
    });
  });

  it('withdraws an offer without a retry', () => {
    const decision = decide(memoryIn('accepted'), input(), contextAt());
    const [offer, timeOut] = stepsOf(decision);
    expect(offer).toMatchObject({ event: { payload: { delivery: 'poll' } } });
    expect(timeOut).toMatchObject({
      retry_in_ms: null,
      reason_code: 'withdrawn',
      event: { payload: { reason: 'withdrawn', will_retry: false, previous_state: 'accepted' } },
    });
  });

  it('activates by time what was acknowledged, and expires it by command', () => {
    const request = input({ correlation_id: newId() });
    const [activated, expired] = stepsOf(decide(memoryIn('ack_received'), request, contextAt()));
    expect(activated).toMatchObject({ cause_id: openingEvent, correlation_id: correlation });
    expect(expired).toMatchObject({
      cause_id: request.command.command_id,
      correlation_id: request.command.correlation_id,
    });
  });
});
