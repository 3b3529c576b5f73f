/** Rows of nodes straight into the tables, for tests of statements that only read them or only beat. */
import { randomUUID } from 'node:crypto';
import type { NodeLivenessRow, NodeRow } from '../../../../contracts/node/row.ts';
import type { RegistrationState } from '../../../../contracts/node/vocabulary.ts';
import type { Database } from '../../../../db/client.ts';

export type NodeSeed = Partial<NodeRow> & {
  /** Of the hot row; null for none. */
  readonly live?: Partial<NodeLivenessRow> | null;
};

export interface SeededNode {
  readonly row: NodeRow;
  readonly live: NodeLivenessRow | null;
}

/** A node in its state with everything the state requires; `active` a second ago unless told otherwise. */
export function nodeSeed(seed: NodeSeed = {}): SeededNode {
  const { live, ...given } = seed;
  const state: RegistrationState = given.current_state ?? 'active';
  const now = Date.now();
  const at = (offset: number) => new Date(now + offset).toISOString();
  const row: NodeRow = {
    entity_id: randomUUID(),
    domain: 'registration',
    current_state: state,
    state_entered_at: at(-1000),
    node_type: 'effect',
    node_version: '1.0.0',
    node_name: null,
    component_id: null,
    component_ref: null,
    instance_id: null,
    capabilities: {},
    capability_sources: { declared: {}, discovered: {}, contract: null },
    contract_type: null,
    contract_version: null,
    intent_types: [],
    protocols: [],
    capability_tags: [],
    subscribe_topics: [],
    publish_topics: [],
    endpoints: {},
    metadata: {},
    feature_flags: {},
    performance_metrics: null,
    facts_hash: null,
    policy_revision: null,
    path: 'gateway',
    epoch: 1,
    version: 5,
    attempt_id: randomUUID(),
    attempt_number: 1,
    attempt_started_at: at(-2000),
    next_retry_at: null,
    ack_deadline: state === 'accepted' || state === 'awaiting_ack' || state === 'ack_timed_out' ? at(29_000) : null,
    liveness_deadline: state === 'active' || state === 'liveness_expired' ? at(59_000) : null,
    last_heartbeat_at: null,
    ack_timeout_emitted_at: state === 'ack_timed_out' ? at(-1000) : null,
    liveness_timeout_emitted_at: state === 'liveness_expired' ? at(-1000) : null,
    reported_status: null,
    reason_code: null,
    rejection_reason: state === 'rejected' ? 'not wanted' : null,
    expiry_reason: state === 'liveness_expired' ? 'missed_heartbeats' : null,
    flap_count: 0,
    flap_period_started_at: null,
    flapping_until: null,
    ordering_mode: 'workflow',
    last_applied_event_id: randomUUID(),
    last_applied_sequence: null,
    last_applied_offset: 0,
    last_applied_partition: null,
    correlation_id: null,
    data_provenance: 'unknown',
    registered_at: at(-2000),
    updated_at: at(-1000),
    ...given,
  };
  return { row, live: live === null ? null : { ...hotRowOf(row), ...live } };
}

function hotRowOf(row: NodeRow): NodeLivenessRow {
  return {
    entity_id: row.entity_id,
    domain: row.domain,
    epoch: row.epoch,
    attempt_id: row.attempt_id,
    state: row.current_state,
    state_entered_at: row.state_entered_at,
    path: row.path,
    interval_ms: 30_000,
    window_ms: 90_000,
    last_heartbeat_at: null,
    beats_since_active: 0,
    reported_status: null,
    pending_status_beats: 0,
    uptime_seconds: null,
    active_operations_count: null,
    memory_usage_mb: null,
    cpu_usage_percent: null,
    node_version: null,
    node_sequence: null,
    node_clock_at: null,
    ack_command_id: null,
    ack_received_at: null,
    last_poked_at: null,
    introspection_requested_at: null,
  };
}

/** Inserts all of them, in two statements. */
export async function insertNodes(database: Database, nodes: readonly SeededNode[]): Promise<void> {
  await insertRows(
    database,
    'registration_projections',
    nodes.map(({ row }) => row),
  );
  await insertRows(
    database,
    'node_liveness',
    nodes.flatMap(({ live }) => (live === null ? [] : [live])),
  );
}

export async function insertNode(database: Database, seed: NodeSeed = {}): Promise<SeededNode> {
  const node = nodeSeed(seed);
  await insertNodes(database, [node]);
  return node;
}

async function insertRows(database: Database, table: string, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return;
  // Casts happen in the record type of the table, so every column is written as the contract spells it.
  await database.pool.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`, [
    JSON.stringify(rows),
  ]);
}

/** Both paths as they stand: since when up, and how long ago last seen, ms; null = no row. */
export async function setPath(
  database: Database,
  component: 'ingest' | 'sweep',
  times: { readonly upForMs: number; readonly seenAgoMs: number } | null,
): Promise<void> {
  await database.pool.query("DELETE FROM component_liveness WHERE component = $1 AND instance = 'shared'", [component]);
  if (times === null) return;
  await database.pool.query(
    `INSERT INTO component_liveness (component, instance, up_since, last_seen_at)
     VALUES ($1, 'shared', date_trunc('milliseconds', now()) - $2::float8 * interval '1 millisecond',
             date_trunc('milliseconds', now()) - $3::float8 * interval '1 millisecond')`,
    [component, times.upForMs, times.seenAgoMs],
  );
}

export async function emptyNodes(database: Database): Promise<void> {
  await database.pool.query(
    'TRUNCATE registration_projections, node_liveness, registration_transitions, node_selection_cursors, component_liveness',
  );
}
