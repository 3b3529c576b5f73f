/**
 * The memory cache (registry.md 8.1): records by uuid and pages of search. It answers only while a listener hears of
 * every change; otherwise it is empty and passes everything on.
 *
 * Slow readers are the danger: one that read a record before a change may store it after. So every uuid remembers the
 * highest revision it was told of, stored or not, and only that or a higher one gets in; pages are stored only if
 * nothing at all changed since the reader began.
 */
import { LRUCache } from 'lru-cache';
import type { ComponentRecord } from '../../contracts/component.ts';
import type { LevelCounters } from './file/counters.ts';

export interface MemoryCacheOptions {
  /** Records at most; default 10,000. */
  readonly records?: number;
  /** Search pages at most; default 1,000. */
  readonly results?: number;
  /** Bytes at most, records and pages alike; default 100 MB. */
  readonly maxBytes?: number;
  /** Default 300. */
  readonly ttlSeconds?: number;
  /** For "not found"; default 5. */
  readonly missingTtlSeconds?: number;
}

/** `record: null` is a stored "not found"; `undefined` means: changed, not read since. */
interface Slot {
  readonly revision: number;
  readonly record: ComponentRecord | null | undefined;
  readonly at: number;
}

interface Page {
  readonly value: object;
  readonly at: number;
}

/** An answer from memory with the time (milliseconds since 1970) at which it was current. */
export interface Remembered<T> {
  readonly value: T;
  readonly at: number;
}

export class MemoryCache {
  readonly #records: LRUCache<string, Slot>;
  readonly #pages: LRUCache<string, Page>;
  readonly #missingTtlMs: number;
  readonly #max: number;
  #live = false;
  #generation = 0;
  readonly #counters: LevelCounters;

  /** @param counters are counted up here */
  constructor(options: MemoryCacheOptions, counters: LevelCounters) {
    this.#counters = counters;
    const ttl = (options.ttlSeconds ?? 300) * 1000;
    const maxSize = (options.maxBytes ?? 100_000_000) / 2;
    this.#max = options.records ?? 10_000;
    this.#missingTtlMs = (options.missingTtlSeconds ?? 5) * 1000;
    const dispose = (_value: unknown, _key: string, reason: LRUCache.DisposeReason): void => {
      if (reason === 'evict') counters.evictions++;
    };
    this.#records = new LRUCache({ max: this.#max, maxSize, ttl, dispose, sizeCalculation: sizeOfSlot });
    this.#pages = new LRUCache({ max: options.results ?? 1_000, maxSize, ttl, dispose, sizeCalculation: sizeOfPage });
  }

  /** Whether answers may be taken from here. */
  get live(): boolean {
    return this.#live;
  }

  /** Changes whenever anything did; to be read before a query whose page is to be stored. */
  get generation(): number {
    return this.#generation;
  }

  /** From now on every change is heard of. */
  resume(): void {
    this.clear();
    this.#live = true;
  }

  /** Changes may be missed from now on. */
  suspend(): void {
    this.#live = false;
    this.clear();
  }

  clear(): void {
    this.#generation++;
    this.#records.clear();
    this.#pages.clear();
  }

  /** The record, null for a component known not to exist, undefined when this cache cannot say. */
  record(uuid: string): Remembered<ComponentRecord | null> | undefined {
    if (!this.#live) return undefined;
    const slot = this.#records.get(uuid);
    if (slot === undefined || slot.record === undefined) return this.#miss();
    this.#counters.hits++;
    return { value: slot.record, at: slot.at };
  }

  /** Stores what was read or written, unless something newer is known. */
  store(record: ComponentRecord): void {
    this.#put(record.metadata.uuid, record.registry.revision, record, {});
  }

  /** Remembers for a short while that there is no such component. */
  storeMissing(uuid: string): void {
    this.#put(uuid, 0, null, { ttl: this.#missingTtlMs });
  }

  /** A component was removed as of this revision. */
  storeRemoved(uuid: string, revision: number): void {
    this.#put(uuid, revision, null, {});
  }

  /** A component changed elsewhere: older copies are worthless from now on, and so is every page. */
  invalidate(uuid: string, revision: number): void {
    this.#generation++;
    this.#pages.clear();
    const known = this.#records.peek(uuid);
    if (known === undefined || known.revision < revision) this.#put(uuid, revision, undefined, {});
  }

  page<T extends object>(key: string): Remembered<T> | undefined {
    if (!this.#live) return undefined;
    const page = this.#pages.get(key);
    if (page === undefined) return this.#miss();
    this.#counters.hits++;
    return { value: page.value as T, at: page.at };
  }

  /** Stores a page that was read at `generation`. */
  storePage(key: string, value: object, generation: number): void {
    if (this.#live && generation === this.#generation) this.#pages.set(key, { value, at: Date.now() });
  }

  /** What it holds now; the counts are in the counters. */
  size(): { readonly entries: number; readonly bytes: number; readonly max: number } {
    return {
      entries: this.#records.size + this.#pages.size,
      bytes: this.#records.calculatedSize + this.#pages.calculatedSize,
      max: this.#max,
    };
  }

  #put(uuid: string, revision: number, record: Slot['record'], options: { ttl?: number }): void {
    if (!this.#live) return;
    const known = this.#records.peek(uuid);
    if (known !== undefined && known.revision > revision) return;
    this.#records.set(uuid, { revision, record, at: Date.now() }, options);
  }

  #miss(): undefined {
    this.#counters.misses++;
    return undefined;
  }
}

/** Characters as JSON, which is close enough to bytes for a limit. */
function sizeOfSlot({ record }: Slot): number {
  return record === null || record === undefined ? 64 : JSON.stringify(record).length;
}

function sizeOfPage({ value }: Page): number {
  return JSON.stringify(value).length;
}
