/** How the caches are doing (registry.md 8.4). Answers while the database is away as well. */
import type { Answer, CacheLevelStats, CacheStats, CallContext, FileCacheStats } from '../../contracts/registry.ts';
import { stat } from 'node:fs/promises';
import { decodeCursor } from '../../db/stores/changes/cursor.ts';
import { countChanges } from '../../db/stores/changes/count-changes.ts';
import type { LevelCounters, StoredCounters } from '../cache/file/counters.ts';
import type { FileCache } from '../cache/file/file-cache.ts';
import { orAbsent } from '../cache/file/folder.ts';
import type { CacheState } from '../cache/file/read-state.ts';
import { authorise } from './authorise.ts';
import { fromAuthority, fromFile } from './freshness.ts';
import type { Runtime } from './runtime.ts';

export async function cacheStats(runtime: Runtime, context: CallContext): Promise<Answer<CacheStats>> {
  authorise(runtime, context, 'registry.read');
  const totals = await runtime.counters.totals();
  const l1 = { ...level(totals.l1), enabled: true, healthy: true, ...runtime.memory.size() };
  const l3 = runtime.file === null ? switchedOff(totals) : await fileStats(runtime, runtime.file, totals);
  return { data: { l1, l2: absent, l3 }, freshness: fromAuthority(), warnings: [] };
}

/** The second level is Redis; it is not part of this release. */
const absent: CacheLevelStats = {
  enabled: false,
  healthy: true,
  entries: 0,
  bytes: 0,
  max: null,
  hits: 0,
  misses: 0,
  hit_ratio: null,
  evictions: 0,
  errors: 0,
};

function level(counters: LevelCounters): LevelCounters & { readonly hit_ratio: number | null } {
  const requests = counters.hits + counters.misses;
  return { ...counters, hit_ratio: requests === 0 ? null : counters.hits / requests };
}

function switchedOff({ l3, last_error }: StoredCounters): FileCacheStats {
  return {
    ...absent,
    ...level(l3),
    path: '',
    complete: false,
    age_s: null,
    stale: false,
    last_sync_at: null,
    last_full_sync_at: null,
    last_error,
    watermark_lag: null,
    quarantined_lines: 0,
    dirty: false,
  };
}

async function fileStats(runtime: Runtime, file: FileCache, totals: StoredCounters): Promise<FileCacheStats> {
  const loaded = await file.load();
  const state = loaded.kind === 'state' ? loaded.state : null;
  const dirty = await file.isDirty();
  const quarantined_lines = await file.quarantinedLines();
  const freshness = state === null ? null : fromFile(state, { dirty, ttlMs: runtime.ttlMs, reason: null });
  const synced = state !== null && state.lastSyncAt !== null && freshness !== null;
  return {
    ...level(totals.l3),
    enabled: true,
    healthy: state !== null && state.complete && !dirty,
    entries: state?.records.size ?? 0,
    bytes: (await orAbsent(stat(file.path)))?.size ?? 0,
    max: null,
    path: file.path,
    complete: freshness?.complete ?? false,
    age_s: synced ? Math.floor(freshness.age_ms / 1000) : null,
    stale: freshness?.stale ?? false,
    last_sync_at: state?.lastSyncAt ?? null,
    last_full_sync_at: state?.header.last_full_sync_at ?? null,
    last_error: totals.last_error,
    watermark_lag: await watermarkLag(runtime, state),
    quarantined_lines,
    dirty,
  };
}

/** Changes the file has not seen yet; null while the database is away or the watermark means nothing to it. */
async function watermarkLag(
  { database, availability, offline }: Runtime,
  state: CacheState | null,
): Promise<number | null> {
  if (database === null || offline === 'always' || availability.skipped || state === null) return null;
  if (state.watermark === null) return null;
  try {
    return await countChanges(database, decodeCursor(state.watermark));
  } catch {
    // Numbers about the cache are wanted just when the database is away.
    return null;
  }
}
