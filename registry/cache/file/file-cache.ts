/**
 * The file cache of one database (registry.md 8.2): what this machine knows of the registry when Postgres is away.
 * Used by any number of processes at once. Reads are answered from memory and follow the file; writes are collected
 * and appended together under the lock. A failure here never fails what the registry did: it is reported, and the
 * caller marks the cache dirty until the next sync.
 */
import { rm, writeFile } from 'node:fs/promises';
import type { ComponentRecord } from '../../../contracts/component.ts';
import { countQuarantined, forgetSetAside, quarantine, setAside, wasSetAside } from './damage.ts';
import { exists } from './folder.ts';
import { FileFollower, type Followed } from './follow-file.ts';
import { type CacheHeader, decodeHeader, encodeSnapshot, recordLine, tombstoneLine, watermarkLine } from './format.ts';
import type { CacheLocation } from './location.ts';
import { acquireLock, type HeldLock } from './lock.ts';
import type { CacheState } from './read-state.ts';
import { appendLines, ensureFolder, removeLeftovers, replaceFile } from './write-file.ts';

export interface FileCacheOptions {
  readonly location: CacheLocation;
  /** Told of every failure; must not throw. */
  readonly onProblem: (problem: FileCacheProblem) => void;
  /** Milliseconds to wait for the lock before a write is skipped; default 5,000. */
  readonly lockWaitMs?: number;
}

export interface FileCacheProblem {
  readonly kind: 'corrupt' | 'quarantined' | 'write_failed' | 'lock_timeout' | 'read_failed';
  readonly message: string;
  readonly cause?: unknown;
}

export interface Identity {
  readonly registry_id: string;
  readonly epoch: number;
}

export type LoadedCache =
  | { readonly kind: 'state'; readonly state: CacheState }
  /** Never filled, or written by another release. */
  | { readonly kind: 'none' }
  /** Was damaged and set aside, and not rebuilt yet. */
  | { readonly kind: 'corrupt'; readonly reason: string };

/** What one committed write means for the cache. */
export type CacheChange =
  | { readonly kind: 'record'; readonly record: ComponentRecord }
  | { readonly kind: 'tombstone'; readonly uuid: string; readonly revision: number };

/** `needs_sync`: there is no file this change could be added to, or it has grown enough to be rewritten. */
export type WriteThrough = 'written' | 'needs_sync' | 'failed';

export interface NextSnapshot {
  readonly header: Omit<CacheHeader, 'format' | 'count' | 'bytes' | 'sha256'>;
  readonly records: readonly ComponentRecord[];
  /** Kept so that a slow writer does not bring a removed component back. */
  readonly tombstones?: ReadonlyMap<string, number>;
}

const lockStaleMs = 30_000;

/** Appended bytes after which the file is written anew. */
const mostAppended = 4 * 1024 * 1024;

export class FileCache {
  readonly #location: CacheLocation;
  readonly #onProblem: (problem: FileCacheProblem) => void;
  readonly #lockWaitMs: number;
  readonly #follower: FileFollower;
  #pending: { readonly lines: string; readonly done: (result: WriteThrough) => void }[] = [];
  #flushing: Promise<void> | null = null;

  constructor(options: FileCacheOptions) {
    this.#location = options.location;
    this.#onProblem = options.onProblem;
    this.#lockWaitMs = options.lockWaitMs ?? 5_000;
    this.#follower = new FileFollower(options.location.components);
  }

  get path(): string {
    return this.#location.components;
  }

  /** What the file holds now. */
  async load(): Promise<LoadedCache> {
    const followed = await this.#follow();
    if (followed.kind === 'corrupt') {
      await this.#locked(async () => {
        await setAside(this.#location, followed.bytes);
        return true;
      });
    }
    return this.#loaded(followed);
  }

  /** Adds one committed write. Concurrent calls are appended in one go. */
  writeThrough(identity: Identity, change: CacheChange): Promise<WriteThrough> {
    const lines = change.kind === 'record' ? recordLine(change.record) : tombstoneLine(change.uuid, change.revision);
    return new Promise((done) => {
      this.#pending.push({ lines, done });
      this.#flushing ??= this.#flush(identity);
    });
  }

  /** Notes that the cache was current at `at` (this machine's clock) with nothing new to add. */
  async touch(identity: Identity, watermark: string, at: string): Promise<boolean> {
    return (await this.#append(identity, watermarkLine(watermark, at))) === 'written';
  }

  /**
   * Writes a new file.
   * @param next gets what the file holds now (null: nothing usable) and answers what it shall hold, null for no change
   * @returns false when the lock was not to be had or the write failed
   */
  async replace(next: (current: CacheState | null) => NextSnapshot | null): Promise<boolean> {
    return this.#locked(async (lock) => {
      const followed = await this.#follow();
      const snapshot = next(followed.kind === 'state' ? followed.state : null);
      if (snapshot === null) return true;
      if (followed.kind === 'corrupt') await setAside(this.#location, followed.bytes);
      await removeLeftovers(this.#location.directory);
      const bytes = encodeSnapshot(snapshot.header, snapshot.records, snapshot.tombstones);
      if (!(await lock.isHeld())) return false;
      await replaceFile(this.#location.components, bytes);
      await forgetSetAside(this.#location);
      return true;
    });
  }

  /** Whether a write was lost and the next sync has to mend it. */
  async isDirty(): Promise<boolean> {
    return exists(this.#location.dirty);
  }

  async markDirty(): Promise<void> {
    await this.#reported(async () => {
      await ensureFolder(this.#location.directory);
      await writeFile(this.#location.dirty, '', { mode: 0o600 });
    });
  }

  async clearDirty(): Promise<void> {
    await this.#reported(() => rm(this.#location.dirty, { force: true }));
  }

  /** Damaged lines kept in `components.quarantine.jsonl`. */
  async quarantinedLines(): Promise<number> {
    return countQuarantined(this.#location);
  }

  /** Waits for writes that were handed over. */
  async settled(): Promise<void> {
    while (this.#flushing !== null) await this.#flushing;
  }

  async #follow(): Promise<Followed> {
    try {
      const followed = await this.#follower.read();
      if (followed.kind === 'corrupt') this.#onProblem({ kind: 'corrupt', message: followed.reason });
      if (followed.kind === 'state' && followed.broken.length > 0) await this.#quarantine(followed.broken);
      return followed;
    } catch (cause) {
      this.#onProblem({ kind: 'read_failed', message: 'the cache file could not be read', cause });
      return { kind: 'absent' };
    }
  }

  async #loaded(followed: Followed): Promise<LoadedCache> {
    if (followed.kind !== 'absent') return followed;
    const damaged = await wasSetAside(this.#location);
    return damaged ? { kind: 'corrupt', reason: 'the file was damaged and set aside' } : { kind: 'none' };
  }

  async #quarantine(broken: readonly string[]): Promise<void> {
    this.#onProblem({ kind: 'quarantined', message: `${broken.length} damaged lines were set aside` });
    await this.#reported(() => quarantine(this.#location, broken));
  }

  async #flush(identity: Identity): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0);
      const result = await this.#append(identity, batch.map(({ lines }) => lines).join(''));
      for (const { done } of batch) done(result);
    }
    // In one go with the last look at the queue: whoever comes next starts a new flush.
    this.#flushing = null;
  }

  async #append(identity: Identity, lines: string): Promise<WriteThrough> {
    let result: WriteThrough = 'failed';
    await this.#locked(async () => {
      let snapshotEnd = 0;
      const appended = await appendLines(this.#location.components, lines, (text) => {
        const header = decodeHeader(text);
        if (header === null || header === 'foreign' || !isOf(header, identity)) return false;
        snapshotEnd = Buffer.byteLength(text) + 1 + header.bytes;
        return true;
      });
      const fits = appended.kind === 'appended' && appended.size - snapshotEnd <= mostAppended;
      result = fits ? 'written' : 'needs_sync';
      return true;
    });
    return result;
  }

  async #locked(body: (lock: HeldLock) => Promise<boolean>): Promise<boolean> {
    const done = await this.#reported(async () => {
      await ensureFolder(this.#location.directory);
      const lock = await acquireLock(this.#location.lock, { waitMs: this.#lockWaitMs, staleMs: lockStaleMs });
      if (lock === null) {
        this.#onProblem({ kind: 'lock_timeout', message: 'another process kept the cache locked' });
        return false;
      }
      try {
        return await body(lock);
      } finally {
        await lock.release();
      }
    });
    return done ?? false;
  }

  /** Null when it failed; the failure was reported. */
  async #reported<T>(body: () => Promise<T>): Promise<T | null> {
    try {
      return await body();
    } catch (cause) {
      this.#onProblem({ kind: 'write_failed', message: 'the cache file could not be written', cause });
      return null;
    }
  }
}

function isOf(header: CacheHeader, { registry_id, epoch }: Identity): boolean {
  return header.registry_id === registry_id && header.epoch === epoch;
}
