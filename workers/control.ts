/**
 * The control role (architecture.md "Processes"): database activities for every host on one shared queue. Entity
 * workflows of nodes and runs join it.
 */
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { StageDatabaseActivities } from '../activities/stages.ts';
import { controlQueue } from '../client/queues.ts';
import { limitedDataConverter } from '../client/payload-limit.ts';
import { activityCalls } from './interceptors/activity-calls.ts';
import { controlTuning } from './tuning.ts';
import { runWorker, type WorkerHandle } from './worker-handle.ts';

export interface ControlWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly identity: string;
  readonly activities: StageDatabaseActivities;
  /** The worker is made before, but takes no work until then. */
  readonly databaseReady: Promise<void>;
  readonly logger: Logger;
}

/** Starts a worker on the shared control queue; any number may run. */
export async function startControlWorker(options: ControlWorkerOptions): Promise<WorkerHandle> {
  const { Worker } = await import('@temporalio/worker');
  const worker = await Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    identity: options.identity,
    taskQueue: controlQueue,
    activities: { ...options.activities },
    dataConverter: limitedDataConverter,
    interceptors: { activity: [activityCalls(options.logger)] },
    ...controlTuning(),
  });
  await options.databaseReady;
  return runWorker(worker);
}
