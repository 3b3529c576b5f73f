/**
 * A row before anything is known of its node: what the first step starts from, and what is left of a node whose row was
 * lost with a database. Its capability columns are empty, never absent (registration.md 15).
 */
import type { RowImage } from '../../contracts/node/projection.ts';
import type { FactsColumns, NodeRow } from '../../contracts/node/row.ts';
import { capabilityTags } from './tags.ts';

/** What a workflow knows of the facts by itself. */
export type KnownFacts = Pick<FactsColumns, 'node_type' | 'node_version' | 'node_name' | 'instance_id'>;

/** A row without facts: what is known of a node whose row was lost. */
export function emptyRow(
  { entity_id, domain }: { readonly entity_id: string; readonly domain: string },
  image: Pick<RowImage, 'path' | 'reported_status'> & KnownFacts,
  now: number,
): NodeRow {
  const at = new Date(now).toISOString();
  return {
    entity_id,
    domain,
    ...emptyFacts(image),
    current_state: 'pending_registration',
    state_entered_at: at,
    performance_metrics: null,
    facts_hash: null,
    policy_revision: null,
    path: image.path,
    epoch: 0,
    version: 0,
    attempt_id: null,
    attempt_number: 0,
    attempt_started_at: null,
    next_retry_at: null,
    ack_deadline: null,
    liveness_deadline: null,
    last_heartbeat_at: null,
    ack_timeout_emitted_at: null,
    liveness_timeout_emitted_at: null,
    reported_status: image.reported_status,
    reason_code: null,
    rejection_reason: null,
    expiry_reason: null,
    flap_count: 0,
    flap_period_started_at: null,
    flapping_until: null,
    ordering_mode: 'workflow',
    last_applied_event_id: entity_id,
    last_applied_sequence: null,
    last_applied_offset: 0,
    last_applied_partition: null,
    correlation_id: null,
    data_provenance: 'unknown',
    registered_at: at,
    updated_at: at,
  };
}

/** Facts of which only the type is known; the tag that follows from it is there all the same. */
export function emptyFacts(known: KnownFacts): FactsColumns {
  const { node_type, node_version, node_name, instance_id } = known;
  return {
    node_type,
    node_version,
    node_name,
    instance_id,
    component_id: null,
    component_ref: null,
    capabilities: {},
    capability_sources: { declared: {}, discovered: {}, contract: null },
    contract_type: null,
    contract_version: null,
    intent_types: [],
    protocols: [],
    capability_tags: capabilityTags({ node_type, intent_types: [], protocols: [], explicit: [] }),
    subscribe_topics: [],
    publish_topics: [],
    endpoints: {},
    metadata: {},
    feature_flags: {},
  };
}
