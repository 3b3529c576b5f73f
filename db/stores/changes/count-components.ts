/** How many components there are, for whoever checks a copy against the database. */
import type { Database } from '../../client.ts';
import type { ChangeCursor } from './cursor.ts';

/** Null when changes after `cursor` are visible already: a copy as of the cursor cannot be compared then. */
export async function countComponents(database: Database, cursor: ChangeCursor): Promise<number | null> {
  const { rows } = await database.pool.query<{ count: number; quiet: boolean }>({
    name: 'registry_count_at',
    text: `SELECT (SELECT count(*)::integer FROM components) AS count,
                  NOT EXISTS (SELECT 1 FROM registry_changes c
                               WHERE c.epoch = $1 AND (c.txid, c.seq) > ($2::bigint, $3::bigint)) AS quiet`,
    values: [cursor.epoch, cursor.txid, cursor.seq],
  });
  return rows[0]?.quiet === true ? rows[0].count : null;
}
