/**
 * Waiting for a database that is away. A step must not fail because of it: before its components run nothing is lost by
 * waiting, and afterwards their answers must not be asked for again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../../db/failure.ts';

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** As long as a database activity may take in all (stages.md 6.4). */
const patienceMs = 60_000;

/**
 * Repeats a statement until the database answers.
 *
 * @param signal ends the waiting between two attempts
 * @param limitMs how long to wait
 * @throws what the statement threw, at once when the database is there, after the limit when it is away
 */
export async function whenAvailable<T>(
  statement: () => Promise<T>,
  signal?: AbortSignal,
  limitMs: number = patienceMs,
): Promise<T> {
  const until = performance.now() + limitMs;
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
    try {
      return await statement();
    } catch (error) {
      if (!isUnavailable(error) || performance.now() + pause > until || signal?.aborted === true) throw error;
    }
    await sleep(pause);
  }
}
