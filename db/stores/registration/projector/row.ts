/**
 * Rows of `registration_projections` and `node_liveness` as the contract has them: the columns, flat, times as RFC 3339
 * (registration.md 10 "Wire details").
 */
import type { MalformedRow } from '../../../../contracts/node/query.ts';
import type { NodeLivenessRow, NodeRow } from '../../../../contracts/node/row.ts';
import {
  contractTypes,
  dataProvenances,
  expiryReasons,
  nodePaths,
  nodeTypes,
  orderingModes,
  registrationStates,
  reportedStatuses,
} from '../../../../contracts/node/vocabulary.ts';
import { malformedRowError } from '../../../resilience/database-errors.ts';
import type { Row } from '../../../transaction.ts';
import {
  flag,
  float,
  integer,
  mapOf,
  nullable,
  object,
  oneOf,
  type Read,
  type Readers,
  readColumns,
  text,
  texts,
  time,
  unreadable,
} from './read-columns.ts';

export type ParsedRow<T> =
  | { readonly ok: true; readonly row: T }
  | { readonly ok: false; readonly malformed: MalformedRow };

/** A row of a feed, or one that lost its facts, has the default of the column: an empty object. */
const sources: Read<NodeRow['capability_sources']> = (value) => {
  const given = object(value);
  if (given === unreadable) return unreadable;
  const declared = object(given['declared'] ?? {});
  const discovered = object(given['discovered'] ?? {});
  const contract = nullable(object)(given['contract'] ?? null);
  return declared === unreadable || discovered === unreadable || contract === unreadable
    ? unreadable
    : { declared, discovered, contract };
};

const nodeReaders: Readers<NodeRow> = {
  entity_id: text,
  domain: text,
  current_state: oneOf(registrationStates),
  state_entered_at: time,
  node_type: oneOf(nodeTypes),
  node_version: text,
  node_name: nullable(text),
  component_id: nullable(text),
  component_ref: nullable(text),
  instance_id: nullable(text),
  capabilities: object,
  capability_sources: sources,
  contract_type: nullable(oneOf(contractTypes)),
  contract_version: nullable(text),
  intent_types: texts,
  protocols: texts,
  capability_tags: texts,
  subscribe_topics: texts,
  publish_topics: texts,
  endpoints: mapOf(text),
  metadata: object,
  feature_flags: mapOf(flag),
  performance_metrics: nullable(object),
  facts_hash: nullable(text),
  policy_revision: nullable(text),
  path: oneOf(nodePaths),
  epoch: integer,
  version: integer,
  attempt_id: nullable(text),
  attempt_number: integer,
  attempt_started_at: nullable(time),
  next_retry_at: nullable(time),
  ack_deadline: nullable(time),
  liveness_deadline: nullable(time),
  last_heartbeat_at: nullable(time),
  ack_timeout_emitted_at: nullable(time),
  liveness_timeout_emitted_at: nullable(time),
  reported_status: nullable(oneOf(reportedStatuses)),
  reason_code: nullable(text),
  rejection_reason: nullable(text),
  expiry_reason: nullable(oneOf(expiryReasons)),
  flap_count: integer,
  flap_period_started_at: nullable(time),
  flapping_until: nullable(time),
  ordering_mode: oneOf(orderingModes),
  last_applied_event_id: text,
  last_applied_sequence: nullable(integer),
  last_applied_offset: integer,
  last_applied_partition: nullable(text),
  correlation_id: nullable(text),
  data_provenance: oneOf(dataProvenances),
  registered_at: time,
  updated_at: time,
};

const livenessReaders: Readers<NodeLivenessRow> = {
  entity_id: text,
  domain: text,
  epoch: integer,
  attempt_id: nullable(text),
  state: oneOf(registrationStates),
  state_entered_at: time,
  path: oneOf(nodePaths),
  interval_ms: integer,
  window_ms: integer,
  last_heartbeat_at: nullable(time),
  beats_since_active: integer,
  reported_status: nullable(oneOf(reportedStatuses)),
  pending_status_beats: integer,
  uptime_seconds: nullable(float),
  active_operations_count: nullable(integer),
  memory_usage_mb: nullable(float),
  cpu_usage_percent: nullable(float),
  node_version: nullable(text),
  node_sequence: nullable(integer),
  node_clock_at: nullable(time),
  ack_command_id: nullable(text),
  ack_received_at: nullable(time),
  last_poked_at: nullable(time),
  introspection_requested_at: nullable(time),
};

/** Columns of `registration_projections`, in one order for every statement. */
export const nodeColumns: readonly (keyof NodeRow)[] = keysOf(nodeReaders);

/** Columns of `node_liveness`. */
export const nodeLivenessColumns: readonly (keyof NodeLivenessRow)[] = keysOf(livenessReaders);

/** `p.entity_id, p.domain, …` for a SELECT; `alias` is a name written in code. */
export function nodeColumnList(alias: string): string {
  return listed(alias, nodeColumns);
}

export function nodeLivenessColumnList(alias: string): string {
  return listed(alias, nodeLivenessColumns);
}

/** Reads a row that somebody else may have spoilt: what is wrong is told by column, never by value. */
export function parseNodeRow(values: Row): ParsedRow<NodeRow> {
  return parsed(readColumns(nodeReaders, values), values);
}

export function parseNodeLivenessRow(values: Row): ParsedRow<NodeLivenessRow> {
  return parsed(readColumns(livenessReaders, values), values);
}

/** Reads the one row that is asked for. @throws ND012 when it is malformed */
export function nodeRowOf(values: Row): NodeRow {
  return expected(parseNodeRow(values));
}

/** Reads the one row that is asked for. @throws ND012 when it is malformed */
export function nodeLivenessRowOf(values: Row): NodeLivenessRow {
  return expected(parseNodeLivenessRow(values));
}

function parsed<T>(
  result: { readonly ok: true; readonly row: T } | { readonly ok: false; readonly path: string },
  values: Row,
): ParsedRow<T> {
  if (result.ok) return result;
  const { entity_id, domain } = values;
  return {
    ok: false,
    malformed: {
      entity_id: typeof entity_id === 'string' ? entity_id : '',
      domain: typeof domain === 'string' ? domain : '',
      path: result.path,
    },
  };
}

function expected<T>(result: ParsedRow<T>): T {
  if (result.ok) return result.row;
  throw malformedRowError(result.malformed);
}

function keysOf<T>(readers: Readers<T>): readonly (keyof T)[] {
  return Object.keys(readers) as (keyof T)[];
}

function listed(alias: string, columns: readonly string[]): string {
  return columns.map((column) => `${alias}.${column}`).join(', ');
}
