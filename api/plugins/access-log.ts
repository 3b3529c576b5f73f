/** One log line per answered call: what was asked, by whom, how it ended and how long it took. */
import type { FastifyInstance } from 'fastify';

export function installAccessLog(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.config.route;
    const quiet = route?.access === 'public' || route?.operation === 'platform.metrics';
    request.log[quiet ? 'debug' : 'info'](
      {
        correlation_id: request.id,
        operation: route?.operation ?? 'unmatched',
        principal: request.principal?.id ?? null,
        ...idsOf(request.params),
        status: reply.statusCode,
        outcome: outcomeOf(reply.statusCode),
        duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'call',
    );
    done();
  });
}

/** Ids that the path names: they tie the line to a component or a run. */
function idsOf(params: unknown): Record<string, unknown> {
  if (typeof params !== 'object' || params === null) return {};
  return {
    ...('ref' in params ? { component_id: params.ref } : {}),
    ...('id' in params ? { run_id: params.id } : {}),
  };
}

function outcomeOf(status: number): 'ok' | 'refused' | 'failed' {
  return status < 400 ? 'ok' : status < 500 ? 'refused' : 'failed';
}
