/**
 * What surrounds every operation: deadline, one log line, metrics, and that only errors of the catalogue leave the
 * registry. A refused or failed write leaves its row in the audit log, in a transaction of its own.
 */
import { errorCatalogue, OmniBaseError } from '../../contracts/error.ts';
import type { Answer, CallContext } from '../../contracts/registry.ts';
import { isUnavailable, sqlState } from '../../db/failure.ts';
import { appendAudit } from '../../db/stores/audit/append.ts';
import type { CallOperation } from './observation.ts';
import type { Runtime } from './runtime.ts';

/** What an operation notes for its log line and audit row as it goes. */
export interface CallFacts {
  component_id: string | null;
  /** `type/namespace.name`, as capabilities name it. */
  resource: string | null;
  revision: number | null;
  result_count: number | null;
  /** Set by a dry run, whose refusals are no events. */
  dry_run: boolean;
}

export interface CallOptions {
  readonly operation: CallOperation;
  readonly writes: boolean;
}

/** Runs an operation for a caller. Whatever goes wrong leaves as an `OmniBaseError`. */
export async function call<T>(
  runtime: Runtime,
  { operation, writes }: CallOptions,
  context: CallContext,
  body: (facts: CallFacts) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const facts: CallFacts = { component_id: null, resource: null, revision: null, result_count: null, dry_run: false };
  const start = performance.now();
  const finish = (code: string | null, level: string | null): void => {
    const duration_ms = Math.round((performance.now() - start) * 1000) / 1000;
    const outcome = code === null ? 'ok' : 'failed';
    runtime.observer.call({ operation, outcome, code, duration_ms });
    const { component_id, revision, result_count } = facts;
    const { correlation_id, principal } = context;
    runtime.logger.info(
      {
        event: 'registry.call',
        correlation_id,
        component_id,
        duration_ms,
        operation,
        outcome,
        code,
        principal: principal.id,
        revision,
        result_count,
        cache_level: level,
      },
      `registry ${operation} ${outcome}`,
    );
  };
  try {
    const answer = await withinDeadline(context, body(facts));
    finish(null, answer.freshness.level);
    return answer;
  } catch (thrown) {
    const error = typed(runtime, thrown, writes);
    await auditRefusal(runtime, operation, writes, context, facts, error);
    finish(error.code, null);
    throw error;
  }
}

/** Whatever was thrown, as an error of the catalogue. */
export function typed(runtime: Runtime, thrown: unknown, writes: boolean): OmniBaseError {
  if (thrown instanceof OmniBaseError) return thrown;
  if (sqlState(thrown) === '42P01') {
    return new OmniBaseError('RG016', {
      message: 'the database does not hold an OmniBase schema',
      next: 'run `omnibase up`, which migrates the database',
      cause: thrown,
    });
  }
  if (!isUnavailable(thrown)) return new OmniBaseError('OB001', { cause: thrown });
  const outage = runtime.availability.outage ?? runtime.availability.failed(thrown);
  return new OmniBaseError(writes ? 'RG015' : 'RG016', { details: { ...outage }, cause: thrown });
}

/** A write whose deadline passes may still be committed; a repetition of it is harmless. */
async function withinDeadline<T>({ signal, deadline_ms }: CallContext, work: Promise<T>): Promise<T> {
  const signals = [
    ...(signal === undefined ? [] : [signal]),
    ...(deadline_ms === undefined ? [] : [AbortSignal.timeout(deadline_ms)]),
  ];
  if (signals.length === 0) return work;
  const ended = AbortSignal.any(signals);
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(new OmniBaseError('OB016', { cause: ended.reason }));
    if (ended.aborted) stop();
    ended.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => ended.removeEventListener('abort', stop));
  });
}

async function auditRefusal(
  runtime: Runtime,
  operation: CallOperation,
  writes: boolean,
  { principal, correlation_id }: CallContext,
  { component_id, resource, dry_run }: CallFacts,
  error: OmniBaseError,
): Promise<void> {
  const denied = error.code === 'SX001';
  const answered = errorCatalogue[error.code].http !== 503 && error.code !== 'OB001' && error.code !== 'OB016';
  if (runtime.database === null || runtime.availability.skipped || !(denied || (writes && answered && !dry_run)))
    return;
  try {
    await appendAudit(runtime.database, {
      subject: component_id === null ? `principal/${principal.id}` : `component/${component_id}`,
      principal: principal.id,
      action: `registry.${operation}`,
      resource: resource ?? component_id ?? '-',
      outcome: denied ? 'denied' : 'failed',
      code: error.code,
      correlation_id,
    });
  } catch (cause) {
    // The caller gets the refusal itself; that it could not be recorded is for the operators.
    runtime.logger.error({ event: 'audit.write_failed', correlation_id, err: cause }, 'a refusal could not be audited');
  }
}
