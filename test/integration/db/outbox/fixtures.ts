/** Events in the outbox, as writers leave them and as the relay publishes them. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Database } from '../../../../db/client.ts';
import { relayOnce } from '../../../../db/stores/outbox/relay.ts';

export interface WrittenEvent {
  readonly id: string;
  readonly event_id: string;
  readonly topic: string;
  readonly type: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly seq: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What was written about one subject, published or not. */
export async function writtenEvents(
  database: Database,
  subject: { readonly kind: string; readonly id: string },
): Promise<readonly WrittenEvent[]> {
  const { rows } = await database.pool.query<WrittenEvent>(
    `SELECT id, event_id, topic, type, subject_kind, subject_id, seq, payload FROM outbox
      WHERE class = 'event' AND subject_kind = $1 AND subject_id = $2 ORDER BY id`,
    [subject.kind, subject.id],
  );
  return rows;
}

export interface EventChanges {
  readonly type?: string;
  readonly kind?: string;
  readonly subject?: string;
  readonly domain?: string | null;
  readonly payload?: Readonly<Record<string, unknown>>;
}

type Runner = Pick<pg.ClientBase, 'query'> | Pick<pg.Pool, 'query'>;

/** Writes one event of a node, the way a projector does. @returns its event id */
export async function writeEvent(runner: Runner, changes: EventChanges = {}): Promise<string> {
  const { type = 'node.became_active', kind = 'node', subject = randomUUID(), domain = 'registration' } = changes;
  const event_id = randomUUID();
  const payload = { event_id, type, entity_id: subject, incident_id: null, ...changes.payload };
  await runner.query(
    `INSERT INTO outbox (class, topic, type, event_id, subject_kind, subject_id, domain, payload)
     VALUES ('event', 'nodes', $1, $2, $3, $4, $5, $6)`,
    [type, event_id, kind, subject, domain, JSON.stringify(payload)],
  );
  return event_id;
}

/** Publishes everything that waits, on a connection of its own. */
export async function publishAll(url: string, batch?: number): Promise<number> {
  const client = new pg.Client({ connectionString: url, pipeline: true });
  await client.connect();
  let total = 0;
  try {
    for (;;) {
      const { published } = await relayOnce(client, batch);
      total += published;
      if (published === 0) return total;
    }
  } finally {
    await client.end();
  }
}
