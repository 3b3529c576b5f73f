/** Starts the workers of the roles a process plays, and watches over them. */
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from 'pino';
import {
  createStageActivities,
  createStageDatabaseActivities,
  type StageActivityDeps,
} from '../../activities/stages.ts';
import type { ServeConfig } from '../../contracts/gateway.ts';
import type { StepRunner } from '../../validators/runner/step-runner.ts';
import { startControlWorker } from '../control.ts';
import { startHostWorker } from '../host.ts';
import type { WorkerHandle } from '../worker-handle.ts';
import type { Engine } from './open-engine.ts';

export interface WorkerParts {
  readonly config: ServeConfig;
  readonly engine: Engine;
  readonly deps: Omit<StageActivityDeps, 'runner'>;
  /** Null without the host role. */
  readonly runner: StepRunner | null;
  readonly bundle: WorkflowBundleOption | null;
  /** Workers take no work before. */
  readonly databaseReady: Promise<void>;
  readonly logger: Logger;
}

export interface Workers {
  readonly byRole: Readonly<Partial<Record<'control' | 'host', WorkerHandle>>>;
  /** Rejects when one of them fails. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export async function startWorkers(parts: WorkerParts): Promise<Workers> {
  const [control, host] = await Promise.all([startControl(parts), startHost(parts)]);
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

async function startControl({
  config,
  engine,
  deps,
  databaseReady,
  logger,
}: WorkerParts): Promise<WorkerHandle | null> {
  if (!config.roles.includes('control')) return null;
  const { connection, namespace } = engine;
  const activities = createStageDatabaseActivities(deps);
  return startControlWorker({
    connection,
    namespace,
    identity: identityOf(config, 'control'),
    activities,
    databaseReady,
    logger,
  });
}

async function startHost({
  config,
  engine,
  deps,
  runner,
  bundle,
  databaseReady,
  logger,
}: WorkerParts): Promise<WorkerHandle | null> {
  if (runner === null || bundle === null) return null;
  return startHostWorker({
    connection: engine.connection,
    namespace: engine.namespace,
    hostId: config.host_id,
    identity: identityOf(config, 'host'),
    bundle,
    activities: createStageActivities({ ...deps, runner }),
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
