/**
 * The attempts at notices that failed: when each is due again, and when it is given up.
 *
 * While a receiver is away everything waits for it, up to the seven days that events live. A notice is given up only
 * when the fault is its own: the receiver refused it five times, or took others while this one failed ten times.
 */
import { byNumber } from '../../domain/outbox/notices.ts';
import { SinkRefusal } from './sink.ts';

export interface RetrySettings {
  /** Wait after the first failure, ms; doubled after each. */
  readonly first_ms: number;
  readonly max_ms: number;
  /** Per cent around each wait. */
  readonly jitter_percent: number;
}

export const defaultRetry: RetrySettings = { first_ms: 1_000, max_ms: 60_000, jitter_percent: 20 };

const refusalsAtMost = 5;
const failuresAtMost = 10;

interface Failing {
  readonly count: number;
  readonly firstAt: number;
  readonly dueAt: number;
}

export class Attempts {
  readonly #retry: RetrySettings;
  readonly #random: () => number;
  readonly #failing = new Map<string, Failing>();
  #deliveredAt = Number.NEGATIVE_INFINITY;

  constructor(retry: RetrySettings, random: () => number) {
    this.#retry = retry;
    this.#random = random;
  }

  count(key: string): number {
    return this.#failing.get(key)?.count ?? 0;
  }

  isDue(key: string, now: number): boolean {
    return (this.#failing.get(key)?.dueAt ?? now) <= now;
  }

  /** Time of the next attempt that waits, Infinity when none does. */
  nextDue(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.#failing.values()].map(({ dueAt }) => dueAt));
  }

  delivered(key: string, now: number): void {
    this.#failing.delete(key);
    this.#deliveredAt = now;
  }

  /** Notes a failure. @returns true when the notice is given up */
  failed(key: string, now: number, error: unknown): boolean {
    const before = this.#failing.get(key);
    const count = (before?.count ?? 0) + 1;
    const firstAt = before?.firstAt ?? now;
    const refused = error instanceof SinkRefusal && count >= refusalsAtMost;
    const alone = count >= failuresAtMost && this.#deliveredAt > firstAt;
    if (refused || alone) {
      this.#failing.delete(key);
      return true;
    }
    this.#failing.set(key, { count, firstAt, dueAt: now + this.delay(count) });
    return false;
  }

  /** Forgets what is settled up to here, whoever settled it. */
  forget(upTo: string): void {
    for (const key of this.#failing.keys()) if (byNumber(key, upTo) <= 0) this.#failing.delete(key);
  }

  /** Wait after the nth failure in a row, ms. */
  delay(count: number): number {
    const { first_ms, max_ms, jitter_percent } = this.#retry;
    const wait = Math.min(max_ms, first_ms * 2 ** Math.min(count - 1, 30));
    return wait * (1 + ((this.#random() * 2 - 1) * jitter_percent) / 100);
  }
}
