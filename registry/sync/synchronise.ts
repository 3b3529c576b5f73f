/**
 * Brings the file cache up to the database (registry.md 8.4). Incremental: what changed since the watermark. Full: all
 * records of one moment; when asked, without a usable file, after damage, in another registry or epoch, and when the
 * count differs afterwards.
 */
import type { ComponentRecord } from '../../contracts/component.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { SyncReport } from '../../contracts/registry.ts';
import type { Database } from '../../db/client.ts';
import { countComponents } from '../../db/stores/changes/count-components.ts';
import { type ChangeCursor, decodeCursor, encodeCursor } from '../../db/stores/changes/cursor.ts';
import { raiseEpochAfterMove, readIdentity } from '../../db/stores/changes/identity.ts';
import { type Change, readChanges } from '../../db/stores/changes/read-changes.ts';
import { readSnapshot } from '../../db/stores/changes/read-snapshot.ts';
import { findByUuids } from '../../db/stores/components/find-by-uuids.ts';
import type { FileCache, Identity, NextSnapshot } from '../cache/file/file-cache.ts';
import { applyRecord, applyTombstone, type CacheState } from '../cache/file/read-state.ts';

export type SyncOutcome = Omit<SyncReport, 'duration_ms'>;

/** Changes read at a time. */
const batch = 1_000;

/** @param full everything anew, whatever the file holds */
export async function synchronise(
  database: Database,
  file: FileCache,
  { full }: { readonly full: boolean },
): Promise<SyncOutcome> {
  await raiseEpochAfterMove(database);
  const identity = await readIdentity(database);
  if (full) return fullSync(database, file, { overwrite: true });
  const from = await usableWatermark(file, identity);
  if (from === null) return fullSync(database, file, { overwrite: false });
  return (await incremental(database, file, identity, from)) ?? fullSync(database, file, { overwrite: true });
}

/** Where an incremental sync may start; null when only a full one helps. */
async function usableWatermark(file: FileCache, identity: Identity): Promise<ChangeCursor | null> {
  const loaded = await file.load();
  if (loaded.kind !== 'state' || !loaded.state.complete || !isOf(loaded.state, identity)) return null;
  return loaded.state.watermark === null ? null : cursorOrNull(loaded.state.watermark);
}

function cursorOrNull(text: string): ChangeCursor | null {
  try {
    return decodeCursor(text);
  } catch (error) {
    if (error instanceof OmniBaseError && error.code === 'RG017') return null;
    throw error;
  }
}

interface Delta {
  readonly records: readonly ComponentRecord[];
  readonly removed: readonly Change[];
  readonly next: ChangeCursor;
}

/** Null when the database no longer has what lies between, or the result would not match it. */
async function incremental(
  database: Database,
  file: FileCache,
  identity: Identity,
  from: ChangeCursor,
): Promise<SyncOutcome | null> {
  const delta = await readDelta(database, from);
  if (delta === null) return null;
  const watermark = encodeCursor(delta.next);
  const report = {
    kind: 'incremental',
    applied: delta.records.length,
    removed: delta.removed.length,
    watermark,
  } as const;
  const at = new Date().toISOString();
  const changed = delta.records.length + delta.removed.length > 0 || (await file.isDirty());
  const done = changed
    ? await file.replace((current) => (current === null ? null : apply(current, delta, watermark, at)))
    : await file.touch(identity, watermark, at);
  if (!done) return skipped(report);
  if (!(await countAgrees(database, file, delta.next))) return null;
  await file.clearDirty();
  return report;
}

async function readDelta(database: Database, from: ChangeCursor): Promise<Delta | null> {
  const latest = new Map<string, Change>();
  let next = from;
  try {
    for (let complete = false; !complete; ) {
      const read = await readChanges(database, next, { limit: batch });
      for (const change of read.changes) latest.set(change.uuid, change);
      ({ next, complete } = read);
    }
  } catch (error) {
    if (error instanceof OmniBaseError && error.code === 'RG017') return null;
    throw error;
  }
  const records = await findByUuids(database, [...latest.keys()]);
  const found = new Set(records.map((record) => record.metadata.uuid));
  return { records, removed: [...latest.values()].filter(({ uuid }) => !found.has(uuid)), next };
}

function apply(current: CacheState, delta: Delta, watermark: string, at: string): NextSnapshot {
  const merged = { records: new Map(current.records), tombstones: new Map(current.tombstones) };
  for (const record of delta.records) applyRecord(merged, record);
  for (const { uuid, revision } of delta.removed) applyTombstone(merged, uuid, revision);
  const { registry_id, epoch, last_full_sync_at } = current.header;
  return {
    header: { registry_id, epoch, complete: current.complete, last_sync_at: at, last_full_sync_at, watermark },
    records: [...merged.records.values()],
    tombstones: merged.tombstones,
  };
}

async function countAgrees(database: Database, file: FileCache, cursor: ChangeCursor): Promise<boolean> {
  const [expected, loaded] = [await countComponents(database, cursor), await file.load()];
  return expected === null || (loaded.kind === 'state' && loaded.state.records.size === expected);
}

/**
 * @param overwrite false when the file was missing or unusable: of several processes that find it so, the one with the
 * latest snapshot wins
 */
async function fullSync(
  database: Database,
  file: FileCache,
  { overwrite }: { readonly overwrite: boolean },
): Promise<SyncOutcome> {
  const { identity, cursor, records } = await readSnapshot(database);
  const watermark = encodeCursor(cursor);
  const at = new Date().toISOString();
  let removed = 0;
  const done = await file.replace((current) => {
    if (!overwrite && current !== null && isAsNew(current, identity, cursor)) return null;
    const known = new Set(records.map((record) => record.metadata.uuid));
    removed = [...(current?.records.keys() ?? [])].filter((uuid) => !known.has(uuid)).length;
    return {
      header: { ...identity, complete: true, last_sync_at: at, last_full_sync_at: at, watermark },
      records: withNewer(records, current, identity),
    };
  });
  const report = { kind: 'full', applied: records.length, removed, watermark } as const;
  if (!done) return skipped(report);
  await file.clearDirty();
  return report;
}

/** Keeps what was written through after the snapshot was taken. */
function withNewer(
  records: readonly ComponentRecord[],
  current: CacheState | null,
  identity: Identity,
): readonly ComponentRecord[] {
  if (current === null || !isOf(current, identity)) return records;
  return records.map((record) => {
    const held = current.records.get(record.metadata.uuid);
    return held !== undefined && held.registry.revision > record.registry.revision ? held : record;
  });
}

function isOf({ header }: CacheState, { registry_id, epoch }: Identity): boolean {
  return header.registry_id === registry_id && header.epoch === epoch;
}

function isAsNew(current: CacheState, identity: Identity, { txid, seq }: ChangeCursor): boolean {
  const held = current.watermark === null ? null : cursorOrNull(current.watermark);
  if (held === null || !current.complete || !isOf(current, identity)) return false;
  return held.txid > txid || (held.txid === txid && held.seq >= seq);
}

function skipped(report: SyncOutcome): SyncOutcome {
  return { ...report, applied: 0, removed: 0, skipped: 'another process is writing the cache' };
}
