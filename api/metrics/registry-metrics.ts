/**
 * The numbers of the registry as Prometheus series (registry.md 12). The service tells its observer what it does; a
 * serving process hands `createRegistryMetrics(...).observer` to `createRegistry`.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RegistryObserver } from '../../registry/service/observation.ts';
import { HitRatio } from './hit-ratio.ts';

const queryBucketsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
const operationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const syncBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

/** @param registry the process's registry of metrics; call once per process */
export function createRegistryMetrics(registry: Registry): RegistryObserver {
  const registers = [registry];
  const operations = new Counter({
    name: 'registry_operations_total',
    help: 'Calls of the registry',
    labelNames: ['operation', 'outcome', 'code'],
    registers,
  });
  const durations = new Histogram({
    name: 'registry_operation_duration_seconds',
    help: 'Duration of calls of the registry in seconds',
    labelNames: ['operation', 'outcome'],
    buckets: operationBuckets,
    registers,
  });
  const queries = new Histogram({
    name: 'query_latency_ms',
    help: 'Time in Postgres for one read or write of the registry in milliseconds',
    labelNames: ['operation'],
    buckets: queryBucketsMs,
    registers,
  });
  const authorizations = new Counter({
    name: 'registry_authorization_checks_total',
    help: 'Capability checks of the registry',
    labelNames: ['action', 'result'],
    registers,
  });
  const readOnly = new Gauge({
    name: 'registry_read_only',
    help: '1 while the database is away and only the cache answers',
    registers,
  });
  return {
    call({ operation, outcome, code, duration_ms }) {
      operations.inc({ operation, outcome, code: code ?? '' });
      durations.observe({ operation, outcome }, duration_ms / 1000);
    },
    query: (operation, durationMs) => queries.observe({ operation }, durationMs),
    authorization: (action, result) => authorizations.inc({ action, result }),
    readOnly: (value) => readOnly.set(value ? 1 : 0),
    ...cacheObserver(registers),
  };
}

function cacheObserver(registers: Registry[]): Pick<RegistryObserver, 'cacheRequest' | 'cacheError' | 'sync'> {
  const requests = new Counter({
    name: 'registry_cache_requests_total',
    help: 'Questions to the cache levels of the registry',
    labelNames: ['level', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'registry_cache_errors_total',
    help: 'Failures of the cache levels of the registry',
    labelNames: ['level', 'kind'],
    registers,
  });
  const syncs = new Counter({
    name: 'registry_sync_operations_total',
    help: 'Synchronisations of the file cache',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const syncDurations = new Histogram({
    name: 'registry_sync_duration_seconds',
    help: 'Duration of synchronisations of the file cache in seconds',
    labelNames: ['kind'],
    buckets: syncBuckets,
    registers,
  });
  const lastSync = new Gauge({
    name: 'registry_last_sync_timestamp_seconds',
    help: 'Unix time of the last successful synchronisation',
    registers,
  });
  const ratios = new Map<string, HitRatio>();
  const hitRatio = new Gauge({
    name: 'cache_hit_ratio',
    help: 'Hits among the questions of the last five minutes, 0 to 1',
    labelNames: ['level'],
    registers,
    collect() {
      for (const [level, window] of ratios) hitRatio.set({ level }, window.value(performance.now()));
    },
  });
  return {
    cacheRequest(level, result) {
      requests.inc({ level, result });
      const window = ratios.get(level) ?? new HitRatio();
      ratios.set(level, window);
      window.count(result === 'hit', performance.now());
    },
    cacheError: (level, kind) => errors.inc({ level, kind }),
    sync(kind, outcome, durationMs) {
      syncs.inc({ kind, outcome });
      syncDurations.observe({ kind }, durationMs / 1000);
      if (outcome === 'ok') lastSync.setToCurrentTime();
    },
  };
}
