/**
 * One border for all calls of projector and reader: through the breaker where there is one, failures as errors of the
 * catalogue, causes into the log and nowhere else (registration.md 7 "Errors").
 */
import type { OmniBaseError } from '../../contracts/error.ts';
import { sqlState } from '../failure.ts';
import type { Breaker } from './breaker.ts';
import { isDatabaseFailure, toNodeError } from './database-errors.ts';

export interface FailureLogger {
  error(fields: object, message: string): void;
}

export type Guarded = <T>(operation: string, work: () => Promise<T>) => Promise<T>;

/** @throws ND009, ND010, ND012 for failures of the database, ND011 while it is left alone, others unchanged */
export function guardedBy({
  breaker,
  logger,
}: {
  readonly breaker?: Breaker | undefined;
  readonly logger?: FailureLogger | undefined;
}): Guarded {
  return async (operation, work) => {
    try {
      return await (breaker === undefined ? work() : breaker.run(work));
    } catch (error) {
      const told = toNodeError(error);
      if (isDatabaseFailure(told)) logger?.error(failureFields(operation, told), 'the database failed a call');
      throw told;
    }
  };
}

/** Class, state and place of a failure: its message and details may hold values of a row or a connection string. */
function failureFields(operation: string, error: OmniBaseError): object {
  const { cause } = error;
  return {
    event: 'registration.database.failed',
    operation,
    code: error.code,
    cause: cause instanceof Error ? cause.constructor.name : null,
    sqlstate: sqlState(cause) ?? null,
    constraint: wordOf(cause, 'constraint'),
    table: wordOf(cause, 'table'),
    column: wordOf(cause, 'column'),
    errno: wordOf(cause, 'code'),
  };
}

function wordOf(cause: unknown, field: string): string | null {
  if (typeof cause !== 'object' || cause === null) return null;
  const value: unknown = Reflect.get(cause, field);
  return typeof value === 'string' ? value : null;
}
