/**
 * One reader of published events. It begins **behind**: it reads pages from Postgres at its own pace. Once it has seen
 * everything it is **live**: the feed hands it what matches, into a buffer of bounded size. When that is full, as after
 * a burst, the reader is behind again. One that takes nothing at all for a while is dropped with an error that says
 * where to resume; nobody waits for it.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { PublishedEvent } from '../../contracts/event.ts';
import { byNumber } from '../../domain/outbox/notices.ts';
import type { PublishedFilter, PublishedPage } from '../../db/stores/outbox/read.ts';

export interface SubscriptionHooks {
  /** Reads on behind `after`; asked only while the subscription is behind. Waits out failures that pass. */
  readPage(subscription: Subscription): Promise<PublishedPage>;
  /** Everything up to `scanned` has been seen. @returns true when the feed goes on from there */
  join(subscription: Subscription): boolean;
  /** It reads for itself again. */
  fellBehind(subscription: Subscription): void;
  left(subscription: Subscription): void;
}

export class Subscription implements AsyncIterableIterator<PublishedEvent> {
  readonly filter: PublishedFilter;
  /** All that matches up to here is in the buffer or handed out. */
  scanned: string;
  readonly #hooks: SubscriptionHooks;
  readonly #capacity: number;
  #buffer: PublishedEvent[] = [];
  /** Last event given out, and the last one its reader has come back from. */
  #handedOut: string;
  #taken: string;
  /** Where it was at the last look whether it moves. */
  #lastSeenAt: string | null = null;
  /** The reader has taken everything and waits for more. */
  #idle = true;
  #live = false;
  #ended = false;
  #failure: unknown = null;
  #wake: (() => void) | null = null;

  constructor(filter: PublishedFilter, start: string, capacity: number, hooks: SubscriptionHooks) {
    this.filter = filter;
    this.scanned = start;
    this.#handedOut = start;
    this.#taken = start;
    this.#capacity = capacity;
    this.#hooks = hooks;
  }

  /** Where a reader that comes back should go on: it has taken everything up to here that matches. */
  get position(): string {
    return this.#idle && this.#buffer.length === 0 ? this.scanned : this.#taken;
  }

  async next(): Promise<IteratorResult<PublishedEvent, undefined>> {
    this.#taken = this.#handedOut;
    for (;;) {
      const event = this.#buffer.shift();
      if (event !== undefined) {
        this.#idle = false;
        this.#handedOut = event.pub_seq;
        return { done: false, value: event };
      }
      if (this.#failure !== null) throw this.#failure;
      if (this.#ended) return { done: true, value: undefined };
      if (this.#live) {
        this.#idle = true;
        await this.#woken();
      } else await this.#catchUp();
    }
  }

  async return(): Promise<IteratorResult<PublishedEvent, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Takes a page that was read while behind. */
  take({ events, next, complete }: PublishedPage): void {
    this.#buffer.push(...events);
    this.scanned = next;
    if (complete) this.#live = this.#hooks.join(this);
  }

  /** From the feed: the next events of all, up to `scanned`. Those it has seen, or does not want, are passed over. */
  offer(events: readonly PublishedEvent[], scanned: string): void {
    if (byNumber(scanned, this.scanned) <= 0) return;
    if (this.#buffer.length >= this.#capacity) {
      this.#live = false;
      this.#hooks.fellBehind(this);
      return;
    }
    for (const event of events) {
      if (byNumber(event.pub_seq, this.scanned) > 0 && matches(this.filter, event)) this.#buffer.push(event);
    }
    this.scanned = scanned;
    this.#wake?.();
  }

  /** Called now and then: ends it when something waits for it and it took nothing since the last call. */
  dropIfStalled(): void {
    if (this.#buffer.length > 0 && this.#handedOut === this.#lastSeenAt) this.end(this.#tooSlow());
    this.#lastSeenAt = this.#handedOut;
  }

  /** Ends it, with the error when there is one; what is still in the buffer is for whoever resumes. */
  end(error: unknown = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#buffer = [];
    this.#failure = error;
    this.#hooks.left(this);
    this.#wake?.();
  }

  async #catchUp(): Promise<void> {
    const page = await this.#hooks.readPage(this).catch((error: unknown) => {
      this.end(error);
      return null;
    });
    if (page !== null && !this.#ended) this.take(page);
  }

  async #woken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = null;
  }

  #tooSlow(): OmniBaseError {
    return new OmniBaseError('ND014', {
      message: 'this reader of events did not keep up and was cut off',
      details: { after: this.#handedOut, retry_after_s: 1 },
      next: `go on behind ${this.#handedOut}: nothing is lost`,
    });
  }
}

/** The same rule as the statement of `readPublished`. */
function matches({ domain, entity_id, types, kinds }: PublishedFilter, event: PublishedEvent): boolean {
  return (
    (domain === undefined || event.domain === domain) &&
    (entity_id === undefined || event.subject_id === entity_id) &&
    (types === undefined || types.includes(event.type)) &&
    (kinds === undefined || kinds.includes(event.subject_kind))
  );
}
