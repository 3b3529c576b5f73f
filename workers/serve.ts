/**
 * All roles of one process (architecture.md "Processes"): `host` runs stages of this machine, `control` runs entity
 * workflows and the deadline sweep and serves database activities for everyone, `api` is the gateway. Every process
 * stands by to relay events. Everything slow starts side by side.
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
import { checkItself } from './serve/check-itself.ts';
import { createControlWork } from './serve/control-work.ts';
import { describeEnvironment } from './serve/environment.ts';
import { keepHouse } from './serve/keep-house.ts';
import { loadBundle } from './serve/load-bundle.ts';
import { prepareDatabase } from './serve/open-database.ts';
import { openEngine } from './serve/open-engine.ts';
import { openGateway, preloadGateway } from './serve/open-gateway.ts';
import { openProjection } from './serve/open-projection.ts';
import { openRegistry } from './serve/open-registry.ts';
import { openRelay } from './serve/open-relay.ts';
import { openRunner } from './serve/open-runner.ts';
import { readServeSettings } from './serve/read-settings.ts';
import { startWorkers, type Workers } from './serve/start-workers.ts';
import { tendSweep } from './serve/tend-sweep.ts';
import { measureWaits } from './metrics/wait-metrics.ts';
import { installRuntime } from './runtime.ts';
import type { Relay } from './relay/start-relay.ts';
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
 * @throws OB003, ND016 bad settings; OB010, OB014, OB015 when Temporal or Postgres is not there or not prepared; ND015
 * when the schema is not this release's; OB011 when a listener is taken
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
  const isControl = config.roles.includes('control');
  const isApi = config.roles.includes('api');
  const { database, url: databaseUrl, ready } = prepareDatabase(config, env);
  keep(database);
  const bundle = isHost || isControl ? loadBundle() : null;
  const environment = describeEnvironment(config.host_id);
  if (isApi) preloadGateway();
  const read = await readServeSettings(env);
  const settings = () => read.nodes;

  const metrics = new MetricsRegistry();
  const temporalMetrics = keep(await collectTemporalMetrics(metrics));
  await installRuntime({ logger, metrics: temporalMetrics.buffer });
  const engine = keep(await openEngine(env));
  const hub = keep(createEventHub());
  const registry = keep(openRegistry({ config, database, env, metrics, logger }));
  const projection = openProjection({ database, settings, metrics, logger });
  let active = 0;
  const activeNodes = () => active;
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
  const { client } = engine;
  const control = isControl
    ? createControlWork({ stages: deps, client, projection, settings, activeNodes, metrics, logger })
    : null;
  let relay: Relay | null = null;
  // Publishes what gateway and workers still write while they end.
  closers.push(() => relay?.close());
  let workers: Workers | null = null;
  const working = startWorkers({
    config,
    engine,
    bundle: await bundle,
    deps,
    runner,
    control,
    databaseReady: ready,
    logger,
  }).then((started) => {
    workers = started;
    return started;
  });
  closers.push(async () => (await orNull(working))?.stop());
  // The gateway is opened while the workers compile the workflows; both wait for the schema.
  const opening = isApi
    ? ready.then(() =>
        openGateway({
          config,
          database,
          registry,
          engine,
          hub,
          planning: deps,
          environment: deps.environment,
          nodes: { reader: projection.reader, settings, activeNodes, databaseUrl },
          workerOf: (role) => workers?.byRole[role] ?? null,
          metrics,
          logger,
        }),
      )
    : null;
  // Closed before the workers, whichever is there first.
  closers.push(async () => (await orNull(opening))?.close());
  const [{ failed }, opened] = await Promise.all([working, opening]);
  keep(countComponents(metrics, database));
  keep(measureWaits(metrics, database));
  relay = openRelay({ databaseUrl, database, webhooks: read.webhooks, logger, metrics });
  const counted = (nodes: number): void => {
    active = nodes;
  };
  if (isControl) keep(keepHouse(database, logger));
  keep(tendSweep({ database, client: isControl ? client : null, settings, counted, metrics, logger }));
  if (opened !== null) {
    keep(checkItself({ nodes: opened.nodes, settings, hostId: config.host_id, metrics, logger }));
  }

  return {
    listeners: opened?.listeners ?? null,
    failed,
    async stop() {
      if (opened !== null) opened.gateway.drain.draining = true;
      await runsEnded(runs, finishRunsMs);
      await closeAll();
    },
  };
}

/** For who closes what was begun: what failed has told its cause already. */
async function orNull<T>(begun: Promise<T> | null): Promise<T | null> {
  try {
    return await begun;
  } catch {
    return null;
  }
}

async function runsEnded(runs: RunCache, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs;
  while (runs.active > 0 && performance.now() < until) await sleep(50);
}
