/** The api role: gateway on its listeners, stage runs and nodes on this process's engine and database (platform.md 5). */
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import { planStageRun, type StageActivityDeps } from '../../activities/stages.ts';
import type { GatewayListeners } from '../../api/listen.ts';
import type { Denial } from '../../api/plugins/auth.ts';
import type { Gateway } from '../../api/server.ts';
import type { EventHub } from '../../api/stage-runs/event-hub.ts';
import { protocolNumber, type ServeConfig } from '../../contracts/gateway.ts';
import type { NodesApi } from '../../contracts/node/api.ts';
import type { RegistryApi } from '../../contracts/registry.ts';
import type { RunReport } from '../../contracts/stage.ts';
import type { Database } from '../../db/client.ts';
import { appendAudit } from '../../db/stores/audit/append.ts';
import { readIdentity } from '../../db/stores/changes/identity.ts';
import { pingTemporal } from '../health.ts';
import type { WorkerHandle } from '../worker-handle.ts';
import type { Engine } from './open-engine.ts';
import type { NodeAccess } from './open-nodes.ts';
import type { WorkerRole } from './start-workers.ts';
import { startingWithProjectDeadline } from './stage-deadline.ts';

export interface GatewayParts {
  readonly config: ServeConfig;
  readonly database: Database;
  readonly registry: RegistryApi;
  readonly engine: Engine;
  readonly hub: EventHub;
  readonly planning: Pick<StageActivityDeps, 'registry' | 'cores'>;
  readonly environment: RunReport['environment'];
  readonly nodes: NodeAccess;
  /** The worker of a role this process plays, for readiness; null while it is being made. */
  readonly workerOf: (role: WorkerRole) => WorkerHandle | null;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
}

export interface OpenGateway {
  readonly gateway: Gateway;
  readonly listeners: GatewayListeners;
  /** What the gateway serves as `nodes`. */
  readonly nodes: NodesApi;
  /** Drains, then writes the heartbeats that still wait. */
  close(): Promise<void>;
}

/** Loads the gateway's code (Fastify) while the rest of the process waits for its servers. */
export function preloadGateway(): void {
  // Opening it reports what went wrong.
  loadGateway().catch(() => undefined);
}

async function loadGateway() {
  const [
    { createGateway },
    { listenGateway },
    { createStageRuns },
    { createStageRunStore },
    { createTemporalEngine },
    { openNodes },
    { createTokens },
  ] = await Promise.all([
    import('../../api/server.ts'),
    import('../../api/listen.ts'),
    import('../../api/stage-runs/service.ts'),
    import('../../api/stage-runs/store.ts'),
    import('../../api/stage-runs/engine.ts'),
    import('./open-nodes.ts'),
    import('../../api/tokens/tokens.ts'),
  ]);
  return {
    createGateway,
    listenGateway,
    createStageRuns,
    createStageRunStore,
    createTemporalEngine,
    openNodes,
    createTokens,
  };
}

/** @throws OB011 when the socket or the port is taken */
export async function openGateway(parts: GatewayParts): Promise<OpenGateway> {
  const load = await loadGateway();
  const { createGateway, createStageRuns, createStageRunStore, createTemporalEngine } = load;
  const { config, database, engine, logger, environment } = parts;
  const isHost = config.roles.includes('host');
  const temporal = createTemporalEngine(engine.client, { eager: isHost });
  const tokens = load.createTokens(database);
  const { nodes, feed } = load.openNodes({ ...parts.nodes, database, engine, metrics: parts.metrics, logger });
  const gateway = createGateway({
    registry: parts.registry,
    nodes,
    events: feed,
    tokens,
    authenticate: tokens.authenticate,
    onDenied: auditDenials(database, logger),
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
      ...workerRoles
        .filter((role) => config.roles.includes(role))
        .map((role) => ({ name: role, check: () => requireServing(role, parts.workerOf(role)) })),
    ],
    metrics: parts.metrics,
    logger,
  });
  const close = async (): Promise<void> => {
    await gateway.close();
    await nodes.close();
    await feed.close();
  };
  try {
    const listeners = await load.listenGateway(gateway, { socketPath: config.socket_path, tcp: config.listen });
    // Vouches for the heartbeat path from now on: beats can reach it.
    nodes.startProbe();
    return { gateway, listeners, nodes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A refusal leaves its row, whoever was refused (platform.md 6); a database that is away leaves a line. */
function auditDenials(database: Database, logger: Logger): (denial: Denial) => void {
  return ({ principal, capability, operation, correlation_id }) => {
    appendAudit(database, {
      subject: `principal/${principal}`,
      principal,
      action: operation,
      resource: capability,
      outcome: 'denied',
      code: 'SX001',
      correlation_id,
    }).catch((err: unknown) => logger.warn({ err, principal, operation }, 'a denial could not be audited'));
  };
}

const workerRoles: readonly WorkerRole[] = ['control', 'host'];

function requireServing(role: WorkerRole, worker: WorkerHandle | null): Promise<void> {
  return worker?.serving === true ? Promise.resolve() : Promise.reject(new Error(`the ${role} worker does not serve`));
}
