/**
 * Whether Postgres is worth asking (registry.md 8.1): after three failures in a row it is left alone for five seconds,
 * so that reads answer from the file cache at once instead of each waiting for its own time-out.
 */
export interface AvailabilityOptions {
  /** Failures in a row before it is skipped; default 3. */
  readonly failures?: number;
  /** Milliseconds it is skipped for; default 5,000. */
  readonly skipMs?: number;
  /** Milliseconds of a steady clock; for tests. */
  readonly now?: () => number;
}

export interface Outage {
  /** When the first failure of this row was met, RFC 3339. */
  readonly since: string;
  readonly reason: string;
}

export class Availability {
  readonly #limit: number;
  readonly #skipMs: number;
  readonly #now: () => number;
  #failures = 0;
  #skipUntil = 0;
  #outage: Outage | null = null;

  constructor({ failures = 3, skipMs = 5_000, now = () => performance.now() }: AvailabilityOptions = {}) {
    this.#limit = failures;
    this.#skipMs = skipMs;
    this.#now = now;
  }

  /** True while it is known to be away; the next call after that tries it again. */
  get skipped(): boolean {
    return this.#failures >= this.#limit && this.#now() < this.#skipUntil;
  }

  /** Null while the last answer was a success. */
  get outage(): Outage | null {
    return this.#outage;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#outage = null;
  }

  failed(error: unknown): Outage {
    this.#failures++;
    this.#skipUntil = this.#now() + this.#skipMs;
    this.#outage ??= { since: new Date().toISOString(), reason: reasonOf(error) };
    return this.#outage;
  }
}

/** First line of the message; drivers put no credentials there. An aggregate (several addresses tried) has none. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
