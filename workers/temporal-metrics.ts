/**
 * Metrics of Temporal's core under `/metrics` beside our own (platform.md 8): the core fills a buffer, and every two
 * seconds its updates move into series of the same names.
 */
import type { BufferedMetricUpdate, MetricsBuffer } from '@temporalio/worker';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Labels that are kept; the core adds some to one update of a metric and not to another, and prom-client wants a list. */
const labels = [
  'namespace',
  'task_queue',
  'worker_type',
  'poller_type',
  'workflow_type',
  'activity_type',
  'operation',
  'status_code',
  'failure_reason',
] as const;

const secondsBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const drainEveryMs = 2_000;

export interface TemporalMetrics {
  readonly buffer: MetricsBuffer;
  /** Moves what has gathered; happens by itself every 2 s. */
  drain(): void;
  close(): void;
}

/** @param registry receives the series; names are the core's own, e.g. `temporal_workflow_task_execution_latency` */
export async function collectTemporalMetrics(registry: Registry): Promise<TemporalMetrics> {
  const { MetricsBuffer } = await import('@temporalio/worker');
  const buffer = new MetricsBuffer({ maxBufferSize: 20_000, useSecondsForDurations: true });
  const drain = (): void => {
    for (const update of buffer.retrieveUpdates()) apply(update, registry);
  };
  const timer = setInterval(drain, drainEveryMs).unref();
  return { buffer, drain, close: () => clearInterval(timer) };
}

function apply({ metric, value, attributes }: BufferedMetricUpdate, registry: Registry): void {
  const name = metric.name.replaceAll(/[^a-zA-Z0-9_:]/g, '_');
  const known = registry.getSingleMetric(name);
  const options = { name, help: metric.description || name, labelNames: labels, registers: [registry] };
  const values = Object.fromEntries(
    labels.flatMap((label) => (attributes[label] === undefined ? [] : [[label, String(attributes[label])]])),
  );
  switch (metric.kind) {
    case 'counter':
      return (known instanceof Counter ? known : new Counter(options)).inc(values, value);
    case 'histogram':
      return (known instanceof Histogram ? known : new Histogram({ ...options, buckets: secondsBuckets })).observe(
        values,
        value,
      );
    default:
      return (known instanceof Gauge ? known : new Gauge(options)).set(values, value);
  }
}
