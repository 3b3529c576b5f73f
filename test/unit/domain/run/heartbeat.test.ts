/** Beats against what is stored (runs.md 5.2, 5.3, 5.5, 5.6). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runHealths, runStates, runtimeStatuses } from '../../../../contracts/run/vocabulary.ts';
import { runErrorCode } from '../../../../domain/run/errors.ts';
import {
  allowStatusChange,
  type BeatRow,
  heartbeatReply,
  isEdge,
  refusalDetails,
  refuseBeat,
  spendsStatusChange,
  throttledFor,
} from '../../../../domain/run/heartbeat.ts';
import { isTerminalRun } from '../../../../domain/run/states.ts';

const row: BeatRow = {
  state: 'running',
  attempt: 2,
  step: 100,
  checkpoint_version: 4,
  last_heartbeat_at: 10_000,
  beat_status: 'running',
};
const beat = { attempt: 2, status: 'running', step: 100, checkpoint_version: 4 } as const;

describe('checks 5 and 7 to 11, in their order', () => {
  it.each<[string, Partial<BeatRow> | null, object, number, string | null]>([
    ['unknown run', null, {}, 20_000, 'run_not_found'],
    ['terminal before attempt', { state: 'completed' }, { attempt: 1 }, 20_000, 'run_terminal'],
    ['older attempt before regression', {}, { attempt: 1, step: 1 }, 20_000, 'stale_attempt'],
    ['higher attempt', {}, { attempt: 3 }, 20_000, 'attempt_not_granted'],
    ['step before checkpoint', {}, { step: 99, checkpoint_version: 3 }, 20_000, 'step_regression'],
    ['checkpoint', {}, { checkpoint_version: 3 }, 20_000, 'checkpoint_regression'],
    ['regression before throttle', {}, { step: 99 }, 10_001, 'step_regression'],
    ['throttle', {}, {}, 14_999, 'heartbeat_throttled'],
    ['exactly 5.000 s', {}, {}, 15_000, null],
    ['another status', {}, { status: 'paused' }, 10_001, null],
    ['errored, always', { beat_status: 'errored' }, { status: 'errored' }, 10_001, null],
    [
      'the first',
      { last_heartbeat_at: null, step: null, checkpoint_version: null, beat_status: null },
      { step: 0, checkpoint_version: 0 },
      10_001,
      null,
    ],
    ['equal counters', {}, {}, 20_000, null],
    ['arrived before the last one', {}, {}, 9_000, 'heartbeat_throttled'],
  ])('%s', (_name, stored, more, received, expected) => {
    const refusal = refuseBeat(stored === null ? null : { ...row, ...stored }, { ...beat, ...more }, received);
    expect(refusal?.code ?? null).toBe(expected);
  });

  it('tell an agent of the past to stop, and what is current', () => {
    const details = (stored: Partial<BeatRow>, more: object) => {
      const refusal = refuseBeat({ ...row, ...stored }, { ...beat, ...more }, 20_000);
      return refusal === null ? null : refusalDetails(refusal);
    };
    expect(details({ state: 'failed' }, {})).toEqual({ state: 'failed', desired_state: 'stopped' });
    expect(details({}, { attempt: 1 })).toEqual({ current: 2, received: 1, desired_state: 'stopped' });
    expect(details({}, { attempt: 3 })).toEqual({ current: 2, received: 3 });
    expect(details({}, { checkpoint_version: 3 })).toEqual({ current: 4, received: 3 });
  });

  it('refuse every beat of a run that has ended, and only with codes of the catalogue', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...runStates),
        fc.constantFrom(...runtimeStatuses),
        fc.record({ attempt: fc.integer({ min: 1, max: 3 }), step: fc.nat(200), checkpoint_version: fc.nat(8) }),
        fc.nat(30_000),
        (state, status, numbers, received) => {
          const refusal = refuseBeat({ ...row, state }, { ...numbers, status }, received);
          if (isTerminalRun(state)) expect(refusal?.code).toBe('run_terminal');
          if (refusal !== null) expect(runErrorCode(refusal.code)).toMatch(/^RN/);
          else {
            expect(numbers.step).toBeGreaterThanOrEqual(100);
            expect(numbers.attempt).toBe(2);
          }
        },
      ),
    );
  });
});

describe('the throttle', () => {
  it.each([
    [null, 5, null],
    [0, 4_999.999, 1],
    [0, 5_000, null],
    [0, 1, 5],
    [0, 1_000, 4],
    [0, 3_999, 2],
    [0, 4_000, 1],
  ])('last %s, now %d: %s', (last, now, expected) => {
    expect(throttledFor(last, now)).toBe(expected);
  });

  it('lets five status changes pass in 10 s', () => {
    let passed: readonly number[] = [];
    for (const now of [0, 1, 2, 3, 4]) passed = allowStatusChange(passed, now) ?? [];
    expect(passed).toEqual([0, 1, 2, 3, 4]);
    expect(allowStatusChange(passed, 9_999)).toBeNull();
    expect(allowStatusChange(passed, 10_000)).toEqual([1, 2, 3, 4, 10_000]);
    expect(refuseBeat(row, { ...beat, status: 'paused' }, 10_001, false)?.code).toBe('heartbeat_throttled');
    expect(refuseBeat(row, { ...beat, status: 'errored' }, 10_001, false)).toBeNull();
  });

  it('spends that allowance only where it was needed', () => {
    expect(spendsStatusChange(row, { ...beat, status: 'paused' }, 10_001)).toBe(true);
    expect(spendsStatusChange(row, { ...beat, status: 'paused' }, 15_000)).toBe(false);
    expect(spendsStatusChange(row, beat, 10_001)).toBe(false);
    expect(spendsStatusChange(row, { ...beat, status: 'errored' }, 10_001)).toBe(false);
  });
});

describe('an edge', () => {
  it.each([
    ['the first of an attempt', { run_state: 'running', shown_status: null, health: 'healthy' }, 'running', 0, true],
    ['another status', { run_state: 'running', shown_status: 'running', health: 'healthy' }, 'paused', 9, true],
    ['the same', { run_state: 'running', shown_status: 'running', health: 'healthy' }, 'running', 9, false],
    ['step 0 before a start', { run_state: 'queued', shown_status: 'running', health: 'healthy' }, 'running', 0, false],
    ['the first step', { run_state: 'provisioning', shown_status: 'running', health: 'healthy' }, 'running', 1, true],
    ['paused before a start', { run_state: 'queued', shown_status: 'paused', health: 'healthy' }, 'paused', 5, false],
    [
      'of a stale run',
      { run_state: 'running', shown_status: 'running', health: 'heartbeat_stale' },
      'running',
      9,
      true,
    ],
  ] as const)('%s', (_name, mirror, status, step, expected) => {
    expect(isEdge(mirror, { status, step })).toBe(expected);
  });

  it('is every beat while the mirror is not healthy', () => {
    for (const health of runHealths) {
      const mirror = { run_state: 'paused', shown_status: 'paused', health } as const;
      expect(isEdge(mirror, { status: 'paused', step: 0 })).toBe(health !== 'healthy');
    }
  });
});

describe('a reply', () => {
  const stored = {
    run_id: 'r-7',
    run_state: 'running',
    desired_state: 'paused',
    beat_status: 'running',
    health: 'healthy',
    attempt: 1,
    step: 880,
    checkpoint_version: null,
    commands_pending: 1,
    cadence_s: 15,
  } as const;

  it('says where the run stands and when to beat again', () => {
    expect(heartbeatReply(stored, false)).toEqual({
      id: 'r-7',
      state: 'running',
      desired_state: 'paused',
      runtime_status: 'running',
      health_status: 'healthy',
      attempt: 1,
      current_step: 880,
      checkpoint_version: 0,
      commands_pending: 1,
      next_heartbeat_in_s: 15,
    });
    expect(heartbeatReply(stored, true)).toMatchObject({ state_pending: true });
  });
});
