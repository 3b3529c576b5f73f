/** The age of what waits to be published: what the alert on the outbox looks at. */
import type { Database } from '../../client.ts';

/** Seconds since the oldest unpublished event was written, by the database's clock; 0 when none waits. */
export async function oldestUnpublishedSeconds(database: Database): Promise<number> {
  const { rows } = await database.pool.query<{ age: number }>({
    name: 'outbox_oldest',
    // Served by outbox_unpublished_idx, which is nearly empty: one page.
    text: `SELECT greatest(extract(epoch FROM clock_timestamp() - created_at), 0)::float8 AS age
             FROM outbox WHERE pub_seq IS NULL AND class = 'event' ORDER BY id LIMIT 1`,
  });
  return rows[0]?.age ?? 0;
}
