/** A write needs the database itself: no cache can stand in for it. */
import { OmniBaseError } from '../../contracts/error.ts';
import type { Database } from '../../db/client.ts';
import { isUnavailable } from '../../db/failure.ts';
import { noteOutage } from './read.ts';
import type { CallOperation } from './observation.ts';
import type { Runtime } from './runtime.ts';

/**
 * Runs a write on the database.
 * @throws RG015 when there is none, in offline mode, and while Postgres is away, saying since when
 */
export async function withAuthority<T>(
  runtime: Runtime,
  operation: CallOperation,
  body: (database: Database) => Promise<T>,
): Promise<T> {
  const { database, availability, offline } = runtime;
  if (offline === 'always') throw readOnly({ reason: 'offline mode' });
  if (database === null) throw readOnly({ reason: 'no database is configured' });
  if (availability.skipped) throw readOnly({ ...availability.outage });
  try {
    const start = performance.now();
    const result = await body(database);
    runtime.observer.query(operation, performance.now() - start);
    if (availability.outage !== null) runtime.observer.readOnly(false);
    availability.succeeded();
    return result;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    noteOutage(runtime, error);
    throw readOnly({ ...availability.outage }, error);
  }
}

function readOnly(details: { readonly reason?: string; readonly since?: string }, cause?: unknown): OmniBaseError {
  const since = details.since === undefined ? '' : ` since ${details.since}`;
  return new OmniBaseError('RG015', {
    message: `the registry can only be read: ${details.reason ?? 'Postgres is away'}${since}`,
    details,
    ...(cause === undefined ? {} : { cause }),
  });
}
