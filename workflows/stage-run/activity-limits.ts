/**
 * Time limits and retries of the activities of a stage run (stages.md 6.4), as plain options. Milliseconds throughout.
 */
import type { StepSummary } from '../../contracts/stage.ts';

const second = 1000;

const databaseRetry = { initialInterval: 100, backoffCoefficient: 2, maximumInterval: 5 * second } as const;

/** One short statement: `recordStageState`, `finishStage`, `checkHost`. */
export const databaseLimits = {
  startToCloseTimeout: 5 * second,
  scheduleToCloseTimeout: 60 * second,
  retry: databaseRetry,
} as const;

export const planLimits = {
  startToCloseTimeout: 30 * second,
  retry: { maximumAttempts: 3, initialInterval: 100, backoffCoefficient: 2, maximumInterval: 30 * second },
} as const;

/** How long a task may wait on the host's queue before the liveness row of the host is read. */
export const hostQueueLimits = { scheduleToStartTimeout: 20 * second } as const;

/**
 * Back-offs longer than this become timers of the server. Shorter ones keep the workflow task open, and a cancellation
 * cannot arrive while it is open.
 */
export const localRetryThreshold = second;

export const releaseLimits = { startToCloseTimeout: 10 * second, retry: { maximumAttempts: 2 } } as const;

/** The runner ends a step by itself at its timeout; the engine gives it this much longer to say so. */
const stepMargin = 5 * second;
export const heartbeatTimeout = 5 * second;

/** The delay between attempts is given by the failing activity; these values serve when its worker was lost. */
export function stepLimits(step: Pick<StepSummary, 'timeout_ms' | 'attempts'>) {
  return {
    startToCloseTimeout: step.timeout_ms + stepMargin,
    retry: {
      maximumAttempts: step.attempts,
      initialInterval: 100,
      backoffCoefficient: 2,
      maximumInterval: 30 * second,
    },
  } as const;
}
