/**
 * Metrics of the gateway at `/metrics`: duration of every answer by route pattern (never by URL: a scanner
 * must not make series), and the registry's figures that platform.md 8 requires by name.
 */
import type { FastifyInstance } from 'fastify';
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { CallContext, RegistryApi } from '../../contracts/registry.ts';

export interface GatewayMetrics {
  readonly registry: Registry;
  /** Times one query of the registry; the label is the operation. */
  observeQuery<T>(operation: string, work: Promise<T>): Promise<T>;
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** Makes the series in `registry`; a series that is there already is used as it is. */
export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const queries = histogram(
    registry,
    'query_latency_ms',
    'Duration of registry queries in milliseconds',
    ['operation'],
    milliseconds(),
  );
  return {
    registry,
    async observeQuery(operation, work) {
      const started = performance.now();
      try {
        return await work;
      } finally {
        queries.observe({ operation }, performance.now() - started);
      }
    },
  };
}

/** Counts every answer, streams included (their duration is that of the stream). */
export function installMetrics(app: FastifyInstance, registry: Registry): void {
  const answers = histogram(
    registry,
    'omnibase_http_request_seconds',
    'Duration of HTTP requests in seconds',
    ['method', 'route', 'status'],
    secondsBuckets,
  );
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.config.route?.path ?? 'unmatched';
    answers.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
}

/** Gauges that ask the registry when they are scraped; while it is away they keep their last value. */
export function installRegistryGauges(registry: Registry, api: RegistryApi, context: () => CallContext): void {
  gauge(registry, 'total_components', 'Components in the registry', async (set) => {
    const { data } = await api.search({ view: 'all', limit: 1, with_total: true }, context());
    if (data.page.total !== undefined) set(data.page.total);
  });
  gauge(registry, 'cache_hit_ratio', 'Hit ratio of the first cache level, 0 to 1', async (set) => {
    const { data } = await api.cacheStats(context());
    if (data.l1.hit_ratio !== null) set(data.l1.hit_ratio);
  });
}

function milliseconds(): number[] {
  return secondsBuckets.map((seconds) => seconds * 1000);
}

function histogram<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: L[],
  buckets: number[],
) {
  const known = registry.getSingleMetric(name);
  return known instanceof Histogram
    ? (known as Histogram<L>)
    : new Histogram<L>({ name, help, labelNames, buckets, registers: [registry] });
}

function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: (set: (value: number) => void) => Promise<void>,
): void {
  if (registry.getSingleMetric(name) !== undefined) return;
  const metric = new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      // A scrape must not fail because one source is away: its series then keeps the last value.
      await read((value) => metric.set(value)).catch(() => undefined);
    },
  });
}
