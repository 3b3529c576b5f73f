/** How long the first in line waits where nobody should wait for long: what the alerts on stuck registrations look at. */
import type { Database } from '../../client.ts';

/** Seconds by the database's clock; 0 where nobody waits. */
export interface OldestWaits {
  /** For a decision of the admission policy. */
  readonly pending: number;
  /** For an acknowledgement the gateway wrote down to be applied by its workflow. */
  readonly receipt: number;
}

/** Rows of workflows, over all domains. Both looks go by the index on the state and find next to nothing. */
export async function readOldestWaits(database: Database): Promise<OldestWaits> {
  const age = (time: string): string => `greatest(extract(epoch FROM clock_timestamp() - min(${time})), 0)::float8`;
  const { rows } = await database.pool.query<{ pending: number; receipt: number }>({
    name: 'oldest_waits',
    // `greatest` passes over null: nobody waits, 0 s.
    text: `SELECT (SELECT ${age('p.state_entered_at')}
                     FROM registration_projections p
                    WHERE p.current_state = 'pending_registration' AND p.ordering_mode = 'workflow') AS pending,
                  (SELECT ${age('h.ack_received_at')}
                     FROM registration_projections p
                     JOIN node_liveness h ON h.entity_id = p.entity_id AND h.domain = p.domain
                    WHERE p.current_state IN ('accepted', 'awaiting_ack') AND p.ordering_mode = 'workflow'
                      AND h.epoch = p.epoch AND h.attempt_id = p.attempt_id) AS receipt`,
  });
  return rows[0] ?? { pending: 0, receipt: 0 };
}
