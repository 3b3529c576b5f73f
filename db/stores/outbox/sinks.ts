/**
 * Where each sink stands. The statements run on the connection that holds the relay's lock, so a process that lost it
 * can move no cursor.
 */
import type { Connection } from './connection.ts';

export interface SinkProgress {
  /** Everything up to this `pub_seq` has been delivered, or given up. */
  readonly pub_seq: string;
  /** Incidents of which the one notice has been sent, newest last. */
  readonly incidents: readonly string[];
}

/** The place of a sink; a new one begins with what is published from now on. */
export async function openSink(connection: Connection, name: string): Promise<SinkProgress> {
  const { rows } = await connection.query<SinkProgress>(
    `WITH made AS (
       INSERT INTO outbox_sinks (name, pub_seq) SELECT $1, last_pub_seq FROM outbox_state
       ON CONFLICT (name) DO NOTHING RETURNING pub_seq, incidents
     )
     SELECT pub_seq::text, incidents FROM made
     UNION ALL SELECT pub_seq::text, incidents FROM outbox_sinks WHERE name = $1`,
    [name],
  );
  return rows[0] ?? { pub_seq: '0', incidents: [] };
}

export interface SinkState extends SinkProgress {
  /** Attempts that failed since the last delivery. */
  readonly failures: number;
  readonly last_error: string | null;
}

/** Keeps the place of a sink. */
export async function saveSink(connection: Connection, name: string, state: SinkState): Promise<void> {
  await connection.query({
    name: 'outbox_save_sink',
    text: `UPDATE outbox_sinks
              SET pub_seq = $2, incidents = $3, failures = $4,
                  last_error = coalesce($5, last_error),
                  last_error_at = CASE WHEN $5::text IS NULL THEN last_error_at ELSE now() END, updated_at = now()
            WHERE name = $1`,
    values: [name, state.pub_seq, state.incidents, state.failures, state.last_error],
  });
}
