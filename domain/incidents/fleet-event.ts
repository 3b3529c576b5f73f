/** The only builder of the envelope of fleet events (registration.md 5): the node fields are null. */
import type { FleetEventPayload, FleetEventType, NodeEvent } from '../../contracts/event.ts';

export interface FleetEventFacts {
  readonly event_id: string;
  readonly type: FleetEventType;
  /** RFC 3339, database clock. */
  readonly occurred_at: string;
  readonly incident_id: string;
  /** Who decided: `system:sweep`. */
  readonly actor: string;
  readonly payload: FleetEventPayload;
}

export type FleetEvent = Extract<NodeEvent, { type: FleetEventType }>;

export function buildFleetEvent({
  event_id,
  type,
  occurred_at,
  incident_id,
  actor,
  payload,
}: FleetEventFacts): FleetEvent {
  return {
    event_id,
    type,
    schema_version: 1,
    occurred_at,
    entity_id: null,
    node_id: null,
    domain: null,
    node_type: null,
    epoch: null,
    version: null,
    attempt_id: null,
    attempt_number: null,
    from_state: null,
    to_state: null,
    correlation_id: null,
    causation_id: null,
    actor,
    incident_id,
    payload,
  };
}
