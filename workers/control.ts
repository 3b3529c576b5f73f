/**
 * The control role (architecture.md "Processes"): entity workflows, the deadline sweep, and the database activities of
 * every host, on one shared queue.
 */
import type { NativeConnection, Worker, WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { StageDatabaseActivities } from '../activities/stages.ts';
import { controlQueue } from '../client/queues.ts';
import { limitedDataConverter } from '../client/payload-limit.ts';
import type { SweepActivities } from '../contracts/node/sweep.ts';
import type { RegistrationActivities, RegistrationTelemetry } from '../contracts/node/workflow.ts';
import { activityCalls } from './interceptors/activity-calls.ts';
import { registrationSinks } from './registration-sinks.ts';
import { controlTuning } from './tuning.ts';
import { runWorker, type WorkerHandle } from './worker-handle.ts';

export interface ControlWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly identity: string;
  /** Makes the worker; shared by the workers of a process (`shared-workflows.ts`). */
  readonly workerClass: typeof Worker;
  readonly bundle: WorkflowBundleOption;
  readonly activities: StageDatabaseActivities & RegistrationActivities & SweepActivities;
  /** What registrations count. */
  readonly telemetry: RegistrationTelemetry;
  /** The worker is made before, but takes no work until then. */
  readonly databaseReady: Promise<void>;
  readonly logger: Logger;
}

/** Starts a worker on the shared control queue; any number may run. */
export async function startControlWorker(options: ControlWorkerOptions): Promise<WorkerHandle> {
  const worker = await options.workerClass.create({
    connection: options.connection,
    namespace: options.namespace,
    identity: options.identity,
    taskQueue: controlQueue,
    workflowBundle: options.bundle,
    activities: { ...options.activities },
    sinks: registrationSinks(options.telemetry),
    dataConverter: limitedDataConverter,
    interceptors: { activity: [activityCalls(options.logger)] },
    ...controlTuning(),
  });
  await options.databaseReady;
  return runWorker(worker);
}
