/**
 * How often a node beats, how long its silence may be, when it is offered again (registration.md 2, 3.7). Randomness is
 * injected: a workflow has its own.
 */
import type { RegistrationSettings } from '../../contracts/node/settings.ts';

/** A number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** Windows are three intervals and live in an `int` column: the longest interval that leaves room for them, ms. */
const longestInterval = Math.floor(2_147_483_647 / 3);

/**
 * Interval told to nodes, ms, before jitter: the configured one, stretched so that the whole fleet sends at most
 * `heartbeatMaxPerSecond`.
 *
 * @param activeNodes as counted by the last sweep
 */
export function toldInterval(
  settings: Pick<RegistrationSettings, 'heartbeat_interval_ms' | 'heartbeat_max_per_second'>,
  activeNodes: number,
): number {
  const stretched = Math.ceil((activeNodes / settings.heartbeat_max_per_second) * 1000);
  return Math.min(Math.max(settings.heartbeat_interval_ms, stretched), longestInterval);
}

/** Window that belongs to a told interval, ms: a stretched interval shortens nobody's life. */
export function windowFor(settings: Pick<RegistrationSettings, 'liveness_window_ms'>, toldMs: number): number {
  return Math.max(settings.liveness_window_ms, 3 * toldMs);
}

/** `ms` moved by at most `percent` to either side, evenly spread, whole milliseconds. */
export function jittered(ms: number, percent: number, random: Random): number {
  return Math.round(ms * (1 + (percent / 100) * (2 * random() - 1)));
}

/** When to look again while the path of a node is down, ms: half its window, spread so that not all look at once. */
export function holdDelay(windowMs: number, percent: number, random: Random): number {
  return jittered(windowMs / 2, percent, random);
}

/**
 * Pause before the next attempt of a retry series, ms: `first_ms`, doubled with every attempt, at most `max_ms`, then
 * jitter.
 *
 * @param attemptNumber the attempt that timed out, from 1
 */
export function retryDelay(
  attemptNumber: number,
  backoff: RegistrationSettings['retry_backoff'],
  random: Random,
): number {
  const doubled = backoff.first_ms * 2 ** Math.max(0, attemptNumber - 1);
  return jittered(Math.min(doubled, backoff.max_ms), backoff.jitter_percent, random);
}
