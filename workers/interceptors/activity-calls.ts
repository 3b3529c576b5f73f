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
            const line = { ...fields, ...outcomeOf(answer), duration_ms: took() };
            logger[isNews(info.activityType, line.outcome) ? 'info' : 'debug'](line, info.activityType);
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

/** Runs every few seconds, or for every beat of a node: a line each would bury the rest. */
const routine: ReadonlySet<string> = new Set(['sweepDeadlines', 'flushBeat', 'loadRegistration']);
/** A write that changed nothing (registration.md 11: no-ops at debug). */
const noOps: ReadonlySet<string> = new Set(['duplicate', 'stale', 'not_due']);

function isNews(operation: string, outcome: string): boolean {
  return !routine.has(operation) && !noOps.has(outcome);
}

/** Ids worth a field of their own; the rest of the arguments is not logged. */
function subjectOf(args: readonly unknown[]): Record<string, unknown> {
  const [request] = args;
  const fields = pick(request, ['run_id', 'step_id', 'state', 'entity_id', 'domain', 'epoch']);
  // A guarded write holds what it would write.
  const write: unknown = typeof request === 'object' && request !== null ? Reflect.get(request, 'write') : undefined;
  return { ...pick(write, ['entity_id', 'domain']), ...fields };
}

/** How a call ended, and where a registration stands after it. */
function outcomeOf(answer: unknown): Record<string, unknown> & { readonly outcome: string } {
  const told = pick(answer, ['outcome', 'state', 'epoch', 'version']);
  return { ...told, outcome: typeof told['outcome'] === 'string' ? told['outcome'] : 'ok' };
}

function pick(value: unknown, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  const fields: Record<string, unknown> = {};
  for (const name of names) {
    const member: unknown = Reflect.get(value, name);
    if (typeof member === 'string' || typeof member === 'number') fields[name] = member;
  }
  return fields;
}

function correlationIdOf(headers: Headers): string | undefined {
  const payload = headers[correlationHeaderName];
  const value: unknown = payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
