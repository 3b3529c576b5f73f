/**
 * First flight of every write (registration.md 7): lock projection and hot row, in this order everywhere, then read the
 * clock and whatever the decision needs. A beat stored before the lock is seen; one that waits for it finds what this
 * transaction leaves behind.
 */
import type { NodeLivenessRow, NodeRow } from '../../../../contracts/node/row.ts';
import { type RegistrationState, registrationStates } from '../../../../contracts/node/vocabulary.ts';
import type { PathLiveness } from '../../../../domain/deadlines/path.ts';
import { emptyFacts } from '../../../../domain/registration/empty-row.ts';
import { malformedRowError } from '../../../resilience/database-errors.ts';
import type { Row, Statement, Transaction } from '../../../transaction.ts';
import { integer, nullable, oneOf, type Readers, readColumns, text } from './read-columns.ts';
import { nodeColumnList, nodeLivenessColumnList, parseNodeLivenessRow, parseNodeRow } from './row.ts';

export interface LockedRow {
  readonly row: NodeRow | null;
  readonly hot: NodeLivenessRow | null;
  /** Database clock after the locks were granted, ms. */
  readonly now: number;
  readonly paths: PathTable;
  /** Of the mass event that is open; null without one. */
  readonly incident_id: string | null;
  /** Steps already in the history that touch those of this write, by id, cause or order. */
  readonly history: readonly RecordedStep[];
}

export interface PathTable {
  readonly gateway: PathLiveness | null;
  readonly signal: PathLiveness | null;
}

export interface RecordedStep {
  readonly event_id: string;
  readonly cause_id: string | null;
  readonly to_state: RegistrationState;
  /** Null for imports. */
  readonly epoch: number | null;
  readonly version: number | null;
}

export interface LockRequest {
  readonly entity_id: string;
  readonly domain: string;
  readonly event_ids: readonly string[];
  readonly cause_ids: readonly string[];
  /** Order of the first step; null for a feed. */
  readonly epoch: number | null;
  readonly version: number | null;
}

export async function lockRow(transaction: Transaction, request: LockRequest): Promise<LockedRow> {
  const key = [request.entity_id, request.domain];
  const [rows = [], hotRows = [], surroundings = [], history = []] = await transaction.flight([
    { name: 'node_lock', text: lockStatement, values: key },
    { name: 'node_lock_hot', text: lockHotStatement, values: key },
    surroundingsStatement,
    {
      name: 'node_known_steps',
      text: historyStatement,
      values: [...key, request.event_ids, request.cause_ids, request.epoch, request.version],
    },
  ]);
  const [row] = rows;
  const [hot] = hotRows;
  return {
    row: row === undefined ? null : readForWrite(row),
    // Without what a life depends on, a hot row is written anew, as if there were none.
    hot: hot === undefined ? null : readHot(hot),
    ...readSurroundings(surroundings[0]),
    history: history.flatMap(readStep),
  };
}

const lockStatement = `SELECT ${nodeColumnList('p')} FROM registration_projections p
  WHERE p.entity_id = $1 AND p.domain = $2 FOR UPDATE`;

const lockHotStatement = `SELECT ${nodeLivenessColumnList('h')} FROM node_liveness h
  WHERE h.entity_id = $1 AND h.domain = $2 FOR UPDATE`;

/**
 * A statement of its own: `clock_timestamp()` is read after those before it have their locks. Rounded as it is stored, so
 * that no time just stored lies ahead of it.
 */
export const surroundingsStatement: Statement = {
  name: 'node_surroundings',
  text: `SELECT clock_timestamp()::timestamptz(3) AS now,
      g.up_since AS gateway_up, g.last_seen_at AS gateway_seen, s.up_since AS signal_up, s.last_seen_at AS signal_seen,
      (SELECT id FROM incidents WHERE kind = 'node_mass_silence' AND closed_at IS NULL) AS incident_id
    FROM (SELECT 1) AS always
    LEFT JOIN component_liveness g ON g.component = 'ingest' AND g.instance = 'shared'
    LEFT JOIN component_liveness s ON s.component = 'sweep' AND s.instance = 'shared'`,
};

/** Each arm is one probe of a unique index. */
const historyStatement = `
  SELECT event_id, cause_id, to_state, epoch, version FROM registration_transitions
   WHERE entity_id = $1 AND domain = $2
     AND (event_id = ANY($3::uuid[])
       OR (cause_id = ANY($4::uuid[]) AND kind <> 'import')
       OR (epoch, version) >= ($5::bigint, $6::bigint))`;

export interface Surroundings {
  readonly now: number;
  readonly paths: PathTable;
  readonly incident_id: string | null;
}

export function readSurroundings(values: Row | undefined): Surroundings {
  const path = (up: unknown, seen: unknown): PathLiveness | null =>
    up instanceof Date && seen instanceof Date ? { up_since: up.getTime(), last_seen: seen.getTime() } : null;
  const now = values?.['now'];
  const incident = values?.['incident_id'];
  if (!(now instanceof Date)) throw new Error('the database told no time');
  return {
    now: now.getTime(),
    paths: {
      gateway: path(values?.['gateway_up'], values?.['gateway_seen']),
      signal: path(values?.['signal_up'], values?.['signal_seen']),
    },
    incident_id: typeof incident === 'string' ? incident : null,
  };
}

/**
 * A row whose facts somebody has spoilt is taken as one that lost them: the write goes on, and the node is asked to
 * introspect. @throws ND012 when anything else cannot be read
 */
function readForWrite(values: Row): NodeRow {
  const parsed = parseNodeRow(values);
  if (parsed.ok) return parsed.row;
  const withoutFacts = parseNodeRow({ ...values, ...lostFacts, facts_hash: null });
  if (!withoutFacts.ok) throw malformedRowError(withoutFacts.malformed);
  return { ...withoutFacts.row, ...emptyFacts(withoutFacts.row) };
}

/** Everything that only an introspection can tell; type, version and name of the node stay as they are stored. */
const {
  node_type: _type,
  node_version: _version,
  node_name: _name,
  instance_id: _instance,
  ...lostFacts
} = emptyFacts({ node_type: 'effect', node_version: '', node_name: null, instance_id: null });

const stepReaders: Readers<RecordedStep> = {
  event_id: text,
  cause_id: nullable(text),
  to_state: oneOf(registrationStates),
  epoch: nullable(integer),
  version: nullable(integer),
};

function readStep(values: Row): RecordedStep[] {
  const read = readColumns(stepReaders, values);
  return read.ok ? [read.row] : [];
}

/** Telemetry is for people and selection; what a life depends on is read even when that is spoilt. */
function readHot(values: Row): NodeLivenessRow | null {
  const whole = parseNodeLivenessRow(values);
  const parsed = whole.ok ? whole : parseNodeLivenessRow({ ...values, ...lostTelemetry });
  return parsed.ok ? parsed.row : null;
}

const lostTelemetry: Partial<NodeLivenessRow> = {
  reported_status: null,
  uptime_seconds: null,
  active_operations_count: null,
  memory_usage_mb: null,
  cpu_usage_percent: null,
  node_version: null,
  node_sequence: null,
  node_clock_at: null,
};
