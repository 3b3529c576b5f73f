/** The deadline sweep as clients see it (registration.md 9): there is one, and whoever finds it missing starts it. */
import type { Client } from '@temporalio/client';
import type { SweepInput } from '../contracts/node/sweep.ts';
import { deadlineSweepId, deadlineSweepType, firstSweepInput } from '../workflows/messages/deadline-sweep.ts';
import { fromEngineError } from './engine-errors.ts';
import { controlQueue } from './queues.ts';
import { searchAttributeKey } from './search-attributes.ts';

const callTimeoutMs = 5_000;

export interface EnsureSweepOptions {
  /** Default the product's one id and queue; tests have their own. */
  readonly workflowId?: string;
  readonly taskQueue?: string;
  readonly input?: SweepInput;
}

/**
 * Makes sure that the sweep runs: finds the running one, or starts it, also after somebody ended it. Any number of
 * processes may call this at once.
 *
 * @throws OB010 when the server does not answer within 5 s
 */
export async function ensureDeadlineSweep(client: Client, options: EnsureSweepOptions = {}): Promise<void> {
  const workflowId = options.workflowId ?? deadlineSweepId;
  try {
    await client.withDeadline(Date.now() + callTimeoutMs, () =>
      client.workflow.start(deadlineSweepType, {
        workflowId,
        taskQueue: options.taskQueue ?? controlQueue,
        args: [options.input ?? firstSweepInput],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        typedSearchAttributes: [{ key: searchAttributeKey('OmniKind'), value: 'sweep' }],
        staticSummary: 'deadline sweep',
        staticDetails:
          'Finds what is overdue or was lost, and pokes the workflows concerned. Ended, it is started anew.',
      }),
    );
  } catch (error) {
    throw fromEngineError(error, { id: workflowId });
  }
}
