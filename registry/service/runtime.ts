/** Everything the operations of one registry share. Built once by `createRegistry`; nothing here connects by itself. */
import type { Database } from '../../db/client.ts';
import type { Availability } from '../availability.ts';
import type { CacheCounters } from '../cache/file/counters.ts';
import type { FileCache, Identity } from '../cache/file/file-cache.ts';
import type { MemoryCache } from '../cache/memory-cache.ts';
import type { ChangeNotifier } from '../sync/notifier.ts';
import type { SyncOutcome } from '../sync/synchronise.ts';
import type { RegistryLogger, RegistryObserver } from './observation.ts';

export type OfflineMode = 'auto' | 'always' | 'never';

/** What decides beside the document itself whether it is accepted. */
export interface ValidationSettings {
  /** `validation.strict_mode`: warnings of metadata are errors unless the caller says otherwise. */
  readonly strict?: boolean;
  /** `registry.namespaces.allow`: globs; default all. */
  readonly namespaces?: readonly string[];
  /** Ids of the built-ins of this release; without it any id passes. */
  readonly builtins?: readonly string[];
}

export interface Runtime {
  /** Null when no database is configured: only the file cache can answer. */
  readonly database: Database | null;
  readonly offline: OfflineMode;
  readonly readPreference: 'authority' | 'cache';
  readonly validation: ValidationSettings;
  readonly memory: MemoryCache;
  /** Null when switched off. */
  readonly file: FileCache | null;
  readonly counters: CacheCounters;
  /** Age in milliseconds beyond which the file cache is stale. */
  readonly ttlMs: number;
  readonly availability: Availability;
  readonly notifier: ChangeNotifier | null;
  /** Which registry the database holds; asked once. */
  identity(database: Database): Promise<Identity>;
  /** Brings the file cache up to date; callers that come while it runs share it. */
  synchronise(database: Database, options: { readonly full: boolean }): Promise<SyncOutcome>;
  readonly logger: RegistryLogger;
  readonly observer: RegistryObserver;
}
