/** Routes about the gateway itself: health, readiness, handshake, metrics and its own description. */
import type { Registry } from 'prom-client';
import type { Handshake, ReadinessReport } from '../../contracts/gateway.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import { handshakeSchema, readinessSchema } from '../schemas/answers.ts';

export interface PlatformDeps {
  readonly handshake: Handshake;
  readonly metrics: Registry;
  readonly readiness: () => Promise<ReadinessReport>;
  /** The OpenAPI document as JSON text. */
  readonly openapi: () => string;
  /** The page that shows it. */
  readonly page: () => string;
}

export function platformRoutes(deps: PlatformDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/healthz',
      operation: 'platform.health',
      summary: 'Whether the process answers',
      access: 'public',
      responses: { 200: { description: 'It does', type: 'text/plain' } },
      handle: () => ({ status: 200, text: 'ok\n', type: 'text/plain; charset=utf-8' }),
    }),
    defineRoute({
      method: 'GET',
      path: '/readyz',
      operation: 'platform.readiness',
      summary: 'Whether everything it depends on answers',
      access: 'public',
      responses: {
        200: { description: 'Ready', schema: readinessSchema },
        503: { description: 'A dependency is away, or the gateway is shutting down', schema: readinessSchema },
      },
      async handle() {
        const report = await deps.readiness();
        return report.status === 'ready'
          ? { status: 200, body: report }
          : { status: 503, body: report, headers: { 'retry-after': '1' } };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      operation: 'platform.metrics',
      summary: 'Prometheus metrics',
      access: 'known',
      responses: { 200: { description: 'Text exposition format', type: 'text/plain' } },
      handle: async () => ({ status: 200, text: await deps.metrics.metrics(), type: deps.metrics.contentType }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/handshake',
      operation: 'platform.handshake',
      summary: 'Protocol, version and instance of the serving process',
      access: 'known',
      responses: { 200: { description: 'The handshake', schema: handshakeSchema } },
      handle: () => ({ status: 200, body: deps.handshake }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/openapi.json',
      operation: 'platform.openapi',
      summary: 'This interface as OpenAPI 3.1',
      access: 'known',
      responses: { 200: { description: 'The document' } },
      handle: () => ({ status: 200, text: deps.openapi(), type: 'application/json; charset=utf-8' }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/docs',
      operation: 'platform.docs',
      summary: 'This interface as a page for people',
      access: 'known',
      responses: { 200: { description: 'The page', type: 'text/html' } },
      handle: () => ({ status: 200, text: deps.page(), type: 'text/html; charset=utf-8' }),
    }),
  ];
}
