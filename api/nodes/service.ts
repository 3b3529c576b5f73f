/**
 * Nodes as their users see them (registration.md 10), on Temporal and Postgres: what changes a registration goes to its
 * workflow, heartbeats go to the ingest, everything that is only read comes from Postgres. Each part goes on while
 * another is away: beats and receipts without the engine, reads without it as well.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { PublishedEvent } from '../../contracts/event.ts';
import type { EventQuery, HeartbeatItem, NodeKey, NodesApi } from '../../contracts/node/api.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import { defaultNodeDomain } from '../../contracts/node/vocabulary.ts';
import type { RegistrationKey } from '../../contracts/node/workflow.ts';
import type { Database } from '../../db/client.ts';
import { toNodeError } from '../../db/resilience/database-errors.ts';
import { requestIntrospection } from '../../db/stores/node-liveness/request-introspection.ts';
import type { NodeReader } from '../../db/stores/registration/reader.ts';
import { createEdgeLine } from '../ingest/edge-line.ts';
import { createHeartbeatIngest } from '../ingest/heartbeat-ingest.ts';
import { type IngestProbe, startIngestProbe } from '../ingest/ingest-probe.ts';
import type { BatcherLimits } from '../ingest/micro-batcher.ts';
import type { HeartbeatMetrics } from '../metrics/heartbeat-metrics.ts';
import { acknowledge } from './acknowledge.ts';
import { answerBatch } from './batch.ts';
import { askOrRow } from './ask-or-row.ts';
import { closedDeregistration, closedIntrospection } from './closed-answers.ts';
import type { RegistrationEngine } from './engine.ts';
import { waitForOffer } from './offer.ts';
import { createPlaces } from './places.ts';

export interface NodesLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface NodesDeps {
  readonly engine: RegistrationEngine;
  readonly database: Database;
  readonly reader: NodeReader;
  /** Read at every call, so that a changed setting holds at once. */
  readonly settings: () => NodeSettings;
  /** Published events; closed by its owner. */
  readonly feed: { events(query: EventQuery): AsyncIterable<PublishedEvent> };
  /** As the last sweep counted them: a large fleet is told longer intervals. Default 0. */
  readonly activeNodes?: () => number;
  readonly metrics?: HeartbeatMetrics;
  readonly log?: NodesLog;
  /** 0 (inclusive) to 1, for jitter; default `Math.random`. */
  readonly random?: () => number;
  readonly limits?: NodesLimits;
}

export interface NodesLimits {
  /** Introspections in flight; default 64. */
  readonly introspections?: number;
  readonly ingest?: Partial<BatcherLimits>;
}

export interface NodesService extends NodesApi {
  /** Vouches for the heartbeat path from now on (registration.md 6.4); once per process. */
  startProbe(): IngestProbe;
  /** Writes the beats that wait, takes no more. */
  close(): Promise<void>;
}

export function createNodes(deps: NodesDeps): NodesService {
  const { engine, database, reader, settings, activeNodes, feed, limits, log, metrics, random = Math.random } = deps;
  const introspections = createPlaces(limits?.introspections ?? 64, 'introspections are in flight');
  const edges = createEdgeLine({
    send: (key, edge, timeoutMs) => engine.edge(key, edge, timeoutMs),
    onPending: (key, err) => log?.debug({ err, ...key }, 'a status edge is left to the sweep'),
  });
  const ingest = createHeartbeatIngest({
    database,
    settings,
    edges,
    ...(activeNodes === undefined ? {} : { activeNodes }),
    random,
    ...(metrics === undefined ? {} : { metrics }),
    ...(log === undefined ? {} : { log }),
    ...(limits?.ingest === undefined ? {} : { limits: limits.ingest }),
  });
  let probe: IngestProbe | null = null;

  return {
    introspect: (message) =>
      introspections.run(() =>
        message.reason === 'shutdown'
          ? askOrRow(
              reader,
              keyOf(message),
              (options) => engine.introspect(message, options),
              (node) => closedIntrospection(node, message),
            )
          : required(engine.introspect(message, { start: true })),
      ),
    ack: (message) => acknowledge({ engine, database, reader, settings, random }, message),
    deregister: (message) =>
      askOrRow(
        reader,
        keyOf(message),
        (options) => engine.deregister(message, options),
        (node) => closedDeregistration(node, message),
      ),
    heartbeat: (beat) => ingest.beat(beat),
    heartbeats: (items, call): Promise<readonly HeartbeatItem[]> => answerBatch(ingest, items, call, metrics),
    offer: (key, waitMs, { signal }) => waitForOffer(database, keyOf(key), waitMs, signal),

    list: (query) => reader.list(query),
    counts: (domain) => reader.countByState(domain),
    async get(key) {
      const { entity_id, domain } = keyOf(key);
      const [row, live] = await Promise.all([
        reader.getEntityState(entity_id, { domain }),
        reader.getLiveness(entity_id, { domain }),
      ]);
      if (row === null) throw unknown(key);
      return { ...row, live };
    },
    async transitions(key, page) {
      const { entity_id, domain } = keyOf(key);
      const found = await reader.getTransitions(entity_id, { ...page, domain });
      if (found.items.length === 0 && (await reader.getRegistrationStatus(entity_id, { domain })) === null) {
        throw unknown(key);
      }
      return found;
    },
    async live(key) {
      const snapshot = await engine.snapshot(keyOf(key));
      if (snapshot === null) throw unknown(key);
      return snapshot;
    },
    async select(request) {
      const found = await reader.select(request);
      if (found === null) throw new OmniBaseError('ND004');
      return found;
    },
    async requestIntrospection(ids, domain) {
      try {
        return await requestIntrospection(database, ids, domain);
      } catch (error) {
        throw toNodeError(error);
      }
    },
    events: (query) => feed.events(query),

    startProbe() {
      probe ??= startIngestProbe({
        database,
        takesBeats: () => ingest.room() > 0,
        onChange: (works, err) =>
          works
            ? log?.info({ code: 'registration.ingest.up' }, 'heartbeats can be stored')
            : log?.warn({ code: 'registration.ingest.down', err }, 'heartbeats cannot be stored'),
      });
      return probe;
    },
    async close() {
      await probe?.close();
      await ingest.close();
    },
  };
}

/** The key of a row, from a message or from what a reader asks for. */
export function keyOf({ node_id, domain = defaultNodeDomain }: NodeKey): RegistrationKey {
  return { entity_id: node_id, domain };
}

function unknown({ node_id, domain = defaultNodeDomain }: NodeKey): OmniBaseError {
  return new OmniBaseError('ND003', { details: { id: node_id, domain } });
}

/** A workflow that may be started answers, or the engine is away. */
async function required<T>(asked: Promise<T | null>): Promise<T> {
  const answer = await asked;
  if (answer === null) throw new OmniBaseError('ND013', { details: { part: 'the workflow' } });
  return answer;
}
