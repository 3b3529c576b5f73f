/**
 * Around every activity: the correlation id from the header becomes the current one, and one log line tells which call
 * took how long and how it ended (platform.md 8).
 */
import type { Context } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptors, Headers } from '@temporalio/worker';
import type { Logger } from 'pino';
import { withCorrelationId } from '../../client/correlation-context.ts';
import { correlationHeaderName } from '../../workflows/messages/headers.ts';

export function activityCalls(logger: Logger): (context: Context) => ActivityInterceptors {
  return ({ info }) => ({
    inbound: {
      execute(input, next) {
        const correlationId = correlationIdOf(input.headers) ?? info.workflowExecution?.workflowId ?? info.activityId;
        const fields = {
          correlation_id: correlationId,
          workflow_id: info.workflowExecution?.workflowId,
          operation: info.activityType,
          attempt: info.attempt,
          ...subjectOf(input.args),
        };
        return withCorrelationId(correlationId, async () => {
          const started = performance.now();
          const took = (): number => Math.round((performance.now() - started) * 10) / 10;
          try {
            const answer = await next(input);
            logger.info({ ...fields, duration_ms: took(), outcome: 'ok' }, info.activityType);
            return answer;
          } catch (error) {
            const outcome = error instanceof Error ? error.name : 'unknown';
            logger.warn({ ...fields, duration_ms: took(), outcome, err: error }, info.activityType);
            throw error;
          }
        });
      },
    },
  });
}

/** Ids worth a field of their own; the rest of the arguments is not logged. */
function subjectOf(args: readonly unknown[]): Record<string, unknown> {
  const [request] = args;
  if (typeof request !== 'object' || request === null) return {};
  const fields: Record<string, unknown> = {};
  for (const name of ['run_id', 'step_id', 'state']) {
    const value: unknown = Reflect.get(request, name);
    if (typeof value === 'string') fields[name] = value;
  }
  return fields;
}

function correlationIdOf(headers: Headers): string | undefined {
  const payload = headers[correlationHeaderName];
  const value: unknown = payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
