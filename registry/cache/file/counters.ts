/**
 * Counters of the caches that outlive a process: a command line process counts a handful of requests and ends, so its
 * numbers are added to `stats.json` when it closes (registry.md 8.4). Losing some of them harms nobody, so the file is
 * written without fsync and a busy lock is given up early.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isJsonObject } from '../../../domain/json/values.ts';
import { orAbsent } from './folder.ts';
import type { CacheLocation } from './location.ts';
import { acquireLock } from './lock.ts';
import { ensureFolder } from './write-file.ts';

export interface LevelCounters {
  hits: number;
  misses: number;
  evictions: number;
  errors: number;
}

export interface StoredCounters {
  readonly l1: LevelCounters;
  readonly l3: LevelCounters;
  /** The last failure of the file cache, with its time. */
  readonly last_error: string | null;
}

const lockWait = { waitMs: 500, staleMs: 30_000 } as const;

export class CacheCounters {
  readonly #location: CacheLocation | null;
  readonly l1: LevelCounters = none();
  readonly l3: LevelCounters = none();
  #lastError: string | null = null;

  /** @param location null when there is no file cache: counters then end with the process */
  constructor(location: CacheLocation | null) {
    this.#location = location;
  }

  failed(message: string): void {
    this.l3.errors++;
    this.#lastError = `${new Date().toISOString()} ${message}`;
  }

  /** All counts: those in the file and those of this process that are not there yet. */
  async totals(): Promise<StoredCounters> {
    const stored = await this.#read();
    return {
      l1: sum(stored.l1, this.l1),
      l3: sum(stored.l3, this.l3),
      last_error: this.#lastError ?? stored.last_error,
    };
  }

  /** Adds what was counted since the last flush to the file. */
  async flush(): Promise<void> {
    const location = this.#location;
    if (location === null || !this.#counted()) return;
    await ensureFolder(location.directory);
    const lock = await acquireLock(location.statsLock, lockWait);
    if (lock === null) return;
    try {
      const text = `${JSON.stringify(await this.#addUp())}\n`;
      const temporary = `${location.stats}.${process.pid}.tmp`;
      await writeFile(temporary, text, { mode: 0o600 });
      await rename(temporary, location.stats);
    } finally {
      await lock.release();
    }
  }

  /** Takes what was counted so far out of this process; what is counted from now on belongs to the next flush. */
  async #addUp(): Promise<StoredCounters> {
    const totals = await this.totals();
    Object.assign(this.l1, none());
    Object.assign(this.l3, none());
    this.#lastError = null;
    return totals;
  }

  #counted(): boolean {
    const counts = [...Object.values(this.l1), ...Object.values(this.l3)] as number[];
    return counts.some((count) => count > 0) || this.#lastError !== null;
  }

  async #read(): Promise<StoredCounters> {
    const text = this.#location === null ? null : await orAbsent(readFile(this.#location.stats, 'utf8'));
    return parse(text);
  }
}

/** Counts start again when the file is damaged: they are worth no error. */
function parse(text: string | null): StoredCounters {
  const value = parseJson(text);
  const members = isJsonObject(value) ? value : {};
  const { last_error } = members;
  return {
    l1: countersIn(members['l1']),
    l3: countersIn(members['l3']),
    last_error: typeof last_error === 'string' ? last_error : null,
  };
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    // Damaged: see `parse`.
    return null;
  }
}

function countersIn(value: unknown): LevelCounters {
  const members = isJsonObject(value) ? value : {};
  const count = (key: string): number => {
    const found = members[key];
    return typeof found === 'number' && Number.isSafeInteger(found) && found >= 0 ? found : 0;
  };
  return { hits: count('hits'), misses: count('misses'), evictions: count('evictions'), errors: count('errors') };
}

function sum(a: LevelCounters, b: LevelCounters): LevelCounters {
  return {
    hits: a.hits + b.hits,
    misses: a.misses + b.misses,
    evictions: a.evictions + b.evictions,
    errors: a.errors + b.errors,
  };
}

function none(): LevelCounters {
  return { hits: 0, misses: 0, evictions: 0, errors: 0 };
}
