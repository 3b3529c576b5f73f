/**
 * Many small writes become few large ones (registration.md 9 "Gateway ingest"): items that arrive close together are
 * written by one statement, and each caller is answered after that write. Nodes use it for heartbeats, runs for theirs;
 * what an item is and how it is written is the caller's.
 *
 * Promises: items of one key are written in the order of arrival, never two of them at the same time, so batches in
 * flight cannot overtake or block each other; what waits and what is in flight are bounded; a failed write fails its own
 * items and no others.
 */
import { OmniBaseError } from '../../contracts/error.ts';

export interface BatcherLimits {
  /** Items of one write, at most. */
  readonly rows: number;
  /** How long the first item of a batch waits for company, ms. */
  readonly lingerMs: number;
  /** Items not yet written, at most; the next one is refused with ND014. */
  readonly waiting: number;
  /** Writes under way, at most. */
  readonly inFlight: number;
}

export interface BatcherOptions<Item, Result> {
  readonly limits: BatcherLimits;
  keyOf(item: Item): string;
  /** Whether writing `later` alone leaves the same behind as writing `earlier` before it: then only `later` is written. */
  covers(later: Item, earlier: Item): boolean;
  /** Writes items of different keys; one result per item, in their order. */
  write(items: readonly Item[]): Promise<readonly Result[]>;
  /** Whether the failure may be the fault of a single item: then the batch is halved until that one fails alone. */
  mayBeOneItem(error: unknown): boolean;
  /** Told of each batch when it is written: its rows and the callers it answers. */
  onBatch?(rows: number, callers: number): void;
}

export interface MicroBatcher<Item, Result> {
  /** How many more items would be taken now. */
  room(): number;
  /**
   * Writes the item with the next batch and gives its result; callers whose items were covered by a later one share
   * its result.
   *
   * @throws ND014 when too many wait or the batcher is closed; whatever the write throws
   */
  add(item: Item): Promise<Result>;
  /** Writes what waits, takes nothing more. */
  close(): Promise<void>;
}

interface Entry<Item, Result> {
  readonly key: string;
  item: Item;
  readonly callers: PromiseWithResolvers<Result>[];
}

const retryAfterS = 1;

export function createMicroBatcher<Item, Result>(options: BatcherOptions<Item, Result>): MicroBatcher<Item, Result> {
  const { limits } = options;
  const queue = new Set<Entry<Item, Result>>();
  /** The newest waiting entry of each key. */
  const newest = new Map<string, Entry<Item, Result>>();
  const busy = new Set<string>();
  const writes = new Set<Promise<void>>();
  let unwritten = 0;
  let lingered = false;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  function enqueue(item: Item, caller: PromiseWithResolvers<Result>): void {
    const key = options.keyOf(item);
    const last = newest.get(key);
    if (last !== undefined && options.covers(item, last.item)) {
      last.item = item;
      last.callers.push(caller);
      return;
    }
    const entry = { key, item, callers: [caller] };
    queue.add(entry);
    newest.set(key, entry);
  }

  /** Entries in order of arrival whose key nobody is writing. */
  function take(): Entry<Item, Result>[] {
    const taken: Entry<Item, Result>[] = [];
    for (const entry of queue) {
      if (busy.has(entry.key)) continue;
      busy.add(entry.key);
      queue.delete(entry);
      if (newest.get(entry.key) === entry) newest.delete(entry.key);
      taken.push(entry);
      if (taken.length === limits.rows) break;
    }
    return taken;
  }

  /** A batch is full, or its first item has waited long enough. */
  function isDue(): boolean {
    return newest.size >= limits.rows || (lingered && queue.size > 0);
  }

  function pump(): void {
    while (writes.size < limits.inFlight && isDue()) {
      const batch = take();
      if (batch.length === 0) break;
      const write = writeBatch(batch).finally(() => {
        writes.delete(write);
        pump();
      });
      writes.add(write);
    }
    if (queue.size === 0) {
      lingered = false;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    } else if (!lingered) timer ??= setTimeout(onLingered, limits.lingerMs);
  }

  function onLingered(): void {
    timer = null;
    lingered = true;
    pump();
  }

  /** Never rejects: its callers hear of a failure. */
  async function writeBatch(batch: readonly Entry<Item, Result>[]): Promise<void> {
    try {
      await settle(batch);
    } finally {
      for (const { key, callers } of batch) {
        busy.delete(key);
        unwritten -= callers.length;
      }
    }
  }

  async function settle(batch: readonly Entry<Item, Result>[]): Promise<void> {
    try {
      const results = await options.write(batch.map(({ item }) => item));
      options.onBatch?.(
        batch.length,
        batch.reduce((sum, { callers }) => sum + callers.length, 0),
      );
      for (const [index, { callers }] of batch.entries()) {
        const result = results[index];
        if (result === undefined) throw new OmniBaseError('OB001', { message: 'a batch was answered in part' });
        for (const caller of callers) caller.resolve(result);
      }
    } catch (error) {
      if (batch.length > 1 && options.mayBeOneItem(error)) {
        const middle = batch.length >> 1;
        await settle(batch.slice(0, middle));
        await settle(batch.slice(middle));
        return;
      }
      for (const { callers } of batch) for (const caller of callers) caller.reject(error);
    }
  }

  return {
    room: () => (closed ? 0 : limits.waiting - unwritten),
    add(item) {
      const caller = Promise.withResolvers<Result>();
      if (closed || unwritten >= limits.waiting) caller.reject(overloaded());
      else {
        unwritten += 1;
        enqueue(item, caller);
        pump();
      }
      return caller.promise;
    },
    async close() {
      closed = true;
      lingered = true;
      pump();
      while (writes.size > 0) await Promise.all(writes);
    },
  };
}

/** ND014 for work that found no place here; `what` names it for people. */
export function overloaded(what = 'beats wait to be written'): OmniBaseError {
  return new OmniBaseError('ND014', {
    message: `too many ${what}`,
    details: { retry_after_s: retryAfterS },
  });
}
