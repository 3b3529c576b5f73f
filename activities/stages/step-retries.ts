/**
 * When a component that could not answer is run again (stages.md 6.4). Pure: the caller brings attempt and dice.
 */
import type { ComponentStepResult, Stage } from '../../contracts/stage.ts';
import { stageLimits } from '../../domain/stage/limits.ts';

const firstDelayMs = 100;
const longestDelayMs = 30_000;
const jitter = 0.25;

/**
 * True when this result is no answer and another attempt may give one: a crash always, a timeout where the stage says
 * so. Protocol, capability, sandbox and limit violations never; a finding is a result.
 *
 * @param attempt number of the attempt that gave the result, 1 for the first
 * @param attempts how many the step may have in all
 */
export function shouldRetry(result: ComponentStepResult, stage: Stage, attempt: number, attempts: number): boolean {
  if (result.status !== 'error' || attempt >= attempts) return false;
  const codes = new Set<string>(result.errors.map(({ code }) => code));
  if (codes.size !== 1) return false;
  if (codes.has('NE001')) return true;
  return codes.has('NE004') && attempt <= stageLimits[stage].timeoutRetries;
}

/**
 * Delay before the next attempt in ms: 100, doubled each time, at most 30 s, spread by a quarter to either side.
 *
 * @param random 0 <= random < 1
 */
export function retryDelayMs(attempt: number, random: number): number {
  const plain = Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs);
  return Math.round(plain * (1 - jitter + 2 * jitter * random));
}
