import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../../db/client.ts';
import { migrate } from '../../../../db/migrate.ts';
import { initializeSchema, requireSchema } from '../../../../db/stores/registration/projector/initialize.ts';
import { createProjector } from '../../../../db/stores/registration/projector.ts';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { createEmptyDatabase, type TestDatabase } from '../../../support/postgres.ts';

const open: TestDatabase[] = [];
async function emptyDatabase(): Promise<string> {
  const created = await createEmptyDatabase();
  open.push(created);
  return created.url;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.drop()));
});

async function withConnection<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

describe('initialize', () => {
  it('lets several callers at once succeed, applies everything once, and changes nothing the second time', async () => {
    const url = await emptyDatabase();
    const database = openDatabase(url, { applicationName: 'initialize tests' });
    try {
      const projector = createProjector({ database, settings: () => defaultNodeSettings });
      const all = await Promise.all([1, 2, 3, 4].map(() => projector.initialize()));
      expect(all.filter(({ applied }) => applied > 0)).toHaveLength(1);
      expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(1);
      expect(await projector.initialize()).toEqual({ applied: 0, fingerprint: all[0]?.fingerprint });
      expect(await requireSchema(url)).toBe(all[0]?.fingerprint);
    } finally {
      await database.close();
    }
  });

  it('waits for another starter no longer than it is told', async () => {
    const url = await emptyDatabase();
    await withConnection(url, async (other) => {
      await other.query('BEGIN');
      await other.query('SELECT pg_advisory_xact_lock(7020361943207894867)');
      await expect(migrate(url, { lockWaitMs: 50 })).rejects.toMatchObject({ code: 'ND010' });
      await other.query('ROLLBACK');
    });
    expect((await migrate(url, { lockWaitMs: 50 })).applied).toBeGreaterThan(0);
  });

  it('is fatal where a statement fails', async () => {
    const url = await emptyDatabase();
    await withConnection(url, (client) => client.query('CREATE TABLE node_liveness (in_the_way integer)'));
    const error = await initializeSchema(url).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'ND015', retryable: false, exitCode: 2 });
    await withConnection(url, async (client) => {
      const { rows } = await client.query(`SELECT 1 FROM pg_tables WHERE tablename = 'registration_projections'`);
      expect(rows).toEqual([]);
    });
  });

  it('says that Postgres is away', async () => {
    await expect(initializeSchema('postgres://nobody@127.0.0.1:1/nothing')).rejects.toMatchObject({ code: 'ND009' });
    await expect(requireSchema('postgres://nobody@127.0.0.1:1/nothing')).rejects.toMatchObject({ code: 'ND009' });
  });
});

describe('requireSchema', () => {
  it.each([
    ['a database without tables', null],
    [
      'one that lacks a migration',
      'DELETE FROM omnibase_migrations WHERE position = (SELECT max(position) FROM omnibase_migrations)',
    ],
    ['one of a newer release', `INSERT INTO omnibase_migrations VALUES (99, '0099_future', repeat('a', 64))`],
    ['one of another line', `UPDATE omnibase_migrations SET hash = repeat('b', 64) WHERE position = 0`],
  ])('refuses %s', async (_what, change) => {
    const url = await emptyDatabase();
    if (change !== null) {
      await migrate(url);
      await withConnection(url, (client) => client.query(change));
    }
    await expect(requireSchema(url)).rejects.toMatchObject({ code: 'ND015' });
  });
});
