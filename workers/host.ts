/**
 * The host role (stages.md 6.1): the worker of one machine. It runs stage workflows, plans and steps on the queue of its
 * host and stamps its liveness row, so that runs know whether anybody is there.
 */
import type { NativeConnection, Worker, WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from 'pino';
import { hostQueue } from '../client/queues.ts';
import type { StageActivities } from '../contracts/stage-workflow.ts';
import type { Database } from '../db/client.ts';
import { limitedDataConverter } from '../client/payload-limit.ts';
import { activityCalls } from './interceptors/activity-calls.ts';
import { stampLiveness } from './liveness.ts';
import { hostTuning } from './tuning.ts';
import { runWorker, type WorkerHandle } from './worker-handle.ts';

export interface HostWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly hostId: string;
  readonly identity: string;
  /** Makes the worker; shared by the workers of a process (`shared-workflows.ts`). */
  readonly workerClass: typeof Worker;
  readonly bundle: WorkflowBundleOption;
  readonly activities: StageActivities;
  readonly database: Database;
  /** The worker is made before, but takes no work until then. */
  readonly databaseReady: Promise<void>;
  readonly logger: Logger;
}

/** Starts the worker of this machine. */
export async function startHostWorker(options: HostWorkerOptions): Promise<WorkerHandle> {
  const worker = await options.workerClass.create({
    connection: options.connection,
    namespace: options.namespace,
    identity: options.identity,
    taskQueue: hostQueue(options.hostId),
    workflowBundle: options.bundle,
    activities: { ...options.activities },
    dataConverter: limitedDataConverter,
    interceptors: { activity: [activityCalls(options.logger)] },
    ...hostTuning(),
  });
  await options.databaseReady;
  const handle = runWorker(worker);
  const liveness = stampLiveness(options.database, { component: 'host', instance: options.hostId }, options.logger);
  return {
    taskQueue: handle.taskQueue,
    get serving() {
      return handle.serving;
    },
    ended: handle.ended,
    async stop() {
      liveness.stop();
      await handle.stop();
    },
  };
}
