/** One log line per answered call: what was asked, by whom, how it ended and how long it took. */
import type { FastifyInstance } from 'fastify';

const longestId = 256;
/** Calls that come by themselves, all day and by the thousands: told at debug while they succeed. */
const quietOperations: ReadonlySet<string> = new Set(['platform.metrics', 'nodes.heartbeat', 'nodes.heartbeats']);

export function installAccessLog(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.config.route;
    const isRoutine = reply.statusCode < 400 && quietOperations.has(route?.operation ?? '');
    const quiet = route?.access === 'public' || isRoutine;
    request.log[quiet ? 'debug' : 'info'](
      {
        correlation_id: request.id,
        operation: route?.operation ?? 'unmatched',
        principal: request.principal?.id ?? null,
        ...idsOf(request.params, route?.operation),
        ...runOf(request.body),
        status: reply.statusCode,
        outcome: outcomeOf(reply.statusCode),
        duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'call',
    );
    done();
  });
}

/** Ids that the path names: they tie the line to a component, a node or a run. */
function idsOf(params: unknown, operation = ''): Record<string, unknown> {
  if (typeof params !== 'object' || params === null) return {};
  return {
    ...('ref' in params ? { component_id: shortened(params.ref) } : {}),
    ...('id' in params ? { [operation.startsWith('nodes.') ? 'entity_id' : 'run_id']: shortened(params.id) } : {}),
  };
}

/** A run that is started names itself in the body. */
function runOf(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null && 'run_id' in body ? { run_id: shortened(body.run_id) } : {};
}

/** What a caller sent as an id may be anything. */
function shortened(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, longestId) : typeof value;
}

function outcomeOf(status: number): 'ok' | 'refused' | 'failed' {
  return status < 400 ? 'ok' : status < 500 ? 'refused' : 'failed';
}
