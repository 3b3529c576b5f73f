/**
 * Writes to the outbox inside the statement that makes the change (architecture.md, "One transaction per change"): the
 * event exists exactly when the change does, and costs no round trip of its own.
 */

/** One event per row of a CTE. All members are SQL expressions written in code; values come as parameters. */
export interface EventSql {
  /** CTE or table with the changed rows. */
  readonly from: string;
  /** Literal, e.g. `stage_runs`: what a reader subscribes to. */
  readonly topic: string;
  /** Literal, e.g. `stage_run.state_changed`. */
  readonly type: string;
  /** Literal, e.g. `stage_run`. */
  readonly subjectKind: string;
  /** Expression of type text. */
  readonly subjectId: string;
  /** Expression of type bigint: the order within the subject; null where there is none. */
  readonly seq?: string;
  /** Expression of type jsonb. */
  readonly payload: string;
}

/** An INSERT for use as a CTE beside the change. */
export function appendEvents(event: EventSql): string {
  return `INSERT INTO outbox (class, topic, type, subject_kind, subject_id, seq, payload)
    SELECT 'event', '${event.topic}', '${event.type}', '${event.subjectKind}', ${event.subjectId},
           ${event.seq ?? 'NULL'}, ${event.payload}
      FROM ${event.from}`;
}
