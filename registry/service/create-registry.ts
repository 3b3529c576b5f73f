/**
 * Puts the registry together: the service behind `RegistryApi` on Postgres and its caches (registry.md 5). Nothing
 * connects or reads before the first call, except that a long-lived service (`listen`) starts to listen at once.
 *
 * @example
 * const registry = createRegistry({ database, cacheDir, databaseKey: databaseKey(url), listen: true });
 * const { data } = await registry.lookup('validator:local.yaml@^1', {}, context);
 * await registry.close();
 */
import type { CallContext, RegistryApi } from '../../contracts/registry.ts';
import type { Database } from '../../db/client.ts';
import { readIdentity } from '../../db/stores/changes/identity.ts';
import { Availability, type AvailabilityOptions } from '../availability.ts';
import { CacheCounters } from '../cache/file/counters.ts';
import { FileCache, type FileCacheProblem, type Identity } from '../cache/file/file-cache.ts';
import { cacheLocation } from '../cache/file/location.ts';
import { MemoryCache, type MemoryCacheOptions } from '../cache/memory-cache.ts';
import { ChangeListener } from '../sync/listener.ts';
import { ChangeNotifier } from '../sync/notifier.ts';
import { type SyncOutcome, synchronise } from '../sync/synchronise.ts';
import { cacheStats } from './cache-stats.ts';
import { call } from './call.ts';
import { lookup } from './lookup.ts';
import { type RegistryLogger, type RegistryObserver, silentLogger, silentObserver } from './observation.ts';
import { register } from './register.ts';
import { remove } from './remove.ts';
import type { OfflineMode, Runtime, ValidationSettings } from './runtime.ts';
import { search } from './search.ts';
import { sync } from './sync.ts';
import { update } from './update.ts';

export interface RegistryDependencies {
  /** Null when no database is configured: the file cache answers, writes are refused. Not closed by the registry. */
  readonly database: Database | null;
  /** The product's cache folder; the file cache lies in `registry/<databaseKey>/` below it. */
  readonly cacheDir: string;
  /** From `databaseKey(url)`, so that it is known while the database is away. */
  readonly databaseKey: string;
  /**
   * True in long-lived services: they hear of the changes of others, and only then the memory cache answers. Short-lived
   * processes leave it out.
   */
  readonly listen?: boolean;
  /** `registry.offline`; default auto. */
  readonly offline?: OfflineMode;
  /** `registry.read_preference`; default authority. `cache` answers from the file while it is fresh. */
  readonly readPreference?: 'authority' | 'cache';
  readonly validation?: ValidationSettings;
  readonly cache?: {
    /** `registry.cache.file`; default true. */
    readonly file?: boolean;
    /** `registry.cache.ttl_seconds`; default 3,600. */
    readonly ttlSeconds?: number;
    /** `registry.cache.l1`. */
    readonly memory?: MemoryCacheOptions;
    /** Milliseconds to wait for the lock of the file cache; default 5,000. */
    readonly lockWaitMs?: number;
  };
  readonly availability?: AvailabilityOptions;
  readonly logger?: RegistryLogger;
  readonly observer?: RegistryObserver;
}

export interface RegistryService extends RegistryApi {
  /** Sends what is pending, keeps the counters, stops listening. The database stays open: it belongs to the caller. */
  close(): Promise<void>;
}

/** Counters of a service are kept this often, in milliseconds. */
const flushEveryMs = 30_000;

export function createRegistry(dependencies: RegistryDependencies): RegistryService {
  const runtime = runtimeOf(dependencies);
  const background = dependencies.listen === true ? startBackground(runtime) : null;
  return {
    register: (document, options, context) =>
      call(runtime, { operation: 'register', writes: true }, context, (facts) =>
        register(runtime, document, options, context, facts),
      ),
    update: (ref, patch, options, context) =>
      call(runtime, { operation: 'update', writes: true }, context, (facts) =>
        update(runtime, ref, patch, options, context, facts),
      ),
    lookup: (ref, options, context) =>
      call(runtime, { operation: 'lookup', writes: false }, context, (facts) =>
        lookup(runtime, ref, options, context, facts),
      ),
    search: (query, context) =>
      call(runtime, { operation: 'search', writes: false }, context, (facts) => search(runtime, query, context, facts)),
    remove: (ref, options, context) =>
      call(runtime, { operation: 'remove', writes: true }, context, (facts) =>
        remove(runtime, ref, options, context, facts),
      ),
    sync: (options, context) =>
      call(runtime, { operation: 'sync', writes: false }, context, (facts) => sync(runtime, options, context, facts)),
    cacheStats: (context: CallContext) =>
      call(runtime, { operation: 'cache_stats', writes: false }, context, () => cacheStats(runtime, context)),
    close: async () => {
      await background?.stop();
      await runtime.notifier?.close();
      await keepCounters(runtime);
    },
  };
}

function runtimeOf(dependencies: RegistryDependencies): Runtime {
  const { database, cache = {}, logger = silentLogger, observer = silentObserver } = dependencies;
  const location = cacheLocation(dependencies.cacheDir, dependencies.databaseKey);
  const withFile = cache.file ?? true;
  const counters = new CacheCounters(withFile ? location : null);
  const onProblem = (problem: FileCacheProblem): void => reportProblem(problem, counters, logger, observer);
  const { lockWaitMs } = cache;
  const file = withFile
    ? new FileCache({ location, onProblem, ...(lockWaitMs === undefined ? {} : { lockWaitMs }) })
    : null;
  return {
    database,
    offline: dependencies.offline ?? 'auto',
    readPreference: dependencies.readPreference ?? 'authority',
    validation: dependencies.validation ?? {},
    memory: new MemoryCache(cache.memory ?? {}, counters.l1),
    file,
    counters,
    ttlMs: (cache.ttlSeconds ?? 3_600) * 1000,
    availability: new Availability(dependencies.availability),
    notifier: database === null ? null : new ChangeNotifier(database, logger),
    identity: onceItWorks(readIdentity),
    synchronise: sharedSync(file, observer),
    logger,
    observer,
  };
}

function reportProblem(
  { kind, message, cause }: FileCacheProblem,
  counters: CacheCounters,
  logger: RegistryLogger,
  observer: RegistryObserver,
): void {
  counters.failed(message);
  observer.cacheError('l3', kind);
  const code = kind === 'corrupt' ? 'RG009' : undefined;
  logger.warn({ event: 'registry.cache_problem', kind, code, err: cause }, `registry file cache: ${message}`);
}

/** Remembers the first success; a failure is tried again by the next caller. */
function onceItWorks(ask: (database: Database) => Promise<Identity>): (database: Database) => Promise<Identity> {
  let answer: Promise<Identity> | null = null;
  return (database) => {
    answer ??= ask(database).catch((error: unknown) => {
      answer = null;
      throw error;
    });
    return answer;
  };
}

/** One sync at a time in this process: who comes while one of its kind runs gets the same answer. */
function sharedSync(file: FileCache | null, observer: RegistryObserver): Runtime['synchronise'] {
  const running = new Map<boolean, Promise<SyncOutcome>>();
  return (database, { full }) => {
    if (file === null) return Promise.reject(new TypeError('there is no file cache to synchronise'));
    const same = running.get(full);
    if (same !== undefined) return same;
    const sync = observedSync(database, file, full, observer).finally(() => running.delete(full));
    running.set(full, sync);
    return sync;
  };
}

async function observedSync(
  database: Database,
  file: FileCache,
  full: boolean,
  observer: RegistryObserver,
): Promise<SyncOutcome> {
  const start = performance.now();
  try {
    const outcome = await synchronise(database, file, { full });
    observer.sync(outcome.kind, outcome.skipped === undefined ? 'ok' : 'skipped', performance.now() - start);
    return outcome;
  } catch (error) {
    observer.sync(full ? 'full' : 'incremental', 'failed', performance.now() - start);
    throw error;
  }
}

/** What a long-lived service does beside answering: listen, fill the file cache once, keep its counters. */
function startBackground(runtime: Runtime): { stop(): Promise<void> } {
  const { database, memory, logger, file } = runtime;
  if (database === null) return { stop: () => Promise.resolve() };
  const listener = new ChangeListener({ database, memory, logger });
  const started = listener.start();
  const filled = file === null ? Promise.resolve() : fillFile(runtime, database);
  const timer = setInterval(() => void keepCounters(runtime), flushEveryMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all([started, filled]);
      await listener.close();
    },
  };
}

async function fillFile(runtime: Runtime, database: Database): Promise<void> {
  try {
    await runtime.synchronise(database, { full: false });
  } catch (error) {
    // The periodic sync tries again.
    runtime.logger.warn({ event: 'registry.first_sync_failed', err: error }, 'the file cache could not be filled');
  }
}

async function keepCounters({ counters, logger }: Runtime): Promise<void> {
  try {
    await counters.flush();
  } catch (error) {
    logger.warn({ event: 'registry.counters_lost', err: error }, 'the cache counters could not be kept');
  }
}
