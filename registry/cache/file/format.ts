/**
 * The format of `components.jsonl` (registry.md 8.2), version 1. One header line; the snapshot it vouches for by
 * length and hash; then lines appended one at a time:
 *
 * - `{k: "c", uuid, revision, sum, record}` a component; `sum` is the SHA-256 of the canonical record,
 * - `{k: "t", uuid, revision}` a tombstone: removed as of this revision,
 * - `{k: "w", watermark, at}` a sync that found nothing new.
 *
 * Whatever the order, the highest revision of a uuid wins.
 */
import { createHash } from 'node:crypto';
import type { ComponentRecord } from '../../../contracts/component.ts';
import { canonicalJson } from '../../../domain/json/canonical.ts';
import { isJsonObject } from '../../../domain/json/values.ts';

export interface CacheHeader {
  readonly format: 1;
  readonly registry_id: string;
  readonly epoch: number;
  /** Holds every component as of `watermark`. */
  readonly complete: boolean;
  /** Times of this machine: an age is a difference between two readings of one clock. */
  readonly last_sync_at: string | null;
  readonly last_full_sync_at: string | null;
  /** Change cursor; null when nothing was synchronised yet. */
  readonly watermark: string | null;
  readonly count: number;
  /** Length and hash of the snapshot below the header. */
  readonly bytes: number;
  readonly sha256: string;
}

export type CacheLine =
  | {
      readonly k: 'c';
      readonly uuid: string;
      readonly revision: number;
      readonly sum: string;
      readonly record: ComponentRecord;
    }
  | { readonly k: 't'; readonly uuid: string; readonly revision: number }
  | { readonly k: 'w'; readonly watermark: string; readonly at: string };

export function recordLine(record: ComponentRecord): string {
  const { uuid } = record.metadata;
  return `${JSON.stringify({ k: 'c', uuid, revision: record.registry.revision, sum: sumOf(record), record })}\n`;
}

export function tombstoneLine(uuid: string, revision: number): string {
  return `${JSON.stringify({ k: 't', uuid, revision })}\n`;
}

export function watermarkLine(watermark: string, at: string): string {
  return `${JSON.stringify({ k: 'w', watermark, at })}\n`;
}

/** A whole file: header, snapshot with records in order of their uuid, tombstones behind it. */
export function encodeSnapshot(
  header: Omit<CacheHeader, 'format' | 'count' | 'bytes' | 'sha256'>,
  records: readonly ComponentRecord[],
  tombstones: ReadonlyMap<string, number> = new Map(),
): Buffer {
  const sorted = [...records].sort((a, b) => (a.metadata.uuid < b.metadata.uuid ? -1 : 1));
  const body = Buffer.from(sorted.map(recordLine).join(''));
  const full = { format: 1, ...header, count: sorted.length, bytes: body.length, sha256: sha256(body) };
  const removed = [...tombstones].map(([uuid, revision]) => tombstoneLine(uuid, revision)).join('');
  return Buffer.concat([Buffer.from(`${JSON.stringify(full)}\n`), body, Buffer.from(removed)]);
}

/** The header a line holds, `foreign` when another release wrote it, null when it is damaged. */
export function decodeHeader(line: string): CacheHeader | 'foreign' | null {
  const value = parseJson(line);
  if (!isJsonObject(value) || typeof value['format'] !== 'number') return null;
  if (value['format'] !== 1) return 'foreign';
  const { registry_id, epoch, complete, last_sync_at, last_full_sync_at, watermark, count, bytes, sha256 } = value;
  if (typeof registry_id !== 'string' || typeof complete !== 'boolean' || typeof sha256 !== 'string') return null;
  if (!isTextOrNull(last_sync_at) || !isTextOrNull(last_full_sync_at) || !isTextOrNull(watermark)) return null;
  if (!isCount(epoch) || !isCount(count) || !isCount(bytes)) return null;
  return { format: 1, registry_id, epoch, complete, last_sync_at, last_full_sync_at, watermark, count, bytes, sha256 };
}

/** The line, or null when it is damaged. `verify` recomputes the sum of a record. */
export function decodeLine(line: string, { verify }: { readonly verify: boolean }): CacheLine | null {
  const value = parseJson(line);
  if (!isJsonObject(value)) return null;
  if (value['k'] === 'w') {
    return typeof value['watermark'] === 'string' && typeof value['at'] === 'string' ? (value as CacheLine) : null;
  }
  if (typeof value['uuid'] !== 'string' || !isCount(value['revision'])) return null;
  if (value['k'] === 't') return value as CacheLine;
  if (value['k'] !== 'c' || !isJsonObject(value['record'])) return null;
  const line_ = value as Extract<CacheLine, { k: 'c' }>;
  return !verify || isSound(line_) ? line_ : null;
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function isSound({ uuid, revision, sum, record }: Extract<CacheLine, { k: 'c' }>): boolean {
  return sumOf(record) === sum && record.metadata?.uuid === uuid && record.registry?.revision === revision;
}

function sumOf(record: ComponentRecord): string {
  return sha256(canonicalJson(record));
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Damaged: the caller quarantines the line.
    return undefined;
  }
}
