/**
 * The only builder of node events (registration.md 5). The workflow names type and what it alone knows; times, reasons
 * and the capability snapshot come from the row as it is written, so header, payload and row never differ.
 */
import type { NodeEvent, NodeEventPayload, NodeEventType } from '../../contracts/event.ts';
import type { AckReceipt, RegistrationStep, StepEvent } from '../../contracts/node/projection.ts';
import type { NodeRow } from '../../contracts/node/row.ts';
import { changedFacts } from './facts.ts';

export interface EventContext {
  readonly step: RegistrationStep;
  /** The row before and after this step; null before the first of a node. */
  readonly before: NodeRow | null;
  readonly after: NodeRow;
  /** Whether the offer was made in the same write as its end (E3 + E5). */
  readonly offered_with_it: boolean;
  /** Effective deadline that the step is about, RFC 3339; null where it is about none. */
  readonly deadline_at: string | null;
  readonly receipt: AckReceipt | null;
  readonly incident_id: string | null;
  /** Database clock, RFC 3339. */
  readonly now: string;
}

/** The event of a step as it goes into the outbox; null for a step that announces nothing. */
export function buildNodeEvent(context: EventContext): NodeEvent | null {
  const { step, after } = context;
  if (step.event === null) return null;
  const envelope: Omit<NodeEvent, 'type' | 'payload'> = {
    event_id: step.event_id,
    schema_version: 1,
    occurred_at: context.now,
    entity_id: after.entity_id,
    node_id: after.entity_id,
    domain: after.domain,
    node_type: after.node_type,
    epoch: after.epoch,
    version: after.version,
    attempt_id: after.attempt_id,
    attempt_number: after.attempt_number,
    from_state: step.from_state,
    to_state: step.to_state,
    correlation_id: step.correlation_id,
    causation_id: step.cause_id,
    actor: step.actor,
    incident_id: context.incident_id,
  };
  // The pair of type and payload is held by `payloads`; the compiler loses it in the union.
  return { ...envelope, type: step.event.type, payload: payloadOf(step.event, context) } as NodeEvent;
}

/** Type → what its payload is made of. `given` are the members the workflow named; they are kept where it alone knows. */
const payloads: {
  readonly [T in NodeEventType]: (given: Partial<NodeEventPayload<T>>, of: EventContext) => NodeEventPayload<T>;
} = {
  'node.registration.initiated': (given, { step, before, after }) => ({
    reason: given.reason ?? step.reason_code ?? step.kind,
    supersedes: superseded(given.supersedes ?? null, before),
    facts_hash: after.facts_hash,
  }),
  'node.registration.accepted': (_given, { after, now }) => ({
    ack_deadline: after.ack_deadline ?? now,
    policy_revision: after.policy_revision,
  }),
  'node.registration.offered': (given, { after, now }) => ({
    ack_deadline: after.ack_deadline ?? now,
    delivery: given.delivery ?? 'answer',
  }),
  'node.registration.rejected': (given, { step, after }) => ({
    reason_code: after.reason_code ?? given.reason_code ?? step.reason_code ?? 'rejected',
    rejection_reason: after.rejection_reason ?? given.rejection_reason ?? 'not stated',
  }),
  'node.registration.ack_received': (given, { receipt, now }) => ({
    command_id: given.command_id ?? receipt?.command_id ?? null,
    received_at: receipt?.received_at ?? given.received_at ?? now,
  }),
  'node.registration.ack_timed_out': (given, { after, deadline_at, offered_with_it, now }) => ({
    deadline_at: deadline_at ?? after.ack_deadline ?? now,
    previous_state: given.previous_state ?? (offered_with_it ? 'accepted' : 'awaiting_ack'),
    reason: given.reason ?? 'deadline',
    will_retry: after.next_retry_at !== null,
    retry_at: after.next_retry_at,
  }),
  'node.became_active': (_given, { after, now }) => ({
    liveness_deadline: after.liveness_deadline ?? now,
    capabilities: capabilitySnapshot(after),
  }),
  'node.liveness_expired': (given, { before, after, deadline_at, now }) => ({
    last_heartbeat_at: before?.last_heartbeat_at ?? null,
    deadline_at: deadline_at ?? after.liveness_deadline ?? now,
    expiry_reason: after.expiry_reason ?? given.expiry_reason ?? 'missed_heartbeats',
  }),
  'node.facts_changed': (given, { before, after }) => ({
    changed: given.changed ?? (before === null ? [] : changedFacts(before, after)),
    capabilities: capabilitySnapshot(after),
  }),
  'node.health_changed': (given, { before, after }) => ({
    previous: before?.reported_status ?? null,
    current: after.reported_status ?? given.current ?? 'healthy',
    first: given.first ?? false,
  }),
};

function payloadOf(event: StepEvent, context: EventContext): NodeEventPayload {
  const build = payloads[event.type] as (given: StepEvent['payload'], of: EventContext) => NodeEventPayload;
  return build(event.payload, context);
}

type Superseded = NodeEventPayload<'node.registration.initiated'>['supersedes'];

/** The row says what came before, unless the workflow knows of a later epoch: then the row was set back. */
function superseded(given: Superseded, before: NodeRow | null): Superseded {
  if (before === null || before.epoch === 0 || before.epoch < (given?.epoch ?? 0)) return given;
  return { epoch: before.epoch, state: before.current_state, attempt_id: before.attempt_id };
}

type Snapshot = NodeEventPayload<'node.became_active'>['capabilities'];

function capabilitySnapshot(row: NodeRow): Snapshot {
  return {
    capabilities: row.capabilities as Snapshot['capabilities'],
    contract_type: row.contract_type,
    contract_version: row.contract_version,
    intent_types: [...row.intent_types],
    protocols: [...row.protocols],
    capability_tags: [...row.capability_tags],
    subscribe_topics: [...row.subscribe_topics],
    publish_topics: [...row.publish_topics],
  };
}
