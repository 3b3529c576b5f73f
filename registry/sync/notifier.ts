/**
 * Tells other processes that something changed (registry.md 4): at once after a quiet time, otherwise at most once per
 * 20 ms, so a burst of writes costs a few notifications and no commit waits for one.
 */
import { notifyChange } from '../../db/stores/changes/notify.ts';
import type { Database } from '../../db/client.ts';
import type { RegistryLogger } from '../service/observation.ts';

const quietMs = 20;

export class ChangeNotifier {
  readonly #database: Database;
  readonly #logger: RegistryLogger;
  #lastSent = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  readonly #sending = new Set<Promise<void>>();

  constructor(database: Database, logger: RegistryLogger) {
    this.#database = database;
    this.#logger = logger;
  }

  /** To be called after each commit. */
  changed(): void {
    if (this.#timer !== null) return;
    const wait = this.#lastSent + quietMs - performance.now();
    if (wait <= 0) this.#send();
    else this.#timer = setTimeout(() => this.#send(), wait);
  }

  /** Sends what is due and waits for it. */
  async close(): Promise<void> {
    if (this.#timer !== null) this.#send();
    await Promise.all(this.#sending);
  }

  #send(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#lastSent = performance.now();
    const sending = notifyChange(this.#database)
      .catch((error: unknown) => {
        // The others poll; they hear of it a few seconds later.
        this.#logger.warn({ event: 'registry.notify_failed', err: error }, 'could not announce a change');
      })
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }
}
