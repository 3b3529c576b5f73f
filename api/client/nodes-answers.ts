/** What the routes of nodes answer, as readers: the tables of registration.md 4.3, 6 and 10. */
import { type ErrorBody, errorCatalogue } from '../../contracts/error.ts';
import type {
  AckAnswer,
  AnswerFields,
  DeregisterAnswer,
  HeartbeatAnswer,
  IntrospectionAnswer,
  OfferAnswer,
} from '../../contracts/node/answers.ts';
import type { HeartbeatItem } from '../../contracts/node/api.ts';
import type { MalformedRow, Page, Selection, StateCounts } from '../../contracts/node/query.ts';
import type { NodeLivenessRow, NodeRow, TransitionRow } from '../../contracts/node/row.ts';
import {
  ackResults,
  contractTypes,
  dataProvenances,
  deadlineModes,
  deregisterResults,
  edgeOutcomes,
  expiryReasons,
  heartbeatResults,
  introspectionResults,
  nextSteps,
  nodePaths,
  nodeTypes,
  orderingModes,
  registrationStates,
  reportedStatuses,
  selectionStrategies,
  transitionKinds,
} from '../../contracts/node/vocabulary.ts';
import type { RegistrationSnapshot } from '../../contracts/node/workflow.ts';
import {
  amount,
  breaks,
  count,
  listOf,
  mapOf,
  members,
  nullable,
  object,
  oneOf,
  type Read,
  text,
  time,
  truth,
} from './reading.ts';

const state = oneOf(registrationStates);

function answerOf<Result extends string>(results: readonly Result[]): Read<AnswerFields<Result>> {
  return object<AnswerFields<Result>>({
    result: oneOf(results),
    state: nullable(state),
    epoch: nullable(count),
    version: nullable(count),
    attempt_id: nullable(text),
    attempt_number: nullable(count),
    ack_deadline: nullable(time),
    ack_in_ms: nullable(count),
    next_heartbeat_in_ms: nullable(count),
    next: nullable(oneOf(nextSteps)),
    retry_after_ms: nullable(count),
    reason: nullable(object({ code: text, text })),
  });
}

export const introspectionAnswer: Read<IntrospectionAnswer> = answerOf(introspectionResults);
export const ackAnswer: Read<AckAnswer> = answerOf(ackResults);
export const deregisterAnswer: Read<DeregisterAnswer> = answerOf(deregisterResults);

const beatFields = answerOf(heartbeatResults);
const edgeField = object({ edge: oneOf(edgeOutcomes) });
export const heartbeatAnswer: Read<HeartbeatAnswer> = (value, path) => ({
  ...beatFields(value, path),
  ...edgeField(value, path),
});

const code: Read<keyof typeof errorCatalogue> = oneOf(Object.keys(errorCatalogue) as (keyof typeof errorCatalogue)[]);
const errorCore = object({ code, name: text, class: text, message: text, retryable: truth });
/** Beside what is always there an error carries details and issues, which are only shown. */
const errorBody: Read<ErrorBody> = (value, path) => ({ ...members(value, path), ...errorCore(value, path) });

const heartbeatItem: Read<HeartbeatItem> = (value, path) => {
  const { error } = members(value, path);
  return error === undefined ? heartbeatAnswer(value, path) : { error: errorBody(error, `${path}.error`) };
};

/** @param expected how many items were sent: each has its answer */
export function heartbeatItems(value: unknown, expected: number): readonly HeartbeatItem[] {
  const { items } = object({ items: listOf(heartbeatItem) })(value, '');
  if (items.length !== expected) throw breaks('items');
  return items;
}

export const offerAnswer: Read<OfferAnswer> = object<OfferAnswer>({
  state,
  epoch: count,
  attempt_id: text,
  attempt_number: count,
  ack_deadline: time,
  ack_in_ms: count,
});

export const nodeRow: Read<NodeRow> = object<NodeRow>({
  entity_id: text,
  domain: text,
  current_state: state,
  state_entered_at: time,
  node_type: oneOf(nodeTypes),
  node_version: text,
  node_name: nullable(text),
  component_id: nullable(text),
  component_ref: nullable(text),
  instance_id: nullable(text),
  capabilities: members,
  capability_sources: object({ declared: members, discovered: members, contract: nullable(members) }),
  contract_type: nullable(oneOf(contractTypes)),
  contract_version: nullable(text),
  intent_types: listOf(text),
  protocols: listOf(text),
  capability_tags: listOf(text),
  subscribe_topics: listOf(text),
  publish_topics: listOf(text),
  endpoints: mapOf(text),
  metadata: members,
  feature_flags: mapOf(truth),
  performance_metrics: nullable(members),
  facts_hash: nullable(text),
  policy_revision: nullable(text),
  path: oneOf(nodePaths),
  epoch: count,
  version: count,
  attempt_id: nullable(text),
  attempt_number: count,
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
  flap_count: count,
  flap_period_started_at: nullable(time),
  flapping_until: nullable(time),
  ordering_mode: oneOf(orderingModes),
  last_applied_event_id: text,
  last_applied_sequence: nullable(count),
  last_applied_offset: count,
  last_applied_partition: nullable(text),
  correlation_id: nullable(text),
  data_provenance: oneOf(dataProvenances),
  registered_at: time,
  updated_at: time,
});

const liveness = object<NodeLivenessRow>({
  entity_id: text,
  domain: text,
  epoch: count,
  attempt_id: nullable(text),
  state,
  state_entered_at: time,
  path: oneOf(nodePaths),
  interval_ms: count,
  window_ms: count,
  last_heartbeat_at: nullable(time),
  beats_since_active: count,
  reported_status: nullable(oneOf(reportedStatuses)),
  pending_status_beats: count,
  uptime_seconds: nullable(amount),
  active_operations_count: nullable(count),
  memory_usage_mb: nullable(amount),
  cpu_usage_percent: nullable(amount),
  node_version: nullable(text),
  node_sequence: nullable(count),
  node_clock_at: nullable(time),
  ack_command_id: nullable(text),
  ack_received_at: nullable(time),
  last_poked_at: nullable(time),
  introspection_requested_at: nullable(time),
});
const liveField = object<{ live: NodeLivenessRow | null }>({ live: nullable(liveness) });

export const nodeWithLiveness: Read<NodeRow & { readonly live: NodeLivenessRow | null }> = (value, path) => ({
  ...nodeRow(value, path),
  ...liveField(value, path),
});

const transitionRow = object<TransitionRow>({
  id: count,
  entity_id: text,
  domain: text,
  epoch: nullable(count),
  version: nullable(count),
  kind: oneOf(transitionKinds),
  from_state: nullable(state),
  to_state: state,
  event_id: text,
  cause_id: nullable(text),
  correlation_id: nullable(text),
  attempt_id: nullable(text),
  actor: text,
  reason_code: nullable(text),
  deadline_at: nullable(time),
  occurred_at: time,
});

function pageOf<T>(item: Read<T>): Read<Page<T>> {
  return object<Page<T>>({
    items: listOf(item),
    next_cursor: nullable(text),
    has_more: truth,
    malformed: listOf(object<MalformedRow>({ entity_id: text, domain: text, path: text })),
  });
}

export const nodePage: Read<Page<NodeRow>> = pageOf(nodeRow);
export const transitionPage: Read<Page<TransitionRow>> = pageOf(transitionRow);

export const stateCounts: Read<StateCounts> = object<StateCounts>({
  pending_registration: count,
  accepted: count,
  awaiting_ack: count,
  rejected: count,
  ack_timed_out: count,
  ack_received: count,
  active: count,
  liveness_expired: count,
  total: count,
});

export const snapshot: Read<RegistrationSnapshot> = object<RegistrationSnapshot>({
  entity_id: text,
  domain: text,
  state: nullable(state),
  epoch: count,
  version: count,
  attempt_id: nullable(text),
  attempt_number: count,
  ack_deadline: nullable(time),
  liveness_deadline: nullable(time),
  next_retry_at: nullable(time),
  next_heartbeat_in_ms: nullable(count),
  inbox_length: count,
  timer: nullable(object({ purpose: text, due_at: time })),
  mode: oneOf(deadlineModes),
  heartbeat: nullable(object({ result: text, next: nullable(text) })),
});

export const selection: Read<Selection> = object<Selection>({
  node: nodeRow,
  strategy: oneOf(selectionStrategies),
  candidates: count,
});

export const requested: Read<{ readonly requested: number }> = object<{ readonly requested: number }>({
  requested: count,
});
