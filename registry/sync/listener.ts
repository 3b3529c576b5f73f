/**
 * Keeps the memory cache of a long-lived process true to what others write (registry.md 8.1): it listens for wake-ups,
 * reads the change log from its cursor, and polls in case a wake-up was lost. While the connection is down the memory
 * cache is empty and passes everything on.
 */
import type pg from 'pg';
import type { Database } from '../../db/client.ts';
import type { ChangeCursor } from '../../db/stores/changes/cursor.ts';
import { readHorizon } from '../../db/stores/changes/identity.ts';
import { changeChannel } from '../../db/stores/changes/notify.ts';
import { readChanges } from '../../db/stores/changes/read-changes.ts';
import type { MemoryCache } from '../cache/memory-cache.ts';
import type { RegistryLogger } from '../service/observation.ts';

export interface ListenerOptions {
  readonly database: Database;
  readonly memory: MemoryCache;
  readonly logger: RegistryLogger;
  /** Milliseconds between polls; default 5,000. */
  readonly pollMs?: number;
  /** Milliseconds before the first attempt to reconnect, doubled up to 5,000; default 250. */
  readonly retryMs?: number;
}

/** More changes than this at once and the whole cache is emptied instead. */
const batch = 5_000;
const longestRetryMs = 5_000;

export class ChangeListener {
  readonly #options: ListenerOptions;
  #client: pg.PoolClient | null = null;
  #cursor: ChangeCursor | null = null;
  #timer: NodeJS.Timeout | null = null;
  #catchingUp: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Connects in the background; never throws. Resolves after the first attempt. */
  async start(): Promise<void> {
    await this.#connect(this.#options.retryMs ?? 250);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#catchingUp;
    this.#drop();
  }

  async #connect(retryMs: number): Promise<void> {
    if (this.#closed) return;
    const { database, memory } = this.#options;
    try {
      const client = await database.pool.connect();
      this.#client = client;
      client.on('notification', () => this.#catchUp());
      client.once('end', () => this.#lost(client, retryMs, new Error('the connection ended')));
      client.once('error', (error) => this.#lost(client, retryMs, error));
      await client.query(`LISTEN ${changeChannel}`);
      // From here on every change is heard of, so an empty cache may begin to fill.
      this.#cursor = await readHorizon(database);
      memory.resume();
      this.#schedule();
    } catch (error) {
      this.#lost(this.#client, retryMs, error);
    }
  }

  #lost(client: pg.PoolClient | null, retryMs: number, error: unknown): void {
    if (this.#closed || (client !== null && client !== this.#client)) return;
    this.#drop();
    const { logger } = this.#options;
    logger.warn(
      { event: 'registry.listener_lost', err: error },
      'the registry does not hear of changes; memory cache off',
    );
    const wait = Math.min(retryMs, longestRetryMs);
    this.#timer = setTimeout(() => void this.#connect(wait * 2), wait);
    this.#timer.unref();
  }

  #drop(): void {
    this.#options.memory.suspend();
    const client = this.#client;
    this.#client = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (client === null) return;
    client.removeAllListeners('notification');
    // It still listens, so it is not lent to others.
    client.release(true);
  }

  #schedule(): void {
    if (this.#closed || this.#client === null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#catchUp(), this.#options.pollMs ?? 5_000);
    this.#timer.unref();
  }

  /** One reading at a time; a wake-up during a reading causes one more. */
  #catchUp(): void {
    if (this.#catchingUp !== null) {
      this.#again = true;
      return;
    }
    this.#catchingUp = this.#readOn().finally(() => {
      this.#catchingUp = null;
      if (this.#again && !this.#closed) {
        this.#again = false;
        this.#catchUp();
      } else this.#schedule();
    });
  }

  async #readOn(): Promise<void> {
    const { database, memory } = this.#options;
    const cursor = this.#cursor;
    if (cursor === null || this.#client === null) return;
    try {
      const { changes, next, complete } = await readChanges(database, cursor, { limit: batch, provisional: true });
      for (const { uuid, revision } of changes) memory.invalidate(uuid, revision);
      if (!complete) memory.clear();
      this.#cursor = complete ? next : await readHorizon(database);
    } catch (error) {
      // Also a cursor of another epoch (RG017): connecting again starts from an empty cache.
      this.#lost(this.#client, this.#options.retryMs ?? 250, error);
    }
  }
}
