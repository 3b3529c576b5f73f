/**
 * What a checked beat meets (runs.md 5.2 no. 7-11, 5.3). The set-based statement of the ingest decides the same for many
 * beats at once; this rule classifies what it did not take, and is what it is held to.
 */
import type { RunHeartbeat } from '../../../contracts/run/heartbeat.ts';
import type { RunState, RuntimeStatus } from '../../../contracts/run/vocabulary.ts';
import { isTerminalRun } from '../states.ts';
import { throttledFor } from './throttle.ts';

/** What is stored of the run a beat speaks of. */
export interface BeatRow {
  readonly state: RunState;
  readonly attempt: number;
  /** Null before the first beat of the attempt: nothing regresses. */
  readonly step: number | null;
  readonly checkpoint_version: number | null;
  /** Last accepted beat of the attempt, ms. */
  readonly last_heartbeat_at: number | null;
  /** As last reported. */
  readonly beat_status: RuntimeStatus | null;
}

export type BeatRefusal =
  | { readonly code: 'run_not_found'; readonly stopped: false }
  | { readonly code: 'run_terminal'; readonly stopped: true; readonly state: RunState }
  | { readonly code: 'stale_attempt'; readonly stopped: true; readonly current: number; readonly received: number }
  | {
      readonly code: 'attempt_not_granted';
      readonly stopped: false;
      readonly current: number;
      readonly received: number;
    }
  | {
      readonly code: 'step_regression' | 'checkpoint_regression';
      readonly stopped: false;
      readonly current: number;
      readonly received: number;
    }
  | { readonly code: 'heartbeat_throttled'; readonly stopped: false; readonly retry_after_s: number };

export type BeatFacts = Pick<RunHeartbeat, 'attempt' | 'status' | 'step' | 'checkpoint_version'>;

/**
 * Null when the beat is accepted, else the first check that fails.
 *
 * @param receivedMs arrival by the clock of the database
 * @param mayChangeStatus whether the allowance of status changes still lets one pass
 */
export function refuseBeat(
  row: BeatRow | null,
  beat: BeatFacts,
  receivedMs: number,
  mayChangeStatus = true,
): BeatRefusal | null {
  if (row === null) return { code: 'run_not_found', stopped: false };
  if (isTerminalRun(row.state)) return { code: 'run_terminal', stopped: true, state: row.state };
  const attempts = { current: row.attempt, received: beat.attempt };
  if (beat.attempt < row.attempt) return { code: 'stale_attempt', stopped: true, ...attempts };
  if (beat.attempt > row.attempt) return { code: 'attempt_not_granted', stopped: false, ...attempts };
  if (beat.step < (row.step ?? 0)) {
    return { code: 'step_regression', stopped: false, current: row.step ?? 0, received: beat.step };
  }
  if (beat.checkpoint_version < (row.checkpoint_version ?? 0)) {
    const current = row.checkpoint_version ?? 0;
    return { code: 'checkpoint_regression', stopped: false, current, received: beat.checkpoint_version };
  }
  const wait = throttledFor(row.last_heartbeat_at, receivedMs);
  if (wait === null || beat.status === 'errored' || (beat.status !== row.beat_status && mayChangeStatus)) return null;
  return { code: 'heartbeat_throttled', stopped: false, retry_after_s: wait };
}

/** Whether a beat needs the allowance of status changes: it passes only because its status differs. */
export function spendsStatusChange(row: BeatRow, beat: BeatFacts, receivedMs: number): boolean {
  return (
    beat.status !== 'errored' &&
    beat.status !== row.beat_status &&
    throttledFor(row.last_heartbeat_at, receivedMs) !== null
  );
}
