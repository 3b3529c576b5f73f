/**
 * Removes published events that are older than they live (registration.md 6.4: 7 days), oldest first and without holes,
 * and moves the mark by which a cursor is known to be too old. What was never published is never removed.
 */
import type { Database } from '../../client.ts';
import { inTransaction } from '../../transaction.ts';

const day = 86_400_000;

export interface PurgeOptions {
  /** How long a published event is kept, ms; default 7 days. */
  readonly keepMs?: number;
  /** Events per transaction; default 1,000. */
  readonly batch?: number;
}

/** Removes one batch. @returns how many went; fewer than the batch means that nothing more is due */
export async function purgeOutbox(
  database: Database,
  { keepMs = 7 * day, batch = 1_000 }: PurgeOptions = {},
): Promise<number> {
  return await inTransaction(database.pool, async (transaction) => {
    // The counter's row is locked first, as the relay does: the statement behind it sees the mark as it stands then.
    const [, removed] = await transaction.commit([
      { text: 'SELECT 1 FROM outbox_state FOR UPDATE', name: 'outbox_lock_state' },
      { text: purgeStatement, values: [batch, keepMs], name: 'outbox_purge' },
    ]);
    return Number(removed?.[0]?.['removed'] ?? 0);
  });
}

/** The stretch behind the mark up to the first event that is young enough, by the database's clock. */
const purgeStatement = `
  WITH stretch AS (
    SELECT o.pub_seq, o.published_at >= now() - $2::float8 * interval '1 millisecond' AS young
      FROM outbox o, outbox_state s
     WHERE o.pub_seq > s.purged_through AND o.pub_seq <= s.purged_through + $1::bigint
  ), due AS (
    SELECT coalesce(min(pub_seq) FILTER (WHERE young) - 1, max(pub_seq)) AS through FROM stretch
  ), removed AS (
    DELETE FROM outbox o USING due, outbox_state s
     WHERE o.pub_seq > s.purged_through AND o.pub_seq <= due.through
    RETURNING 1
  ), moved AS (
    UPDATE outbox_state s SET purged_through = due.through FROM due WHERE due.through > s.purged_through
  )
  SELECT count(*)::int AS removed FROM removed`;
