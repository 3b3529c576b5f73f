/**
 * Reads events in the order of their ids, for streams that resume after an id. Ids are given before commit, so a
 * transaction still open may add a smaller one later; the relay will publish in a final order (`pub_seq`).
 */
import type { Database } from '../../client.ts';

export interface OutboxEvent {
  /** Decimal digits: a bigint does not fit into JSON. */
  readonly id: string;
  readonly event_id: string;
  readonly topic: string;
  readonly type: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly seq: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  /** RFC 3339, by the database's clock. */
  readonly created_at: string;
}

export interface OutboxPosition {
  /** Events after this id; `0` for all. */
  readonly after: string;
  /** 1-1000, default 100. */
  readonly limit?: number;
  /** Only events of one subject. */
  readonly subject?: { readonly kind: string; readonly id: string };
}

/** The next events after a position. */
export async function readOutbox(
  database: Database,
  { after, limit = 100, subject }: OutboxPosition,
): Promise<readonly OutboxEvent[]> {
  const ofSubject = subject === undefined ? '' : 'AND subject_kind = $3 AND subject_id = $4';
  const { rows } = await database.pool.query<Omit<OutboxEvent, 'created_at'> & { readonly created_at: Date }>(
    `SELECT id, event_id, topic, type, subject_kind, subject_id, seq, payload, created_at
       FROM outbox WHERE class = 'event' AND id > $1 ${ofSubject} ORDER BY id LIMIT $2`,
    [after, Math.min(Math.max(limit, 1), 1000), ...(subject === undefined ? [] : [subject.kind, subject.id])],
  );
  return rows.map((row) => ({ ...row, created_at: row.created_at.toISOString() }));
}
