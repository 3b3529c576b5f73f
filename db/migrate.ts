/**
 * Brings a database to the schema of this release, forwards only. The migrations are the SQL files that drizzle-kit
 * generated; table `omnibase_migrations` remembers which of them a database has, with their hashes.
 *
 * Any number of processes may start at once: one transaction under an advisory lock applies everything that is
 * missing, the others wait and find nothing left to do. A current database costs one query.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { OmniBaseError } from '../contracts/error.ts';
import { isUnavailable, sqlState } from './failure.ts';

export type MigrationStatus = 'empty' | 'behind' | 'current' | 'ahead' | 'diverged';

export interface MigrationState {
  readonly status: MigrationStatus;
  /** Tags in order. */
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

interface Migration {
  readonly tag: string;
  readonly hash: string;
  readonly sql: string;
}

interface AppliedMigration {
  readonly tag: string;
  readonly hash: string;
}

/** Any constant: it only has to differ from the locks others take in the same database. */
const lockKey = '7020361943207894867';

/** Longest wait for another starter that migrates, ms (registration.md 7 "initialize"). */
const longestLockWaitMs = 60_000;

/**
 * Applies every migration the database lacks.
 * @returns how many were applied; 0 when the database was current, or ahead because a newer release migrated it.
 * @throws OB015 when Postgres is away, OB018 when the database was migrated by another line of migrations, ND010 when
 *   another starter has migrated for longer than `lockWaitMs` (default a minute).
 */
export async function migrate(
  url: string,
  { lockWaitMs = longestLockWaitMs }: { readonly lockWaitMs?: number } = {},
): Promise<{ readonly applied: number }> {
  const known = await readMigrations();
  return withClient(url, async (client) => {
    if (pendingOf(known, await readApplied(client)).length === 0) return { applied: 0 };
    await client.query('BEGIN');
    await lockMigrations(client, lockWaitMs);
    await client.query(
      'CREATE TABLE IF NOT EXISTS omnibase_migrations (position integer PRIMARY KEY, tag text NOT NULL, hash char(64) NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const applied = await readApplied(client);
    const pending = pendingOf(known, applied);
    for (const [index, migration] of pending.entries()) await apply(client, applied.length + index, migration);
    await client.query('COMMIT');
    return { applied: pending.length };
  });
}

/** One starter at a time. The limit is for the wait alone: a migration may take as long as it needs. */
async function lockMigrations(client: pg.Client, waitMs: number): Promise<void> {
  try {
    await client.query(`SELECT set_config('lock_timeout', $1, true)`, [`${waitMs}ms`]);
    await client.query('SELECT pg_advisory_xact_lock($1::bigint)', [lockKey]);
    await client.query('SET LOCAL lock_timeout = DEFAULT');
  } catch (error) {
    // Lock not available in time.
    if (sqlState(error) === '55P03') throw new OmniBaseError('ND010', { cause: error });
    throw error;
  }
}

/** Compares a database with the migrations of this release; changes nothing. Throws OB015 when Postgres is away. */
export async function migrationState(url: string): Promise<MigrationState> {
  const known = await readMigrations();
  const applied = await withClient(url, readApplied);
  return {
    status: statusOf(known, applied),
    applied: applied.map(tagOf),
    pending: known.slice(applied.length).map(tagOf),
  };
}

/** The folder of the SQL files: beside this file in the sources, under the package root from a bundle in `dist/`. */
export function migrationsFolder(): string {
  const candidates = ['migrations', '../db/migrations', '../../db/migrations'].map((path) =>
    join(import.meta.dirname, path),
  );
  const found = candidates.find((folder) => existsSync(join(folder, 'meta', '_journal.json')));
  if (found === undefined) {
    throw new OmniBaseError('OB001', {
      message: `the migrations are missing from the package: ${candidates.join(', ')}`,
    });
  }
  return found;
}

async function readMigrations(): Promise<Migration[]> {
  const folder = migrationsFolder();
  const journal: unknown = JSON.parse(await readFile(join(folder, 'meta', '_journal.json'), 'utf8'));
  return Promise.all(
    tagsOf(journal).map(async (tag) => {
      const sql = await readFile(join(folder, `${tag}.sql`), 'utf8');
      return { tag, sql, hash: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

function tagsOf(journal: unknown): string[] {
  const { entries } = journal as { entries: { tag: string }[] };
  return entries.map(tagOf);
}

function tagOf({ tag }: { readonly tag: string }): string {
  return tag;
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'omnibase migrate',
    connectionTimeoutMillis: 5_000,
  });
  // A connection that dies also rejects the statement it carried; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } catch (error) {
    if (!(error instanceof OmniBaseError) && isUnavailable(error)) throw new OmniBaseError('OB015', { cause: error });
    throw error;
  } finally {
    await client.end();
  }
}

async function readApplied(client: pg.Client): Promise<AppliedMigration[]> {
  try {
    const { rows } = await client.query<AppliedMigration>(
      'SELECT tag, hash FROM omnibase_migrations ORDER BY position',
    );
    return rows;
  } catch (error) {
    // Undefined table: nothing was ever applied.
    if (sqlState(error) === '42P01') return [];
    throw error;
  }
}

function statusOf(known: readonly Migration[], applied: readonly AppliedMigration[]): MigrationStatus {
  if (applied.length === 0) return 'empty';
  const shared = Math.min(known.length, applied.length);
  if (known.slice(0, shared).some((migration, index) => migration.hash !== applied[index]?.hash)) return 'diverged';
  if (applied.length === known.length) return 'current';
  return applied.length > known.length ? 'ahead' : 'behind';
}

function pendingOf(known: readonly Migration[], applied: readonly AppliedMigration[]): readonly Migration[] {
  if (statusOf(known, applied) === 'diverged') {
    throw new OmniBaseError('OB018', { details: { applied: applied.map(tagOf), known: known.map(tagOf) } });
  }
  return known.slice(applied.length);
}

async function apply(client: pg.Client, position: number, migration: Migration): Promise<void> {
  for (const statement of migration.sql.split('--> statement-breakpoint')) await client.query(statement);
  await client.query('INSERT INTO omnibase_migrations (position, tag, hash) VALUES ($1, $2, $3)', [
    position,
    migration.tag,
    migration.hash,
  ]);
}
