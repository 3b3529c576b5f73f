/** The numbers of heartbeats as Prometheus series (registration.md 11). No node is ever a label. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { HeartbeatResult, NodePath } from '../../contracts/node/vocabulary.ts';

/** What became of a beat: its result, or why it has none. */
export type HeartbeatOutcome = HeartbeatResult | 'invalid' | 'overloaded' | 'failed';

export interface HeartbeatMetrics {
  beat(path: NodePath, result: HeartbeatOutcome): void;
  /** From the arrival of a beat at the ingest to its answer. */
  ingested(seconds: number): void;
  batch(rows: number): void;
}

const ingestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const rowBuckets = [1, 2, 5, 10, 25, 50, 100, 150, 200, 250];

/** Several users in one process share the series of one registry. */
export function createHeartbeatMetrics(registry: Registry): HeartbeatMetrics {
  const registers = [registry];
  const beats = known(registry, 'omnibase_heartbeats_total', Counter<'path' | 'result'>, (name) => {
    return new Counter({ name, help: 'Heartbeats of nodes', labelNames: ['path', 'result'], registers });
  });
  const ingest = known(registry, 'omnibase_heartbeat_ingest_seconds', Histogram<never>, (name) => {
    const help = 'From the arrival of a heartbeat to its answer in seconds';
    return new Histogram({ name, help, buckets: ingestBuckets, registers });
  });
  const rows = known(registry, 'omnibase_heartbeat_batch_rows', Histogram<never>, (name) => {
    return new Histogram({ name, help: 'Rows of one write of heartbeats', buckets: rowBuckets, registers });
  });
  return {
    beat: (path, result) => beats.inc({ path, result }),
    ingested: (seconds) => ingest.observe(seconds),
    batch: (count) => rows.observe(count),
  };
}

function known<M extends object>(
  registry: Registry,
  name: string,
  kind: abstract new (...given: never[]) => M,
  make: (name: string) => M,
): M {
  const found = registry.getSingleMetric(name);
  return found instanceof kind ? found : make(name);
}
