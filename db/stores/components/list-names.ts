/** The names that exist, to suggest near ones when a reference finds nothing. */
import type { Database } from '../../client.ts';

/** More names than this are not searched for suggestions. */
const most = 20_000;

export async function listNames(database: Database): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT name FROM components WHERE lifecycle <> 'archived' GROUP BY name ORDER BY name LIMIT ${most}`,
  );
  return rows.map(({ name }) => name);
}
