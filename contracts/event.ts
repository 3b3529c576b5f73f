/**
 * Events that leave through the outbox (registration.md 5). One type has one schema, shared by writer and reader: the
 * only builder is `domain/registration/events`, readers parse with `nodeEventSchema`.
 */
import { z } from 'zod';
import { expiryReasons, nodeTypes, registrationStates, reportedStatuses } from './node/vocabulary.ts';

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const instant = z.iso.datetime({ offset: true });
const state = z.enum(registrationStates);
const count = z.number().int().min(0);
/** Effective capabilities and what is derived from them, as they stood with this step. */
const capabilitySnapshot = z.strictObject({
  capabilities: z.record(z.string(), z.json()),
  contract_type: z.string().nullable(),
  contract_version: z.string().nullable(),
  intent_types: z.array(z.string()),
  protocols: z.array(z.string()),
  capability_tags: z.array(z.string()),
  subscribe_topics: z.array(z.string()),
  publish_topics: z.array(z.string()),
});

/** Event type → its payload. */
export const nodeEventPayloads = {
  'node.registration.initiated': z.strictObject({
    reason: z.string(),
    supersedes: z.strictObject({ epoch: count, state, attempt_id: uuid.nullable() }).nullable(),
    facts_hash: z.string().nullable(),
  }),
  'node.registration.accepted': z.strictObject({ ack_deadline: instant, policy_revision: z.string().nullable() }),
  'node.registration.offered': z.strictObject({
    ack_deadline: instant,
    delivery: z.enum(['answer', 'callback', 'poll']),
  }),
  'node.registration.rejected': z.strictObject({ reason_code: z.string(), rejection_reason: z.string() }),
  'node.registration.ack_received': z.strictObject({ command_id: uuid.nullable(), received_at: instant }),
  'node.registration.ack_timed_out': z.strictObject({
    deadline_at: instant,
    previous_state: z.enum(['accepted', 'awaiting_ack']),
    reason: z.enum(['deadline', 'withdrawn']),
    will_retry: z.boolean(),
    retry_at: instant.nullable(),
  }),
  'node.became_active': z.strictObject({ liveness_deadline: instant, capabilities: capabilitySnapshot }),
  'node.liveness_expired': z.strictObject({
    last_heartbeat_at: instant.nullable(),
    /** The effective deadline. */
    deadline_at: instant,
    expiry_reason: z.enum(expiryReasons),
  }),
  'node.facts_changed': z.strictObject({ changed: z.array(z.string()), capabilities: capabilitySnapshot }),
  'node.health_changed': z.strictObject({
    previous: z.enum(reportedStatuses).nullable(),
    current: z.enum(reportedStatuses),
    first: z.boolean(),
  }),
} as const;

/** Node fields of the envelope are null in these. */
export const fleetEventPayloads = {
  'fleet.incident_opened': z.strictObject({
    count,
    fleet: count,
    sample: z.array(z.string()).max(20),
    from: instant,
    to: instant.nullable(),
  }),
  'fleet.incident_closed': z.strictObject({
    count,
    fleet: count,
    sample: z.array(z.string()).max(20),
    from: instant,
    to: instant.nullable(),
  }),
} as const;

export const nodeEventTypes = Object.keys(nodeEventPayloads) as readonly NodeEventType[];
export type NodeEventType = keyof typeof nodeEventPayloads;
export type FleetEventType = keyof typeof fleetEventPayloads;
export type NodeEventPayload<T extends NodeEventType = NodeEventType> = z.output<(typeof nodeEventPayloads)[T]>;
export type FleetEventPayload = z.output<(typeof fleetEventPayloads)[FleetEventType]>;

const envelope = {
  event_id: uuid,
  schema_version: z.literal(1),
  occurred_at: instant,
  entity_id: uuid.nullable(),
  node_id: uuid.nullable(),
  domain: z.string().nullable(),
  node_type: z.enum(nodeTypes).nullable(),
  epoch: count.nullable(),
  version: count.nullable(),
  attempt_id: uuid.nullable(),
  attempt_number: count.nullable(),
  from_state: state.nullable(),
  to_state: state.nullable(),
  correlation_id: z.string().nullable(),
  causation_id: z.string().nullable(),
  actor: z.string(),
  incident_id: uuid.nullable(),
} as const;

const typed = <T extends string, P extends z.ZodType>(type: T, payload: P) =>
  z.strictObject({ ...envelope, type: z.literal(type), payload });

/** Envelope with the payload of its type, for readers. */
export const nodeEventSchema = z.discriminatedUnion('type', [
  typed('node.registration.initiated', nodeEventPayloads['node.registration.initiated']),
  typed('node.registration.accepted', nodeEventPayloads['node.registration.accepted']),
  typed('node.registration.offered', nodeEventPayloads['node.registration.offered']),
  typed('node.registration.rejected', nodeEventPayloads['node.registration.rejected']),
  typed('node.registration.ack_received', nodeEventPayloads['node.registration.ack_received']),
  typed('node.registration.ack_timed_out', nodeEventPayloads['node.registration.ack_timed_out']),
  typed('node.became_active', nodeEventPayloads['node.became_active']),
  typed('node.liveness_expired', nodeEventPayloads['node.liveness_expired']),
  typed('node.facts_changed', nodeEventPayloads['node.facts_changed']),
  typed('node.health_changed', nodeEventPayloads['node.health_changed']),
  typed('fleet.incident_opened', fleetEventPayloads['fleet.incident_opened']),
  typed('fleet.incident_closed', fleetEventPayloads['fleet.incident_closed']),
]);
export type NodeEvent = Readonly<z.output<typeof nodeEventSchema>>;

/** One event of the outbox as streams and sinks deliver it: `pub_seq` is the order of publication. */
export interface PublishedEvent {
  /** Decimal digits: a bigint does not fit into JSON. */
  readonly pub_seq: string;
  readonly event_id: string;
  readonly topic: string;
  readonly type: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly domain: string | null;
  /** The envelope for events of nodes and fleets; what the producer wrote for others. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly published_at: string;
}

/**
 * What a sink sends instead of many expiries of one mass incident (registration.md 9) when it has not told of the incident
 * before. Further expiries under the same id are not sent; `fleet.incident_closed` has the final count.
 */
export interface IncidentNotice {
  readonly type: 'fleet.incident_notice';
  readonly schema_version: 1;
  readonly incident_id: string;
  /** Expiries known when it was sent. */
  readonly count: number;
  /** Some of their entities, at most 20. */
  readonly sample: readonly string[];
  readonly first_pub_seq: string;
  readonly last_pub_seq: string;
}

/** NOTIFY channel that tells streams that the relay has published. */
export const publishedChannel = 'omnibase_published';
/** NOTIFY channel that wakes the relay. */
export const outboxChannel = 'omnibase_outbox';
