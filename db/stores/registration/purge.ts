/**
 * Removes what nobody asks for any more (registration.md 6.3): transitions older than 90 days, the latest epoch of every
 * node always kept, and cursors of selections that were not used for 30 days.
 */
import type { Database } from '../../client.ts';

export interface RegistrationRetention {
  /** Age at which transitions go, days; default 90. */
  readonly transition_days?: number;
  /** Silence after which the cursor of a round robin goes, days; default 30. */
  readonly cursor_days?: number;
  /** Rows per statement, 1-10,000; default 1,000: no long locks beside writers. */
  readonly batch?: number;
}

export interface PurgedRegistration {
  readonly transitions: number;
  readonly cursors: number;
}

/** Ids grow with time, so the scan by primary key meets the oldest first. */
const purgeTransitions = `
  WITH due AS (
    SELECT t.id FROM registration_transitions t
     WHERE t.occurred_at < now() - $1 * interval '1 day'
       AND (t.epoch IS NULL OR t.epoch < (SELECT p.epoch FROM registration_projections p
                                           WHERE p.entity_id = t.entity_id AND p.domain = t.domain))
     ORDER BY t.id LIMIT $2
  )
  DELETE FROM registration_transitions WHERE id IN (SELECT id FROM due)`;

const purgeCursors = `DELETE FROM node_selection_cursors WHERE updated_at < now() - $1 * interval '1 day'`;

/** Runs until nothing is due; safe beside itself and beside writers. */
export async function purgeRegistration(
  database: Database,
  { transition_days = 90, cursor_days = 30, batch = 1_000 }: RegistrationRetention = {},
): Promise<PurgedRegistration> {
  let transitions = 0;
  for (let removed = batch; removed === batch; transitions += removed) {
    removed = (await database.pool.query(purgeTransitions, [transition_days, batch])).rowCount ?? 0;
  }
  const { rowCount } = await database.pool.query(purgeCursors, [cursor_days]);
  return { transitions, cursors: rowCount ?? 0 };
}
