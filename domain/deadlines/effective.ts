/**
 * Deadlines as they hold, after amnesty (registration.md 3.7). Pure arithmetic over what the database stores; the SQL of
 * the sweep and of the guards computes the same, and a property test on Postgres compares. All values are milliseconds
 * on the clock of the database.
 */
import type { PathLiveness } from './path.ts';

/** What decides how long an active node may be silent. */
export interface LivenessFacts {
  /** When it entered `active`. */
  readonly active_since: number;
  /** Newest beat of this epoch; null before the first. Beats during the handshake count for nothing but this. */
  readonly last_heartbeat_at: number | null;
  readonly beats_since_active: number;
  /** Stored window, wide enough for the interval last told. */
  readonly window_ms: number;
}

export interface WindowSettings {
  readonly first_liveness_ms: number;
  /** `damping.missedWindows`, 1-10. */
  readonly missed_windows: number;
}

/** Overdue means later than the deadline; at the deadline a node is in time. */
export function isOverdue(deadline: number, now: number): boolean {
  return now > deadline;
}

/** The newest of last beat, activation and return of the path: silence counts from here. */
export function effectiveLastSeen(
  facts: Pick<LivenessFacts, 'active_since' | 'last_heartbeat_at'>,
  path: PathLiveness | null,
): number {
  const entered = facts.active_since;
  return Math.max(entered, facts.last_heartbeat_at ?? entered, path?.up_since ?? entered);
}

/** How long silence is granted: `firstLiveness` before the first beat, then the stored window; each as often as damping says. */
export function livenessWindow(
  facts: Pick<LivenessFacts, 'beats_since_active' | 'window_ms'>,
  { first_liveness_ms, missed_windows }: WindowSettings,
): number {
  return (facts.beats_since_active === 0 ? first_liveness_ms : facts.window_ms) * missed_windows;
}

/** When an active node is silent for too long. */
export function effectiveLivenessDeadline(
  facts: LivenessFacts,
  path: PathLiveness | null,
  settings: WindowSettings,
): number {
  const bySilence = effectiveLastSeen(facts, path) + livenessWindow(facts, settings);
  return Math.max(facts.active_since + settings.first_liveness_ms, bySilence);
}

/** When an offer has waited for too long: the stored deadline, or a full time-out after the path came back. */
export function effectiveAckDeadline(ackDeadline: number, path: PathLiveness | null, ackTimeoutMs: number): number {
  return path === null ? ackDeadline : Math.max(ackDeadline, path.up_since + ackTimeoutMs);
}
