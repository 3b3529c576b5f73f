/** Notes a poke before it is sent, so that no node is poked twice within its rest, by this sweep or another. */
import type { Database } from '../../client.ts';
import { type DueNode, pokeRestMs } from './find-pokes.ts';

type Key = Pick<DueNode, 'entity_id' | 'domain'>;

/**
 * Which of these may be poked now. Rows that a beat or a step is writing at this moment are passed over, and so are
 * those poked meanwhile. Rows are locked in the order of their keys, as everywhere.
 */
export async function claimPokes<T extends Key>(database: Database, due: readonly T[]): Promise<readonly T[]> {
  const { rows } = await database.pool.query<Key>({
    name: 'sweep_claim_pokes',
    text: `WITH free AS MATERIALIZED (
             SELECT h.entity_id, h.domain FROM node_liveness h
               JOIN unnest($1::uuid[], $2::text[]) AS due (entity_id, domain)
                 ON h.entity_id = due.entity_id AND h.domain = due.domain
              WHERE h.last_poked_at IS NULL OR h.last_poked_at < statement_timestamp() - $3 * interval '1 millisecond'
              ORDER BY h.entity_id, h.domain
                FOR NO KEY UPDATE OF h SKIP LOCKED
           )
           UPDATE node_liveness h SET last_poked_at = statement_timestamp()
             FROM free WHERE h.entity_id = free.entity_id AND h.domain = free.domain
           RETURNING h.entity_id, h.domain`,
    values: [due.map(({ entity_id }) => entity_id), due.map(({ domain }) => domain), pokeRestMs],
  });
  const claimed = new Set(rows.map(keyOf));
  return due.filter((node) => claimed.has(keyOf(node)));
}

function keyOf({ entity_id, domain }: Key): string {
  return `${domain}/${entity_id}`;
}
