/**
 * Conditions that are re-read under lock (registration.md 3.2, 7 "persistIf"): pure, over the locked row. A beat or a
 * receipt stored before the lock counts; while the path of the node is down, nothing is overdue.
 */
import type { AckReceipt, NotDueReason, WriteGuard } from '../../../../contracts/node/projection.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import type { NodeSettings } from '../../../../contracts/node/settings.ts';
import { isOverdue } from '../../../../domain/deadlines/effective.ts';
import { holdDelay, type Random } from '../../../../domain/deadlines/intervals.ts';
import { isPathDown } from '../../../../domain/deadlines/path.ts';
import { rowDeadlines } from '../../../../domain/registration/row-deadlines.ts';
import { requiresAck, requiresLiveness } from '../../../../domain/registration/states.ts';
import type { LockedRow } from './locked-row.ts';
import { receiptOf } from './plan-write.ts';
import { pathOf } from './row-clock.ts';

export type GuardVerdict =
  /** `deadline`: the effective one that was judged, ms. */
  | { readonly met: true; readonly deadline: number }
  | {
      readonly met: false;
      readonly why: NotDueReason;
      readonly remaining_ms: number;
      readonly receipt: AckReceipt | null;
    };

export interface GuardTerms {
  readonly guard: WriteGuard;
  readonly epoch: number;
  readonly settings: NodeSettings;
  readonly random: Random;
}

/** Spread of the next look while a path is down, per cent. */
const holdJitter = 20;

export function judgeGuard(locked: LockedRow, terms: GuardTerms): GuardVerdict {
  const { row } = locked;
  const { guard, epoch } = terms;
  if (row === null) return refused('state_changed');
  if (row.epoch !== epoch) return refused('epoch_changed');
  return guard === 'liveness_overdue' ? judgeLiveness(row, locked, terms) : judgeAck(row, locked, terms);
}

function judgeLiveness(row: NodeRow, { hot, now, paths }: LockedRow, { settings, random }: GuardTerms): GuardVerdict {
  if (!requiresLiveness(row.current_state) || row.liveness_timeout_emitted_at !== null) return refused('state_changed');
  const path = pathOf(row, hot, paths);
  const window = hot?.window_ms ?? settings.registration.liveness_window_ms;
  if (isPathDown(path, now)) return refused('hold', holdDelay(window, holdJitter, random));
  const { liveness: deadline } = rowDeadlines(row, hot, path, settings);
  if (deadline === null) return refused('state_changed');
  return isOverdue(deadline, now) ? { met: true, deadline } : refused('early', deadline - now);
}

function judgeAck(row: NodeRow, { hot, now, paths }: LockedRow, terms: GuardTerms): GuardVerdict {
  const { guard, settings, random } = terms;
  if (!requiresAck(row.current_state) || row.ack_timeout_emitted_at !== null) return refused('state_changed');
  const path = pathOf(row, hot, paths);
  const { ack: deadline } = rowDeadlines(row, hot, path, settings);
  // Never without one in these states (a check of the table); a row that is has nothing to be late for.
  if (deadline === null) return guard === 'ack_in_time' ? { met: true, deadline: now } : refused('state_changed');
  const receipt = receiptOf(row, hot);
  const receivedInTime = receipt !== null && !isOverdue(deadline, Date.parse(receipt.received_at));
  const late = isOverdue(deadline, now) && !isPathDown(path, now);
  if (guard === 'ack_in_time') {
    return receivedInTime || !late ? { met: true, deadline } : refused('late', 0, receipt);
  }
  if (receivedInTime) return refused('receipt', 0, receipt);
  if (isPathDown(path, now)) {
    return refused('hold', holdDelay(settings.registration.ack_timeout_ms, holdJitter, random), receipt);
  }
  return late ? { met: true, deadline } : refused('early', deadline - now, receipt);
}

function refused(why: NotDueReason, remaining_ms = 0, receipt: AckReceipt | null = null): GuardVerdict {
  return { met: false, why, remaining_ms, receipt };
}
