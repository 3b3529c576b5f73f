/** How many changes lie after a cursor; null when the cursor is of another epoch. */
import type { Database } from '../../client.ts';
import type { ChangeCursor } from './cursor.ts';

export async function countChanges(database: Database, after: ChangeCursor): Promise<number | null> {
  const { rows } = await database.pool.query<{ epoch: number; count: number }>({
    name: 'registry_changes_count',
    text: `SELECT m.epoch,
                  (SELECT count(*)::integer FROM registry_changes c
                    WHERE c.epoch = $1 AND (c.txid, c.seq) > ($2::bigint, $3::bigint)) AS count
             FROM registry_meta m`,
    values: [after.epoch, after.txid, after.seq],
  });
  return rows[0]?.epoch === after.epoch ? rows[0].count : null;
}
