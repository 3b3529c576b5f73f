/** The api role: gateway on its listeners, stage runs on this process's engine and database (platform.md 5). */
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import { planStageRun, type StageActivityDeps } from '../../activities/stages.ts';
import type { GatewayListeners } from '../../api/listen.ts';
import type { Gateway } from '../../api/server.ts';
import type { EventHub } from '../../api/stage-runs/event-hub.ts';
import { protocolNumber, type ServeConfig } from '../../contracts/gateway.ts';
import type { RegistryApi } from '../../contracts/registry.ts';
import type { RunReport } from '../../contracts/stage.ts';
import type { Database } from '../../db/client.ts';
import { readIdentity } from '../../db/stores/changes/identity.ts';
import { pingTemporal } from '../health.ts';
import type { WorkerHandle } from '../worker-handle.ts';
import type { Engine } from './open-engine.ts';
import { startingWithProjectDeadline } from './stage-deadline.ts';

export interface GatewayParts {
  readonly config: ServeConfig;
  readonly database: Database;
  readonly registry: RegistryApi;
  readonly engine: Engine;
  readonly hub: EventHub;
  readonly planning: Pick<StageActivityDeps, 'registry' | 'cores'>;
  readonly environment: RunReport['environment'];
  /** Role → its worker, for readiness. */
  readonly workers: Readonly<Partial<Record<'control' | 'host', WorkerHandle>>>;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
}

export interface OpenGateway {
  readonly gateway: Gateway;
  readonly listeners: GatewayListeners;
}

/** Loads the gateway's code (Fastify) while the rest of the process waits for its servers. */
export function preloadGateway(): void {
  // Opening it reports what went wrong.
  loadGateway().catch(() => undefined);
}

async function loadGateway() {
  const [{ createGateway }, { listenGateway }, { createStageRuns }, { createStageRunStore }, { createTemporalEngine }] =
    await Promise.all([
      import('../../api/server.ts'),
      import('../../api/listen.ts'),
      import('../../api/stage-runs/service.ts'),
      import('../../api/stage-runs/store.ts'),
      import('../../api/stage-runs/engine.ts'),
    ]);
  return { createGateway, listenGateway, createStageRuns, createStageRunStore, createTemporalEngine };
}

/** @throws OB011 when the socket or the port is taken */
export async function openGateway(parts: GatewayParts): Promise<OpenGateway> {
  const { createGateway, listenGateway, createStageRuns, createStageRunStore, createTemporalEngine } =
    await loadGateway();
  const { config, database, engine, logger, environment } = parts;
  const isHost = config.roles.includes('host');
  const temporal = createTemporalEngine(engine.client, { eager: isHost });
  const gateway = createGateway({
    registry: parts.registry,
    identity: async () => ({ ...(await readIdentity(database)), version: environment.version }),
    stageRuns: createStageRuns({
      engine: isHost ? startingWithProjectDeadline(temporal) : temporal,
      store: createStageRunStore(database, environment),
      hub: parts.hub,
      plan: (input, signal) => planStageRun(parts.planning, input, signal),
      hostId: config.host_id,
      localControl: isHost && config.roles.includes('control'),
      log: logger,
    }),
    handshake: {
      protocol: protocolNumber,
      version: environment.version,
      node: process.version,
      instance_id: config.instance_id,
      host_id: config.host_id,
      pid: process.pid,
    },
    readiness: [
      { name: 'api', check: () => Promise.resolve() },
      { name: 'postgres', check: () => database.pool.query('SELECT 1') },
      { name: 'temporal', check: () => pingTemporal(engine.connection) },
      ...Object.entries(parts.workers).map(([name, worker]) => ({ name, check: () => requireServing(worker) })),
    ],
    metrics: parts.metrics,
    logger,
  });
  const listeners = await listenGateway(gateway, { socketPath: config.socket_path, tcp: config.listen });
  return { gateway, listeners };
}

function requireServing({ serving, taskQueue }: WorkerHandle): Promise<void> {
  return serving ? Promise.resolve() : Promise.reject(new Error(`the worker of ${taskQueue} does not serve`));
}
