/**
 * Publication (registration.md 6.4): events get their `pub_seq` here and nowhere else. Ids are given before commit, so
 * a transaction that commits late comes with a smaller id than events already read; `pub_seq` is given after commit, by
 * one relay at a time, so whoever has read up to a number never meets a smaller one later, and there are no gaps.
 *
 * Events of one subject keep their order: their writers hold the lock of the subject's row from before the id is taken
 * until the commit, so a smaller id of one subject is visible before a larger one exists.
 */
import type pg from 'pg';
import { outboxChannel, publishedChannel } from '../../../contracts/event.ts';

/** Any constant: it only has to differ from the locks others take in the same database. */
const relayLock = '6210437725104518113';

/** Becomes the one relay of this database for as long as the connection lives; false while another is. */
export async function tryRelayLock(connection: pg.ClientBase): Promise<boolean> {
  const { rows } = await connection.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS held', [
    relayLock,
  ]);
  return rows[0]?.held === true;
}

/** Hears of every transaction that announced events (`SELECT pg_notify(outboxChannel, '')`). */
export async function listenForEvents(connection: pg.ClientBase): Promise<void> {
  await connection.query(`LISTEN ${outboxChannel}`);
}

export interface Publication {
  /** Events that got a number. */
  readonly published: number;
  /** The last number given; null when there was nothing to publish. */
  readonly last: string | null;
}

const nothing: Publication = { published: 0, last: null };

/**
 * Publishes the oldest events that have no number yet, all or none, and tells the streams.
 *
 * @param connection the one that holds the relay's lock; as its owner nobody else publishes. Should two ever run, the
 *   lock on the counter's row puts one behind the other, and the statement behind it sees what the first has done.
 * @param batch events at most
 */
export async function relayOnce(connection: pg.ClientBase, batch = 500): Promise<Publication> {
  // Idle relays ask once a second: a question that finds nothing must write nothing.
  const { rows: waiting } = await connection.query({ name: 'outbox_waiting', text: waitingStatement });
  if (waiting.length === 0) return nothing;
  const [, , stamped] = await Promise.all([
    connection.query('BEGIN'),
    connection.query({ name: 'outbox_lock_state', text: 'SELECT 1 FROM outbox_state FOR UPDATE' }),
    connection.query<{ last: string; published: number }>({
      name: 'outbox_stamp',
      text: stampStatement,
      values: [batch, publishedChannel],
    }),
    // After a failure before it this is a rollback.
    connection.query('COMMIT'),
  ]);
  const row = stamped.rows[0];
  return row === undefined ? nothing : { published: row.published, last: row.last };
}

const waitingStatement = `SELECT 1 FROM outbox WHERE pub_seq IS NULL AND class = 'event' LIMIT 1`;

/**
 * One statement for the whole batch. The counter follows the highest number really given, so that it cannot fall behind
 * if somebody removed a row by hand meanwhile.
 */
const stampStatement = `
  WITH due AS (
    SELECT id, row_number() OVER (ORDER BY id) AS nth
      FROM (SELECT id FROM outbox WHERE pub_seq IS NULL AND class = 'event' ORDER BY id LIMIT $1) oldest
  ), stamped AS (
    UPDATE outbox o SET pub_seq = s.last_pub_seq + due.nth, published_at = statement_timestamp()
      FROM due, outbox_state s
     WHERE o.id = due.id AND o.pub_seq IS NULL
    RETURNING o.pub_seq
  ), total AS (
    SELECT max(pub_seq) AS last, count(*)::int AS published FROM stamped
  ), counted AS (
    UPDATE outbox_state SET last_pub_seq = total.last FROM total WHERE total.last IS NOT NULL
    RETURNING total.last, total.published
  )
  SELECT last::text, published, pg_notify($2, last::text) FROM counted`;
