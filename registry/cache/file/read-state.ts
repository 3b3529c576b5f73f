/**
 * From the bytes of `components.jsonl` to the records they hold. Reading takes no lock: a writer appends whole lines
 * or replaces the whole file, so every moment shows a state that can be read; at worst the last line is not finished
 * yet and does not count.
 */
import type { ComponentRecord } from '../../../contracts/component.ts';
import { type CacheHeader, type CacheLine, decodeHeader, decodeLine, sha256 } from './format.ts';

/** What a file holds after all its lines were applied. */
export interface CacheState {
  readonly header: CacheHeader;
  readonly headerText: string;
  readonly records: Map<string, ComponentRecord>;
  /** Revisions of removed components: older lines of them do not count. */
  readonly tombstones: Map<string, number>;
  watermark: string | null;
  lastSyncAt: string | null;
  complete: boolean;
  /** Lines that could not be read. */
  readonly broken: string[];
  /** Bytes up to the end of the last finished line. */
  size: number;
  /** Bytes of finished lines behind the snapshot. */
  appended: number;
}

export type ReadResult =
  | { readonly kind: 'state'; readonly state: CacheState }
  /** Written in another format: to be discarded. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'corrupt'; readonly reason: string };

/** Reads a whole file. */
export function readState(bytes: Buffer): ReadResult {
  const end = bytes.indexOf(0x0a);
  if (end === -1) return { kind: 'corrupt', reason: 'the header is not finished' };
  const headerText = bytes.toString('utf8', 0, end);
  const header = decodeHeader(headerText);
  if (header === 'foreign') return { kind: 'foreign' };
  if (header === null) return { kind: 'corrupt', reason: 'the header is damaged' };
  const start = end + 1;
  const snapshot = bytes.subarray(start, start + header.bytes);
  if (snapshot.length < header.bytes) return { kind: 'corrupt', reason: 'the snapshot is cut short' };
  const state = emptyState(header, headerText, start);
  // With the right hash every line is as it was written. Without it the lines are looked at one by one: single damaged
  // ones explain the hash and are set aside; if all are sound, the header itself is wrong.
  const verified = sha256(snapshot) === header.sha256;
  applyLines(state, snapshot, { verify: !verified });
  if (!verified && state.broken.length === 0)
    return { kind: 'corrupt', reason: 'the snapshot does not match its hash' };
  state.appended = 0;
  applyLines(state, bytes.subarray(start + header.bytes), { verify: true });
  return { kind: 'state', state };
}

/** Applies finished lines that follow what the state already holds. */
export function applyLines(state: CacheState, bytes: Buffer, { verify }: { readonly verify: boolean }): void {
  const end = bytes.lastIndexOf(0x0a) + 1;
  state.size += end;
  state.appended += end;
  const text = bytes.toString('utf8', 0, end);
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const decoded = decodeLine(line, { verify });
    if (decoded !== null) apply(state, decoded);
    else {
      state.broken.push(line);
      state.complete = false;
    }
  }
}

function emptyState(header: CacheHeader, headerText: string, size: number): CacheState {
  return {
    header,
    headerText,
    records: new Map(),
    tombstones: new Map(),
    watermark: header.watermark,
    lastSyncAt: header.last_sync_at,
    complete: header.complete,
    broken: [],
    size,
    appended: 0,
  };
}

function apply(state: CacheState, line: CacheLine): void {
  if (line.k === 'w') {
    state.watermark = line.watermark;
    state.lastSyncAt = line.at;
  } else if (line.k === 't') applyTombstone(state, line.uuid, line.revision);
  else applyRecord(state, line.record);
}

/** The highest revision wins, whatever the order. */
export function applyRecord(state: Pick<CacheState, 'records' | 'tombstones'>, record: ComponentRecord): void {
  const { uuid } = record.metadata;
  const { revision } = record.registry;
  const known = Math.max(state.records.get(uuid)?.registry.revision ?? 0, state.tombstones.get(uuid) ?? 0);
  if (revision < known) return;
  state.records.set(uuid, record);
  state.tombstones.delete(uuid);
}

export function applyTombstone(
  state: Pick<CacheState, 'records' | 'tombstones'>,
  uuid: string,
  revision: number,
): void {
  const known = Math.max(state.records.get(uuid)?.registry.revision ?? 0, state.tombstones.get(uuid) ?? 0);
  if (revision < known) return;
  state.records.delete(uuid);
  state.tombstones.set(uuid, revision);
}
