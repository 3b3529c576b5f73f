/**
 * Shapes of what the routes of nodes answer (registration.md 4.3, 6, 10), for the OpenAPI document and for the tests that
 * hold real answers against them. Nothing is checked with them at run time.
 */
import { z } from 'zod';
import {
  ackResults,
  contractTypes,
  dataProvenances,
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
import { errorBodySchema } from './answers.ts';

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const time = z.iso.datetime({ offset: true }).describe('RFC 3339, UTC, milliseconds, clock of the database');
const count = z.number().int().min(0);
const milliseconds = count;
const state = z.enum(registrationStates);
const texts = z.array(z.string());
const anyObject = z.record(z.string(), z.unknown());

const common = {
  state: state.nullable(),
  epoch: count.nullable(),
  version: count.nullable(),
  attempt_id: uuid.nullable(),
  attempt_number: count.nullable(),
  ack_deadline: time.nullable(),
  ack_in_ms: milliseconds.nullable().describe('the same, relative, for nodes with a wrong clock'),
  next_heartbeat_in_ms: milliseconds.nullable(),
  next: z.enum(nextSteps).nullable(),
  retry_after_ms: milliseconds.nullable(),
  reason: z.strictObject({ code: z.string(), text: z.string() }).nullable(),
};

export const introspectionAnswerSchema = z
  .strictObject({ result: z.enum(introspectionResults), ...common })
  .meta({ id: 'IntrospectionAnswer' });
export const ackAnswerSchema = z.strictObject({ result: z.enum(ackResults), ...common }).meta({ id: 'AckAnswer' });
export const deregisterAnswerSchema = z
  .strictObject({ result: z.enum(deregisterResults), ...common })
  .meta({ id: 'DeregisterAnswer' });
export const heartbeatAnswerSchema = z
  .strictObject({ result: z.enum(heartbeatResults), ...common, edge: z.enum(edgeOutcomes) })
  .meta({ id: 'HeartbeatAnswer' });

export const heartbeatsAnswerSchema = z
  .strictObject({ items: z.array(z.union([heartbeatAnswerSchema, z.strictObject({ error: errorBodySchema })])) })
  .meta({ id: 'HeartbeatsAnswer' });

export const offerSchema = z
  .strictObject({
    state,
    epoch: count,
    attempt_id: uuid,
    attempt_number: count,
    ack_deadline: time,
    ack_in_ms: milliseconds,
  })
  .meta({ id: 'Offer' });

const nodeShape = {
  entity_id: uuid,
  domain: z.string(),
  current_state: state,
  state_entered_at: time,
  node_type: z.enum(nodeTypes),
  node_version: z.string(),
  node_name: z.string().nullable(),
  component_id: uuid.nullable(),
  component_ref: z.string().nullable(),
  instance_id: z.string().nullable(),
  capabilities: anyObject,
  capability_sources: z.strictObject({ declared: anyObject, discovered: anyObject, contract: anyObject.nullable() }),
  contract_type: z.enum(contractTypes).nullable(),
  contract_version: z.string().nullable(),
  intent_types: texts,
  protocols: texts,
  capability_tags: texts,
  subscribe_topics: texts,
  publish_topics: texts,
  endpoints: z.record(z.string(), z.string()),
  metadata: anyObject,
  feature_flags: z.record(z.string(), z.boolean()),
  performance_metrics: anyObject.nullable(),
  facts_hash: z.string().nullable(),
  policy_revision: z.string().nullable(),
  path: z.enum(nodePaths),
  epoch: count,
  version: count,
  attempt_id: uuid.nullable(),
  attempt_number: count,
  attempt_started_at: time.nullable(),
  next_retry_at: time.nullable(),
  ack_deadline: time.nullable(),
  liveness_deadline: time.nullable(),
  last_heartbeat_at: time.nullable(),
  ack_timeout_emitted_at: time.nullable(),
  liveness_timeout_emitted_at: time.nullable(),
  reported_status: z.enum(reportedStatuses).nullable(),
  reason_code: z.string().nullable(),
  rejection_reason: z.string().nullable(),
  expiry_reason: z.enum(expiryReasons).nullable(),
  flap_count: count,
  flap_period_started_at: time.nullable(),
  flapping_until: time.nullable(),
  ordering_mode: z.enum(orderingModes),
  last_applied_event_id: uuid,
  last_applied_sequence: count.nullable(),
  last_applied_offset: count,
  last_applied_partition: z.string().nullable(),
  correlation_id: uuid.nullable(),
  data_provenance: z.enum(dataProvenances),
  registered_at: time,
  updated_at: time,
};

export const nodeSchema = z.strictObject(nodeShape).meta({ id: 'Node' });

const livenessSchema = z
  .strictObject({
    entity_id: uuid,
    domain: z.string(),
    epoch: count,
    attempt_id: uuid.nullable(),
    state,
    state_entered_at: time,
    path: z.enum(nodePaths),
    interval_ms: milliseconds,
    window_ms: milliseconds,
    last_heartbeat_at: time.nullable(),
    beats_since_active: count,
    reported_status: z.enum(reportedStatuses).nullable(),
    pending_status_beats: count,
    uptime_seconds: z.number().nullable(),
    active_operations_count: count.nullable(),
    memory_usage_mb: z.number().nullable(),
    cpu_usage_percent: z.number().nullable(),
    node_version: z.string().nullable(),
    node_sequence: count.nullable(),
    node_clock_at: time.nullable(),
    ack_command_id: uuid.nullable(),
    ack_received_at: time.nullable(),
    last_poked_at: time.nullable(),
    introspection_requested_at: time.nullable(),
  })
  .meta({ id: 'NodeLiveness' });

export const nodeWithLivenessSchema = z
  .strictObject({ ...nodeShape, live: livenessSchema.nullable() })
  .meta({ id: 'NodeWithLiveness' });

const transitionSchema = z
  .strictObject({
    id: count,
    entity_id: uuid,
    domain: z.string(),
    epoch: count.nullable(),
    version: count.nullable(),
    kind: z.enum(transitionKinds),
    from_state: state.nullable(),
    to_state: state,
    event_id: uuid,
    cause_id: uuid.nullable(),
    correlation_id: uuid.nullable(),
    attempt_id: uuid.nullable(),
    actor: z.string(),
    reason_code: z.string().nullable(),
    deadline_at: time.nullable(),
    occurred_at: time,
  })
  .meta({ id: 'NodeTransition' });

const malformed = z
  .array(z.strictObject({ entity_id: z.string(), domain: z.string(), path: z.string() }))
  .describe('rows that could not be read; they fail nothing else');

function pageOf(item: z.ZodType, id: string) {
  return z
    .strictObject({ items: z.array(item), next_cursor: z.string().nullable(), has_more: z.boolean(), malformed })
    .meta({ id });
}

export const nodePageSchema = pageOf(nodeSchema, 'NodePage');
export const transitionPageSchema = pageOf(transitionSchema, 'NodeTransitionPage');

export const countsSchema = z
  .strictObject({
    pending_registration: count,
    accepted: count,
    awaiting_ack: count,
    rejected: count,
    ack_timed_out: count,
    ack_received: count,
    active: count,
    liveness_expired: count,
    total: count,
  })
  .meta({ id: 'NodeCounts' });

export const snapshotSchema = z
  .looseObject({
    entity_id: uuid,
    domain: z.string(),
    state: state.nullable(),
    epoch: count,
    version: count,
    attempt_id: uuid.nullable(),
    attempt_number: count,
    ack_deadline: time.nullable(),
    liveness_deadline: time.nullable(),
    next_retry_at: time.nullable(),
    next_heartbeat_in_ms: milliseconds.nullable(),
    inbox_length: count,
    timer: z.strictObject({ purpose: z.string(), due_at: time }).nullable(),
    mode: z.enum(['precise', 'fleet']),
    heartbeat: z.strictObject({ result: z.string(), next: z.string().nullable() }).nullable(),
  })
  .meta({ id: 'RegistrationSnapshot' });

export const selectionSchema = z
  .strictObject({ node: nodeSchema, strategy: z.enum(selectionStrategies), candidates: count })
  .meta({ id: 'NodeSelection' });

export const requestedSchema = z.strictObject({ requested: count }).meta({ id: 'IntrospectionsRequested' });
