import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../db/client.ts';
import { isTransient, isUnavailable, sqlState } from '../../../db/failure.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';

let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'client tests', max: 3, statementTimeoutMs: 400 });
  await database.pool.query('CREATE TABLE notes (text text PRIMARY KEY)');
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it succeeded');
}

const notes = async (): Promise<string[]> => {
  const { rows } = await database.pool.query<{ text: string }>('SELECT text FROM notes ORDER BY text');
  return rows.map(({ text }) => text);
};

const note = (text: string) => ({ text: 'INSERT INTO notes VALUES ($1) RETURNING text', values: [text] });

describe('a transaction', () => {
  it('answers each statement and commits with the last flight', async () => {
    const rows = await inTransaction(database.pool, async (transaction) => {
      const [one] = await transaction.flight([note('a1'), { text: 'SELECT 1 AS one' }]);
      expect(one).toEqual([{ text: 'a1' }]);
      return transaction.commit([note('a2')]);
    });
    expect(rows).toEqual([[{ text: 'a2' }]]);
    expect(await notes()).toEqual(['a1', 'a2']);
  });

  it('is rolled back when it is not committed', async () => {
    await inTransaction(database.pool, (transaction) => transaction.flight([note('b')]));
    expect(await notes()).not.toContain('b');
  });

  it('is rolled back by what its body throws', async () => {
    const stop = new Error('stop');
    const body = inTransaction(database.pool, async (transaction) => {
      await transaction.flight([note('c')]);
      throw stop;
    });
    expect(await failureOf(body)).toBe(stop);
    expect(await notes()).not.toContain('c');
  });

  it('reports the statement that failed, not those behind it', async () => {
    const body = inTransaction(database.pool, (transaction) => transaction.commit([note('d'), note('d'), note('e')]));
    expect(sqlState(await failureOf(body))).toBe('23505');
    expect(await notes()).not.toContain('d');
    // The connections are as good as before.
    await Promise.all([1, 2, 3, 4, 5].map(() => database.pool.query('SELECT 1')));
  });

  it('survives a connection that breaks, and drops it', async () => {
    const body = inTransaction(database.pool, async (transaction) => {
      await transaction.flight([note('f')]);
      return transaction.flight([{ text: 'SELECT pg_terminate_backend(pg_backend_pid())' }]);
    });
    expect(isUnavailable(await failureOf(body))).toBe(true);
    expect(await notes()).not.toContain('f');
  });

  it('reads one frozen state as a snapshot', async () => {
    await inTransaction(
      database.pool,
      async (transaction) => {
        const count = async (): Promise<unknown> =>
          (await transaction.flight([{ text: 'SELECT count(*)::int AS n FROM notes' }]))[0]?.[0]?.['n'];
        const before = await count();
        await database.pool.query(`INSERT INTO notes VALUES ('meanwhile')`);
        expect(await count()).toBe(before);
        expect(sqlState(await failureOf(transaction.flight([note('g')])))).toBe('25006');
      },
      'snapshot',
    );
  });
});

describe('a failure', () => {
  it.each([
    ['a port where nobody listens', 'postgres://u@127.0.0.1:1/d'],
    ['a socket that is not there', 'postgres://u@localhost/d?host=/nonexistent'],
    ['a name that does not resolve', 'postgres://u@no-such-host.invalid/d'],
  ])('to reach %s is an outage', async (_what, url) => {
    const away = openDatabase(url, { applicationName: 'away', connectTimeoutMs: 2_000 });
    expect(isUnavailable(await failureOf(away.pool.query('SELECT 1')))).toBe(true);
    expect(isUnavailable(await failureOf(away.orm.execute('SELECT 1')))).toBe(true);
    await away.close();
    await away.close();
  });

  it('for lack of the database is an outage', async () => {
    const url = new URL(created.url);
    url.pathname = '/no_such_database';
    const away = openDatabase(url.href, { applicationName: 'away' });
    const error = await failureOf(away.pool.query('SELECT 1'));
    expect([sqlState(error), isUnavailable(error)]).toEqual(['3D000', true]);
    await away.close();
  });

  it('by the time limit of a statement is an outage', async () => {
    const error = await failureOf(database.pool.query('SELECT pg_sleep(5)'));
    expect([sqlState(error), isUnavailable(error)]).toEqual(['57014', true]);
  });

  it('to get a connection in time is an outage', async () => {
    const small = openDatabase(created.url, { applicationName: 'small', max: 1, poolTimeoutMs: 500 });
    const client = await small.pool.connect();
    expect(isUnavailable(await failureOf(small.pool.query('SELECT 1')))).toBe(true);
    client.release();
    await small.close();
    expect(isUnavailable(await failureOf(small.pool.query('SELECT 1')))).toBe(true);
  });

  it.each([
    ['a wrong statement', 'SELEKT 1', '42601'],
    ['a broken rule', `INSERT INTO notes VALUES (NULL)`, '23502'],
  ])('by %s is none', async (_what, text, state) => {
    const error = await failureOf(database.pool.query(text));
    expect([sqlState(error), isUnavailable(error), isTransient(error)]).toEqual([state, false, false]);
  });

  it('of a race is worth another try', async () => {
    const [one, two] = [await database.pool.connect(), await database.pool.connect()];
    await database.pool.query(`INSERT INTO notes VALUES ('x'), ('y')`);
    await one.query('BEGIN');
    await two.query('BEGIN');
    await one.query(`SET LOCAL statement_timeout = 0; SET LOCAL deadlock_timeout = '20ms'`);
    await two.query(`SET LOCAL statement_timeout = 0; SET LOCAL deadlock_timeout = '20ms'`);
    await one.query(`UPDATE notes SET text = 'x1' WHERE text = 'x'`);
    await two.query(`UPDATE notes SET text = 'y1' WHERE text = 'y'`);
    const crossing = async (): Promise<void> => {
      try {
        await two.query(`UPDATE notes SET text = 'x2' WHERE text = 'x'`);
      } finally {
        await two.query('ROLLBACK');
      }
    };
    const crossed = await Promise.allSettled([one.query(`UPDATE notes SET text = 'y2' WHERE text = 'y'`), crossing()]);
    const [lost] = crossed.filter((answer) => answer.status === 'rejected');
    expect(isTransient(lost?.reason)).toBe(true);
    await one.query('ROLLBACK');
    one.release();
    two.release();
  });

  it.each([undefined, null, 'text', new Error('other'), { code: 5 }, new AggregateError([new Error('x')])])(
    'like %s is no outage',
    (error) => {
      expect(isUnavailable(error)).toBe(false);
      expect(sqlState(error)).toBeUndefined();
    },
  );

  it('inside others is found', () => {
    const inner = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(isUnavailable(new Error('outer', { cause: new AggregateError([inner]) }))).toBe(true);
    const loop = new Error('loop');
    loop.cause = loop;
    expect(isUnavailable(loop)).toBe(false);
  });
});
