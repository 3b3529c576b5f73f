/** Nodes and their events as the gateway of a process serves them (registration.md 10). */
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import { createEventFeed, type EventFeed } from '../../api/events/event-feed.ts';
import { createHeartbeatMetrics } from '../../api/metrics/heartbeat-metrics.ts';
import { createRegistrationEngine } from '../../api/nodes/engine.ts';
import { createNodes, type NodesService } from '../../api/nodes/service.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { Database } from '../../db/client.ts';
import type { NodeReader } from '../../db/stores/registration/reader.ts';
import type { Engine } from './open-engine.ts';

/** What the rest of the process brings. */
export interface NodeAccess {
  readonly reader: NodeReader;
  readonly settings: () => NodeSettings;
  readonly activeNodes: () => number;
  /** For the connection that listens to the stream of events. */
  readonly databaseUrl: string;
}

export interface NodeParts extends NodeAccess {
  readonly database: Database;
  readonly engine: Engine;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
}

/** Opens no connection yet; the caller closes both, the feed last. */
export function openNodes(parts: NodeParts): { readonly nodes: NodesService; readonly feed: EventFeed } {
  const { reader, settings, activeNodes, database, databaseUrl, engine, logger } = parts;
  const log = logger.child({ component: 'nodes' });
  const feed = createEventFeed({ database, databaseUrl, logger: log });
  const nodes = createNodes({
    engine: createRegistrationEngine(engine.client),
    database,
    reader,
    settings,
    activeNodes,
    feed,
    metrics: createHeartbeatMetrics(parts.metrics),
    log,
  });
  return { nodes, feed };
}
