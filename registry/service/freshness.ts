/** Where an answer came from and how old it is (registry.md 8.3). */
import type { Freshness } from '../../contracts/registry.ts';
import type { CacheState } from '../cache/file/read-state.ts';

/** Read from or written to Postgres just now. */
export function fromAuthority(): Freshness {
  return {
    source: 'postgres',
    level: 'authority',
    as_of: new Date().toISOString(),
    age_ms: 0,
    stale: false,
    complete: true,
  };
}

/** From the memory of this process, which hears of every change. */
export function fromMemory(at: number): Freshness {
  const age_ms = Math.max(0, Date.now() - at);
  return { source: 'cache', level: 'l1', as_of: new Date(at).toISOString(), age_ms, stale: false, complete: true };
}

/** From the file. A cache that was never synchronised is as old as can be. */
export function fromFile(
  state: CacheState,
  { dirty, ttlMs, reason }: { readonly dirty: boolean; readonly ttlMs: number; readonly reason: string | null },
): Freshness {
  const as_of = state.lastSyncAt ?? new Date(0).toISOString();
  const age_ms = Math.max(0, Date.now() - Date.parse(as_of));
  return {
    source: 'cache',
    level: 'l3',
    as_of,
    age_ms,
    stale: age_ms > ttlMs,
    complete: state.complete && !dirty,
    ...(reason === null ? {} : { offline_reason: reason }),
  };
}
