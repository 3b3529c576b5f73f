/** How often beats may come (runs.md 4, 5.2 no. 10): 5 s after the last accepted one, unless the status changes. */
import { mostStatusChanges, statusChangeSpanMs, throttleMs } from '../../../contracts/run/limits.ts';

/** Whole seconds until a beat passes again, at least 1; null when it passes now. */
export function throttledFor(lastAcceptedMs: number | null, receivedMs: number): number | null {
  if (lastAcceptedMs === null) return null;
  const remaining = throttleMs - (receivedMs - lastAcceptedMs);
  return remaining <= 0 ? null : Math.max(1, Math.ceil(remaining / 1_000));
}

/**
 * Status changes of one run at one node: at most 5 in 10 s pass the throttle.
 *
 * @param passed times at which changes passed, ms, oldest first
 * @returns the times to remember, or null when the change has to wait
 */
export function allowStatusChange(passed: readonly number[], now: number): readonly number[] | null {
  const recent = passed.filter((time) => now - time < statusChangeSpanMs);
  return recent.length < mostStatusChanges ? [...recent, now] : null;
}
