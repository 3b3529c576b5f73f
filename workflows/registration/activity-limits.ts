/** Time limits and retries of the activities of a registration (registration.md 9), as plain options, in ms. */

const second = 1000;

const patiently = { initialInterval: 100, backoffCoefficient: 2, maximumInterval: 30 * second } as const;

/** One short transaction: tried until the database answers. */
export const databaseLimits = { startToCloseTimeout: 5 * second, retry: patiently } as const;

/** Longer back-offs become timers of the server; shorter ones keep the workflow task open, and messages wait for it. */
export const localRetryThreshold = second;

/** The registry may have to ask its cache: a little more than one database call. */
export const admissionLimits = { startToCloseTimeout: 10 * second, retry: patiently } as const;

export const deliveryLimits = {
  // The post itself ends after 3 s; the rest is reading where to send it.
  startToCloseTimeout: 5 * second,
  retry: { maximumAttempts: 2, initialInterval: 100 },
} as const;

/** How long the loop itself waits for the policy, ms; beyond that it is asked beside it. */
const quickDecisionMs = second;

/** Few tries: the back-off of more would become a timer, and the loop would wait for that. */
export const quickAdmissionLimits = {
  startToCloseTimeout: quickDecisionMs,
  scheduleToCloseTimeout: quickDecisionMs,
  retry: { maximumAttempts: 3, initialInterval: 50, backoffCoefficient: 2 },
} as const;

/** Less than the wait itself, so that the answer is there before the caller gives up. */
const answerMargin = second;
const leastWait = 500;

/** How long a caller then waits for the policy that is asked beside the loop, ms. */
export function decisionLimit(decisionWaitMs: number): number {
  return Math.max(leastWait, decisionWaitMs - quickDecisionMs - answerMargin);
}
