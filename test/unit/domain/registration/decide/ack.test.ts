/** Acknowledgements: every state by the attempt that is named (registration.md 3.5). */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../../domain/registration/decide/decide.ts';
import { reconsider } from '../../../../../domain/registration/decide/not-due.ts';
import type { RegistrationInput } from '../../../../../domain/registration/decide/types.ts';
import type { RegistrationState } from '../../../../../contracts/node/vocabulary.ts';
import type { RegistrationMemory } from '../../../../../contracts/node/workflow.ts';
import {
  ackMessage,
  attempt,
  clock,
  contextAt,
  correlation,
  earlierAttempt,
  lineOf,
  memoryAfter,
  memoryIn,
  newId,
  nodeId,
  notDue,
  openedBy,
  openingEvent,
  states,
  stepsOf,
} from './support.ts';

type Row = readonly [current: string, earlier: string, never: string, none: string];

const table: Readonly<Record<RegistrationState | 'none', Row>> = {
  none: ['unknown_node', 'unknown_node', 'unknown_node', 'unknown_node'],
  pending_registration: ['too_early', 'too_late', 'unknown_attempt', 'too_early'],
  accepted: ['E3 E4 E7 [ack_in_time] activated', 'too_late', 'unknown_attempt', 'E3 E4 E7 [ack_in_time] activated'],
  awaiting_ack: ['E4 E7 [ack_in_time] activated', 'too_late', 'unknown_attempt', 'E4 E7 [ack_in_time] activated'],
  ack_received: ['duplicate', 'too_late', 'unknown_attempt', 'duplicate'],
  active: ['duplicate', 'too_late', 'unknown_attempt', 'duplicate'],
  ack_timed_out: ['too_late', 'too_late', 'unknown_attempt', 'too_late'],
  rejected: ['closed', 'closed', 'unknown_attempt', 'closed'],
  liveness_expired: ['closed', 'closed', 'unknown_attempt', 'closed'],
};

const ackInput = (ack = ackMessage(attempt)) => ({ kind: 'ack', ack, path: 'gateway' }) as const;

describe('an ack', () => {
  it.each(states)('in %s', (state) => {
    const named = [attempt, earlierAttempt, newId(), null];
    const lines = named.map((id) => lineOf(decide(memoryIn(state), ackInput(ackMessage(id)), contextAt())));
    expect(lines.map((line) => line.replace('answer ', ''))).toEqual(table[state ?? 'none']);
  });

  it.each(states.filter((state) => state !== null))('repeated in %s is a duplicate', (state) => {
    for (const id of [attempt, earlierAttempt, newId(), null]) {
      const ack = ackMessage(id);
      const decision = decide(memoryIn(state, undefined, { seen: [ack.command_id] }), ackInput(ack), contextAt());
      expect(lineOf(decision)).toBe('answer duplicate');
    }
  });

  it('without a write is remembered by its command', () => {
    const ack = ackMessage(earlierAttempt);
    expect(memoryAfter(decide(memoryIn('active'), ackInput(ack), contextAt())).seen).toEqual([ack.command_id]);
  });
});

describe('an ack without an attempt', () => {
  const open = (until: number | null): RegistrationMemory => {
    const memory = memoryIn('awaiting_ack');
    return {
      ...memory,
      attempts: memory.attempts.map((known) =>
        known.attempt_id === earlierAttempt ? { ...known, open_until: until } : known,
      ),
    };
  };

  it('is ambiguous while a superseded offer is open', () => {
    const decision = decide(open(clock + 1), ackInput(ackMessage(null)), contextAt(clock));
    expect(lineOf(decision)).toBe('answer ambiguous_attempt');
  });

  it('is that of the current attempt once the window of the other has elapsed', () => {
    const decision = decide(open(clock + 1), ackInput(ackMessage(null)), contextAt(clock + 1));
    expect(lineOf(decision)).toBe('E4 E7 [ack_in_time] activated');
  });

  it('never is ambiguous when it names its attempt', () => {
    expect(lineOf(decide(open(clock + 1), ackInput(), contextAt(clock)))).toBe('E4 E7 [ack_in_time] activated');
  });
});

describe('activation', () => {
  it('has one cause, closes the window and opens the wait for life', () => {
    const ack = ackMessage(attempt);
    const decision = decide(memoryIn('awaiting_ack'), ackInput(ack), contextAt());
    const [received, active] = stepsOf(decision);
    expect(received).toMatchObject({
      cause_id: ack.command_id,
      correlation_id: correlation,
      actor: `node:${nodeId}`,
      event: { type: 'node.registration.ack_received', payload: { command_id: ack.command_id } },
    });
    expect(active).toMatchObject({ cause_id: ack.command_id, event: { type: 'node.became_active' } });
    const after = memoryAfter(decision);
    expect(after).toMatchObject({ state: 'active', version: 5, opening_event_id: active?.event_id });
    expect(after.attempts[0]?.open_until).toBeNull();
  });

  it('carries the correlation of the ack where it has one', () => {
    const own = newId();
    const decision = decide(
      memoryIn('awaiting_ack'),
      ackInput(ackMessage(attempt, { correlation_id: own })),
      contextAt(),
    );
    expect(stepsOf(decision).map(({ correlation_id }) => correlation_id)).toEqual([own, own]);
  });

  it('of an offer that was not handed over yet has the offer caused by what opened the attempt', () => {
    const [offer] = stepsOf(decide(memoryIn('accepted'), ackInput(), contextAt()));
    expect(offer).toMatchObject({ cause_id: openedBy, event: { payload: { delivery: 'poll' } } });
  });
});

describe('an ack whose guard does not hold', () => {
  const memory = memoryIn('awaiting_ack');
  const input = ackInput();
  const next = (why: Parameters<typeof notDue>[0], changes = {}, from = memory, of: RegistrationInput = input) => {
    const result = reconsider(from, of, notDue(why, changes), contextAt());
    if (result.kind === 'reload') return 'reload';
    return { line: lineOf(result.decision), memory: result.memory, decision: result.decision };
  };

  it('is too late, and the time-out is written at once, caused by time', () => {
    const late = next('late');
    expect(late).toMatchObject({ line: 'E5 [ack_overdue] too_late' });
    if (late === 'reload') return;
    expect(stepsOf(late.decision)[0]).toMatchObject({ cause_id: openingEvent, correlation_id: correlation });
    expect(memoryAfter(late.decision).seen).toEqual([input.ack.command_id]);
    expect(next('late', {}, memoryIn('accepted'))).toMatchObject({ line: 'E3 E5 [ack_overdue] too_late' });
  });

  it('is judged again where the row is elsewhere', () => {
    expect(next('state_changed')).toBe('reload');
    expect(next('epoch_changed')).toBe('reload');
  });

  it('yields to a receipt that came in time', () => {
    const receipt = { command_id: newId(), received_at: '2026-01-01T00:00:01.000Z' };
    const found = next('receipt', { receipt });
    expect(found).toMatchObject({ line: 'E4 E7 [ack_in_time] again' });
    if (found === 'reload') return;
    expect(stepsOf(found.decision)[0]).toMatchObject({ cause_id: receipt.command_id, correlation_id: correlation });
    expect(next('receipt')).toMatchObject({ line: 'drop' });
    expect(next('receipt', { receipt }, memoryIn('active'))).toMatchObject({ line: 'drop' });
  });

  it('is too late without a time-out where the path of the node is down', () => {
    expect(next('hold')).toMatchObject({ line: 'answer too_late', memory: { due: { ack: clock + 5_100 } } });
    expect(next('early')).toMatchObject({ line: 'answer too_late' });
  });

  it('is too late where the node is past the offer already', () => {
    expect(next('late', {}, memoryIn('ack_timed_out'))).toMatchObject({ line: 'answer too_late' });
  });
});
