/** The activity of the workflow `deadline-sweep` (registration.md 9 "Sweeper"). A factory only: `sweep/` has the steps. */
import { Context } from '@temporalio/activity';
import type { SweepActivities } from '../contracts/node/sweep.ts';
import { toFailure } from './failure.ts';
import { performSweep, type SweepDeps } from './sweep/perform-sweep.ts';

export { createNodeSweep } from './sweep/nodes.ts';
export { createSweepMetrics } from './sweep/sweep-metrics.ts';

export function createSweepActivities(deps: SweepDeps): SweepActivities {
  return {
    async sweepDeadlines() {
      const context = Context.current();
      try {
        return await performSweep(deps, {
          beat: () => context.heartbeat(),
          signal: context.cancellationSignal,
        });
      } catch (error) {
        if (context.cancellationSignal.aborted) return await context.cancelled;
        // Whatever it was, the next attempt is another sweep.
        throw toFailure(error, { retryable: true });
      }
    },
  };
}
