/**
 * Published events for the readers of one process (registration.md 6.4, 10): one connection listens, one loop reads what
 * is new and hands it to all live readers. Readers that begin in the past catch up from Postgres by themselves, a few at
 * a time; so do live readers that fell behind. Nothing here needs to last: a position is enough to go on in any other process.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { PublishedEvent } from '../../contracts/event.ts';
import type { EventQuery } from '../../contracts/node/api.ts';
import type { Database } from '../../db/client.ts';
import { toNodeError } from '../../db/resilience/database-errors.ts';
import { type PublishedFilter, type PublishedPage, readHead, readPublished } from '../../db/stores/outbox/read.ts';
import { WakeUp } from '../../db/stores/outbox/wake-up.ts';
import { byNumber } from '../../domain/outbox/notices.ts';
import { type Listener, listenToPublished } from './listener.ts';
import { Subscription } from './subscription.ts';
import { Turnstile } from './turnstile.ts';

export interface EventFeedOptions {
  readonly database: Database;
  /** For the connection that listens: directly to Postgres, not to a pooler that shares sessions. */
  readonly databaseUrl: string;
  readonly logger?: { warn(fields: object, message: string): void };
  /** Between looks without a wake-up, ms; default 1,000. */
  readonly pollMs?: number;
  /** Events that wait for one live reader before it has to catch up by itself; default 1,000. */
  readonly buffer?: number;
  /** A reader that took nothing of what waits for it for this long is cut off, ms; default 10,000. */
  readonly stallMs?: number;
  /** Readers at once; default 1,000. */
  readonly readers?: number;
}

export interface FeedQuery extends EventQuery {
  /** Kinds of subjects the reader may see; all when absent. */
  readonly kinds?: readonly string[];
}

/** Events from a position that is known to be kept; ends when its signal fires or the feed closes. */
export interface EventStream extends AsyncIterableIterator<PublishedEvent> {
  /** Where to go on later: everything up to here that matches has been handed out. */
  readonly position: string;
}

export interface EventFeed {
  /**
   * Starts to read; the position is checked before this resolves.
   *
   * @throws ND018 when `after` is too old, ND002 when it is no number, ND014 when there are too many readers, ND009 and
   * ND010 when the database is away. The stream itself fails with ND014 when its reader is too slow, ND018 when its
   * place was removed; over an outage of the database it waits.
   */
  open(query: FeedQuery): Promise<EventStream>;
  /** As `open`, with its errors at the first event. */
  events(query: FeedQuery): AsyncIterable<PublishedEvent>;
  /** Ends all streams, coming ones too, and the connection. */
  close(): Promise<void>;
}

const defaultPollMs = 1_000;
const defaultBuffer = 1_000;
const defaultStallMs = 10_000;
const defaultReaders = 1_000;
/** Readers that catch up at once: a restart of the gateway must not take the pool from everybody else. */
const catchingUpAtOnce = 4;
const catchUpPage = 200;
const livePage = 500;
const largestPosition = 9_223_372_036_854_775_807n;

/** Opens nothing before the first reader comes. */
export function createEventFeed(options: EventFeedOptions): EventFeed {
  const feed = new Feed(options);
  return {
    open: (query) => feed.open(query),
    async *events(query) {
      yield* await feed.open(query);
    },
    close: () => feed.close(),
  };
}

class Feed {
  readonly #options: EventFeedOptions;
  readonly #pollMs: number;
  readonly #wakeUp = new WakeUp();
  readonly #closing = new AbortController();
  readonly #turnstile = new Turnstile(catchingUpAtOnce);
  readonly #readers = new Set<Subscription>();
  readonly #live = new Set<Subscription>();
  #listener: Listener | null = null;
  /** Up to here the live readers have been served; means nothing while there are none. */
  #head = '0';
  #following = false;
  #tail: Promise<void> = Promise.resolve();
  readonly #stallCheck: NodeJS.Timeout;
  #inTrouble = false;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    this.#pollMs = options.pollMs ?? defaultPollMs;
    this.#stallCheck = setInterval(() => {
      for (const reader of this.#readers) reader.dropIfStalled();
    }, options.stallMs ?? defaultStallMs).unref();
  }

  async open({ after, signal, domain, entity_id, types, kinds }: FeedQuery): Promise<EventStream> {
    signal?.throwIfAborted();
    if (after !== undefined && !isPosition(after)) {
      throw new OmniBaseError('ND002', { message: 'after: expected the number of an event' });
    }
    const { readers = defaultReaders } = this.#options;
    if (this.#readers.size >= readers) throw new OmniBaseError('ND014', { details: { readers, retry_after_s: 5 } });
    this.#listen();
    const filter = withoutUndefined({ domain, entity_id, types, kinds });
    const subscription = this.#subscribe(filter, after ?? '0');
    try {
      if (after === undefined) {
        const head = await this.#read(() => readHead(this.#options.database.pool));
        subscription.take({ events: [], next: head, complete: true });
      } else subscription.take(await this.#page(subscription));
    } catch (error) {
      subscription.end();
      throw error;
    }
    if (this.#closing.signal.aborted || signal?.aborted === true) subscription.end();
    signal?.addEventListener('abort', () => subscription.end(), { once: true });
    return subscription;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#stallCheck);
    for (const reader of this.#readers) reader.end();
    await Promise.all([this.#tail, this.#listener?.close()]);
  }

  #subscribe(filter: PublishedFilter, start: string): Subscription {
    const subscription = new Subscription(filter, start, this.#options.buffer ?? defaultBuffer, {
      readPage: (reader) => this.#pageOverOutages(reader),
      join: (reader) => this.#join(reader),
      fellBehind: (reader) => this.#live.delete(reader),
      left: (reader) => {
        this.#readers.delete(reader);
        this.#live.delete(reader);
      },
    });
    this.#readers.add(subscription);
    return subscription;
  }

  #listen(): void {
    if (this.#closing.signal.aborted) return;
    this.#listener ??= listenToPublished(this.#options.databaseUrl, (last) => {
      if (last === null || byNumber(last, this.#head) > 0) this.#wakeUp.ring();
    });
  }

  /** A reader that has seen at least as much as the live ones joins them; the feed passes over what it has seen. */
  #join(reader: Subscription): boolean {
    if (!this.#readers.has(reader)) return false;
    if (this.#live.size === 0) this.#head = reader.scanned;
    else if (byNumber(reader.scanned, this.#head) < 0) return false;
    this.#live.add(reader);
    if (!this.#following) {
      this.#following = true;
      this.#tail = this.#follow();
    }
    return true;
  }

  /** Serves live readers as long as there are some. */
  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && this.#live.size > 0) {
      const after = this.#head;
      const page = await this.#news(after);
      // All left meanwhile and others came, who begin elsewhere.
      if (after !== this.#head) continue;
      if (page !== null) {
        this.#head = page.next;
        for (const reader of this.#live) reader.offer(page.events, page.next);
      }
      if (page?.complete !== false) await this.#wakeUp.wait(this.#pollMs, signal);
    }
    this.#following = false;
  }

  /** Null while the database is away, and when no live reader is left because their place is gone. */
  async #news(after: string): Promise<PublishedPage | null> {
    try {
      const page = await readPublished(this.#options.database.pool, { after, limit: livePage });
      this.#inTrouble = false;
      return page;
    } catch (error) {
      if (error instanceof OmniBaseError && error.code === 'ND018') {
        for (const reader of this.#live) reader.end(error);
      } else this.#tellTrouble(error);
      return null;
    }
  }

  #page(reader: Subscription): Promise<PublishedPage> {
    const { pool } = this.#options.database;
    return this.#read(() => readPublished(pool, { ...reader.filter, after: reader.scanned, limit: catchUpPage }));
  }

  /** A stream that has begun does not end because the database is away for a while. */
  async #pageOverOutages(reader: Subscription): Promise<PublishedPage> {
    for (;;) {
      try {
        return await this.#page(reader);
      } catch (error) {
        if (!(error instanceof OmniBaseError) || error.code === 'ND018' || !this.#readers.has(reader)) throw error;
        this.#tellTrouble(error);
        await new WakeUp().wait(this.#pollMs, this.#closing.signal);
      }
    }
  }

  async #read<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turnstile.pass(work);
    } catch (error) {
      throw toNodeError(error);
    }
  }

  #tellTrouble(error: unknown): void {
    if (this.#inTrouble) return;
    this.#inTrouble = true;
    this.#options.logger?.warn({ event: 'events.feed_waits', err: error }, 'events cannot be read; streams wait');
  }
}

/** Whether a text can be the number of an event. */
export function isPosition(text: string): boolean {
  return /^\d{1,19}$/.test(text) && BigInt(text) <= largestPosition;
}

function withoutUndefined({
  domain,
  entity_id,
  types,
  kinds,
}: { [Key in keyof PublishedFilter]: PublishedFilter[Key] | undefined }): PublishedFilter {
  return {
    ...(domain === undefined ? {} : { domain }),
    ...(entity_id === undefined ? {} : { entity_id }),
    ...(types === undefined ? {} : { types }),
    ...(kinds === undefined ? {} : { kinds }),
  };
}
