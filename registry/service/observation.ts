/**
 * How the registry tells what it does: one log line per call and the numbers behind its metrics (registry.md 12). The
 * processes that use it plug in their logger and their metrics library; by default nobody listens.
 */

/** What a structured logger offers; `pino` fits as it is. */
export interface RegistryLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type CallOperation = 'register' | 'update' | 'lookup' | 'search' | 'remove' | 'sync' | 'cache_stats';

/** One finished call. */
export interface CallObservation {
  readonly operation: CallOperation;
  readonly outcome: 'ok' | 'failed';
  /** Error code, null on success. */
  readonly code: string | null;
  readonly duration_ms: number;
}

export interface RegistryObserver {
  /** `registry_operations_total`, `registry_operation_duration_seconds`. */
  call(observation: CallObservation): void;
  /** `query_latency_ms`: time in Postgres for one read or write. */
  query(operation: CallOperation, durationMs: number): void;
  /** `registry_cache_requests_total`, `cache_hit_ratio`. */
  cacheRequest(level: 'l1' | 'l3', result: 'hit' | 'miss' | 'stale'): void;
  /** `registry_cache_errors_total`. */
  cacheError(level: 'l3', kind: string): void;
  /** `registry_sync_operations_total`, `registry_sync_duration_seconds`. */
  sync(kind: 'full' | 'incremental', outcome: 'ok' | 'failed' | 'skipped', durationMs: number): void;
  /** `registry_authorization_checks_total`. */
  authorization(action: string, result: 'allowed' | 'denied'): void;
  /** `registry_read_only`. */
  readOnly(readOnly: boolean): void;
}

export const silentLogger: RegistryLogger = { info: ignore, warn: ignore, error: ignore };

export const silentObserver: RegistryObserver = {
  call: ignore,
  query: ignore,
  cacheRequest: ignore,
  cacheError: ignore,
  sync: ignore,
  authorization: ignore,
  readOnly: ignore,
};

function ignore(): void {
  // Nobody listens.
}
