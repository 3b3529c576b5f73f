/**
 * The gateway's client: the same interfaces the services implement, over HTTP. Loads nothing but
 * `node:http` and the error catalogue.
 */
import type { Handshake, ReadinessReport, RegistryIdentity, StageRunsApi } from '../../contracts/gateway.ts';
import type { NodesApi } from '../../contracts/node/api.ts';
import type { RegistryApi } from '../../contracts/registry.ts';
import type { TokensApi } from '../../contracts/token.ts';
import { dataOf, objectOf } from './answers.ts';
import { nodesOver } from './nodes.ts';
import { registryOver } from './registry.ts';
import { stageRunsOver } from './stage-runs.ts';
import type { ApiTarget } from './target.ts';
import { tokensOver } from './tokens.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export type { ApiTarget } from './target.ts';

export interface ApiClientOptions extends TransportOptions {
  /** How long a broken event stream is dialled again, ms; default 3000 (stages.md 6.6). */
  readonly redialMs?: number;
  /** Silence after which an event stream counts as broken, ms; default 45,000, three keep-alives. */
  readonly silenceMs?: number;
  /** How long a broken stream of published events is dialled again, ms; default 60,000: a watcher outlives a restart. */
  readonly eventRedialMs?: number;
}

export interface ApiClient {
  /** The socket path or the origin, for messages. */
  readonly address: string;
  readonly registry: RegistryApi;
  readonly stageRuns: StageRunsApi;
  readonly nodes: NodesApi;
  readonly tokens: TokensApi;
  handshake(): Promise<Handshake>;
  identity(): Promise<RegistryIdentity>;
  /** The readiness report; throws OB010 when something is away. */
  ready(): Promise<ReadinessReport>;
  /** Closes kept connections; without it they close by themselves and keep no process alive. */
  close(): void;
}

/**
 * A client of the gateway behind a unix socket or a URL. Nothing is opened before the first call.
 *
 * @throws OB003 when the URL is malformed. Calls throw what the gateway refuses with, OB010 when nobody
 * answers, OB016 when nobody answers in time, OB017 when what answers is no gateway
 */
export function createApiClient(target: ApiTarget, options: ApiClientOptions = {}): ApiClient {
  const transport = createTransport(target, options);
  const { address } = transport;
  const { redialMs = 3000, silenceMs = 45_000, eventRedialMs = 60_000 } = options;
  return {
    address,
    registry: registryOver(transport),
    stageRuns: stageRunsOver(transport, { redialMs, silenceMs }),
    tokens: tokensOver(transport),
    nodes: nodesOver(transport, { redialMs: eventRedialMs, silenceMs }),
    async handshake() {
      const answer = await transport.json({ method: 'GET', path: '/api/v1/handshake' });
      return objectOf(answer, address) as Handshake;
    },
    async identity() {
      const answer = await transport.json({ method: 'GET', path: '/api/v1/registry/identity' });
      return dataOf(answer, address) as RegistryIdentity;
    },
    async ready() {
      return objectOf(await transport.json({ method: 'GET', path: '/readyz' }), address) as ReadinessReport;
    },
    close: () => transport.close(),
  };
}
