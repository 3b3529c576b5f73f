/**
 * After a commit: own caches first, so that the caller reads what it wrote, then the wake-up for the others
 * (registry.md 8.1). Nothing here can fail the write any more.
 */
import type { Database } from '../../db/client.ts';
import type { CacheChange, FileCache } from '../cache/file/file-cache.ts';
import type { Runtime } from './runtime.ts';

export async function propagate(runtime: Runtime, database: Database, change: CacheChange): Promise<void> {
  const { memory, file, notifier } = runtime;
  const { uuid, revision } =
    change.kind === 'record'
      ? { uuid: change.record.metadata.uuid, revision: change.record.registry.revision }
      : change;
  memory.invalidate(uuid, revision);
  if (change.kind === 'record') memory.store(change.record);
  else memory.storeRemoved(uuid, revision);
  notifier?.changed();
  if (file !== null) await writeFile(runtime, database, file, change);
}

async function writeFile(runtime: Runtime, database: Database, file: FileCache, change: CacheChange): Promise<void> {
  try {
    const identity = await runtime.identity(database);
    let result = await file.writeThrough(identity, change);
    if (result === 'needs_sync') {
      await runtime.synchronise(database, { full: false });
      // The sync may have read an earlier moment than this write.
      result = await file.writeThrough(identity, change);
    }
    if (result !== 'written') await file.markDirty();
  } catch (error) {
    // The write itself is committed; the next sync mends the cache.
    runtime.counters.failed(error instanceof Error ? error.message : String(error));
    runtime.observer.cacheError('l3', 'write_failed');
    runtime.logger.warn({ event: 'registry.cache_write_failed', err: error }, 'the file cache misses a change');
    await file.markDirty();
  }
}
