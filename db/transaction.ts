/**
 * Transactions in as few network round trips as they have decisions. A **flight** is a list of statements sent
 * back to back on one connection and answered together; `begin` opens the first flight, `commit` closes the last.
 */
import type pg from 'pg';
import { isUnavailable } from './failure.ts';

/** One parameterised statement; with `name` it is prepared once per connection. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
}

export type Row = Readonly<Record<string, unknown>>;

/** A running transaction. */
export interface Transaction {
  /** Sends the statements together and answers their rows, one list per statement. */
  flight(statements: readonly Statement[]): Promise<Row[][]>;
  /** Ends the transaction with these statements and COMMIT, in one flight. */
  commit(statements: readonly Statement[]): Promise<Row[][]>;
}

/** How a transaction starts: `write` sees what others commit meanwhile, `snapshot` reads one frozen state. */
const openings = { write: 'BEGIN', snapshot: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' } as const;

/**
 * Runs `body` in one transaction. BEGIN travels with the first flight. When `body` returns without `commit`, or
 * throws, everything is rolled back.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  body: (transaction: Transaction) => Promise<T>,
  opening: keyof typeof openings = 'write',
): Promise<T> {
  const client = await pool.connect();
  const state = { begun: false, ended: false };
  let broken: Error | undefined;
  const send = async (statements: readonly Statement[]): Promise<Row[][]> => {
    const all = state.begun ? statements : [{ text: openings[opening] }, ...statements];
    const results = await together(client, all);
    const rows = results.map((result) => result.rows);
    const answered = state.begun ? rows : rows.slice(1);
    state.begun = true;
    return answered;
  };
  try {
    return await body({
      flight: send,
      commit: async (statements) => {
        const rows = await send([...statements, { text: 'COMMIT' }]);
        state.ended = true;
        return rows.slice(0, -1);
      },
    });
  } catch (error) {
    if (isUnavailable(error)) broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    if (!state.ended && broken === undefined) broken = await rollback(client);
    // A connection in doubt is closed, not lent again.
    client.release(broken);
  }
}

/** Sends all, waits for all, and throws the first failure: those behind it only say that the transaction is aborted. */
async function together(client: pg.PoolClient, statements: readonly Statement[]): Promise<pg.QueryResult<Row>[]> {
  const settled = await Promise.allSettled(
    statements.map(({ text, values, name }) =>
      client.query<Row>({ text, values: [...(values ?? [])], ...(name === undefined ? {} : { name }) }),
    ),
  );
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
