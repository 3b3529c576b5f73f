/** What silence makes of the health of a run (runs.md 4, 4.1, 4.4): the edges that are due now, in order. */
import type { RunHealth, RunState } from '../../../contracts/run/vocabulary.ts';
import { isBeyond, type SilenceLimits } from './silence.ts';

export interface HealthFacts {
  readonly state: RunState;
  readonly health: RunHealth;
  /** Since when silence counts, ms. */
  readonly silent_since: number;
  readonly limits: SilenceLimits;
  /** Of an override; null without one. */
  readonly grace_until: number | null;
  /** We cannot listen. */
  readonly deaf: boolean;
}

/**
 * Healths to pass through now; none when nothing changes. A run whose silence is noticed late passes through both, in
 * order.
 */
export function dueHealth(facts: HealthFacts, now: number): readonly Exclude<RunHealth, 'healthy'>[] {
  const { health, limits, silent_since: since } = facts;
  if (facts.deaf || health === 'unresponsive') return [];
  const stale = health === 'heartbeat_stale' || isBeyond(since, limits.stale_s, now);
  const unresponsive = stale && isBeyond(since, limits.unresponsive_s, now) && !isInGrace(facts.grace_until, now);
  return [
    ...(stale && health === 'healthy' ? (['heartbeat_stale'] as const) : []),
    ...(unresponsive ? (['unresponsive'] as const) : []),
  ];
}

/** An override holds the run back from `unresponsive` until then. */
export function isInGrace(graceUntil: number | null, now: number): boolean {
  return graceUntil !== null && now < graceUntil;
}

/** When silence changes the health next, ms; null when it will not. */
export function nextHealthEdge({ health, limits, silent_since: since }: HealthFacts): number | null {
  const limit = health === 'healthy' ? limits.stale_s : health === 'heartbeat_stale' ? limits.unresponsive_s : null;
  // Strictly greater: one millisecond past the limit.
  return limit === null ? null : since + limit * 1_000 + 1;
}
