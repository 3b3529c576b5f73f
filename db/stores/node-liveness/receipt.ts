/**
 * The receipt of an ack (registration.md 2, 9 "Gateway ingest"): a durable note, stamped by the database, that an ack
 * for the open attempt arrived. It is written before the workflow is called and proves an ack in time even if the
 * workflow hears of it late.
 */
import type { Database } from '../../client.ts';

export interface AckArrival {
  readonly node_id: string;
  readonly domain: string;
  readonly attempt_id: string;
  readonly command_id: string;
}

export interface ReceiptAnswer {
  /** Whether a receipt for this open attempt is kept, be it that of an earlier ack. */
  readonly recorded: boolean;
  /** RFC 3339: when the first ack of the attempt arrived. */
  readonly received_at: string | null;
}

/**
 * Keeps the first receipt of an attempt that requires an ack; whoever repeats is told that it is kept. Nothing is kept
 * for another attempt or in another state, so a time-out that committed before us stands.
 */
export async function recordReceipt(database: Database, arrival: AckArrival): Promise<ReceiptAnswer> {
  const { rows } = await database.pool.query<{ ack_received_at: Date }>({
    name: 'record_receipt',
    text: `UPDATE node_liveness
              SET ack_command_id = CASE WHEN ack_received_at IS NULL THEN $4::uuid ELSE ack_command_id END,
                  ack_received_at = coalesce(ack_received_at, clock_timestamp())
            WHERE entity_id = $1 AND domain = $2 AND attempt_id = $3 AND state IN ('accepted', 'awaiting_ack')
           RETURNING ack_received_at`,
    values: [arrival.node_id, arrival.domain, arrival.attempt_id, arrival.command_id],
  });
  const [row] = rows;
  return { recorded: row !== undefined, received_at: row?.ack_received_at.toISOString() ?? null };
}
