/**
 * What a failure of the database means to callers of projector and reader (registration.md 7 "Errors"): not reachable,
 * too slow, or anything else. Texts name the class of the exception at most: no connection string, SQL or value. The
 * cause travels with the error for the log.
 */
import { type ErrorCode, OmniBaseError } from '../../contracts/error.ts';
import type { MalformedRow } from '../../contracts/node/query.ts';
import { isUnavailable, sqlState } from '../failure.ts';

/** Query cancelled, by the statement timeout or by hand; lock not granted in time. */
const slowStates: ReadonlySet<string> = new Set(['57014', '55P03']);

/** The client's own limit on a server that does not answer (`query_timeout`); the driver gives it no code. */
const slowMessage = /query read timeout/i;

const malformedKind = 'MalformedRow';

const databaseFailures: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ND009', 'ND010', 'ND012']);

/** ND009, ND010 or ND012; errors of the catalogue stay what they are. */
export function toNodeError(error: unknown): OmniBaseError {
  if (error instanceof OmniBaseError) return error;
  if (isSlow(error)) return new OmniBaseError('ND010', { cause: error });
  if (isUnavailable(error)) return new OmniBaseError('ND009', { cause: error });
  return new OmniBaseError('ND012', { details: { kind: classOf(error) }, cause: error });
}

/** A row that nobody should have written. One bad row is no failure of the database. */
export function malformedRowError(malformed: MalformedRow): OmniBaseError {
  return new OmniBaseError('ND012', { details: { kind: malformedKind, ...malformed } });
}

/** True for the three kinds that say something about the database. */
export function isDatabaseFailure(error: unknown): boolean {
  return (
    error instanceof OmniBaseError && databaseFailures.has(error.code) && error.details?.['kind'] !== malformedKind
  );
}

function isSlow(error: unknown): boolean {
  return slowStates.has(sqlState(error) ?? '') || (error instanceof Error && slowMessage.test(error.message));
}

function classOf(error: unknown): string {
  // The driver's class is called `error` in some versions; its name says more.
  return error instanceof Error ? error.constructor.name : typeof error;
}
