/**
 * How long a run has been silent (runs.md 4.2). Every instant comes from one reading of one database; time in which we
 * could not listen counts for nothing.
 */
import type { RunPolicy } from '../../../contracts/run/settings.ts';
import type { BeatPath, RunState } from '../../../contracts/run/vocabulary.ts';
import { isPathDown, type PathLiveness } from '../../deadlines/path.ts';
import { silenceThresholds } from '../policy.ts';

export interface SilenceFacts {
  /** Last accepted beat of this attempt, ms; null before the first. */
  readonly last_heartbeat_at: number | null;
  readonly state_entered_at: number;
  readonly attempt_granted_at: number;
  /** How the last beat came. */
  readonly via: BeatPath | null;
}

/** Rows of `component_liveness`: the ingest of the gateways, and the sweep, which proves that signals are handled. */
export interface ListeningPaths {
  readonly ingest: PathLiveness | null;
  readonly sweep: PathLiveness | null;
}

/** Since when silence counts, ms: what came last of beat, entry into the state, grant of the attempt, and our own return. */
export function silentSince(facts: SilenceFacts, paths: ListeningPaths): number {
  return Math.max(
    facts.last_heartbeat_at ?? Number.NEGATIVE_INFINITY,
    facts.state_entered_at,
    facts.attempt_granted_at,
    paths.ingest?.up_since ?? Number.NEGATIVE_INFINITY,
    facts.via === 'signal' ? (paths.sweep?.up_since ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY,
  );
}

/** Whether we cannot hear this run now: then nothing about it is downgraded. */
export function isDeaf({ via }: Pick<SilenceFacts, 'via'>, paths: ListeningPaths, now: number): boolean {
  return isPathDown(paths.ingest, now) || (via === 'signal' && isPathDown(paths.sweep, now));
}

/** Seconds of silence at which the health of a run in this state changes; null where no clock runs. */
export interface SilenceLimits {
  readonly stale_s: number | null;
  readonly unresponsive_s: number | null;
}

export function silenceLimits(state: RunState, policy: RunPolicy, toldCadenceS: number): SilenceLimits {
  if (state === 'paused') return { stale_s: policy.paused_stale_after_s, unresponsive_s: null };
  return state === 'running' ? silenceThresholds(policy, toldCadenceS) : { stale_s: null, unresponsive_s: null };
}

/** Strictly greater: exactly the limit is still in time. */
export function isBeyond(sinceMs: number, limitS: number | null, now: number): boolean {
  return limitS !== null && now - sinceMs > limitS * 1_000;
}

/** Shown to readers: running or paused, and silent for longer than `stale_after_s`. */
export function isOverdue(state: RunState, policy: RunPolicy, sinceMs: number, now: number): boolean {
  return (state === 'running' || state === 'paused') && isBeyond(sinceMs, policy.stale_after_s, now);
}
