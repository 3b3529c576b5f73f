/**
 * The HTTP gateway (platform.md 5): all routes on one Fastify instance. `createGateway` opens nothing;
 * `listenGateway` in `listen.ts` puts it on the unix socket and on TCP. Serving code imports this module
 * lazily, it loads Fastify.
 */
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { Registry } from 'prom-client';
import type { Handshake, RegistryIdentity, StageRunsApi } from '../contracts/gateway.ts';
import type { NodesApi } from '../contracts/node/api.ts';
import type { Principal, RegistryApi } from '../contracts/registry.ts';
import type { TokensApi } from '../contracts/token.ts';
import type { EventFeed } from './events/event-feed.ts';
import { openApiDocument } from './openapi/document.ts';
import { openApiPage } from './openapi/page.ts';
import { installAccessLog } from './plugins/access-log.ts';
import { type Authenticate, type Denial, installAuth, localUser } from './plugins/auth.ts';
import { correlationId, installCorrelation } from './plugins/correlation.ts';
import { type DrainState, installDrain } from './plugins/drain.ts';
import { answerBrokenRequest, installErrors, sendError } from './plugins/errors.ts';
import { installJsonBody } from './plugins/json-body.ts';
import { installMetrics } from './plugins/metrics.ts';
import { createReadiness, type ReadinessCheck } from './readiness.ts';
import { eventRoutes } from './routes/events.ts';
import { nodeRoutes } from './routes/nodes.ts';
import { platformRoutes } from './routes/platform.ts';
import { registryRoutes } from './routes/registry.ts';
import { stageRunRoutes } from './routes/stage-runs.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { parameterLimit } from './routing/limits.ts';
import { mountRoutes } from './routing/mount.ts';
import type { Route } from './routing/route.ts';
import { createRouteTable } from './routing/route-table.ts';

export interface GatewayDeps {
  readonly registry: RegistryApi;
  /** Answers `GET /api/v1/registry/identity`. */
  readonly identity: () => Promise<RegistryIdentity>;
  /** `drain` is called once when closing begins: streams end, nobody counts as gone. */
  readonly stageRuns: StageRunsApi & { drain?(): void };
  /** Nodes; without it the gateway has no routes for them. */
  readonly nodes?: NodesApi;
  /** Serves `GET /api/v1/events`; its streams end when closing begins. */
  readonly events?: EventFeed;
  readonly handshake: Handshake;
  readonly readiness: readonly ReadinessCheck[];
  readonly metrics: Registry;
  readonly logger?: FastifyBaseLogger;
  /** Who the unix socket's peer is; all capabilities when absent (on a shared database pass less). */
  readonly localPrincipal?: Principal;
  /** Looks up bearer tokens; without it TCP answers 401 to everything but health and readiness. */
  readonly authenticate?: Authenticate;
  /** Told of every call that lacked a capability, for the audit log. */
  readonly onDenied?: (denial: Denial) => void;
  /** Makes and revokes those tokens; without it the gateway has no routes for them. */
  readonly tokens?: TokensApi;
  /** Silence on a stream after which an empty line is sent, ms; default 15,000. */
  readonly keepAliveMs?: number;
}

/** A gateway: what it serves, what its listeners must tell it, and how it ends. */
export type Gateway = FastifyInstance & {
  readonly routes: readonly Route[];
  /** Sockets that the unix listener accepted; the auth plugin trusts these. */
  readonly localSockets: WeakSet<object>;
  readonly drain: DrainState;
};

const requestTimeoutMs = 30_000;
const defaultKeepAliveMs = 15_000;

/** Builds the gateway; close it with `close()`, which drains first. */
export function createGateway(deps: GatewayDeps): Gateway {
  const app = fastify({
    ...(deps.logger === undefined ? { logger: false } : { loggerInstance: deps.logger }),
    // `plugins/access-log.ts` writes one line per call instead of Fastify's two.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: correlationId,
    requestIdHeader: false,
    requestTimeout: requestTimeoutMs,
    return503OnClosing: false,
    // Closing waits for calls in flight as long as `listen.ts` allows, which may be longer than Fastify's own limit.
    pluginTimeout: 0,
    routerOptions: { maxParamLength: parameterLimit },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  });
  const localPrincipal = deps.localPrincipal ?? localUser();
  const localSockets = new WeakSet<object>();
  const drain: DrainState = { draining: false, listeners: [] };
  const document = lazy(() => openApiDocument(routes, deps.handshake.version));
  const documentText = lazy(() => JSON.stringify(document()));
  const page = lazy(() => openApiPage(document()));
  const routes: readonly Route[] = [
    ...platformRoutes({
      handshake: deps.handshake,
      metrics: deps.metrics,
      readiness: createReadiness(deps.readiness, () => drain.draining),
      openapi: documentText,
      page,
    }),
    ...registryRoutes({ registry: deps.registry, identity: deps.identity, localPrincipal }),
    ...stageRunRoutes({ stageRuns: deps.stageRuns, localPrincipal, instanceId: deps.handshake.instance_id }),
    ...(deps.tokens === undefined ? [] : tokenRoutes({ tokens: deps.tokens })),
    ...(deps.nodes === undefined ? [] : nodeRoutes(deps.nodes)),
    ...(deps.events === undefined ? [] : eventRoutes(deps.events)),
  ];
  const table = createRouteTable(routes);

  installErrors(app);
  installCorrelation(app);
  installDrain(app, drain, () => {
    deps.stageRuns.drain?.();
    void deps.events?.close();
  });
  installAuth(app, { table, localPrincipal, authenticate: deps.authenticate, onDenied: deps.onDenied, localSockets });
  installJsonBody(app);
  installMetrics(app, deps.metrics);
  if (deps.logger !== undefined) installAccessLog(app);
  mountRoutes(app, routes, {
    instanceId: deps.handshake.instance_id,
    keepAliveMs: deps.keepAliveMs ?? defaultKeepAliveMs,
  });
  return Object.assign(app, { routes, localSockets, drain });
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
