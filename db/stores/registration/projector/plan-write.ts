/**
 * What a write comes to (registration.md 7 "persist"): pure, decided on the locked row. Either it is news, and here are
 * the rows to store, or it is a repetition or too late, and nothing is stored.
 */
import type { NodeEvent } from '../../../../contracts/event.ts';
import type {
  AckReceipt,
  OrderingVerdict,
  RegistrationStep,
  RegistrationWrite,
} from '../../../../contracts/node/projection.ts';
import type { NodeLivenessRow, NodeRow, TransitionRow } from '../../../../contracts/node/row.ts';
import type { NodeSettings } from '../../../../contracts/node/settings.ts';
import { buildNodeEvent } from '../../../../domain/registration/events.ts';
import { hotAfter } from '../../../../domain/registration/hot-effects.ts';
import { rowDeadlines } from '../../../../domain/registration/row-deadlines.ts';
import { applyStep, factsStep, lacksFacts, withCoarseCopies } from '../../../../domain/registration/step-effects.ts';
import { compareOrderings } from '../../../../domain/registration/ordering.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { OrderedStep } from './check-write.ts';
import type { LockedRow, RecordedStep } from './locked-row.ts';
import { storedOrdering } from './ordering-sql.ts';
import { pathOf } from './row-clock.ts';

export interface PlannedWrite {
  readonly outcome: 'applied';
  readonly before: NodeRow | null;
  readonly after: NodeRow;
  readonly hot: NodeLivenessRow;
  readonly steps: readonly PlannedStep[];
  readonly facts_missing: boolean;
  /** Steps between the stored row and this write are missing, or it stands elsewhere than the writer thought. */
  readonly gap: boolean;
  /** The history knows steps that the row has lost: they are taken out, this write takes their place. */
  readonly orphans: boolean;
}

export interface PlannedStep {
  readonly transition: Omit<TransitionRow, 'id'>;
  readonly event: NodeEvent | null;
}

/** Nothing to store; `row` is what was compared with. */
export interface RefusedWrite {
  readonly outcome: 'duplicate' | 'stale';
  readonly known: boolean;
  readonly row: NodeRow;
}

export type WritePlan = PlannedWrite | RefusedWrite;

/** @throws ND005 when the row belongs to a feed */
export function planWrite(
  write: RegistrationWrite,
  ordered: readonly OrderedStep[],
  locked: LockedRow,
  settings: NodeSettings,
): WritePlan {
  const { row } = locked;
  // Without a row everything is news.
  if (row === null) return applied(write, ordered, locked, settings);
  const recorded = locked.history.filter((step) => isReflected(step, row));
  const news = withoutLeading(ordered, recorded, row);
  return 'steps' in news ? applied(write, news.steps, locked, settings) : { ...news, row };
}

/**
 * What is left when leading duplicates are skipped: steps the history knows by their id, or that the row has passed.
 * A cause that has led to its state before is a duplicate as well, whatever id the step was given; its writer has not
 * seen what another incarnation did.
 */
function withoutLeading(
  ordered: readonly OrderedStep[],
  recorded: readonly RecordedStep[],
  row: NodeRow,
): { readonly steps: readonly OrderedStep[] } | Omit<RefusedWrite, 'row'> {
  const isKnown = ({ step }: OrderedStep): boolean => recorded.some(({ event_id }) => event_id === step.event_id);
  const steps = ordered.slice(ordered.findIndex((step) => !isKnown(step)));
  const [next] = steps;
  if (next === undefined || isKnown(next)) return { outcome: 'duplicate', known: true };
  const verdict = compared(row, next);
  if (verdict !== 'newer') return { outcome: verdict, known: false };
  const repeats = steps.some(({ step }) =>
    recorded.some(
      ({ cause_id, to_state }) => cause_id !== null && cause_id === step.cause_id && to_state === step.to_state,
    ),
  );
  return repeats ? { outcome: 'duplicate', known: false } : { steps };
}

function compared(row: NodeRow, { step }: OrderedStep): OrderingVerdict {
  const verdict = compareOrderings(storedOrdering(row), step.ordering);
  if (typeof verdict === 'string') return verdict;
  throw new OmniBaseError('ND005', { details: { stored: row.ordering_mode, given: 'workflow' } });
}

function applied(
  write: RegistrationWrite,
  steps: readonly OrderedStep[],
  locked: LockedRow,
  settings: NodeSettings,
): PlannedWrite {
  const { row: stored, hot, now } = locked;
  const given = fromStored(
    steps.map(({ step }) => step),
    stored,
  );
  const announcing = factsStep(given);
  const planned: PlannedStep[] = [];
  const before = stored === null ? null : withCoarseCopies(stored, hot, settings);
  let after = before;
  for (const [index, step] of given.entries()) {
    const earlier = after;
    after = applyStep(earlier, step, {
      entity_id: write.entity_id,
      domain: write.domain,
      image: write.row,
      carries_facts: index >= announcing,
      now,
      settings,
    });
    const path = pathOf(after, hot, locked.paths);
    const due = earlier === null ? null : rowDeadlines(earlier, hot, path, settings);
    planned.push(plannedStep(step, earlier, after, due, given[0]?.from_state === 'accepted', locked));
  }
  if (after === null) throw new Error('a write without steps was planned');
  const missing = write.row.facts === null && lacksFacts(after, write.row);
  const orphans = locked.history.some((step) => !isReflected(step, stored));
  return {
    outcome: 'applied',
    before: stored,
    after,
    hot: hotAfter(hot, {
      before: stored,
      after,
      steps: given,
      facts_given: write.row.facts !== null,
      facts_missing: missing,
      now,
      settings,
    }),
    steps: planned,
    facts_missing: missing,
    gap: orphans || isGap(stored, steps),
    orphans,
  };
}

/**
 * A new epoch may follow anything, so it is told to follow what is really there. The writer may not know: a worker that
 * was killed after a write leaves a workflow that never heard of it.
 */
function fromStored(steps: readonly RegistrationStep[], stored: NodeRow | null): readonly RegistrationStep[] {
  const [first, ...rest] = steps;
  if (first?.kind !== 'epoch_start') return steps;
  return [{ ...first, from_state: stored?.current_state ?? null }, ...rest];
}

function plannedStep(
  step: OrderedStep['step'],
  before: NodeRow | null,
  after: NodeRow,
  due: { readonly ack: number | null; readonly liveness: number | null } | null,
  offeredWithIt: boolean,
  { now, hot, incident_id }: LockedRow,
): PlannedStep {
  const at = new Date(now).toISOString();
  const deadline = deadlineOf(step, after, due);
  const silent = after.current_state === 'liveness_expired' && after.expiry_reason === 'missed_heartbeats';
  return {
    transition: {
      entity_id: after.entity_id,
      domain: after.domain,
      epoch: after.epoch,
      version: after.version,
      kind: step.kind,
      from_state: step.from_state,
      to_state: step.to_state,
      event_id: step.event_id,
      cause_id: step.cause_id,
      correlation_id: step.correlation_id,
      attempt_id: after.attempt_id,
      actor: step.actor,
      reason_code: step.reason_code,
      deadline_at: deadline,
      occurred_at: at,
    },
    event: buildNodeEvent({
      step,
      before,
      after,
      offered_with_it: offeredWithIt,
      deadline_at: deadline,
      receipt: receiptOf(before, hot),
      incident_id: step.incident_id ?? (silent ? incident_id : null),
      now: at,
    }),
  };
}

/** The receipt of the open attempt, if there is one. */
export function receiptOf(row: NodeRow | null, hot: NodeLivenessRow | null): AckReceipt | null {
  if (row === null || hot === null || hot.epoch !== row.epoch || hot.attempt_id !== row.attempt_id) return null;
  if (hot.ack_command_id === null || hot.ack_received_at === null) return null;
  return { command_id: hot.ack_command_id, received_at: hot.ack_received_at };
}

/** The deadline that a step sets or that has passed with it: the effective one where the row was there to tell. */
function deadlineOf(
  { kind, to_state }: OrderedStep['step'],
  after: NodeRow,
  due: { readonly ack: number | null; readonly liveness: number | null } | null,
): string | null {
  if (kind !== 'edge') return null;
  const iso = (time: number | null | undefined): string | null =>
    time === null || time === undefined ? null : new Date(time).toISOString();
  switch (to_state) {
    case 'accepted':
    case 'awaiting_ack':
      return after.ack_deadline;
    case 'ack_timed_out':
      return iso(due?.ack) ?? after.ack_deadline;
    case 'active':
      return after.liveness_deadline;
    case 'liveness_expired':
      return iso(due?.liveness) ?? after.liveness_deadline;
    case 'pending_registration':
    case 'rejected':
    case 'ack_received':
      return null;
  }
}

/** History and row are written together; steps beyond the row tell of a state that was lost with a restore. */
function isReflected({ epoch, version }: RecordedStep, row: NodeRow | null): boolean {
  if (epoch === null || version === null) return true;
  return row !== null && (epoch < row.epoch || (epoch === row.epoch && version <= row.version));
}

function isGap(stored: NodeRow | null, [first]: readonly OrderedStep[]): boolean {
  if (first === undefined) return false;
  const opens = first.version === 1;
  if (stored === null) return !(opens && first.epoch === 1);
  const follows = opens
    ? first.epoch === stored.epoch + 1
    : first.epoch === stored.epoch && first.version === stored.version + 1;
  return !follows || first.step.from_state !== stored.current_state;
}
