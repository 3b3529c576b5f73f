/**
 * Copies the hot truth to the coarse columns (registration.md 6.2, 9 "Sweeper" (2)): where the stored deadline has
 * passed and a beat renewed it. A row is due for this once a window, so a fleet of 10,000 nodes costs some hundred rows
 * per sweep, and no beat touches an index.
 */
import type { NodeSettings } from '../../../contracts/node/settings.ts';
import type { Database } from '../../client.ts';

interface Position {
  readonly entity_id: string;
  readonly domain: string;
}

interface RenewedPage {
  readonly renewed: number;
  readonly entity_id: string | null;
  readonly domain: string | null;
}

const beginning: Position = { entity_id: '00000000-0000-0000-0000-000000000000', domain: '' };

/**
 * Renews everything that is due, page after page.
 *
 * @param onPage called after each page: proof of life for who waits
 * @returns how many rows got a later deadline
 */
export async function renewDeadlines(database: Database, settings: NodeSettings, onPage: () => void): Promise<number> {
  let renewed = 0;
  for (let after: Position | null = beginning; after !== null; ) {
    const page = await renewPage(database, settings, after);
    renewed += page.renewed;
    after = nextPosition(page, settings.sweep.batch);
    onPage();
  }
  return renewed;
}

/**
 * Rows that a step is writing at this moment are passed over; the next sweep sees them. The window is narrowed to what
 * the node was told last, together with its copy and never later: until now the wider one had to hold
 * (registration.md 3.7). The first copy belongs to the step of the first beat: a row without one keeps the sign by which
 * a lost first beat is found.
 */
async function renewPage(database: Database, settings: NodeSettings, after: Position): Promise<RenewedPage> {
  const { rows } = await database.pool.query<RenewedPage>({
    name: 'sweep_renew_deadlines',
    text: `WITH due AS MATERIALIZED (
             SELECT p.entity_id, p.domain, h.last_heartbeat_at, greatest($1::int, 3 * h.interval_ms) AS window_ms
               FROM registration_projections p
               JOIN node_liveness h ON h.entity_id = p.entity_id AND h.domain = p.domain
              WHERE p.current_state = 'active' AND p.liveness_deadline < statement_timestamp()
                AND p.liveness_timeout_emitted_at IS NULL AND p.ordering_mode = 'workflow'
                AND h.epoch = p.epoch AND h.last_heartbeat_at > p.last_heartbeat_at
                AND (p.entity_id, p.domain) > ($2::uuid, $3::text)
              ORDER BY p.entity_id, p.domain LIMIT $4
                FOR NO KEY UPDATE OF p SKIP LOCKED
           ), copied AS (
             UPDATE registration_projections p
                SET last_heartbeat_at = due.last_heartbeat_at,
                    liveness_deadline = greatest(p.liveness_deadline,
                      due.last_heartbeat_at + due.window_ms * $5::int * interval '1 millisecond')
               FROM due WHERE p.entity_id = due.entity_id AND p.domain = due.domain
             RETURNING 1
           ), wide AS MATERIALIZED (
             SELECT h.entity_id, h.domain, due.window_ms
               FROM node_liveness h JOIN due ON h.entity_id = due.entity_id AND h.domain = due.domain
              WHERE h.window_ms > due.window_ms
              ORDER BY h.entity_id, h.domain
                FOR NO KEY UPDATE OF h SKIP LOCKED
           ), narrowed AS (
             UPDATE node_liveness h SET window_ms = wide.window_ms
               FROM wide WHERE h.entity_id = wide.entity_id AND h.domain = wide.domain
             RETURNING 1
           )
           SELECT (SELECT count(*) FROM copied)::int AS renewed, last.entity_id, last.domain
             FROM (SELECT 1) AS always
             LEFT JOIN (SELECT entity_id, domain FROM due ORDER BY entity_id DESC, domain DESC LIMIT 1) AS last ON true`,
    values: [
      settings.registration.liveness_window_ms,
      after.entity_id,
      after.domain,
      settings.sweep.batch,
      settings.damping.missed_windows,
    ],
  });
  return rows[0] ?? { renewed: 0, entity_id: null, domain: null };
}

function nextPosition({ renewed, entity_id, domain }: RenewedPage, batch: number): Position | null {
  return renewed < batch || entity_id === null || domain === null ? null : { entity_id, domain };
}
