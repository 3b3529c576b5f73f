/**
 * Asks nodes to introspect (registration.md 10 `introspection-requests`): they hear it once, as `next` of the answer to
 * their next beat while they are active. Nodes whose registration has ended hear it anyway.
 */
import type { Database } from '../../client.ts';

/**
 * Rows are locked in the order of their keys, as beats are stored.
 *
 * @param domain null = all domains
 * @returns how many nodes were asked
 */
export async function requestIntrospection(
  database: Database,
  ids: readonly string[] | 'all',
  domain: string | null,
): Promise<number> {
  const { rowCount } = await database.pool.query(
    `WITH asked AS MATERIALIZED (
       SELECT h.entity_id, h.domain FROM node_liveness h
        WHERE h.state NOT IN ('rejected', 'liveness_expired')
          AND ($1::uuid[] IS NULL OR h.entity_id = ANY($1)) AND ($2::text IS NULL OR h.domain = $2)
        ORDER BY h.entity_id, h.domain FOR NO KEY UPDATE
     )
     UPDATE node_liveness h SET introspection_requested_at = clock_timestamp()
       FROM asked WHERE h.entity_id = asked.entity_id AND h.domain = asked.domain`,
    [ids === 'all' ? null : ids, domain],
  );
  return rowCount ?? 0;
}
