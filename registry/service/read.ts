/**
 * One read, answered by Postgres or, when it is away, by the file cache (registry.md 8.1, 8.3). Every read goes
 * through here, so all of them degrade alike.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { Freshness } from '../../contracts/registry.ts';
import type { Database } from '../../db/client.ts';
import { isUnavailable } from '../../db/failure.ts';
import type { CacheState } from '../cache/file/read-state.ts';
import { fromAuthority, fromFile } from './freshness.ts';
import type { CallOperation } from './observation.ts';
import type { Runtime } from './runtime.ts';

export interface Reading<T> {
  readonly value: T;
  readonly freshness: Freshness;
}

export interface ReadRequest<T> {
  readonly operation: CallOperation;
  /** Oldest answer the caller takes, in milliseconds; undefined: any age. */
  readonly maxStaleMs?: number | undefined;
  database(database: Database): Promise<T>;
  file(state: CacheState, complete: boolean): T;
}

/**
 * @throws RG016 when neither can answer, RG009 when the file is damaged, RG019 when it is older than allowed
 */
export async function read<T>(runtime: Runtime, request: ReadRequest<T>): Promise<Reading<T>> {
  const { database, availability, offline } = runtime;
  if (offline === 'always') return readFile(runtime, request, 'offline mode');
  if (database === null) return readFile(runtime, request, 'no database is configured');
  if (runtime.readPreference === 'cache') {
    const cached = await readFresh(runtime, request);
    if (cached !== null) return cached;
  }
  if (availability.skipped) return readFile(runtime, request, outageReason(runtime));
  try {
    const start = performance.now();
    const value = await request.database(database);
    runtime.observer.query(request.operation, performance.now() - start);
    if (availability.outage !== null) runtime.observer.readOnly(false);
    availability.succeeded();
    return { value, freshness: fromAuthority() };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    noteOutage(runtime, error);
    return readFile(runtime, request, outageReason(runtime), error);
  }
}

/** Remembers that Postgres did not answer; says so once per outage. */
export function noteOutage(runtime: Runtime, error: unknown): void {
  const known = runtime.availability.outage !== null;
  const outage = runtime.availability.failed(error);
  if (known) return;
  runtime.observer.readOnly(true);
  runtime.logger.warn({ event: 'registry.read_only', ...outage }, 'Postgres is away; the registry is read-only');
}

function outageReason({ availability }: Runtime): string {
  const { outage } = availability;
  return outage === null ? 'Postgres is away' : `Postgres is away since ${outage.since}: ${outage.reason}`;
}

async function readFile<T>(
  runtime: Runtime,
  request: ReadRequest<T>,
  reason: string,
  cause?: unknown,
): Promise<Reading<T>> {
  const details = { reason, since: runtime.availability.outage?.since ?? null };
  if (runtime.offline === 'never' || runtime.file === null) throw new OmniBaseError('RG016', { details, cause });
  const loaded = await runtime.file.load();
  if (loaded.kind === 'none') throw new OmniBaseError('RG016', { details, cause });
  if (loaded.kind === 'corrupt')
    throw new OmniBaseError('RG009', { details: { ...details, damage: loaded.reason }, cause });
  const dirty = await runtime.file.isDirty();
  const freshness = fromFile(loaded.state, { dirty, ttlMs: runtime.ttlMs, reason });
  const { age_ms } = freshness;
  if (request.maxStaleMs !== undefined && age_ms > request.maxStaleMs) {
    throw new OmniBaseError('RG019', { details: { ...details, age_ms, allowed_ms: request.maxStaleMs }, cause });
  }
  return { value: answerFrom(runtime, request, loaded.state, freshness), freshness };
}

/** Nothing in the file answers the request: the caller's error travels on, and the miss is counted. */
function answerFrom<T>(runtime: Runtime, request: ReadRequest<T>, state: CacheState, freshness: Freshness): T {
  const { l3 } = runtime.counters;
  try {
    const value = request.file(state, freshness.complete);
    l3.hits++;
    runtime.observer.cacheRequest('l3', freshness.stale ? 'stale' : 'hit');
    return value;
  } catch (error) {
    l3.misses++;
    runtime.observer.cacheRequest('l3', 'miss');
    throw error;
  }
}

/** For `read_preference: cache`: the file answers as long as it is complete and not stale. */
async function readFresh<T>(runtime: Runtime, request: ReadRequest<T>): Promise<Reading<T> | null> {
  const loaded = (await runtime.file?.load()) ?? null;
  if (loaded === null || loaded.kind !== 'state' || runtime.file === null) return null;
  const dirty = await runtime.file.isDirty();
  const freshness = fromFile(loaded.state, { dirty, ttlMs: runtime.ttlMs, reason: null });
  if (freshness.stale || !freshness.complete) return null;
  return { value: answerFrom(runtime, request, loaded.state, freshness), freshness };
}
