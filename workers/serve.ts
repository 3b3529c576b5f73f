/**
 * All roles of one process (architecture.md "Processes"): `host` runs stages of this machine, `control` serves database
 * activities for everyone, `api` is the gateway. Everything slow starts side by side.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Registry as MetricsRegistry } from 'prom-client';
import { createStageMetrics, RunCache, type StageActivityDeps } from '../activities/stages.ts';
import type { GatewayListeners } from '../api/listen.ts';
import { countComponents } from '../api/metrics/component-count.ts';
import { createEventHub } from '../api/stage-runs/event-hub.ts';
import type { ServeConfig } from '../contracts/gateway.ts';
import { describeEnvironment } from './serve/environment.ts';
import { loadBundle } from './serve/load-bundle.ts';
import { prepareDatabase } from './serve/open-database.ts';
import { openEngine } from './serve/open-engine.ts';
import { openGateway, preloadGateway } from './serve/open-gateway.ts';
import { openRegistry } from './serve/open-registry.ts';
import { openRunner } from './serve/open-runner.ts';
import { startWorkers } from './serve/start-workers.ts';
import { installRuntime } from './runtime.ts';
import { collectTemporalMetrics } from './temporal-metrics.ts';

export interface Serving {
  readonly listeners: GatewayListeners | null;
  /** Rejects when a worker fails: the process should end and be started again. */
  readonly failed: Promise<never>;
  /** Refuses new work, lets what runs end for a while, closes everything. */
  stop(): Promise<void>;
}

/** How long runs under way may go on once the process was told to stop, ms; the engine keeps them after that. */
const finishRunsMs = 5_000;

/**
 * Starts the roles of `config`; resolves when all of them serve.
 *
 * @param env names Postgres (`OMNIBASE_DATABASE_URL`) and Temporal (`TEMPORAL_*`)
 * @throws OB003 bad settings; OB010, OB014, OB015 when Temporal or Postgres is not there or not prepared; OB011 when a
 * listener is taken
 */
export async function serve(config: ServeConfig, env: NodeJS.ProcessEnv, logger: Logger): Promise<Serving> {
  const closers: (() => unknown)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await start(config, env, logger, closers, closeAll);
  } catch (error) {
    // The cause is what counts: parts that were only half started may refuse to close.
    await closeAll().catch((cause: unknown) => logger.debug({ err: cause }, 'not everything could be closed'));
    throw error;
  }
}

async function start(
  config: ServeConfig,
  env: NodeJS.ProcessEnv,
  logger: Logger,
  closers: (() => unknown)[],
  closeAll: () => Promise<void>,
): Promise<Serving> {
  const keep = <Part extends { close(): unknown }>(part: Part): Part => {
    closers.push(() => part.close());
    return part;
  };
  const isHost = config.roles.includes('host');
  const isApi = config.roles.includes('api');
  const { database, ready } = prepareDatabase(config, env);
  keep(database);
  const bundle = isHost ? loadBundle() : null;
  const environment = describeEnvironment(config.host_id);
  if (isApi) preloadGateway();

  const metrics = new MetricsRegistry();
  const temporalMetrics = keep(await collectTemporalMetrics(metrics));
  await installRuntime({ logger, metrics: temporalMetrics.buffer });
  const engine = keep(await openEngine(env));
  const hub = keep(createEventHub());
  const registry = keep(openRegistry({ config, database, env, metrics, logger }));
  const runner = isHost ? keep(await openRunner(config, logger)) : null;
  const runs = new RunCache(database);
  const deps: Omit<StageActivityDeps, 'runner'> = {
    database,
    registry,
    cores: availableParallelism(),
    publish: (runId, event) => hub.publish(runId, event),
    runs,
    environment: await environment,
    metrics: createStageMetrics(metrics),
  };
  const workers = await startWorkers({
    config,
    engine,
    bundle: await bundle,
    deps,
    runner,
    databaseReady: ready,
    logger,
  });
  closers.push(() => workers.stop());
  keep(countComponents(metrics, database));
  const parts = {
    config,
    database,
    registry,
    engine,
    hub,
    planning: deps,
    environment: deps.environment,
    metrics,
    logger,
  };
  const opened = isApi ? await openGateway({ ...parts, workers: workers.byRole }) : null;
  if (opened !== null) closers.push(() => opened.gateway.close());

  return {
    listeners: opened?.listeners ?? null,
    failed: workers.failed,
    async stop() {
      if (opened !== null) opened.gateway.drain.draining = true;
      await runsEnded(runs, finishRunsMs);
      await closeAll();
    },
  };
}

async function runsEnded(runs: RunCache, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs;
  while (runs.active > 0 && performance.now() < until) await sleep(50);
}
