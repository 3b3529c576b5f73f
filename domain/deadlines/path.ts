/**
 * The path by which a subject is heard (registration.md 3.7, 6.4): while it is down, silence is ours and nobody is
 * overdue; once it is back, everybody has a full window again. Milliseconds on the clock of the database throughout.
 */

/** One row of `component_liveness`; refreshed every 2 to 5 s while the path works. */
export interface PathLiveness {
  /** Begin of the present span without a gap of more than 10 s. */
  readonly up_since: number;
  readonly last_seen: number;
}

/** A path that was not refreshed for longer is down, ms. */
export const pathSilenceLimit = 10_000;

/** Whether nothing of this path may be found overdue now: its row is missing or more than 10 s old. */
export function isPathDown(path: PathLiveness | null, now: number): boolean {
  return path === null || now - path.last_seen > pathSilenceLimit;
}

/**
 * Whether the path is up but came back less than a window ago: deadlines still hold the amnesty after our own outage.
 *
 * @param windowMs longest silence that subjects of this path are granted
 */
export function isInAmnesty(path: PathLiveness | null, windowMs: number, now: number): boolean {
  return path !== null && !isPathDown(path, now) && now < path.up_since + windowMs;
}
