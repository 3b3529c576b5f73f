/**
 * What the steps of one write do to the hot row of their node (registration.md 3.3, 6.2): its copies follow the
 * projection, a new epoch clears what beats and acks have left, activation starts counting beats.
 */
import type { RegistrationStep } from '../../contracts/node/projection.ts';
import type { NodeLivenessRow, NodeRow } from '../../contracts/node/row.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import { windowFor } from '../deadlines/intervals.ts';

export type HotSettings = Pick<NodeSettings, 'registration'>;

export interface HotChange {
  /** Projection before and after the write; null before the first. */
  readonly before: NodeRow | null;
  readonly after: NodeRow;
  readonly steps: readonly RegistrationStep[];
  /** Whether the write brought facts; they answer a request for introspection. */
  readonly facts_given: boolean;
  /** Whether facts are missing: the node is asked to introspect. */
  readonly facts_missing: boolean;
  /** Database clock, ms. */
  readonly now: number;
  readonly settings: HotSettings;
}

/** The hot row after a write; `hot` is null where none exists yet. */
export function hotAfter(hot: NodeLivenessRow | null, change: HotChange): NodeLivenessRow {
  const { after, steps, settings } = change;
  const kept = hot !== null && hot.epoch === after.epoch ? hot : clearedHot(hot, after, settings);
  const activated = steps.some((step) => step.to_state === 'active' && step.kind !== 'refresh');
  return {
    ...kept,
    attempt_id: after.attempt_id,
    state: after.current_state,
    state_entered_at: after.state_entered_at,
    ...(change.before?.path === after.path ? {} : { path: after.path }),
    ...(activated ? { beats_since_active: 0 } : {}),
    ...(change.facts_given ? { node_version: after.node_version } : {}),
    ...statusAfter(kept, change),
    introspection_requested_at: requestAfter(kept, change),
  };
}

/** A hot row for a new epoch. The interval last told stays: the fleet that stretched it is still there. */
function clearedHot(hot: NodeLivenessRow | null, after: NodeRow, settings: HotSettings): NodeLivenessRow {
  const interval = Math.max(settings.registration.heartbeat_interval_ms, hot?.interval_ms ?? 0);
  return {
    entity_id: after.entity_id,
    domain: after.domain,
    epoch: after.epoch,
    attempt_id: after.attempt_id,
    state: after.current_state,
    state_entered_at: after.state_entered_at,
    path: after.path,
    interval_ms: interval,
    window_ms: windowFor(settings.registration, interval),
    last_heartbeat_at: null,
    beats_since_active: 0,
    reported_status: after.reported_status,
    pending_status_beats: 0,
    uptime_seconds: null,
    active_operations_count: null,
    memory_usage_mb: null,
    cpu_usage_percent: null,
    node_version: after.node_version,
    node_sequence: null,
    node_clock_at: null,
    ack_command_id: null,
    ack_received_at: null,
    last_poked_at: null,
    introspection_requested_at: null,
  };
}

/**
 * A status that came with an introspection is told to the hot row, or every beat would look like an edge. One that came
 * with a beat is there already, and a later beat may have changed it since.
 */
function statusAfter(hot: NodeLivenessRow, { before, after, steps, facts_given }: HotChange): Partial<NodeLivenessRow> {
  const changed = after.reported_status !== null && after.reported_status !== (before?.reported_status ?? null);
  const byBeat = !facts_given && steps.some(({ event }) => event?.type === 'node.health_changed');
  if (!changed || byBeat || hot.reported_status === after.reported_status) return {};
  return { reported_status: after.reported_status, pending_status_beats: 0 };
}

function requestAfter(hot: NodeLivenessRow, change: HotChange): string | null {
  if (change.facts_missing) return hot.introspection_requested_at ?? new Date(change.now).toISOString();
  return change.facts_given ? null : hot.introspection_requested_at;
}
