import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { migrate, migrationState, migrationsFolder } from '../../../db/migrate.ts';
import { createEmptyDatabase, type TestDatabase } from '../../support/postgres.ts';
import { refusal } from '../registry/support/registry.ts';

const run = promisify(execFile);
const open: TestDatabase[] = [];

async function emptyDatabase(): Promise<string> {
  const database = await createEmptyDatabase();
  open.push(database);
  return database.url;
}

async function query<T>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.drop()));
});

describe('migrate', () => {
  it('brings an empty database to the schema of this release, once', async () => {
    const url = await emptyDatabase();
    expect(await migrationState(url)).toMatchObject({ status: 'empty', applied: [] });
    const { applied } = await migrate(url);
    expect(applied).toBeGreaterThan(0);
    expect(await migrate(url)).toEqual({ applied: 0 });
    expect(await migrationState(url)).toMatchObject({ status: 'current', pending: [] });
  });

  it('lets one of several processes that start at once do the work', async () => {
    const url = await emptyDatabase();
    const module = join(import.meta.dirname, '../../../db/migrate.ts');
    const script = `import { migrate } from ${JSON.stringify(module)};
      console.log(JSON.stringify(await migrate(process.env.URL)));`;
    const starts = await Promise.all(
      [1, 2, 3, 4].map(() =>
        run(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, URL: url } }),
      ),
    );
    const applied = starts.map(({ stdout }) => (JSON.parse(stdout) as { applied: number }).applied);
    expect(applied.filter((count) => count > 0)).toHaveLength(1);
    expect(await query(url, 'SELECT registry_id FROM registry_meta')).toHaveLength(1);
  });

  it('keeps what is stored when there is nothing to apply', async () => {
    const url = await emptyDatabase();
    await migrate(url);
    const before = await query(url, 'SELECT registry_id FROM registry_meta');
    await Promise.all([migrate(url), migrate(url), migrate(url)]);
    expect(await query(url, 'SELECT registry_id FROM registry_meta')).toEqual(before);
  });

  it('leaves a database alone that a newer release migrated', async () => {
    const url = await emptyDatabase();
    await migrate(url);
    await query(url, `INSERT INTO omnibase_migrations VALUES (99, '0099_future', repeat('a', 64))`);
    expect(await migrate(url)).toEqual({ applied: 0 });
    expect(await migrationState(url)).toMatchObject({ status: 'ahead' });
  });

  it('applies what is missing to a database of an older release', async () => {
    const url = await emptyDatabase();
    await migrate(url);
    await query(
      url,
      'DELETE FROM omnibase_migrations WHERE position = (SELECT max(position) FROM omnibase_migrations)',
    );
    const { status, pending } = await migrationState(url);
    expect(status).toBe('behind');
    expect(pending).toHaveLength(1);
  });

  it('refuses a database of another line of migrations and changes nothing', async () => {
    const url = await emptyDatabase();
    await migrate(url);
    await query(url, `UPDATE omnibase_migrations SET hash = repeat('b', 64) WHERE position = 0`);
    const error = await refusal(migrate(url), 'OB018');
    expect(error.exitCode).toBe(3);
    expect(await migrationState(url)).toMatchObject({ status: 'diverged' });
  });

  it('rolls everything back when a migration fails', async () => {
    const url = await emptyDatabase();
    await query(url, 'CREATE TABLE registry_meta (in_the_way integer)');
    await expect(migrate(url)).rejects.toThrow('registry_meta');
    expect(
      await query(url, `SELECT 1 FROM pg_tables WHERE tablename IN ('components', 'omnibase_migrations')`),
    ).toEqual([]);
  });

  it('says that Postgres is away', async () => {
    const error = await refusal(migrate('postgres://nobody@127.0.0.1:1/nothing'), 'OB015');
    expect(error.retryable).toBe(true);
    await refusal(migrationState('postgres://nobody@127.0.0.1:1/nothing'), 'OB015');
  });

  it('finds its files from a bundle in dist/', async () => {
    const root = await mkdtemp(join(tmpdir(), 'omnibase-bundle-'));
    try {
      const module = join(import.meta.dirname, '../../../db/migrate.ts');
      await cp(migrationsFolder(), join(root, 'db/migrations'), { recursive: true });
      await writeFile(join(root, 'package.json'), '{"type":"module"}');
      await build({
        stdin: {
          contents: `import { migrationsFolder } from ${JSON.stringify(module)}; console.log(migrationsFolder());`,
          resolveDir: import.meta.dirname,
        },
        outfile: join(root, 'dist/migrate.js'),
        bundle: true,
        platform: 'node',
        format: 'esm',
        external: ['pg'],
        logLevel: 'error',
        // Only the path is asked for; the driver need not be there.
        alias: { pg: join(import.meta.dirname, 'no-driver.ts') },
      });
      const { stdout } = await run(process.execPath, [join(root, 'dist/migrate.js')]);
      expect(stdout.trim()).toBe(join(root, 'db/migrations'));
      await rm(join(root, 'db'), { recursive: true });
      await expect(run(process.execPath, [join(root, 'dist/migrate.js')])).rejects.toThrow('missing from the package');
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
