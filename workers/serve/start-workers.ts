/** Starts the workers of the roles a process plays, and watches over them. */
import type { Worker, WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createStageActivities, type StageActivityDeps } from '../../activities/stages.ts';
import type { ServeConfig } from '../../contracts/gateway.ts';
import type { StageActivities } from '../../contracts/stage-workflow.ts';
import type { StepRunner } from '../../validators/runner/step-runner.ts';
import { startControlWorker } from '../control.ts';
import { startHostWorker } from '../host.ts';
import { sharingWorkflows } from '../shared-workflows.ts';
import type { WorkerHandle } from '../worker-handle.ts';
import type { ControlWork } from './control-work.ts';
import type { Engine } from './open-engine.ts';

export interface WorkerParts {
  readonly config: ServeConfig;
  readonly engine: Engine;
  readonly deps: Omit<StageActivityDeps, 'runner'>;
  /** Null without the host role. */
  readonly runner: StepRunner | null;
  /** Null without the control role. */
  readonly control: ControlWork | null;
  /** One for all workers of the process; null when none runs workflows. */
  readonly bundle: WorkflowBundleOption | null;
  /** Workers take no work before. */
  readonly databaseReady: Promise<void>;
  readonly logger: Logger;
}

export type WorkerRole = 'control' | 'host';

export interface Workers {
  readonly byRole: Readonly<Partial<Record<WorkerRole, WorkerHandle>>>;
  /** Rejects when one of them fails. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export async function startWorkers(parts: WorkerParts): Promise<Workers> {
  const { control: work, runner, deps } = parts;
  const stages = runner === null ? null : createStageActivities({ ...deps, runner });
  const workerClass = await sharingWorkflows(Object.keys({ ...stages, ...work?.activities }));
  const [control, host] = await Promise.all([startControl(parts, workerClass), startHost(parts, stages, workerClass)]);
  const handles = [control, host].filter((handle) => handle !== null);
  const failed = firstFailure(handles);
  // Whoever serves watches it; while everything stops nobody does.
  failed.catch(() => undefined);
  return {
    byRole: { ...(control === null ? {} : { control }), ...(host === null ? {} : { host }) },
    failed,
    async stop() {
      await Promise.all(handles.map((handle) => handle.stop()));
    },
  };
}

async function startControl(
  { config, engine, control, bundle, databaseReady, logger }: WorkerParts,
  workerClass: typeof Worker,
): Promise<WorkerHandle | null> {
  if (control === null || bundle === null) return null;
  const { connection, namespace } = engine;
  return startControlWorker({
    ...control,
    connection,
    namespace,
    identity: identityOf(config, 'control'),
    workerClass,
    bundle,
    databaseReady,
    logger,
  });
}

async function startHost(
  { config, engine, deps, bundle, databaseReady, logger }: WorkerParts,
  activities: StageActivities | null,
  workerClass: typeof Worker,
): Promise<WorkerHandle | null> {
  if (activities === null || bundle === null) return null;
  return startHostWorker({
    connection: engine.connection,
    namespace: engine.namespace,
    hostId: config.host_id,
    identity: identityOf(config, 'host'),
    workerClass,
    bundle,
    activities,
    database: deps.database,
    databaseReady,
    logger,
  });
}

function identityOf(config: ServeConfig, role: string): string {
  return `omnibase-${role} ${process.pid}@${config.host_id}`;
}

/** A worker that ends as asked is no failure: the promise then stays pending. */
async function firstFailure(handles: readonly WorkerHandle[]): Promise<never> {
  await Promise.all(handles.map(({ ended }) => ended));
  return new Promise<never>(() => {});
}
