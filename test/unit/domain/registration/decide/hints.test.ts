/** Status edges, pokes, and what comes back from policy and delivery (registration.md 4.2, 9). */
import { describe, expect, it } from 'vitest';
import { pokeKinds } from '../../../../../contracts/node/vocabulary.ts';
import { decide } from '../../../../../domain/registration/decide/decide.ts';
import type { RegistrationInput } from '../../../../../domain/registration/decide/types.ts';
import {
  attempt,
  clock,
  consent,
  contextAt,
  inputOf,
  introspection,
  lineOf,
  loadedFrom,
  memoryAfter,
  memoryIn,
  newId,
  nodeId,
  refusal,
  states,
  stepsOf,
} from './support.ts';

const firstBeat = '2026-01-01T00:00:05.000Z';
const laterBeat = '2026-01-01T00:00:35.000Z';
const edge = (changes = {}) =>
  ({
    kind: 'edge',
    path: 'gateway',
    edge: { message_id: newId(), epoch: 2, status: 'healthy', first: false, received_at: laterBeat, ...changes },
  }) as const;
const living = memoryIn('active', introspection(), { reported_status: 'healthy', last_beat_at: firstBeat });

describe('a status edge', () => {
  it.each(states)('in %s', (state) => {
    const decision = decide(memoryIn(state), edge({ status: 'degraded' }), contextAt());
    expect(lineOf(decision)).toBe(state === 'active' ? 'R applied' : 'answer ignored');
  });

  it('tells the change with its own cause', () => {
    const input = edge({ status: 'unhealthy' });
    const [step] = stepsOf(decide(living, input, contextAt()));
    expect(step).toMatchObject({
      kind: 'refresh',
      cause_id: input.edge.message_id,
      actor: `node:${nodeId}`,
      event: { type: 'node.health_changed', payload: { previous: 'healthy', current: 'unhealthy', first: false } },
    });
    expect(memoryAfter(decide(living, input, contextAt()))).toMatchObject({
      reported_status: 'unhealthy',
      last_beat_at: laterBeat,
    });
  });

  it("carries the beat's correlation, and the attempt's without one", () => {
    const correlation_id = newId();
    const correlationOf = (input: RegistrationInput) => stepsOf(decide(living, input, contextAt()))[0]?.correlation_id;
    expect(correlationOf(edge({ status: 'degraded', correlation_id }))).toBe(correlation_id);
    expect(correlationOf(edge({ status: 'degraded', correlation_id: null }))).toBe(living.correlation_id);
    expect(correlationOf(edge({ status: 'degraded' }))).toBe(living.correlation_id);
  });

  it('that is the first of the epoch is told once, whatever it says', () => {
    const fresh = memoryIn('active', introspection(), { reported_status: 'healthy' });
    const decision = decide(fresh, edge({ first: true }), contextAt());
    expect(stepsOf(decision)[0]?.event?.payload).toMatchObject({ first: true, current: 'healthy' });
    expect(lineOf(decide(memoryAfter(decision), edge({ first: true }), contextAt()))).toBe('answer applied');
  });

  it('that is known, overtaken, of another epoch or repeated writes nothing', () => {
    expect(lineOf(decide(living, edge(), contextAt()))).toBe('answer applied');
    const early = edge({ status: 'degraded', received_at: '2026-01-01T00:00:01.000Z' });
    expect(lineOf(decide(living, early, contextAt()))).toBe('answer ignored');
    expect(lineOf(decide(living, edge({ status: 'degraded', epoch: 1 }), contextAt()))).toBe('answer ignored');
    const again = edge({ status: 'degraded' });
    const seen = { ...living, seen: [again.edge.message_id] };
    expect(lineOf(decide(seen, again, contextAt()))).toBe('answer ignored');
    expect(lineOf(decide({ ...seen, reported_status: 'degraded' as const }, again, contextAt()))).toBe(
      'answer applied',
    );
  });

  it('by a beat without an id has no cause', () => {
    const [step] = stepsOf(decide(living, edge({ message_id: null, status: 'degraded' }), contextAt()));
    expect(step?.cause_id).toBeNull();
  });

  it('takes the path of its beat', () => {
    const input = { ...edge({ status: 'degraded' }), path: 'signal' as const };
    expect(memoryAfter(decide(living, input, contextAt())).path).toBe('signal');
  });
});

describe('a poke', () => {
  const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    liveness: { active: 'E8 [liveness_overdue]' },
    ack: { accepted: 'E3 E5 [ack_overdue]', awaiting_ack: 'E5 [ack_overdue]' },
  };

  it.each(pokeKinds)('of kind %s in every state', (kind) => {
    for (const state of states) {
      const poke = { kind, epoch: state === null ? 0 : 2, incident_id: null };
      const expected = table[kind]?.[String(state)] ?? (table[kind] !== undefined || state === null ? 'drop' : 'look');
      expect(`${String(state)} ${lineOf(decide(memoryIn(state), { kind: 'poke', poke }, contextAt()))}`).toBe(
        `${String(state)} ${expected}`,
      );
    }
  });

  it('of another epoch is dropped', () => {
    for (const kind of pokeKinds) {
      const poke = { kind, epoch: 1, incident_id: null };
      expect(lineOf(decide(memoryIn('active'), { kind: 'poke', poke }, contextAt()))).toBe('drop');
    }
  });

  it('brings the incident to the expiry', () => {
    const incident_id = newId();
    const poke = { kind: 'liveness', epoch: 2, incident_id } as const;
    expect(stepsOf(decide(memoryIn('active'), { kind: 'poke', poke }, contextAt()))[0]).toMatchObject({ incident_id });
  });
});

describe('what a poke found', () => {
  const found = (
    kind: 'receipt' | 'edge' | 'stuck',
    memory: ReturnType<typeof memoryIn>,
    row: Parameters<typeof loadedFrom>[1] = {},
    liveness: Parameters<typeof loadedFrom>[2] = {},
  ) =>
    decide(
      memory,
      { kind: 'found', poke: { kind, epoch: 2, incident_id: null }, loaded: loadedFrom(memory, row, liveness) },
      contextAt(),
    );

  it('activates a node whose receipt is of the open attempt', () => {
    const receipt = { ack_command_id: newId(), ack_received_at: firstBeat };
    const decision = found('receipt', memoryIn('awaiting_ack'), {}, receipt);
    expect(lineOf(decision)).toBe('E4 E7 [ack_in_time]');
    expect(stepsOf(decision)[0]).toMatchObject({ cause_id: receipt.ack_command_id, actor: `node:${nodeId}` });
    expect(memoryAfter(decision).seen).toEqual([receipt.ack_command_id]);
    expect(lineOf(found('receipt', memoryIn('accepted'), {}, receipt))).toBe('E3 E4 E7 [ack_in_time]');
  });

  it('activates nobody without a receipt, with that of another attempt, or in another state', () => {
    expect(lineOf(found('receipt', memoryIn('awaiting_ack')))).toBe('drop');
    const other = { ack_command_id: newId(), attempt_id: newId() };
    expect(lineOf(found('receipt', memoryIn('awaiting_ack'), {}, other))).toBe('drop');
    expect(lineOf(found('receipt', memoryIn('active'), {}, { ack_command_id: newId() }))).toBe('drop');
  });

  it('tells a first beat or a status that was lost', () => {
    const beat = { reported_status: 'degraded', last_heartbeat_at: laterBeat } as const;
    const first = found('edge', memoryIn('active'), {}, beat);
    expect(stepsOf(first)[0]).toMatchObject({
      cause_id: null,
      event: { payload: { first: true, current: 'degraded' } },
    });
    const changed = found('edge', living, {}, beat);
    expect(stepsOf(changed)[0]?.event?.payload).toMatchObject({ first: false, previous: 'healthy' });
    expect(lineOf(found('edge', living, {}, { ...beat, reported_status: 'healthy' }))).toBe('drop');
    expect(lineOf(found('edge', living, {}, { ...beat, last_heartbeat_at: null }))).toBe('drop');
    expect(lineOf(found('edge', memoryIn('awaiting_ack'), {}, beat))).toBe('drop');
  });

  it('in another epoch, or without telemetry, is nothing', () => {
    expect(lineOf(found('edge', living, { epoch: 1 }))).toBe('drop');
    expect(lineOf(found('edge', living, {}, null))).toBe('drop');
    expect(lineOf(found('stuck', memoryIn('pending_registration')))).toBe('drop');
  });
});

describe('the policy beside the loop', () => {
  const decided = (verdict: typeof consent, awaited: boolean, memory = memoryIn('pending_registration')) =>
    lineOf(decide(memory, { kind: 'decided', attempt_id: attempt, verdict, awaited }, contextAt()));

  it('offers in the answer while somebody waits, else by call or by polling', () => {
    expect(decided(consent, true)).toBe('E1 E3');
    expect(decided(consent, false)).toBe('E1 E3');
    const callable = { ...memoryIn('pending_registration'), has_control: true };
    expect(decided(consent, false, callable)).toBe('E1 +deliver');
    expect(decided(consent, true, callable)).toBe('E1 E3');
    expect(decided(refusal, true)).toBe('E2');
  });

  it.each(states.filter((state) => state !== 'pending_registration'))('comes too late in %s', (state) => {
    expect(decided(consent, true, memoryIn(state))).toBe('drop');
  });

  it('of another attempt is dropped', () => {
    const input = { kind: 'decided', attempt_id: newId(), verdict: consent, awaited: true } as const;
    expect(lineOf(decide(memoryIn('pending_registration'), input, contextAt()))).toBe('drop');
  });
});

describe('a delivery', () => {
  it('hands the offer over, by call or by polling', () => {
    for (const delivered of [true, false]) {
      const input = { kind: 'delivered', attempt_id: attempt, delivered } as const;
      const [step] = stepsOf(decide(memoryIn('accepted'), input, contextAt()));
      expect(step).toMatchObject({
        to_state: 'awaiting_ack',
        event: { payload: { delivery: delivered ? 'callback' : 'poll' } },
      });
    }
  });

  it.each(states.filter((state) => state !== 'accepted'))('says nothing in %s', (state) => {
    const input = { kind: 'delivered', attempt_id: attempt, delivered: true } as const;
    expect(lineOf(decide(memoryIn(state), input, contextAt()))).toBe('drop');
  });
});

describe('a change that was decided beside the loop', () => {
  const change = inputOf(introspection({ reason: 'request', metadata: { region: 'eu' } }), null);
  const decided = (verdict: typeof consent | null, memory = memoryIn('active')): RegistrationInput =>
    ({ kind: 'change_decided', attempt_id: memory.attempt_id ?? '', change, verdict }) as const;

  it('is judged with the word of the policy', () => {
    expect(decide(memoryIn('active'), decided(consent), contextAt())).toEqual({
      kind: 'requeue',
      input: { ...change, verdict: consent },
    });
  });

  it('is dropped undecided, its message unknown', () => {
    const memory = memoryIn('active');
    const decision = decide(memory, decided(null), contextAt());
    expect(decision).toMatchObject({ kind: 'answer', reply: { result: 'deciding', retry_after_ms: 5_000 } });
    expect(memoryAfter(decision).seen).toEqual([]);
  });

  it('is judged anew where the node is elsewhere by now', () => {
    const expected = { kind: 'requeue', input: { ...change, verdict: undefined } };
    expect(decide(memoryIn('liveness_expired'), decided(consent), contextAt())).toEqual(expected);
    const other = { ...memoryIn('active'), attempt_id: newId() };
    const input = { kind: 'change_decided', attempt_id: attempt, change, verdict: consent } as const;
    expect(decide(other, input, contextAt(clock))).toEqual(expected);
  });

  it('counts a receipt that was found as the ack it stands for', () => {
    expect(lineOf(decide(memoryIn('awaiting_ack'), { kind: 'receipt', command_id: newId() }, contextAt()))).toBe(
      'E4 E7 [ack_in_time]',
    );
  });
});

describe('healing a row that was restored', () => {
  it('names no cause, so that a second restore in the same wait heals as well', () => {
    const first = decide(living, { kind: 'heal' }, contextAt());
    const second = decide(memoryAfter(first), { kind: 'heal' }, contextAt());
    const [one, two] = [...stepsOf(first), ...stepsOf(second)];
    expect([one?.cause_id, two?.cause_id]).toEqual([null, null]);
    expect(one?.event_id).not.toBe(two?.event_id);
  });

  it.each(states)('in %s', (state) => {
    const closed = state === null || state === 'rejected' || state === 'liveness_expired';
    const expected = closed ? 'drop' : 'R';
    expect(lineOf(decide(memoryIn(state), { kind: 'heal' }, contextAt()))).toContain(expected);
  });
});
