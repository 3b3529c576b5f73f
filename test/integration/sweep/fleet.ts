/** Rows of a fleet, written straight into the tables: any age, any state, thousands at once. */
import { randomUUID } from 'node:crypto';
import type { NodePath, RegistrationState, ReportedStatus } from '../../../contracts/node/vocabulary.ts';
import type { Database } from '../../../db/client.ts';

/** Ages in milliseconds before the database's now; negative ones lie ahead. What is left out is null. */
export interface NodeFixture {
  readonly entity_id?: string;
  readonly domain?: string;
  readonly state?: RegistrationState;
  readonly entered?: number;
  readonly updated?: number;
  readonly path?: NodePath;
  readonly epoch?: number;
  readonly attempt_id?: string;
  readonly ordering_mode?: 'workflow' | 'sequence';
  readonly ack_deadline?: number;
  readonly liveness_deadline?: number;
  readonly retry?: number;
  /** Coarse copy of the last beat. */
  readonly copied_beat?: number | null;
  readonly status?: ReportedStatus | null;
  /** Hot row: null = there is none. */
  readonly hot?: {
    readonly beat?: number | null;
    readonly beats?: number;
    readonly window_ms?: number;
    readonly interval_ms?: number;
    readonly status?: ReportedStatus | null;
    readonly poked?: number | null;
    readonly receipt?: number | null;
  } | null;
}

/** A node that has been active for an hour and beat a moment ago, and whatever the fixture changes. */
export async function insertNodes(database: Database, fixtures: readonly NodeFixture[]): Promise<readonly string[]> {
  const hour = 3_600_000;
  const rows = fixtures.map((given) => {
    const state = given.state ?? 'active';
    const requiresAck = state === 'accepted' || state === 'awaiting_ack';
    const beat = given.hot?.beat === undefined ? 1_000 : given.hot.beat;
    return {
      entity_id: given.entity_id ?? randomUUID(),
      domain: given.domain ?? 'registration',
      state,
      entered: given.entered ?? hour,
      updated: given.updated ?? given.entered ?? hour,
      path: given.path ?? 'gateway',
      epoch: given.epoch ?? 1,
      attempt_id: given.attempt_id ?? randomUUID(),
      ordering_mode: given.ordering_mode ?? 'workflow',
      ack_deadline: given.ack_deadline ?? (requiresAck || state === 'ack_timed_out' ? -30_000 : null),
      liveness_deadline:
        given.liveness_deadline ?? (state === 'active' || state === 'liveness_expired' ? -60_000 : null),
      ack_marker: state === 'ack_timed_out' ? 0 : null,
      liveness_marker: state === 'liveness_expired' ? (given.updated ?? 0) : null,
      retry: given.retry ?? null,
      copied_beat: given.copied_beat === undefined ? beat : given.copied_beat,
      status: given.status === undefined ? 'healthy' : given.status,
      expiry_reason: state === 'liveness_expired' ? 'missed_heartbeats' : null,
      rejection_reason: state === 'rejected' ? 'no' : null,
      hot: given.hot !== null,
      beat,
      beats: given.hot?.beats ?? (beat === null ? 0 : 5),
      window_ms: given.hot?.window_ms ?? 90_000,
      interval_ms: given.hot?.interval_ms ?? 30_000,
      hot_status: given.hot?.status === undefined ? (beat === null ? null : 'healthy') : given.hot.status,
      poked: given.hot?.poked ?? null,
      receipt: given.hot?.receipt ?? null,
    };
  });
  const ago = (name: string) => `now() - n.${name} * interval '1 millisecond'`;
  const record = `json_to_recordset($1) AS n (
    entity_id uuid, domain text, state registration_state, entered float8, updated float8, path text, epoch bigint,
    attempt_id uuid, ordering_mode text, ack_deadline float8, liveness_deadline float8, ack_marker float8,
    liveness_marker float8, retry float8, copied_beat float8, status text, expiry_reason text, rejection_reason text,
    hot boolean, beat float8, beats int, window_ms int, interval_ms int, hot_status text, poked float8, receipt float8)`;
  await database.pool.query(
    `WITH projected AS (
       INSERT INTO registration_projections (entity_id, domain, current_state, state_entered_at, node_type, path, epoch,
         version, attempt_id, attempt_number, ordering_mode, ack_deadline, liveness_deadline, ack_timeout_emitted_at,
         liveness_timeout_emitted_at, next_retry_at, last_heartbeat_at, reported_status, expiry_reason,
         rejection_reason, last_applied_event_id, registered_at, updated_at)
       SELECT entity_id, domain, state, ${ago('entered')}, 'effect', path, epoch, 1, attempt_id, 1, ordering_mode,
              ${ago('ack_deadline')}, ${ago('liveness_deadline')}, ${ago('ack_marker')}, ${ago('liveness_marker')},
              ${ago('retry')}, ${ago('copied_beat')}, status, expiry_reason, rejection_reason, gen_random_uuid(),
              ${ago('entered')}, ${ago('updated')}
         FROM ${record})
     INSERT INTO node_liveness (entity_id, domain, epoch, attempt_id, state, state_entered_at, path, interval_ms,
       window_ms, last_heartbeat_at, beats_since_active, reported_status, last_poked_at, ack_received_at)
     SELECT entity_id, domain, epoch, attempt_id, state, ${ago('entered')}, path, interval_ms, window_ms,
            ${ago('beat')}, beats, hot_status, ${ago('poked')}, ${ago('receipt')}
       FROM ${record} WHERE hot`,
    [JSON.stringify(rows)],
  );
  return rows.map(({ entity_id }) => entity_id);
}

/** Paths as they stand: ages of the last refresh and of the begin of the present span, ms. */
export async function setPaths(
  database: Database,
  paths: { readonly ingest?: PathAges | null; readonly sweep?: PathAges | null } = {},
): Promise<void> {
  const working: PathAges = { seen: 0, up: 7_200_000 };
  await database.pool.query(`DELETE FROM component_liveness WHERE instance = 'shared'`);
  for (const component of ['ingest', 'sweep'] as const) {
    const ages = paths[component] === undefined ? working : paths[component];
    if (ages === null) continue;
    await database.pool.query(
      `INSERT INTO component_liveness VALUES ($1, 'shared', now() - $2 * interval '1 ms', now() - $3 * interval '1 ms')`,
      [component, ages.up, ages.seen],
    );
  }
}

export interface PathAges {
  readonly seen: number;
  readonly up: number;
}

/** Empties what tests of the sweep fill. */
export async function clearFleet(database: Database): Promise<void> {
  await database.pool.query(
    'TRUNCATE registration_projections, node_liveness, registration_transitions, incidents, outbox, component_liveness',
  );
}
