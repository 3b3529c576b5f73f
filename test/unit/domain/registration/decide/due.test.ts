/** What time does in every state, and what the database says instead (registration.md 3.1, 7). */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../../domain/registration/decide/decide.ts';
import { reconsider } from '../../../../../domain/registration/decide/not-due.ts';
import type { DueDeadline, RegistrationInput } from '../../../../../domain/registration/decide/types.ts';
import {
  clock,
  consent,
  contextAt,
  correlation,
  introspection,
  lineOf,
  memoryAfter,
  memoryIn,
  newId,
  notDue,
  openingEvent,
  refusal,
  states,
  stepsOf,
} from './support.ts';

const due = (deadline: DueDeadline, changes: Partial<Extract<RegistrationInput, { kind: 'due' }>> = {}) =>
  ({ kind: 'due', deadline, incident_id: null, ...changes }) as const;

const passed = { pending: clock, ack: clock, liveness: clock, retry: clock, retire: clock };

const table: Readonly<Record<DueDeadline, Readonly<Record<string, string>>>> = {
  ack: { accepted: 'E3 E5 [ack_overdue]', awaiting_ack: 'E5 [ack_overdue]' },
  liveness: { active: 'E8 [liveness_overdue]' },
  activation: { ack_received: 'E7' },
  retry: { ack_timed_out: 'ask' },
  retire: Object.fromEntries(states.map((state) => [String(state), 'complete'])),
};

describe('a deadline', () => {
  it.each(Object.keys(table) as DueDeadline[])('of %s acts in its states only', (deadline) => {
    for (const state of states) {
      const decision = decide(memoryIn(state, introspection(), { due: passed }), due(deadline), contextAt());
      expect(`${String(state)} ${lineOf(decision)}`).toBe(
        `${String(state)} ${table[deadline][String(state)] ?? 'drop'}`,
      );
    }
  });

  it('of nothing is dropped', () => {
    expect(lineOf(decide(memoryIn('ack_timed_out'), due('retry'), contextAt()))).toBe('drop');
    expect(lineOf(decide(memoryIn('rejected'), due('retire'), contextAt()))).toBe('drop');
  });

  it('names the event that opened the wait', () => {
    for (const [state, deadline] of [
      ['awaiting_ack', 'ack'],
      ['active', 'liveness'],
      ['ack_received', 'activation'],
    ] as const) {
      expect(stepsOf(decide(memoryIn(state), due(deadline), contextAt()))[0]).toMatchObject({
        cause_id: openingEvent,
        correlation_id: correlation,
        actor: 'system:registration',
      });
    }
  });

  it('of an offer that was never handed over names the offer it makes', () => {
    const [offer, timeOut] = stepsOf(decide(memoryIn('accepted'), due('ack'), contextAt()));
    expect(timeOut).toMatchObject({ cause_id: offer?.event_id, event: { payload: { previous_state: 'accepted' } } });
  });

  it('of life carries the incident of the sweep', () => {
    const incident = newId();
    const [step] = stepsOf(decide(memoryIn('active'), due('liveness', { incident_id: incident }), contextAt()));
    expect(step).toMatchObject({ incident_id: incident, reason_code: 'missed_heartbeats' });
  });
});

describe('the retry series', () => {
  const timeOut = (attempt_number: number, changes = {}) =>
    stepsOf(
      decide(memoryIn('awaiting_ack', introspection(), { attempt_number, ...changes }), due('ack'), contextAt()),
    )[0];

  it('backs off, doubling, until the attempts are used up', () => {
    expect(timeOut(1)).toMatchObject({ retry_in_ms: 5_000, event: { payload: { will_retry: true } } });
    expect(timeOut(2)).toMatchObject({ retry_in_ms: 10_000 });
    expect(timeOut(3)).toMatchObject({ retry_in_ms: null, event: { payload: { will_retry: false } } });
  });

  it('ends with a withdrawal', () => {
    expect(timeOut(1, { withdrawn: true })).toMatchObject({ retry_in_ms: null });
    const memory = memoryIn('ack_timed_out', introspection(), { withdrawn: true, due: passed });
    expect(lineOf(decide(memory, due('retry'), contextAt()))).toBe('drop');
  });

  const waiting = memoryIn('ack_timed_out', introspection(), {
    due: { ...passed, retire: null },
    reason_code: 'deadline',
  });

  it('makes the next attempt with the stored facts, and the policy decides again', () => {
    const line = (verdict: typeof consent | null, memory = waiting) =>
      lineOf(decide(memory, due('retry', { verdict }), contextAt()));
    expect(line(consent)).toBe('E6 E1 E3');
    expect(line(refusal)).toBe('E6 E2');
    expect(line(null)).toBe('E6 +consult');
    expect(line(consent, { ...waiting, has_control: true })).toBe('E6 E1 +deliver');
  });

  it('counts attempts and epochs, and keeps the correlation of the introspection', () => {
    const decision = decide(waiting, due('retry', { verdict: consent }), contextAt());
    const [retry, accepted, offered] = stepsOf(decision);
    expect(retry).toMatchObject({
      kind: 'retry',
      ordering: { epoch: 3, version: 1 },
      cause_id: openingEvent,
      correlation_id: correlation,
      event: { payload: { reason: 'retry', supersedes: { epoch: 2, state: 'ack_timed_out' } } },
    });
    expect(accepted?.cause_id).toBe(openingEvent);
    expect(offered).toMatchObject({ cause_id: openingEvent, event: { payload: { delivery: 'poll' } } });
    expect(memoryAfter(decision)).toMatchObject({
      attempt_number: 2,
      epoch: 3,
      reason_code: null,
      facts_hash: waiting.facts_hash,
    });
    expect(decision).toMatchObject({ change: { facts: null } });
  });
});

describe('a guard that does not hold', () => {
  const active = memoryIn('active');
  const judge = (
    why: Parameters<typeof notDue>[0],
    memory = active,
    input: RegistrationInput = due('liveness'),
    changes = {},
  ) => reconsider(memory, input, notDue(why, changes), contextAt());

  it.each(['early', 'hold'] as const)('because it is %s moves the deadline and writes nothing', (why) => {
    expect(judge(why)).toMatchObject({
      kind: 'decision',
      decision: { kind: 'drop' },
      memory: { due: { liveness: clock + 5_100 }, state: 'active' },
    });
    expect(judge(why, memoryIn('awaiting_ack'), due('ack'))).toMatchObject({ memory: { due: { ack: clock + 5_100 } } });
  });

  it('because of another state or epoch has the row read', () => {
    expect(judge('state_changed')).toEqual({ kind: 'reload' });
    expect(judge('epoch_changed')).toEqual({ kind: 'reload' });
  });

  it('because of a receipt activates the node', () => {
    const receipt = { command_id: newId(), received_at: '2026-01-01T00:00:01.000Z' };
    const found = judge('receipt', memoryIn('accepted'), due('ack'), { receipt });
    expect(found.kind === 'decision' && lineOf(found.decision)).toBe('E3 E4 E7 [ack_in_time]');
  });

  it('because a receipt came too late is judged as a time-out soon', () => {
    const late = judge('late', memoryIn('awaiting_ack'), { kind: 'receipt', command_id: newId() });
    expect(late).toMatchObject({ decision: { kind: 'drop' }, memory: { due: { ack: clock + 1_000 } } });
  });
});

describe('a step outside the table', () => {
  it('is refused', () => {
    const edge = {
      message_id: null,
      epoch: 0,
      status: 'healthy',
      first: true,
      received_at: '2026-01-01T00:00:00Z',
    } as const;
    expect(lineOf(decide(memoryIn(null), { kind: 'edge', edge, path: 'gateway' }, contextAt()))).toBe('answer ignored');
    expect(lineOf(decide(memoryIn('liveness_expired'), { kind: 'heal' }, contextAt()))).toBe('drop');
    expect(lineOf(decide(memoryIn(null), { kind: 'heal' }, contextAt()))).toBe('drop');
    expect(lineOf(decide(memoryIn('active'), { kind: 'heal' }, contextAt()))).toBe('R');
  });
});
