/** Nodes, answers and events with sensible members, for tests of what the command line makes of them. */
import type { PublishedEvent } from '../../../../contracts/event.ts';
import type {
  AckAnswer,
  AnswerFields,
  HeartbeatAnswer,
  IntrospectionAnswer,
} from '../../../../contracts/node/answers.ts';
import type { NodeLivenessRow, NodeRow } from '../../../../contracts/node/row.ts';

export const nodeId = '0199aaaa-0000-7000-8000-000000000001';
export const attemptId = '0199aaaa-0000-7000-8000-00000000000a';
/** The instant the values below are about. */
export const at = '2026-01-01T12:00:00.000Z';

function answer<Result extends string>(result: Result): AnswerFields<Result> {
  return {
    result,
    state: 'awaiting_ack',
    epoch: 1,
    version: 3,
    attempt_id: attemptId,
    attempt_number: 1,
    ack_deadline: '2026-01-01T12:00:30.000Z',
    ack_in_ms: 30_000,
    next_heartbeat_in_ms: 29_100,
    next: 'ack',
    retry_after_ms: null,
    reason: null,
  };
}

export const introspected = (changes: Partial<IntrospectionAnswer> = {}): IntrospectionAnswer => ({
  ...answer('started'),
  ...changes,
});
export const acked = (changes: Partial<AckAnswer> = {}): AckAnswer => ({
  ...answer('activated'),
  state: 'active',
  next: 'heartbeat',
  ack_deadline: null,
  ack_in_ms: null,
  ...changes,
});
export const beaten = (changes: Partial<HeartbeatAnswer> = {}): HeartbeatAnswer => ({
  ...answer('accepted'),
  state: 'active',
  next: 'heartbeat',
  edge: 'none',
  ...changes,
});

export const nodeRow = (changes: Partial<NodeRow> = {}): NodeRow => ({
  entity_id: nodeId,
  domain: 'registration',
  current_state: 'active',
  state_entered_at: at,
  node_type: 'effect',
  node_version: '1.2.0',
  node_name: 'mailer',
  component_id: null,
  component_ref: null,
  instance_id: null,
  capabilities: {},
  capability_sources: { declared: {}, discovered: {}, contract: null },
  contract_type: null,
  contract_version: null,
  intent_types: [],
  protocols: [],
  capability_tags: ['node.effect'],
  subscribe_topics: [],
  publish_topics: [],
  endpoints: {},
  metadata: {},
  feature_flags: {},
  performance_metrics: null,
  facts_hash: null,
  policy_revision: null,
  path: 'gateway',
  epoch: 2,
  version: 5,
  attempt_id: attemptId,
  attempt_number: 1,
  attempt_started_at: at,
  next_retry_at: null,
  ack_deadline: null,
  liveness_deadline: '2026-01-01T12:01:30.000Z',
  last_heartbeat_at: at,
  ack_timeout_emitted_at: null,
  liveness_timeout_emitted_at: null,
  reported_status: 'healthy',
  reason_code: null,
  rejection_reason: null,
  expiry_reason: null,
  flap_count: 0,
  flap_period_started_at: null,
  flapping_until: null,
  ordering_mode: 'workflow',
  last_applied_event_id: attemptId,
  last_applied_sequence: null,
  last_applied_offset: 0,
  last_applied_partition: null,
  correlation_id: null,
  data_provenance: 'measured',
  registered_at: at,
  updated_at: at,
  ...changes,
});

export const livenessRow = (changes: Partial<NodeLivenessRow> = {}): NodeLivenessRow => ({
  entity_id: nodeId,
  domain: 'registration',
  epoch: 2,
  attempt_id: attemptId,
  state: 'active',
  state_entered_at: at,
  path: 'gateway',
  interval_ms: 30_000,
  window_ms: 90_000,
  last_heartbeat_at: at,
  beats_since_active: 4,
  reported_status: 'healthy',
  pending_status_beats: 0,
  uptime_seconds: 61.5,
  active_operations_count: 3,
  memory_usage_mb: 128,
  cpu_usage_percent: 12.5,
  node_version: '1.2.0',
  node_sequence: 4,
  node_clock_at: at,
  ack_command_id: null,
  ack_received_at: null,
  last_poked_at: null,
  introspection_requested_at: null,
  ...changes,
});

/** @param number its `pub_seq` */
export function event(number: number, changes: Partial<PublishedEvent> = {}): PublishedEvent {
  const eventId = `0199aaaa-0000-7000-8000-${String(number).padStart(12, '0')}`;
  return {
    pub_seq: String(number),
    event_id: eventId,
    topic: 'node',
    type: 'node.became_active',
    subject_kind: 'node',
    subject_id: nodeId,
    domain: 'registration',
    payload: {
      event_id: eventId,
      type: 'node.became_active',
      occurred_at: at,
      entity_id: nodeId,
      epoch: 1,
      version: 5,
      from_state: 'ack_received',
      to_state: 'active',
      payload: {},
    },
    published_at: at,
    ...changes,
  };
}
