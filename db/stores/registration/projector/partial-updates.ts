/**
 * Updates of single columns (registration.md 7 "Partial updates"). Each takes its columns from a fixed list, addresses
 * the full key, decides in the statement that writes, and tells what became of it: an update that touched no row never
 * looks like success. None of them changes `updated_at`: lists do not move with beats.
 */
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { Database } from '../../../client.ts';

export type HeartbeatUpdate = 'updated' | 'not_newer' | 'ignored_terminal' | 'not_found';
export type MarkerUpdate = 'updated' | 'not_due' | 'not_found';

/** Columns of a beat; what is left out stays. Both only move forward. */
export interface HeartbeatColumns {
  /** RFC 3339. */
  readonly last_heartbeat_at?: string | null;
  readonly liveness_deadline?: string | null;
}

/** @throws ND002 when nothing is given, or no time */
export async function updateHeartbeatColumns(
  database: Database,
  entityId: string,
  domain: string,
  columns: HeartbeatColumns,
): Promise<HeartbeatUpdate> {
  const beat = given(columns.last_heartbeat_at, 'last_heartbeat_at');
  const deadline = given(columns.liveness_deadline, 'liveness_deadline');
  if (beat === null && deadline === null) throw invalidQuery('columns', 'name at least one column');
  const { rows } = await database.pool.query<{ outcome: HeartbeatUpdate }>({
    name: 'node_update_heartbeat',
    text: heartbeatStatement,
    values: [entityId, domain, beat, deadline],
  });
  return rows[0]?.outcome ?? 'not_found';
}

/**
 * `target` locks projection and hot row in the order every writer keeps. A deadline is kept only where it is watched;
 * rows of feeds keep what they are told.
 */
const heartbeatStatement = `
  WITH target AS MATERIALIZED (
    SELECT p.entity_id, p.domain, p.current_state, p.last_heartbeat_at, p.liveness_deadline,
           p.current_state IN ('rejected', 'liveness_expired') AS terminal,
           p.current_state = 'active' OR p.ordering_mode <> 'workflow' AS watched
      FROM registration_projections p WHERE p.entity_id = $1::uuid AND p.domain = $2::text FOR UPDATE
  ), news AS (
    SELECT *, coalesce($3::timestamptz(3) > last_heartbeat_at, $3::timestamptz(3) IS NOT NULL) AS beat_is_news,
           watched AND coalesce($4::timestamptz(3) > liveness_deadline, $4::timestamptz(3) IS NOT NULL) AS deadline_is_news
      FROM target
  ), written AS (
    UPDATE registration_projections p
       SET last_heartbeat_at = CASE WHEN n.beat_is_news THEN $3::timestamptz(3) ELSE p.last_heartbeat_at END,
           liveness_deadline = CASE WHEN n.deadline_is_news THEN $4::timestamptz(3) ELSE p.liveness_deadline END
      FROM news n
     WHERE p.entity_id = n.entity_id AND p.domain = n.domain AND NOT n.terminal AND (n.beat_is_news OR n.deadline_is_news)
    RETURNING p.entity_id, p.domain, n.beat_is_news
  ), hot AS (
    UPDATE node_liveness h
       SET last_heartbeat_at = greatest(h.last_heartbeat_at, $3::timestamptz(3)),
           beats_since_active = h.beats_since_active + CASE WHEN h.state = 'active' THEN 1 ELSE 0 END
      FROM written w
     WHERE h.entity_id = w.entity_id AND h.domain = w.domain AND w.beat_is_news
  )
  SELECT CASE WHEN n.terminal THEN 'ignored_terminal'
              WHEN EXISTS (SELECT FROM written) THEN 'updated'
              ELSE 'not_newer' END AS outcome
    FROM news n`;

/** Which marker, the deadline it speaks of, and the states that watch that. Written in code, never from outside. */
const markers = {
  ack: { marker: 'ack_timeout_emitted_at', deadline: 'ack_deadline', states: `'accepted', 'awaiting_ack'` },
  liveness: { marker: 'liveness_timeout_emitted_at', deadline: 'liveness_deadline', states: `'active'` },
} as const;

/** @throws ND008 on a row of a workflow, ND002 when `emittedAt` is no time */
export async function updateMarker(
  database: Database,
  kind: keyof typeof markers,
  entityId: string,
  domain: string,
  emittedAt: string,
): Promise<MarkerUpdate> {
  const { rows } = await database.pool.query<{ outcome: MarkerUpdate | 'owned' }>({
    name: `node_update_marker_${kind}`,
    text: markerStatements[kind],
    values: [entityId, domain, given(emittedAt, 'emitted_at')],
  });
  const outcome = rows[0]?.outcome ?? 'not_found';
  if (outcome === 'owned') throw new OmniBaseError('ND008');
  return outcome;
}

const markerStatements = { ack: markerStatement('ack'), liveness: markerStatement('liveness') } as const;

function markerStatement(kind: keyof typeof markers): string {
  const { marker, deadline, states } = markers[kind];
  return `
  WITH target AS MATERIALIZED (
    SELECT p.entity_id, p.domain, p.ordering_mode = 'workflow' AS owned, p.current_state, p.${deadline}, p.${marker}
      FROM registration_projections p WHERE p.entity_id = $1::uuid AND p.domain = $2::text FOR UPDATE
  ), written AS (
    UPDATE registration_projections p SET ${marker} = $3::timestamptz(3)
      FROM target t
     WHERE p.entity_id = t.entity_id AND p.domain = t.domain AND NOT t.owned AND t.current_state IN (${states})
       AND t.${deadline} < clock_timestamp() AND t.${marker} IS NULL
    RETURNING 1
  )
  SELECT CASE WHEN t.owned THEN 'owned'
              WHEN EXISTS (SELECT FROM written) THEN 'updated'
              ELSE 'not_due' END AS outcome
    FROM target t`;
}

function given(time: string | null | undefined, name: string): string | null {
  if (time === null || time === undefined) return null;
  if (Number.isNaN(Date.parse(time))) throw invalidQuery(name, 'is no time');
  return time;
}

function invalidQuery(path: string, message: string): OmniBaseError {
  return new OmniBaseError('ND002', {
    message: `${path}: ${message}`,
    issues: [{ code: 'ND002', severity: 'error', path, message }],
  });
}
