/**
 * Damping (registration.md 3.7): a node that keeps leaving `active` is held back from callers for a while, and a single
 * odd beat need not change what is said of a node. Neither ever changes the state table. Times are milliseconds on the
 * clock of the database.
 */
import type { DampingSettings } from '../../contracts/node/settings.ts';
import { type ReportedStatus, reportedStatuses } from '../../contracts/node/vocabulary.ts';

/** How often a node left `active` in the present period. */
export interface FlapRecord {
  readonly flap_count: number;
  readonly flap_period_started_at: number | null;
}

/** Counts a node that leaves `active` by missed heartbeats or by a restart; once the period has passed it starts at 1. */
export function countFlap(
  record: FlapRecord,
  now: number,
  settings: Pick<DampingSettings, 'flap_period_ms'>,
): FlapRecord {
  return isPeriodOpen(record, now, settings)
    ? { ...record, flap_count: record.flap_count + 1 }
    : { flap_count: 1, flap_period_started_at: now };
}

/** Until when a node that becomes active now is not offered to callers; null for one that is. */
export function flappingUntil(
  record: FlapRecord,
  now: number,
  settings: Pick<DampingSettings, 'flap_threshold' | 'flap_period_ms' | 'flap_hold_ms'>,
): number | null {
  const reached = settings.flap_threshold > 0 && record.flap_count >= settings.flap_threshold;
  return reached && isPeriodOpen(record, now, settings) ? now + settings.flap_hold_ms : null;
}

function isPeriodOpen(record: FlapRecord, now: number, settings: Pick<DampingSettings, 'flap_period_ms'>): boolean {
  return record.flap_period_started_at !== null && now - record.flap_period_started_at < settings.flap_period_ms;
}

/** What is said of a node, and how many beats in a row have contradicted it. */
export interface StatusRecord {
  readonly reported_status: ReportedStatus | null;
  /** Positive: beats for the worse; negative: beats for the better. A beat in the other direction starts anew. */
  readonly pending_status_beats: number;
}

export type StatusDamping = Pick<DampingSettings, 'healthy_beats' | 'unhealthy_beats'>;

/**
 * The record after one more beat. A status is taken over after `unhealthy_beats` in a row for the worse, or
 * `healthy_beats` for the better; the first status of all at once.
 */
export function dampStatus(record: StatusRecord, status: ReportedStatus, settings: StatusDamping): StatusRecord {
  const taken: StatusRecord = { reported_status: status, pending_status_beats: 0 };
  if (record.reported_status === null || record.reported_status === status) return taken;
  const direction = severity(status) > severity(record.reported_status) ? 1 : -1;
  const inARow = Math.sign(record.pending_status_beats) === direction ? Math.abs(record.pending_status_beats) + 1 : 1;
  const needed = direction === 1 ? settings.unhealthy_beats : settings.healthy_beats;
  return inARow >= needed ? taken : { ...record, pending_status_beats: direction * inARow };
}

/** Position in the list of statuses, which goes from best to worst. */
function severity(status: ReportedStatus): number {
  return reportedStatuses.indexOf(status);
}
