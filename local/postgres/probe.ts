/**
 * Asks a Postgres server whether it serves. A fresh connection each time: an old one would be answered by its
 * own backend while the postmaster hangs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError, escapeIdentifier } from 'pg';

/** `busy`: the server answers but refuses, for instance while it recovers from a crash. */
export type PostgresProbe = 'ready' | 'busy' | 'silent';

/** 42P04: somebody else created it in the meantime. */
const duplicateDatabase = '42P04';

/** Whether the database of this URL answers a query within about `timeoutMs`. Never throws. */
export function probePostgres(url: string, timeoutMs: number): Promise<PostgresProbe> {
  return attempt(url, timeoutMs, async (client) => void (await client.query('SELECT 1')));
}

/** Like `probePostgres`, but creates the database in a new cluster first. Never throws. */
export function ensureDatabase(url: string, timeoutMs: number): Promise<PostgresProbe> {
  const admin = new URL(url);
  const name = admin.pathname.slice(1);
  admin.pathname = '/postgres';
  return attempt(admin.href, timeoutMs, async (client) => {
    // Asked first: a refused CREATE would put an error into the log at every start.
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await create(client, name);
  });
}

async function create(client: Client, name: string): Promise<void> {
  try {
    await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`);
  } catch (error) {
    if (!(error instanceof DatabaseError && error.code === duplicateDatabase)) throw error;
  }
}

async function attempt(url: string, timeoutMs: number, ask: (client: Client) => Promise<void>): Promise<PostgresProbe> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'omnibase-supervisor',
  });
  // A connection lost while idle surfaces as an event; the statement reports it as its own failure.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await ask(client);
    return 'ready';
  } catch (error) {
    return error instanceof DatabaseError ? 'busy' : 'silent';
  } finally {
    // A server that hangs never confirms the end of the connection.
    await Promise.race([client.end(), sleep(timeoutMs, undefined, { ref: false })]);
  }
}
