/**
 * Reads published events in their final order, for streams and sinks. A position is a `pub_seq`; everything up to it has
 * been seen. Numbers have no gaps, so a page looks at a bounded stretch of them, however few of its events match.
 */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { PublishedEvent } from '../../../contracts/event.ts';
import type { Connection } from './connection.ts';

export interface PublishedFilter {
  readonly domain?: string;
  /** The subject's id: of a node its entity id. */
  readonly entity_id?: string;
  readonly types?: readonly string[];
  /** Kinds of subjects the reader may see; all when absent. */
  readonly kinds?: readonly string[];
}

export interface PublishedPosition extends PublishedFilter {
  /** Events after this number; `0` for the oldest kept. */
  readonly after: string;
  /** 1-1000, default 100. */
  readonly limit?: number;
}

export interface PublishedPage {
  readonly events: readonly PublishedEvent[];
  /** Where to read on: nothing that matches is left before it. */
  readonly next: string;
  /** Whether `next` is the end at this moment. */
  readonly complete: boolean;
}

/** How many numbers one page looks at; some 5 ms when none of them matches. */
const stretch = 5_000;

interface EventRow extends Omit<PublishedEvent, 'published_at'> {
  readonly published_at: Date;
}
type PageRow = { readonly head: string; readonly purged: string; readonly start: string } & (
  | EventRow
  | { readonly pub_seq: null }
);

/**
 * The next events after a position.
 *
 * @throws ND018 when the position is older than what is kept, or ahead of everything (the database was restored)
 */
export async function readPublished(connection: Connection, position: PublishedPosition): Promise<PublishedPage> {
  const limit = Math.min(Math.max(position.limit ?? 100, 1), 1_000);
  const { domain = null, entity_id = null, types = null, kinds = null } = position;
  const { rows } = await connection.query<PageRow>({
    name: 'outbox_published',
    text: pageStatement,
    values: [position.after, limit, stretch, domain, entity_id, types, kinds],
  });
  const [first] = rows;
  if (first === undefined) throw new OmniBaseError('OB001', { message: 'the state of the outbox has no row' });
  requireKept(position.after, first);
  const events = rows.flatMap((row) => (row.pub_seq === null ? [] : [eventOf(row)]));
  const end = [BigInt(first.start) + BigInt(stretch), BigInt(first.head)].reduce((a, b) => (a < b ? a : b));
  const next = events.length < limit ? String(end) : (events.at(-1)?.pub_seq ?? String(end));
  return { events, next, complete: next === first.head };
}

/** The last number given: whatever is published later lies behind it. */
export async function readHead(connection: Connection): Promise<string> {
  const { rows } = await connection.query<{ head: string }>({
    name: 'outbox_head',
    text: 'SELECT last_pub_seq::text AS head FROM outbox_state',
  });
  return rows[0]?.head ?? '0';
}

/** The counter comes with every row, and alone when there is none: one snapshot judges the position and reads on. */
const pageStatement = `
  SELECT s.last_pub_seq::text AS head, s.purged_through::text AS purged, f.start::text AS start, e.*
    FROM outbox_state s
   CROSS JOIN LATERAL (SELECT CASE WHEN $1::bigint = 0 THEN s.purged_through ELSE $1::bigint END AS start) f
    LEFT JOIN LATERAL (
      SELECT pub_seq, event_id, topic, type, subject_kind, subject_id, domain, payload, published_at
        FROM outbox o
       WHERE o.pub_seq > f.start AND o.pub_seq <= f.start + $3::bigint
         AND ($4::text IS NULL OR o.domain = $4)
         AND ($5::text IS NULL OR o.subject_id = $5)
         AND ($6::text[] IS NULL OR o.type = ANY ($6))
         AND ($7::text[] IS NULL OR o.subject_kind = ANY ($7))
       ORDER BY o.pub_seq LIMIT $2
    ) e ON true
   ORDER BY e.pub_seq`;

function requireKept(after: string, { head, purged }: Pick<PageRow, 'head' | 'purged'>): void {
  const oldest = String(BigInt(purged) + 1n);
  if (BigInt(after) > BigInt(head)) {
    throw new OmniBaseError('ND018', {
      message: `the cursor ${after} is ahead of the stream, which ends at ${head}: it comes from other data`,
      details: { after, oldest, newest: head },
    });
  }
  if (after !== '0' && BigInt(after) < BigInt(purged)) {
    throw new OmniBaseError('ND018', { details: { after, oldest, newest: head } });
  }
}

function eventOf({
  pub_seq,
  event_id,
  topic,
  type,
  subject_kind,
  subject_id,
  domain,
  payload,
  published_at,
}: EventRow) {
  return {
    pub_seq,
    event_id,
    topic,
    type,
    subject_kind,
    subject_id,
    domain,
    payload,
    published_at: published_at.toISOString(),
  };
}
