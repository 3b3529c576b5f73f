/** How long a part that died waits before it is started again. Pure: the caller brings the history. */

/** A part that served this long is healthy: its next death counts as the first. */
const healthyMs = 60_000;
const firstDelayMs = 200;
const longestDelayMs = 30_000;

/** Deaths in a row after one more, given how long the part had served (0 when it never was ready). */
export function deathsInARow(before: number, servedMs: number): number {
  return servedMs >= healthyMs ? 1 : before + 1;
}

/** Delay in ms before restart number `deaths`: at once, 200 ms, 400 ms … 30 s. */
export function restartDelayMs(deaths: number): number {
  return deaths <= 1 ? 0 : Math.min(firstDelayMs * 2 ** (deaths - 2), longestDelayMs);
}
