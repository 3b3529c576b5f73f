/**
 * What the registry offers: operations, queries and answers (registry.md 5, 8.3, 8.4).
 *
 * Glossary: a **record** is one stored component with its registry facts; a **reference** names one
 * (`UUID`, `[type:]PATH[@SPEC]`); **freshness** tells where an answer came from and how old it is;
 * a **view** is a set of lifecycles (`production`, `development`, `all`).
 */
import type { ComponentRecord, ComponentType, Lifecycle } from './component.ts';
import type { Issue } from './error.ts';

/** Who calls, and the ids that tie log lines together. */
export interface CallContext {
  readonly principal: Principal;
  readonly correlation_id: string;
  readonly signal?: AbortSignal;
  /** Milliseconds the call may take. */
  readonly deadline_ms?: number;
}

export interface Principal {
  readonly id: string;
  readonly kind: 'user' | 'service' | 'component';
  readonly capabilities: readonly string[];
}

/** Where an answer came from. */
export interface Freshness {
  readonly source: 'postgres' | 'cache';
  readonly level: 'authority' | 'l1' | 'l2' | 'l3';
  /** RFC 3339 time the data was known to be current. */
  readonly as_of: string;
  readonly age_ms: number;
  readonly stale: boolean;
  readonly complete: boolean;
  readonly offline_reason?: string;
}

/** Every answer of the service: data, how fresh it is, and what to warn about. */
export interface Answer<T> {
  readonly data: T;
  readonly freshness: Freshness;
  readonly warnings: readonly Issue[];
}

export interface RegisterOptions {
  readonly source?: ComponentSource;
  readonly strict?: boolean;
  readonly dry_run?: boolean;
  readonly force?: boolean;
  readonly reason?: string;
  readonly idempotency_key?: string;
}

export interface ComponentSource {
  readonly kind: 'file' | 'package' | 'remote' | 'api';
  /** Path, package or URL; never a secret. */
  readonly ref: string;
}

export interface RegisterResult {
  readonly uuid: string;
  readonly type: ComponentType;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly revision: number;
  readonly fingerprint: string;
  readonly registered: boolean;
  readonly created: boolean;
  readonly unchanged: boolean;
  /** Only on a dry run: what would have happened. */
  readonly would?: 'create' | 'unchanged' | 'replace' | 'conflict';
}

export interface UpdateOptions {
  readonly if_revision?: number;
  readonly dry_run?: boolean;
  readonly force?: boolean;
  readonly reason?: string;
  readonly idempotency_key?: string;
}

export interface LookupOptions {
  readonly version_spec?: string;
  readonly include_prerelease?: boolean;
  readonly include_archived?: boolean;
  readonly max_stale_ms?: number;
}

export interface RemoveOptions {
  readonly hard?: boolean;
  readonly reason?: string;
  readonly if_revision?: number;
  readonly force?: boolean;
}

export interface RemoveResult {
  readonly uuid: string;
  readonly revision: number;
  readonly op: 'archived' | 'removed';
}

export type SortKey = 'name' | 'namespace' | 'type' | 'version' | 'registered_at' | 'updated_at' | 'relevance';
export type View = 'production' | 'development' | 'all';

/** Search criteria; members combine with AND (registry.md 5.4). The filter grammar joins later. */
export interface SearchQuery {
  readonly type?: readonly ComponentType[];
  /** All of these. */
  readonly tags?: readonly string[];
  /** At least one of these. */
  readonly any_tag?: readonly string[];
  readonly lifecycle?: readonly Lifecycle[];
  readonly status?: string;
  readonly text?: string;
  readonly name_pattern?: string;
  readonly view?: View;
  readonly sort?: readonly { readonly key: SortKey; readonly order: 'asc' | 'desc' }[];
  /** 1-1000, default 100. */
  readonly limit?: number;
  readonly cursor?: string;
  readonly with_total?: boolean;
}

export interface Page {
  readonly limit: number;
  readonly has_more: boolean;
  readonly next_cursor: string | null;
  readonly total?: number;
}

export interface SearchResult {
  readonly items: readonly ComponentRecord[];
  readonly page: Page;
}

export interface CacheLevelStats {
  readonly enabled: boolean;
  readonly healthy: boolean;
  readonly entries: number;
  readonly bytes: number;
  readonly max: number | null;
  readonly hits: number;
  readonly misses: number;
  /** 0-1; null before the first request. */
  readonly hit_ratio: number | null;
  readonly evictions: number;
  readonly errors: number;
}

export interface FileCacheStats extends CacheLevelStats {
  readonly path: string;
  readonly complete: boolean;
  readonly age_s: number | null;
  readonly stale: boolean;
  readonly last_sync_at: string | null;
  readonly last_full_sync_at: string | null;
  readonly last_error: string | null;
  readonly watermark_lag: number | null;
  readonly quarantined_lines: number;
  readonly dirty: boolean;
}

export interface CacheStats {
  readonly l1: CacheLevelStats;
  readonly l2: CacheLevelStats;
  readonly l3: FileCacheStats;
}

export interface SyncReport {
  readonly kind: 'full' | 'incremental';
  readonly applied: number;
  readonly removed: number;
  readonly watermark: string;
  readonly duration_ms: number;
  readonly skipped?: string;
}

/**
 * The registry as its users see it. The service (`registry/service`) implements it on Postgres and the
 * file cache; the HTTP client (`api/client`) implements it over the gateway. One test suite runs on both.
 */
export interface RegistryApi {
  register(document: unknown, options: RegisterOptions, context: CallContext): Promise<Answer<RegisterResult>>;
  update(ref: string, patch: unknown, options: UpdateOptions, context: CallContext): Promise<Answer<ComponentRecord>>;
  lookup(ref: string, options: LookupOptions, context: CallContext): Promise<Answer<ComponentRecord>>;
  search(query: SearchQuery, context: CallContext): Promise<Answer<SearchResult>>;
  remove(ref: string, options: RemoveOptions, context: CallContext): Promise<Answer<RemoveResult>>;
  sync(options: { readonly full?: boolean }, context: CallContext): Promise<Answer<SyncReport>>;
  cacheStats(context: CallContext): Promise<Answer<CacheStats>>;
}
