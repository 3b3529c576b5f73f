import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  heartbeatResults,
  type RegistrationState,
  registrationStates,
  reportedStatuses,
} from '../../../../contracts/node/vocabulary.ts';
import {
  type BeatFacts,
  heartbeatAnswer,
  type HeartbeatRow,
  type HeartbeatVerdict,
  judgeHeartbeat,
  type StoredHeartbeat,
} from '../../../../domain/registration/heartbeat.ts';

const row: HeartbeatRow = {
  state: 'active',
  epoch: 3,
  node_version: '1.0.0',
  uptime_seconds: 100,
  node_sequence: 5,
  beats_since_active: 4,
  retry_in_ms: null,
  introspection_requested: false,
  reported_status: 'healthy',
  pending_status_beats: 0,
};
const beat: BeatFacts = { epoch: 3, status: 'healthy', node_version: '1.0.0', uptime_seconds: 101, sequence: 6 };
const judge = (rowPart: Partial<HeartbeatRow> = {}, beatPart: Partial<BeatFacts> = {}) =>
  judgeHeartbeat({ ...row, ...rowPart }, { ...beat, ...beatPart });

/** The table of 3.6. */
const table: readonly [
  string,
  Partial<HeartbeatRow> & { readonly state: RegistrationState },
  Pick<HeartbeatVerdict, 'stores_telemetry' | 'counts_for_life' | 'result' | 'next' | 'retry_after_ms'>,
][] = (
  [
    ['pending_registration', null, true, false, 'accepted', 'wait', null],
    ['accepted', null, true, false, 'accepted', 'ack', null],
    ['awaiting_ack', null, true, false, 'accepted', 'ack', null],
    ['ack_received', null, true, true, 'accepted', 'heartbeat', null],
    ['active', null, true, true, 'accepted', 'heartbeat', null],
    ['ack_timed_out', 4200, true, false, 'accepted', 'wait', 4200],
    ['ack_timed_out', 0, true, false, 'accepted', 'wait', 0],
    ['ack_timed_out', null, true, false, 'accepted', 'introspect', null],
    ['rejected', null, false, false, 'ignored_terminal', 'introspect', 60_000],
    ['liveness_expired', null, false, false, 'ignored_terminal', 'introspect', null],
  ] as const
).map(([state, retry, stores_telemetry, counts_for_life, result, next, retry_after_ms]) => [
  `${state}${retry === null ? '' : ` with a retry in ${String(retry)} ms`}`,
  { state, retry_in_ms: retry },
  { stores_telemetry, counts_for_life, result, next, retry_after_ms },
]);

describe('judgeHeartbeat', () => {
  it.each(table)('in %s', (_name, rowPart, expected) => {
    expect(judge(rowPart)).toMatchObject(expected);
  });

  it('covers every state', () => {
    expect(new Set(table.map(([, { state }]) => state))).toEqual(new Set(registrationStates));
  });

  it('knows no node without row, and creates none', () => {
    expect(judgeHeartbeat(null, beat)).toEqual({
      result: 'unknown_node',
      next: 'introspect',
      retry_after_ms: null,
      stores_telemetry: false,
      overwrites_telemetry: false,
      counts_for_life: false,
      status: null,
      edge: null,
    });
  });

  it.each(registrationStates)('stops an old process in %s, which buys the new one no life', (state) => {
    expect(judge({ state }, { epoch: 2, status: 'unhealthy' })).toMatchObject({
      result: 'stale_epoch',
      next: 'stop',
      stores_telemetry: false,
      counts_for_life: false,
      edge: null,
    });
  });

  it.each([[null], [3]])('takes epoch %j as that of the row', (epoch) => {
    expect(judge({}, { epoch })).toMatchObject({ result: 'accepted', next: 'heartbeat' });
  });

  it('asks who knows a later epoch than the row to introspect: the row was set back', () => {
    expect(judge({}, { epoch: 4 })).toMatchObject({ result: 'accepted', next: 'introspect', counts_for_life: true });
  });

  it.each<[string, Partial<HeartbeatRow>, Partial<BeatFacts>]>([
    ['a lower uptime', {}, { uptime_seconds: 99.9 }],
    ['a lower uptime after a new count', {}, { uptime_seconds: 1, sequence: 1 }],
    ['another version', {}, { node_version: '1.0.1' }],
    ['a request of an operator', { introspection_requested: true }, {}],
  ])('counts %s as life and asks for an introspection', (_what, rowPart, beatPart) => {
    expect(judge(rowPart, beatPart)).toMatchObject({ counts_for_life: true, next: 'introspect' });
  });

  it.each<[string, Partial<HeartbeatRow>, Partial<BeatFacts>]>([
    ['the same uptime', {}, { uptime_seconds: 100 }],
    ['no stored uptime', { uptime_seconds: null }, { uptime_seconds: 0 }],
    ['no version', {}, { node_version: null }],
    ['no stored version', { node_version: null }, {}],
  ])('sees no other process in %s', (_what, rowPart, beatPart) => {
    expect(judge(rowPart, beatPart).next).toBe('heartbeat');
  });

  it.each([
    [5, 4, false],
    [5, 5, true],
    [5, 6, true],
    [5, null, true],
    [null, 0, true],
    [0, 0, true],
  ])('with sequence %j stored and %j told overwrites telemetry: %s', (node_sequence, sequence, overwrites) => {
    const verdict = judge({ node_sequence }, { sequence, status: 'unhealthy' });
    expect(verdict).toMatchObject({ overwrites_telemetry: overwrites, counts_for_life: true, stores_telemetry: true });
    expect(verdict.status?.reported_status).toBe(overwrites ? 'unhealthy' : 'healthy');
  });

  it.each<[string, Partial<HeartbeatRow>, Partial<BeatFacts>, HeartbeatVerdict['edge']]>([
    ['the same status', {}, {}, null],
    ['another status', {}, { status: 'degraded' }, { status: 'degraded', first: false }],
    ['the first beat after activation', { beats_since_active: 0 }, {}, { status: 'healthy', first: true }],
    [
      'a first beat with another status',
      { beats_since_active: 0 },
      { status: 'unhealthy' },
      { status: 'unhealthy', first: true },
    ],
    [
      'a first beat overtaken by a later one',
      { beats_since_active: 0, reported_status: null },
      { sequence: 1 },
      { status: 'healthy', first: true },
    ],
    ['a beat of the handshake', { state: 'awaiting_ack', beats_since_active: 0 }, {}, null],
    ['the first status of all', { reported_status: null }, {}, { status: 'healthy', first: false }],
  ])('finds in %s the edge', (_what, rowPart, beatPart, edge) => {
    expect(judge(rowPart, beatPart).edge).toEqual(edge);
  });

  it('waits for as many beats as damping says', () => {
    const damping = { healthy_beats: 2, unhealthy_beats: 3 };
    let stored = row;
    const edges = ['degraded', 'unhealthy', 'unhealthy', 'healthy', 'healthy', 'healthy'] as const;
    const seen = edges.map((status) => {
      const verdict = judgeHeartbeat(stored, { ...beat, status }, damping);
      stored = { ...stored, ...verdict.status };
      return verdict.edge?.status ?? null;
    });
    expect(seen).toEqual([null, null, 'unhealthy', null, 'healthy', null]);
  });

  it('never lets a beat count that is not stored', () => {
    const someRow = fc.record({
      state: fc.constantFrom(...registrationStates),
      epoch: fc.integer({ min: 1, max: 3 }),
      node_version: fc.constantFrom('1.0.0', null),
      uptime_seconds: fc.option(fc.nat({ max: 3 }), { nil: null }),
      node_sequence: fc.option(fc.nat({ max: 3 }), { nil: null }),
      beats_since_active: fc.nat({ max: 2 }),
      retry_in_ms: fc.option(fc.nat(), { nil: null }),
      introspection_requested: fc.boolean(),
      reported_status: fc.option(fc.constantFrom(...reportedStatuses), { nil: null }),
      pending_status_beats: fc.integer({ min: -2, max: 2 }),
    });
    const someBeat = fc.record({
      epoch: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
      status: fc.constantFrom(...reportedStatuses),
      node_version: fc.constantFrom('1.0.0', '2.0.0', null),
      uptime_seconds: fc.nat({ max: 3 }),
      sequence: fc.option(fc.nat({ max: 3 }), { nil: null }),
    });
    fc.assert(
      fc.property(someRow, someBeat, (known, heard) => {
        const verdict = judgeHeartbeat(known, heard);
        const accepted = verdict.result === 'accepted';
        expect(verdict.stores_telemetry).toBe(accepted);
        expect(verdict.status !== null).toBe(accepted);
        if (verdict.counts_for_life) expect(['active', 'ack_received']).toContain(known.state);
        if (!accepted)
          expect(verdict).toMatchObject({ counts_for_life: false, edge: null, overwrites_telemetry: false });
        if (verdict.next === 'stop') expect(verdict.result).toBe('stale_epoch');
      }),
    );
  });
});

describe('heartbeatAnswer', () => {
  const stored: StoredHeartbeat = {
    result: 'accepted',
    state: 'awaiting_ack',
    epoch: 1,
    version: 3,
    attempt_id: '0a1b2c3d-0000-4000-8000-000000000001',
    attempt_number: 1,
    ack_deadline: '2026-01-02T03:04:05.000Z',
    ack_in_ms: 12_000,
    next: 'ack',
    retry_in_ms: null,
  };
  const terms = { edge: 'none', nextHeartbeatMs: 30_100 } as const;

  it('repeats an open offer', () => {
    expect(heartbeatAnswer(stored, terms)).toEqual({
      result: 'accepted',
      state: 'awaiting_ack',
      epoch: 1,
      version: 3,
      attempt_id: stored.attempt_id,
      attempt_number: 1,
      ack_deadline: stored.ack_deadline,
      ack_in_ms: 12_000,
      next_heartbeat_in_ms: 30_100,
      next: 'ack',
      retry_after_ms: null,
      reason: null,
      edge: 'none',
    });
  });

  it('shows no ack deadline that is not watched', () => {
    expect(
      heartbeatAnswer({ ...stored, state: 'ack_timed_out', next: 'wait', retry_in_ms: 4000 }, terms),
    ).toMatchObject({
      ack_deadline: null,
      ack_in_ms: null,
      retry_after_ms: 4000,
      next_heartbeat_in_ms: 30_100,
    });
  });

  it('tells an old process no time for its next beat', () => {
    expect(heartbeatAnswer({ ...stored, result: 'stale_epoch', next: 'stop' }, terms).next_heartbeat_in_ms).toBeNull();
  });

  it('answers for a node without row', () => {
    const unknown: StoredHeartbeat = {
      result: 'unknown_node',
      state: null,
      epoch: null,
      version: null,
      attempt_id: null,
      attempt_number: null,
      ack_deadline: null,
      ack_in_ms: null,
      next: 'introspect',
      retry_in_ms: null,
    };
    expect(heartbeatAnswer(unknown, { ...terms, edge: 'pending' })).toMatchObject({
      result: 'unknown_node',
      state: null,
      next: 'introspect',
      edge: 'pending',
      reason: { code: 'unknown_node' },
    });
  });

  it.each(heartbeatResults)('says why it is %s', (result) => {
    const { reason } = heartbeatAnswer({ ...stored, result }, terms);
    expect(reason?.code ?? 'accepted').toBe(result);
  });
});
