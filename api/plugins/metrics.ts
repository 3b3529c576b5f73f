/**
 * Duration of every answer, by route pattern and never by URL: a scanner must not make series. What the registry and
 * the stages count themselves is in the same registry of metrics and appears at `/metrics` beside it.
 */
import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

const name = 'omnibase_http_request_seconds';
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** Counts every answer, streams included; their duration is that of the whole stream. */
export function installMetrics(app: FastifyInstance, registry: Registry): void {
  const answers = answersIn(registry);
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.config.route?.path ?? 'unmatched';
    answers.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
}

/** Two gateways of one process share their series. */
function answersIn(registry: Registry): Histogram<'method' | 'route' | 'status'> {
  const known = registry.getSingleMetric(name);
  if (known instanceof Histogram) return known;
  return new Histogram({
    name,
    help: 'Duration of HTTP requests in seconds',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers: [registry],
  });
}
