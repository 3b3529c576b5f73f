/** Time limits and retries of the one activity of the sweep, as plain options. Milliseconds throughout. */

const second = 1000;

/**
 * A sweep beats with every page and every handful of pokes, so a worker that died is noticed after 10 s, and a large
 * fleet may take minutes. An outage of Postgres is waited for here: the next attempt is the next sweep.
 */
export const sweepLimits = {
  startToCloseTimeout: 600 * second,
  heartbeatTimeout: 10 * second,
  retry: { initialInterval: second, backoffCoefficient: 2, maximumInterval: 5 * second },
} as const;
