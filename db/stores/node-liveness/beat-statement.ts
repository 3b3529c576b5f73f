/**
 * Many beats as one UPDATE (registration.md 3.6, 6.2). What a beat changes is decided here, on the locked rows; the rule
 * is `domain/registration/heartbeat`, and a property test on Postgres holds the two together. Answers are made from the
 * rows as they were found, by that same rule.
 */
import type { Heartbeat } from '../../../contracts/node/messages.ts';
import type { NodeSettings } from '../../../contracts/node/settings.ts';
import {
  type NodePath,
  type RegistrationState,
  registrationStates,
  type ReportedStatus,
  reportedStatuses,
} from '../../../contracts/node/vocabulary.ts';
import type { Statement } from '../../transaction.ts';
import {
  flag,
  float,
  integer,
  nullable,
  oneOf,
  type Readers,
  text,
  time,
} from '../registration/projector/read-columns.ts';

export interface BeatTerms {
  readonly path: NodePath;
  /** Since each beat arrived, ms; the stored receive time is that much earlier. */
  readonly agesMs: readonly number[];
  /** Told to every node, before jitter, ms. */
  readonly intervalMs: number;
  /** That belongs to the told interval, ms. */
  readonly windowMs: number;
  readonly damping: Pick<NodeSettings['damping'], 'healthy_beats' | 'unhealthy_beats'>;
}

const severities = reportedStatuses.map((status) => `'${status}'`).join(', ');
const severity = (status: string) => `array_position(ARRAY[${severities}], ${status})`;

/**
 * Rows are locked in the order of their keys before any is updated: an UPDATE over a join visits them as its plan likes,
 * and two batches that share nodes would wait for each other in a circle. Beats lock hot rows alone; the projector locks
 * the projection row first, then the one hot row, so no circle goes through it either.
 *
 * `found` is each row as it was when its lock was granted, whatever other transactions did while we waited; the clock is
 * read after that. `direction` is null where no status was known. Answers come from `judged` alone: joined with what the
 * UPDATE returns, 250 rows took 7 instead of 3 ms.
 */
const storeText = `
WITH beat AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::float8[], $6::int[], $7::float8[],
                       $8::float8[], $9::text[], $10::bigint[], $11::float8[], $12::float8[])
    AS b (entity_id, domain, beat_epoch, status, uptime, operations, memory, cpu, version, sequence, clock_ms, age_ms)
), found AS MATERIALIZED (
  SELECT b.*, h.epoch, h.attempt_id, h.state, h.beats_since_active, h.reported_status, h.pending_status_beats,
         h.uptime_seconds, h.node_sequence, h.last_heartbeat_at, h.introspection_requested_at
    FROM beat b JOIN node_liveness h ON h.entity_id = b.entity_id AND h.domain = b.domain
   ORDER BY h.entity_id, h.domain
     FOR NO KEY UPDATE OF h
), judged AS MATERIALIZED (
  SELECT f.*,
         f.state NOT IN ('rejected', 'liveness_expired') AND coalesce(f.beat_epoch >= f.epoch, true) AS counts,
         (clock_timestamp() - f.age_ms * interval '1 millisecond')::timestamptz(3) AS received_at,
         coalesce(f.sequence >= f.node_sequence, true) AS overwrites,
         sign(${severity('f.status')} - ${severity('f.reported_status')})::smallint AS direction
    FROM found f
), damped AS (
  SELECT j.*,
         CASE WHEN sign(j.pending_status_beats) = j.direction THEN abs(j.pending_status_beats) + 1 ELSE 1 END AS in_a_row,
         CASE WHEN j.direction > 0 THEN $17::int ELSE $16::int END AS needed
    FROM judged j
), stored AS (
  UPDATE node_liveness h SET
    path = $13,
    interval_ms = $14::int,
    -- Widened at once; only the sweep narrows, together with its copy.
    window_ms = greatest(h.window_ms, $15::int),
    last_heartbeat_at = greatest(h.last_heartbeat_at, d.received_at),
    beats_since_active = CASE WHEN d.state = 'active' THEN least(d.beats_since_active, 2147483646) + 1
                              ELSE d.beats_since_active END,
    -- Heard with the answer to this beat, where the answer is not about something more urgent.
    introspection_requested_at = CASE WHEN d.state IN ('active', 'ack_received') THEN NULL
                                      ELSE h.introspection_requested_at END,
    reported_status = CASE WHEN d.overwrites AND (d.direction IS NULL OR d.direction = 0 OR d.in_a_row >= d.needed)
                           THEN d.status ELSE h.reported_status END,
    pending_status_beats = CASE WHEN NOT d.overwrites THEN h.pending_status_beats
                                WHEN d.direction IS NULL OR d.direction = 0 OR d.in_a_row >= d.needed THEN 0
                                ELSE d.direction * d.in_a_row END,
    uptime_seconds = CASE WHEN d.overwrites THEN d.uptime ELSE h.uptime_seconds END,
    active_operations_count = CASE WHEN d.overwrites THEN d.operations ELSE h.active_operations_count END,
    memory_usage_mb = CASE WHEN d.overwrites THEN d.memory ELSE h.memory_usage_mb END,
    cpu_usage_percent = CASE WHEN d.overwrites THEN d.cpu ELSE h.cpu_usage_percent END,
    node_version = CASE WHEN d.overwrites THEN coalesce(d.version, h.node_version) ELSE h.node_version END,
    node_sequence = CASE WHEN d.overwrites THEN coalesce(d.sequence, h.node_sequence) ELSE h.node_sequence END,
    node_clock_at = CASE WHEN d.overwrites THEN to_timestamp(d.clock_ms / 1000) ELSE h.node_clock_at END
  FROM damped d
  WHERE d.counts AND h.entity_id = d.entity_id AND h.domain = d.domain
)
SELECT j.entity_id, j.domain, j.epoch, j.attempt_id, j.state, j.beats_since_active, j.reported_status,
       j.pending_status_beats, j.uptime_seconds, j.node_sequence,
       j.introspection_requested_at IS NOT NULL AS introspection_requested,
       CASE WHEN j.counts THEN greatest(j.last_heartbeat_at, j.received_at) ELSE j.last_heartbeat_at END AS last_heartbeat_at
  FROM judged j`;

/** A row as it was found; `last_heartbeat_at` as it is now. */
export interface FoundRow {
  readonly entity_id: string;
  readonly domain: string;
  readonly epoch: number;
  readonly attempt_id: string | null;
  readonly state: RegistrationState;
  readonly beats_since_active: number;
  readonly reported_status: ReportedStatus | null;
  readonly pending_status_beats: number;
  readonly uptime_seconds: number | null;
  readonly node_sequence: number | null;
  readonly introspection_requested: boolean;
  readonly last_heartbeat_at: string | null;
}

export const foundReaders: Readers<FoundRow> = {
  entity_id: text,
  domain: text,
  epoch: integer,
  attempt_id: nullable(text),
  state: oneOf(registrationStates),
  beats_since_active: integer,
  // A word that nobody should have written is none: the beat replaces it.
  reported_status: (value) => reportedStatuses.find((known) => known === value) ?? null,
  pending_status_beats: integer,
  uptime_seconds: nullable(float),
  node_sequence: nullable(integer),
  introspection_requested: flag,
  last_heartbeat_at: nullable(time),
};

export function storeStatement(beats: readonly Heartbeat[], terms: BeatTerms): Statement {
  return {
    name: 'store_beats',
    text: storeText,
    values: [
      beats.map(({ node_id }) => node_id),
      beats.map(({ domain }) => domain),
      beats.map(({ epoch }) => epoch),
      beats.map(({ status }) => status),
      beats.map(({ uptime_seconds }) => uptime_seconds),
      beats.map(({ active_operations_count }) => active_operations_count),
      beats.map(({ memory_usage_mb }) => single(memory_usage_mb)),
      beats.map(({ cpu_usage_percent }) => single(cpu_usage_percent)),
      beats.map(({ node_version }) => node_version),
      beats.map(({ sequence }) => sequence),
      beats.map(({ timestamp }) => millisOf(timestamp)),
      beats.map((_, index) => Math.max(0, terms.agesMs[index] ?? 0)),
      terms.path,
      terms.intervalMs,
      terms.windowMs,
      terms.damping.healthy_beats,
      terms.damping.unhealthy_beats,
    ],
  };
}

const largestReal = 3.4e38;
const smallestReal = 1e-37;

/** As `real` can hold it: Postgres refuses what is too large or too small, and with it the whole batch. */
function single(value: number | null): number | null {
  if (value === null) return null;
  return value < smallestReal ? 0 : Math.min(value, largestReal);
}

/** Postgres knows fewer zones than RFC 3339, so the instant travels as a number. */
function millisOf(timestamp: string): number | null {
  const millis = Date.parse(timestamp);
  return Number.isNaN(millis) ? null : millis;
}
