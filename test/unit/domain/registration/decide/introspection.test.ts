/** Introspections: every state, reason and kind of facts (registration.md 3.4), with and without a word of the policy. */
import { describe, expect, it } from 'vitest';
import type { RegistrationState } from '../../../../../contracts/node/vocabulary.ts';
import { introspectionReasons } from '../../../../../contracts/node/vocabulary.ts';
import { decide } from '../../../../../domain/registration/decide/decide.ts';
import {
  attempt,
  changeOf,
  clock,
  consent,
  contextAt,
  correlation,
  inputOf,
  introspection,
  lineOf,
  memoryAfter,
  memoryIn,
  openingEvent,
  refusal,
  states,
  stepsOf,
} from './support.ts';

const instance = { instance_id: 'process-1' };
type State = RegistrationState | 'none';
type Facts = 'same' | 'changed';

/** Columns of the table: startup of another process, every other reason but shutdown; same and changed facts. */
const table: Readonly<Record<State, Readonly<Record<`${'startup' | 'other'} ${Facts}`, string>>>> = {
  none: all('epoch'),
  pending_registration: bySameness('answer joined'),
  accepted: bySameness('answer joined'),
  awaiting_ack: bySameness('answer joined'),
  rejected: all('epoch'),
  ack_timed_out: all('epoch'),
  ack_received: all('E7 again'),
  active: {
    'startup same': 'epoch',
    'startup changed': 'epoch',
    'other same': 'answer unchanged',
    'other changed': 'change',
  },
  liveness_expired: all('epoch'),
};

function all(outcome: string) {
  return { 'startup same': outcome, 'startup changed': outcome, 'other same': outcome, 'other changed': outcome };
}

function bySameness(same: string) {
  return { ...all('epoch'), 'startup same': same, 'other same': same };
}

/** What an outcome of the table is once the policy was asked, consents, refuses, or cannot say. */
const outcomes: Readonly<
  Record<string, readonly [asked: string, consent: string, refusal: string, undecided: string]>
> = {
  epoch: ['ask', 'ES E1 E3 started', 'ES E2 rejected', 'ES +consult'],
  change: ['ask', 'R refreshed', 'answer refused_change', 'ask_beside'],
};

const shutdown: Readonly<Record<State, string>> = {
  none: 'answer unknown_node',
  pending_registration: 'E2 withdrawn',
  accepted: 'E3 E5 withdrawn',
  awaiting_ack: 'E5 withdrawn',
  rejected: 'answer already_closed',
  ack_timed_out: 'answer already_closed',
  ack_received: 'E7 E8 deregistered',
  active: 'E8 deregistered',
  liveness_expired: 'answer already_closed',
};

const reasons = introspectionReasons.filter((reason) => reason !== 'shutdown');
const cases = states.flatMap((state) =>
  reasons.flatMap((reason) => (['same', 'changed'] as const).map((facts) => ({ state, reason, facts }))),
);

describe('an introspection', () => {
  it.each(cases)('in $state for $reason with $facts facts', ({ state, reason, facts }) => {
    const registered = introspection();
    const memory = memoryIn(state, registered);
    const message = introspection({ reason, ...(facts === 'changed' ? { metadata: { region: 'eu' } } : {}) });
    const column = `${reason === 'startup' ? 'startup' : 'other'} ${facts}` as const;
    const expected = table[state ?? 'none'][column];
    const [asked, accepted, refused, undecided] = outcomes[expected] ?? [expected, expected, expected, expected];
    expect(lineOf(decide(memory, inputOf(message), contextAt()))).toBe(asked);
    expect(lineOf(decide(memory, inputOf(message, consent), contextAt()))).toBe(accepted);
    expect(lineOf(decide(memory, inputOf(message, refusal), contextAt()))).toBe(refused);
    expect(lineOf(decide(memory, inputOf(message, null), contextAt()))).toBe(undecided);
  });

  it.each(states)('for shutdown in %s', (state) => {
    const message = introspection({ reason: 'shutdown' });
    expect(lineOf(decide(memoryIn(state), inputOf(message), contextAt()))).toBe(shutdown[state ?? 'none']);
    const changed = introspection({ reason: 'shutdown', metadata: { other: true } });
    expect(lineOf(decide(memoryIn(state), inputOf(changed), contextAt()))).toBe(shutdown[state ?? 'none']);
  });

  it.each(states)('seen before in %s is a duplicate', (state) => {
    for (const reason of introspectionReasons) {
      const message = introspection({ reason, metadata: { changed: reason } });
      const memory = memoryIn(state, introspection(), { seen: [message.message_id] });
      const decision = decide(memory, inputOf(message, consent), contextAt());
      expect(lineOf(decision)).toBe('answer duplicate');
      expect(memoryAfter(decision)).toEqual(memory);
    }
  });
});

describe('the same process', () => {
  it('that repeats its startup counts as a request', () => {
    const memory = memoryIn('active', introspection(instance));
    const message = introspection(instance);
    expect(lineOf(decide(memory, inputOf(message), contextAt()))).toBe('answer unchanged');
    const changed = introspection({ ...instance, metadata: { region: 'eu' } });
    expect(lineOf(decide(memory, inputOf(changed, consent), contextAt()))).toBe('R refreshed');
  });

  it('is another one with another instance id, or without any', () => {
    const memory = memoryIn('active', introspection(instance));
    const other = introspection({ instance_id: 'process-2' });
    expect(lineOf(decide(memory, inputOf(other, consent), contextAt()))).toBe('ES E1 E3 started');
    const nameless = memoryIn('active', introspection());
    expect(lineOf(decide(nameless, inputOf(introspection(), consent), contextAt()))).toBe('ES E1 E3 started');
  });
});

describe('a new epoch', () => {
  const memory = memoryIn('active', introspection(), {
    policy_revision: 'p0',
    last_beat_at: '2026-01-01T00:00:10.000Z',
    withdrawn: true,
    attempts: Array.from({ length: 8 }, (_, index) => ({
      attempt_id: index === 0 ? attempt : `60000000-0000-4000-8000-00000000000${index}`,
      epoch: 8 - index,
      open_until: clock + 1,
    })),
  });
  const message = introspection({ status: 'degraded', performance_metrics: { rss: 1 }, node_name: 'n1' });
  const decision = decide(memory, inputOf(message, consent), contextAt());

  it('counts versions from 1 and names one cause and one correlation', () => {
    expect(stepsOf(decision)).toMatchObject([
      {
        ordering: { epoch: 3, version: 1 },
        kind: 'epoch_start',
        from_state: 'active',
        to_state: 'pending_registration',
      },
      { ordering: { epoch: 3, version: 2 }, kind: 'edge', from_state: 'pending_registration', to_state: 'accepted' },
      { ordering: { epoch: 3, version: 3 }, kind: 'edge', from_state: 'accepted', to_state: 'awaiting_ack' },
    ]);
    for (const step of stepsOf(decision)) {
      expect(step).toMatchObject({ cause_id: message.message_id, correlation_id: message.correlation_id });
    }
    expect(new Set(stepsOf(decision).map(({ event_id }) => event_id)).size).toBe(3);
  });

  it('announces what it supersedes, the policy and the way of the offer', () => {
    expect(stepsOf(decision).map(({ event }) => event)).toEqual([
      {
        type: 'node.registration.initiated',
        payload: {
          reason: 'startup',
          supersedes: { epoch: 2, state: 'active', attempt_id: attempt },
          facts_hash: inputOf(message).facts.facts_hash,
        },
      },
      { type: 'node.registration.accepted', payload: { policy_revision: 'p1' } },
      { type: 'node.registration.offered', payload: { delivery: 'answer' } },
    ]);
  });

  it('starts clean: another attempt, nothing of the epoch before', () => {
    const after = memoryAfter(decision);
    expect(after).toMatchObject({
      state: 'awaiting_ack',
      epoch: 3,
      version: 3,
      attempt_number: 1,
      withdrawn: false,
      last_beat_at: null,
      policy_revision: 'p1',
      reported_status: 'degraded',
      correlation_id: message.correlation_id,
      attempt_cause_id: message.message_id,
      opening_event_id: stepsOf(decision)[2]?.event_id,
      seen: [message.message_id],
    });
    expect(after.attempt_id).not.toBe(attempt);
    expect(after.attempts).toHaveLength(8);
    expect(after.attempts[0]).toEqual({ attempt_id: after.attempt_id, epoch: 3, open_until: null });
    // The superseded offer stays open until its window has elapsed.
    expect(after.attempts[1]).toMatchObject({ attempt_id: attempt, open_until: clock + 1 });
  });

  it('brings facts and measurements, once', () => {
    expect(changeOf(decision)).toMatchObject({ facts: { node_name: 'n1' }, performance_metrics: { rss: 1 } });
    expect(memoryAfter(decision).performance_metrics).toBeNull();
  });

  it('supersedes nothing where nothing was', () => {
    const first = decide(memoryIn(null), inputOf(introspection(), consent), contextAt());
    expect(stepsOf(first)[0]).toMatchObject({
      from_state: null,
      ordering: { epoch: 1, version: 1 },
      event: { payload: { supersedes: null } },
    });
  });

  it('refused is one write with its code and reason', () => {
    const refused = decide(memory, inputOf(message, refusal), contextAt());
    expect(stepsOf(refused)[1]).toMatchObject({
      to_state: 'rejected',
      reason_code: 'domain_closed',
      event: { payload: { reason_code: 'domain_closed', rejection_reason: 'the domain takes no nodes' } },
    });
    expect(memoryAfter(refused)).toMatchObject({
      rejection_reason: 'the domain takes no nodes',
      policy_revision: 'p1',
    });
  });

  it('always has a reason when refused, of at most 1024 characters', () => {
    const mute = { ...refusal, code: null, reason: '' };
    const [, step] = stepsOf(decide(memory, inputOf(message, mute), contextAt()));
    expect(step?.reason_code).toBe('refused');
    const long = decide(memory, inputOf(message, { ...refusal, reason: 'x'.repeat(5000) }), contextAt());
    expect(memoryAfter(long).rejection_reason).toHaveLength(1024);
  });
});

describe('a change of facts', () => {
  const registered = introspection({ status: 'healthy' });
  const memory = memoryIn('active', registered, { reported_status: 'healthy' });

  it('refreshes in the same epoch', () => {
    const message = introspection({ reason: 'capability_change', metadata: { region: 'eu' }, status: 'healthy' });
    const decision = decide(memory, inputOf(message, consent, 'signal'), contextAt());
    expect(stepsOf(decision)).toMatchObject([
      {
        kind: 'refresh',
        ordering: { epoch: 2, version: 4 },
        from_state: 'active',
        to_state: 'active',
        event: { type: 'node.facts_changed' },
        correlation_id: message.correlation_id,
      },
    ]);
    expect(changeOf(decision).facts).toMatchObject({ metadata: { region: 'eu' } });
    expect(memoryAfter(decision)).toMatchObject({
      path: 'signal',
      correlation_id: correlation,
      opening_event_id: openingEvent,
    });
  });

  it('that is a change of health alone says so', () => {
    const message = introspection({ reason: 'health_change', status: 'degraded' });
    const decision = decide(memory, inputOf(message, consent), contextAt());
    expect(stepsOf(decision)[0]?.event).toEqual({
      type: 'node.health_changed',
      payload: { previous: 'healthy', current: 'degraded', first: false },
    });
    expect(memoryAfter(decision).reported_status).toBe('degraded');
  });

  it('keeps the reported status where it names none', () => {
    const message = introspection({ reason: 'request', metadata: { region: 'eu' } });
    const decision = decide(memory, inputOf(message, consent), contextAt());
    expect(memoryAfter(decision).reported_status).toBe('healthy');
    expect(stepsOf(decision)[0]?.event?.type).toBe('node.facts_changed');
  });

  it('refused leaves everything as it is, but for the id of the message', () => {
    const message = introspection({ reason: 'request', metadata: { region: 'eu' } });
    const decision = decide(memory, inputOf(message, refusal), contextAt());
    expect(decision).toMatchObject({ reply: { reason: { code: 'domain_closed' } } });
    expect(memoryAfter(decision)).toEqual({ ...memory, seen: [message.message_id] });
  });

  it('is news again where the facts of the row are unknown', () => {
    const lost = { ...memory, facts_hash: null };
    const message = introspection({ reason: 'request', status: 'healthy' });
    expect(lineOf(decide(lost, inputOf(message, consent), contextAt()))).toBe('R refreshed');
  });
});

describe('an introspection without a write', () => {
  it('leaves its measurements for the next step, and its path', () => {
    const memory = memoryIn('active');
    const message = introspection({ reason: 'request', performance_metrics: { rss: 2 } });
    const noted = memoryAfter(decide(memory, inputOf(message, undefined, 'signal'), contextAt()));
    expect(noted).toMatchObject({ performance_metrics: { rss: 2 }, path: 'signal', seen: [message.message_id] });
    const silent = introspection({ reason: 'request' });
    expect(memoryAfter(decide(noted, inputOf(silent), contextAt())).performance_metrics).toEqual({ rss: 2 });
    const expiry = decide(noted, { kind: 'due', deadline: 'liveness', incident_id: null }, contextAt());
    expect(changeOf(expiry).performance_metrics).toEqual({ rss: 2 });
  });

  it('keeps a node that is only remembered a while longer', () => {
    const due = { pending: null, ack: null, liveness: null, retry: null, retire: clock };
    const memory = memoryIn('rejected', introspection(), { due });
    const message = introspection({ reason: 'shutdown' });
    const after = memoryAfter(decide(memory, inputOf(message), contextAt(clock)));
    expect(after.due.retire).toBe(clock + 7 * 24 * 3_600_000);
  });

  it('remembers at most 32 ids, newest first', () => {
    let memory = memoryIn('active');
    const sent = Array.from({ length: 40 }, () => introspection({ reason: 'request' }));
    for (const message of sent) memory = memoryAfter(decide(memory, inputOf(message), contextAt()));
    expect(memory.seen).toEqual(
      sent
        .slice(8)
        .map(({ message_id }) => message_id)
        .toReversed(),
    );
  });
});
