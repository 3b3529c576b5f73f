/**
 * What a step does to the row of its node (registration.md 3.2, 3.3): a pure function of row, step and the time at which
 * the row was locked. The workflow names steps; every deadline, marker and count follows here, on the database's clock.
 *
 * A write is a full image of its row, so it also heals one that is not what the workflow last saw, as after the restore
 * of an older database: whatever a state needs is put in place, whatever belongs to another state or epoch is cleared.
 */
import type { RegistrationStep, RowImage } from '../../contracts/node/projection.ts';
import type { NodeLivenessRow, NodeRow } from '../../contracts/node/row.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { ExpiryReason, RegistrationState } from '../../contracts/node/vocabulary.ts';
import { effectiveLivenessDeadline } from '../deadlines/effective.ts';
import { countFlap, flappingUntil } from './damping.ts';
import { emptyRow } from './empty-row.ts';
import { livenessFacts, windowSettings } from './row-deadlines.ts';
import { requiresAck } from './states.ts';

const silence: ExpiryReason = 'missed_heartbeats';

const longestReason = 1024;

export type StepSettings = Pick<NodeSettings, 'registration' | 'damping'>;

export interface StepContext {
  readonly entity_id: string;
  readonly domain: string;
  readonly image: RowImage;
  /** Whether facts and reported status of the image hold from this step on. */
  readonly carries_facts: boolean;
  /** Database clock after the row was locked, ms. */
  readonly now: number;
  readonly settings: StepSettings;
}

/** The row after one step; `row` is null for the first step of a node, or when its row was lost. */
export function applyStep(row: NodeRow | null, step: RegistrationStep, context: StepContext): NodeRow {
  const { now, settings } = context;
  const stored = row ?? emptyRow(context, context.image, context.now);
  const opened = opensEpoch(stored, step);
  const flapped = leavesActive(stored, step, opened, context.image) ? withFlap(stored, context) : stored;
  const cleared = opened ? clearedForEpoch(flapped, now) : flapped;
  const entered = opened || step.to_state !== stored.current_state;
  const described: NodeRow = {
    ...cleared,
    ...imageColumns(cleared, context),
    current_state: step.to_state,
    state_entered_at: entered ? iso(now) : cleared.state_entered_at,
    epoch: step.ordering.epoch ?? cleared.epoch,
    version: step.ordering.version ?? cleared.version,
    last_applied_event_id: step.event_id,
    updated_at: iso(now),
  };
  const affected: NodeRow = {
    ...described,
    ...(entered ? onEntry(described, step, context) : onRefresh(described, step)),
  };
  return mended(affected, now, settings);
}

/** The first step from which facts and reported status of a write's image hold: the one that announces them. */
export function factsStep(steps: readonly RegistrationStep[]): number {
  const announced = steps.findIndex(({ kind }) => kind === 'epoch_start' || kind === 'retry' || kind === 'refresh');
  return Math.max(announced, 0);
}

/** Whether the row does not hold the facts that the workflow has decided on. */
export function lacksFacts(row: NodeRow, image: RowImage): boolean {
  return image.facts_hash !== null && row.facts_hash !== image.facts_hash;
}

/**
 * The row with its coarse copies moved forward to what the hot row knows (registration.md 6.2). They are never later
 * than the truth: amnesty, which only grants more, is left out.
 */
export function withCoarseCopies(row: NodeRow, hot: NodeLivenessRow | null, settings: StepSettings): NodeRow {
  if (row.current_state !== 'active' || hot === null || hot.epoch !== row.epoch) return row;
  if (hot.beats_since_active === 0 || hot.last_heartbeat_at === null) return row;
  const deadline = effectiveLivenessDeadline(livenessFacts(row, hot, settings), null, windowSettings(settings));
  return {
    ...row,
    last_heartbeat_at: later(row.last_heartbeat_at, hot.last_heartbeat_at),
    liveness_deadline: later(row.liveness_deadline, iso(deadline)),
  };
}

/** An epoch begins with its step, or unseen: when the steps before this one were lost with a database. */
function opensEpoch(stored: NodeRow, step: RegistrationStep): boolean {
  return step.kind === 'epoch_start' || step.kind === 'retry' || step.ordering.epoch !== stored.epoch;
}

/** By silence or by a restart; a node that was deregistered left on purpose. */
function leavesActive(stored: NodeRow, step: RegistrationStep, opened: boolean, image: RowImage): boolean {
  if (stored.current_state !== 'active') return false;
  return opened || (step.to_state === 'liveness_expired' && (image.expiry_reason ?? silence) === silence);
}

function withFlap(row: NodeRow, { now, settings }: StepContext): NodeRow {
  const counted = countFlap(flapRecord(row), now, settings.damping);
  return {
    ...row,
    flap_count: counted.flap_count,
    flap_period_started_at: counted.flap_period_started_at === null ? null : iso(counted.flap_period_started_at),
  };
}

/** Registration.md 3.3: nothing of the epoch before can touch the new one. */
function clearedForEpoch(row: NodeRow, now: number): NodeRow {
  return {
    ...row,
    ack_deadline: null,
    liveness_deadline: null,
    ack_timeout_emitted_at: null,
    liveness_timeout_emitted_at: null,
    next_retry_at: null,
    last_heartbeat_at: null,
    attempt_started_at: iso(now),
  };
}

/** Columns that are the writer's: null clears. Facts without facts stay as they are stored. */
function imageColumns(row: NodeRow, { image, carries_facts }: StepContext): Partial<NodeRow> {
  const facts = carries_facts && image.facts !== null;
  return {
    attempt_id: image.attempt_id,
    attempt_number: image.attempt_number,
    policy_revision: image.policy_revision,
    path: image.path,
    reason_code: image.reason_code,
    rejection_reason: image.rejection_reason,
    expiry_reason: image.expiry_reason,
    correlation_id: image.correlation_id,
    node_type: image.node_type,
    node_version: image.node_version,
    node_name: image.node_name,
    instance_id: image.instance_id,
    ...(carries_facts ? { reported_status: image.reported_status } : {}),
    ...(facts ? { ...image.facts, facts_hash: image.facts_hash } : {}),
    performance_metrics: facts ? image.performance_metrics : (image.performance_metrics ?? row.performance_metrics),
  };
}

function onEntry(row: NodeRow, step: RegistrationStep, { now, settings }: StepContext): Partial<NodeRow> {
  switch (step.to_state) {
    case 'accepted':
      return { ack_deadline: iso(now + settings.registration.ack_timeout_ms) };
    case 'ack_timed_out':
      return {
        ack_timeout_emitted_at: iso(now),
        next_retry_at: step.retry_in_ms === null ? null : iso(now + step.retry_in_ms),
      };
    case 'active': {
      const until = flappingUntil(flapRecord(row), now, settings.damping);
      return {
        liveness_deadline: iso(now + settings.registration.first_liveness_ms),
        flapping_until: until === null ? row.flapping_until : iso(until),
      };
    }
    case 'liveness_expired':
      return { liveness_timeout_emitted_at: iso(now) };
    case 'pending_registration':
    case 'awaiting_ack':
    case 'rejected':
    case 'ack_received':
      return {};
  }
}

/** The one refresh with an effect of its own: a node that withdraws while a retry waits drops it. */
function onRefresh(row: NodeRow, step: RegistrationStep): Partial<NodeRow> {
  const drops = row.current_state === 'ack_timed_out' && step.reason_code === 'withdrawn';
  return drops ? { next_retry_at: null } : {};
}

/**
 * What each state requires and excludes (registration.md 3.2, 6.1): a deadline exists in the state that watches it, or
 * beside its marker; a marker only in the state it announced.
 */
function mended(row: NodeRow, now: number, settings: StepSettings): NodeRow {
  const is = (state: RegistrationState): boolean => row.current_state === state;
  const watchesAck = requiresAck(row.current_state);
  return {
    ...row,
    attempt_started_at: row.attempt_started_at ?? iso(now),
    ack_deadline: watchesAck
      ? (row.ack_deadline ?? iso(now + settings.registration.ack_timeout_ms))
      : is('ack_timed_out')
        ? row.ack_deadline
        : null,
    ack_timeout_emitted_at: is('ack_timed_out') ? (row.ack_timeout_emitted_at ?? iso(now)) : null,
    next_retry_at: is('ack_timed_out') ? row.next_retry_at : null,
    liveness_deadline: is('active')
      ? (row.liveness_deadline ?? iso(ms(row.state_entered_at) + settings.registration.first_liveness_ms))
      : is('liveness_expired')
        ? row.liveness_deadline
        : null,
    liveness_timeout_emitted_at: is('liveness_expired') ? (row.liveness_timeout_emitted_at ?? iso(now)) : null,
    expiry_reason: is('liveness_expired') ? (row.expiry_reason ?? silence) : null,
    rejection_reason: is('rejected') ? reasonText(row.rejection_reason) : row.rejection_reason,
  };
}

/** 1-1024 characters, as the column holds them. */
function reasonText(reason: string | null): string {
  return (reason ?? '').slice(0, longestReason).toWellFormed() || 'not stated';
}

function flapRecord(row: NodeRow): { readonly flap_count: number; readonly flap_period_started_at: number | null } {
  const { flap_count, flap_period_started_at } = row;
  return { flap_count, flap_period_started_at: flap_period_started_at === null ? null : ms(flap_period_started_at) };
}

function later(one: string | null, other: string): string {
  return one !== null && ms(one) > ms(other) ? one : other;
}

function ms(time: string): number {
  return Date.parse(time);
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
