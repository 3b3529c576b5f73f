/**
 * The one way to open Postgres: a lazy pool under Drizzle. Nothing connects before the first statement.
 *
 * The pool pipelines: statements handed to one client without waiting travel together, so a transaction of
 * several statements costs one network round trip per decision, not per statement (see `transaction.ts`).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import * as schema from './schema/index.ts';

export interface DatabaseOptions {
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Connections at most, 1-1000; default 20 (`registry.pool.max`). */
  readonly max?: number;
  /** Milliseconds for one connection to come up; default 1,000 (registry.md 8.1). */
  readonly connectTimeoutMs?: number;
  /** Milliseconds to wait for a free connection; default 2,000 (`registry.pool.timeout_ms`). */
  readonly poolTimeoutMs?: number;
  /**
   * Milliseconds one statement may run, enforced by the server; default 5,000. The client waits up to a second longer,
   * then takes the connection for dead: a server that hangs enforces nothing.
   */
  readonly statementTimeoutMs?: number;
}

export interface Database {
  readonly orm: NodePgDatabase<typeof schema>;
  readonly pool: pg.Pool;
  /** Waits for statements that run, then closes every connection; after 5 s those that do not answer are left alone. */
  close(): Promise<void>;
}

/**
 * Opens a database lazily.
 * @param url `postgres://user:password@host:port/database`, or a URL naming a socket directory by `?host=`.
 */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const connectTimeoutMs = options.connectTimeoutMs ?? 1_000;
  const statementTimeoutMs = options.statementTimeoutMs ?? 5_000;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: options.applicationName,
    max: options.max ?? 20,
    connectionTimeoutMillis: options.poolTimeoutMs ?? 2_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + Math.min(1_000, statementTimeoutMs),
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    pipeline: true,
    Client: clientWithTimeout(connectTimeoutMs),
  });
  // A connection that dies is dropped by the pool and the statement that used it rejects; without a listener the
  // same error would also end the process.
  pool.on('error', forget);
  pool.on('connect', (client) => client.on('error', forget));
  return {
    orm: drizzle(pool, { schema }),
    pool,
    close: once(() => Promise.race([pool.end(), sleep(longestCloseMs, undefined, { ref: false })])),
  };
}

const longestCloseMs = 5_000;

/** The pool's own timeout also counts the wait for a free connection, so connecting gets its own limit here. */
function clientWithTimeout(connectTimeoutMs: number): new () => pg.Client {
  return class extends pg.Client {
    constructor(config: pg.ClientConfig = {}) {
      super({ ...config, connectionTimeoutMillis: connectTimeoutMs });
    }
  };
}

function forget(): void {
  // The rejection of the statement tells the same.
}

function once<T>(action: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= action());
}
