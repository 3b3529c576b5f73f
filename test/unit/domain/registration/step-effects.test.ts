import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegistrationStep, RowImage } from '../../../../contracts/node/projection.ts';
import type { NodeLivenessRow, NodeRow } from '../../../../contracts/node/row.ts';
import { defaultNodeSettings, type NodeSettings } from '../../../../contracts/node/settings.ts';
import { type RegistrationState, registrationStates } from '../../../../contracts/node/vocabulary.ts';
import { emptyFacts, emptyRow } from '../../../../domain/registration/empty-row.ts';
import { hotAfter } from '../../../../domain/registration/hot-effects.ts';
import { legalSteps, requiresAck } from '../../../../domain/registration/states.ts';
import { applyStep, factsStep, withCoarseCopies } from '../../../../domain/registration/step-effects.ts';

const now = Date.parse('2026-03-01T12:00:00.000Z');
const at = (ms: number): string => new Date(now + ms).toISOString();
const entity_id = '018f0000-0000-7000-8000-000000000001';
const facts = emptyFacts({ node_type: 'compute', node_version: '1.2.3', node_name: 'n', instance_id: 'i' });

function image(more: Partial<RowImage> = {}): RowImage {
  return {
    current_state: 'active',
    epoch: 1,
    version: 2,
    attempt_id: '018f0000-0000-7000-8000-00000000000a',
    attempt_number: 1,
    node_type: 'compute',
    node_version: '1.2.3',
    node_name: 'n',
    instance_id: 'i',
    facts_hash: 'a'.repeat(64),
    facts: null,
    performance_metrics: null,
    policy_revision: null,
    path: 'gateway',
    reported_status: null,
    reason_code: null,
    rejection_reason: null,
    expiry_reason: null,
    correlation_id: null,
    ...more,
  };
}

function row(more: Partial<NodeRow> = {}): NodeRow {
  return {
    ...emptyRow({ entity_id, domain: 'd' }, image(), now - 1_000),
    ...facts,
    facts_hash: 'a'.repeat(64),
    epoch: 1,
    version: 1,
    attempt_started_at: at(-1_000),
    ...more,
  };
}

function step(
  from_state: RegistrationState | null,
  to_state: RegistrationState,
  more: Partial<RegistrationStep> = {},
): RegistrationStep {
  return {
    ordering: { epoch: 1, version: 2 },
    event_id: '018f0000-0000-7000-8000-0000000000ee',
    kind: 'edge',
    from_state,
    to_state,
    cause_id: null,
    correlation_id: null,
    actor: 'system:test',
    reason_code: null,
    retry_in_ms: null,
    event: null,
    incident_id: null,
    ...more,
  };
}

function applied(
  stored: NodeRow | null,
  taken: RegistrationStep,
  more: Partial<RowImage> = {},
  settings: NodeSettings = defaultNodeSettings,
): NodeRow {
  return applyStep(stored, taken, { entity_id, domain: 'd', image: image(more), carries_facts: true, now, settings });
}

const nextEpoch = { kind: 'epoch_start', ordering: { epoch: 2, version: 1 } } as const;

describe('effects of the table of transitions', () => {
  it('E1 sets the ack deadline', () => {
    const after = applied(row(), step('pending_registration', 'accepted'));
    expect(after).toMatchObject({
      current_state: 'accepted',
      ack_deadline: at(30_000),
      state_entered_at: at(0),
      updated_at: at(0),
      version: 2,
    });
  });

  it('E2 keeps reason and code, cut to what the column holds', () => {
    const after = applied(row(), step('pending_registration', 'rejected'), {
      reason_code: 'domain_closed',
      rejection_reason: 'x'.repeat(2_000),
    });
    expect(after).toMatchObject({ reason_code: 'domain_closed', rejection_reason: 'x'.repeat(1024) });
    expect(applied(row(), step('pending_registration', 'rejected'), { rejection_reason: '' }).rejection_reason).toBe(
      'not stated',
    );
  });

  it('E3 keeps the deadline of E1', () => {
    const stored = row({ current_state: 'accepted', ack_deadline: at(12_345) });
    expect(applied(stored, step('accepted', 'awaiting_ack')).ack_deadline).toBe(at(12_345));
  });

  it('E4 clears the ack deadline, E7 sets the first liveness deadline', () => {
    const received = applied(
      row({ current_state: 'awaiting_ack', ack_deadline: at(1) }),
      step('awaiting_ack', 'ack_received'),
    );
    expect(received).toMatchObject({ ack_deadline: null, liveness_deadline: null });
    expect(applied(received, step('ack_received', 'active')).liveness_deadline).toBe(at(60_000));
  });

  it('E5 sets the marker beside the deadline, and the time of the next attempt if there is one', () => {
    const stored = row({ current_state: 'awaiting_ack', ack_deadline: at(-1) });
    expect(applied(stored, step('awaiting_ack', 'ack_timed_out', { retry_in_ms: 5_000 }))).toMatchObject({
      ack_deadline: at(-1),
      ack_timeout_emitted_at: at(0),
      next_retry_at: at(5_000),
    });
    expect(applied(stored, step('awaiting_ack', 'ack_timed_out')).next_retry_at).toBeNull();
  });

  it('E8 sets the marker beside the deadline, and the reason', () => {
    const stored = row({ current_state: 'active', liveness_deadline: at(-1) });
    expect(applied(stored, step('active', 'liveness_expired'), { expiry_reason: 'operator' })).toMatchObject({
      liveness_deadline: at(-1),
      liveness_timeout_emitted_at: at(0),
      expiry_reason: 'operator',
    });
  });

  it.each([
    ['ES', nextEpoch, 'active'],
    ['E6', { kind: 'retry', ordering: { epoch: 2, version: 1 } }, 'ack_timed_out'],
  ] as const)('%s clears everything of the epoch before, but not when the node was first seen', (_id, more, from) => {
    const stored = row({
      current_state: from,
      ack_deadline: at(1),
      liveness_deadline: at(2),
      ack_timeout_emitted_at: at(-1),
      liveness_timeout_emitted_at: at(-1),
      next_retry_at: at(3),
      last_heartbeat_at: at(-2),
      reason_code: 'old',
      rejection_reason: 'old',
      expiry_reason: 'operator',
      registered_at: at(-99_000),
    });
    expect(applied(stored, step(from, 'pending_registration', more), { epoch: 2 })).toMatchObject({
      epoch: 2,
      version: 1,
      ack_deadline: null,
      liveness_deadline: null,
      ack_timeout_emitted_at: null,
      liveness_timeout_emitted_at: null,
      next_retry_at: null,
      last_heartbeat_at: null,
      reason_code: null,
      rejection_reason: null,
      expiry_reason: null,
      attempt_started_at: at(0),
      state_entered_at: at(0),
      registered_at: at(-99_000),
    });
  });

  it('a refresh leaves state and deadlines as they are', () => {
    const stored = row({ current_state: 'active', liveness_deadline: at(5_000), state_entered_at: at(-9_000) });
    const after = applied(stored, step('active', 'active', { kind: 'refresh' }), { reported_status: 'degraded' });
    expect(after).toMatchObject({
      liveness_deadline: at(5_000),
      state_entered_at: at(-9_000),
      reported_status: 'degraded',
      updated_at: at(0),
    });
  });
});

describe('flaps', () => {
  const damping = { ...defaultNodeSettings.damping, flap_threshold: 2, flap_period_ms: 600_000, flap_hold_ms: 300_000 };
  const settings = { ...defaultNodeSettings, damping };
  const alive = row({ current_state: 'active', liveness_deadline: at(0) });

  it('are counted when a node leaves active by silence or by a restart, not when it is taken out', () => {
    const silent = applied(alive, step('active', 'liveness_expired'), { expiry_reason: 'missed_heartbeats' }, settings);
    expect(silent).toMatchObject({ flap_count: 1, flap_period_started_at: at(0) });
    expect(applied(alive, step('active', 'pending_registration', nextEpoch), {}, settings).flap_count).toBe(1);
    expect(
      applied(alive, step('active', 'liveness_expired'), { expiry_reason: 'deregistered' }, settings).flap_count,
    ).toBe(0);
    expect(
      applied(row(), step('pending_registration', 'pending_registration', nextEpoch), {}, settings).flap_count,
    ).toBe(0);
  });

  it('hold a node back from callers once there are too many, without a word about its state', () => {
    const flapping = { ...alive, current_state: 'ack_received', flap_period_started_at: at(-1_000) } as const;
    const held = applied({ ...flapping, flap_count: 2 }, step('ack_received', 'active'), {}, settings);
    expect(held).toMatchObject({ current_state: 'active', flapping_until: at(300_000) });
    expect(
      applied({ ...flapping, flap_count: 1 }, step('ack_received', 'active'), {}, settings).flapping_until,
    ).toBeNull();
    expect(applied({ ...flapping, flap_count: 9 }, step('ack_received', 'active')).flapping_until).toBeNull();
  });
});

describe('facts', () => {
  it('hold from the step that announces them', () => {
    expect(factsStep([step('ack_received', 'active'), step('active', 'active', { kind: 'refresh' })])).toBe(1);
    expect(factsStep([step('awaiting_ack', 'ack_received'), step('ack_received', 'active')])).toBe(0);
  });

  it('are kept when none are given, and so are measurements', () => {
    const stored = row({ metadata: { rack: 7 }, performance_metrics: { load: 1 }, facts_hash: 'b'.repeat(64) });
    const kept = applied(stored, step('pending_registration', 'accepted'));
    expect(kept).toMatchObject({ metadata: { rack: 7 }, performance_metrics: { load: 1 }, facts_hash: 'b'.repeat(64) });
    const replaced = applied(stored, step(null, 'pending_registration', nextEpoch), { facts });
    expect(replaced).toMatchObject({ metadata: {}, performance_metrics: null, facts_hash: 'a'.repeat(64) });
  });
});

describe('coarse copies', () => {
  const hot: NodeLivenessRow = {
    ...hotAfter(null, {
      before: null,
      after: row({ current_state: 'active' }),
      steps: [],
      facts_given: true,
      facts_missing: false,
      now,
      settings: defaultNodeSettings,
    }),
    beats_since_active: 1,
    last_heartbeat_at: at(-10_000),
  };
  const active = row({ current_state: 'active', state_entered_at: at(-100_000), liveness_deadline: at(-40_000) });

  it('move forward to the truth and never back', () => {
    expect(withCoarseCopies(active, hot, defaultNodeSettings)).toMatchObject({
      last_heartbeat_at: at(-10_000),
      liveness_deadline: at(80_000),
    });
    const ahead = { ...active, last_heartbeat_at: at(-1), liveness_deadline: at(90_000) };
    expect(withCoarseCopies(ahead, hot, defaultNodeSettings)).toEqual(ahead);
  });

  it.each([
    ['another epoch', { epoch: 9 }],
    ['no beat since activation', { beats_since_active: 0 }],
    ['no beat at all', { last_heartbeat_at: null }],
  ])('stay for %s', (_what, more) => {
    expect(withCoarseCopies(active, { ...hot, ...more }, defaultNodeSettings)).toBe(active);
  });
});

describe('the hot row', () => {
  const before = row({ current_state: 'active', reported_status: 'healthy', liveness_deadline: at(1) });
  const change = (after: NodeRow, more = {}) => ({
    before,
    after,
    steps: [],
    facts_given: false,
    facts_missing: false,
    now,
    settings: defaultNodeSettings,
    ...more,
  });
  const hot = hotAfter(null, change(before));
  const health = step('active', 'active', { kind: 'refresh', event: { type: 'node.health_changed', payload: {} } });

  it('hears of a status that came with an introspection, and keeps one that a beat has brought since', () => {
    const degraded = { ...before, reported_status: 'degraded' } as const;
    expect(hotAfter(hot, change(degraded, { steps: [health], facts_given: true })).reported_status).toBe('degraded');
    const later = { ...hot, reported_status: 'unhealthy', pending_status_beats: 1 } as const;
    expect(hotAfter(later, change(degraded, { steps: [health] }))).toMatchObject({
      reported_status: 'unhealthy',
      pending_status_beats: 1,
    });
  });

  it('keeps the path of the newest beat until the node speaks on another one', () => {
    const beating = { ...hot, path: 'signal' } as const;
    expect(hotAfter(beating, change(before)).path).toBe('signal');
    expect(hotAfter({ ...hot, path: 'gateway' }, change({ ...before, path: 'signal' })).path).toBe('signal');
  });

  it('keeps a stretched interval over epochs: the fleet that stretched it is still there', () => {
    const stretched = { ...hot, interval_ms: 50_000, window_ms: 150_000 };
    expect(hotAfter(stretched, change({ ...before, epoch: 2 }))).toMatchObject({
      epoch: 2,
      interval_ms: 50_000,
      window_ms: 150_000,
    });
    expect(hotAfter(hot, change({ ...before, epoch: 2 }))).toMatchObject({ interval_ms: 30_000, window_ms: 90_000 });
  });
});

/** The row checks of the table (registration.md 6.1), and where deadlines and markers may be (3.2). */
function violations(after: NodeRow): string[] {
  const { current_state: state } = after;
  const rules: Readonly<Record<string, boolean>> = {
    'an offer has a deadline': !requiresAck(state) || after.ack_deadline !== null,
    'a life has a deadline': state !== 'active' || after.liveness_deadline !== null,
    'a time-out has its marker, and only it': (state === 'ack_timed_out') === (after.ack_timeout_emitted_at !== null),
    'an expiry has its marker, and only it':
      (state === 'liveness_expired') === (after.liveness_timeout_emitted_at !== null),
    'an expiry has a reason': state !== 'liveness_expired' || after.expiry_reason !== null,
    'a refusal has a reason': state !== 'rejected' || after.rejection_reason !== null,
    'no ack deadline elsewhere': requiresAck(state) || state === 'ack_timed_out' || after.ack_deadline === null,
    'no liveness deadline elsewhere':
      ['active', 'liveness_expired'].includes(state) || after.liveness_deadline === null,
    'no retry elsewhere': state === 'ack_timed_out' || after.next_retry_at === null,
  };
  return Object.keys(rules).filter((rule) => rules[rule] !== true);
}

it('any legal step onto any stored row leaves a row in order', () => {
  const time = fc.option(fc.integer({ min: -200_000, max: 200_000 }).map(at));
  const stored = fc.option(
    fc
      .record({
        current_state: fc.constantFrom(...registrationStates),
        epoch: fc.integer({ min: 0, max: 3 }),
        version: fc.integer({ min: 0, max: 5 }),
        ack_deadline: time,
        liveness_deadline: time,
        ack_timeout_emitted_at: time,
        liveness_timeout_emitted_at: time,
        next_retry_at: time,
        last_heartbeat_at: time,
        attempt_started_at: time,
        expiry_reason: fc.constantFrom(null, 'operator' as const),
        rejection_reason: fc.constantFrom(null, 'no'),
      })
      .map(row),
  );
  const steps = legalSteps().filter(({ kind }) => kind !== 'import');
  fc.assert(
    fc.property(
      stored,
      fc.constantFrom(...steps),
      fc.integer({ min: 1, max: 4 }),
      (before, { kind, from, to }, epoch) => {
        const after = applied(before, step(from, to, { kind, ordering: { epoch, version: 7 } }), { epoch });
        expect(violations(after)).toEqual([]);
        expect(after).toMatchObject({ current_state: to, epoch, version: 7 });
        if (before !== null) expect(after.registered_at).toBe(before.registered_at);
      },
    ),
    { numRuns: 2_000 },
  );
});
