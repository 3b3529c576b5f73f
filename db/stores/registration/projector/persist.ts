/** Writes of a workflow (registration.md 7 "persist", "persistIf"). */
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { NotDue, PersistResult, RegistrationWrite } from '../../../../contracts/node/projection.ts';
import type { NodeLivenessRow, NodeRow } from '../../../../contracts/node/row.ts';
import type { NodeSettings } from '../../../../contracts/node/settings.ts';
import type { GuardedWrite } from '../../../../contracts/node/workflow.ts';
import type { Random } from '../../../../domain/deadlines/intervals.ts';
import { lacksFacts } from '../../../../domain/registration/step-effects.ts';
import type { Database } from '../../../client.ts';
import { inTransaction, type Transaction } from '../../../transaction.ts';
import { checkedSteps, type OrderedStep } from './check-write.ts';
import { type GuardVerdict, judgeGuard } from './guards.ts';
import { type LockedRow, type LockRequest, lockRow } from './locked-row.ts';
import type { ProjectorLogger, ProjectorObserver } from './observer.ts';
import { type PlannedWrite, planWrite, type WritePlan } from './plan-write.ts';
import { retried } from './retried.ts';
import { rowClock } from './row-clock.ts';
import { removeOrphans, writeStatement } from './write-statements.ts';

export interface PersistDeps {
  readonly database: Database;
  readonly settings: () => NodeSettings;
  readonly observer: ProjectorObserver;
  readonly logger: ProjectorLogger | undefined;
  readonly random: Random;
}

/** Writes, whatever the time is. @throws ND001, ND005, ND007 */
export async function persistWrite(deps: PersistDeps, write: RegistrationWrite): Promise<PersistResult> {
  const steps = checkedSteps(write);
  return retried(() =>
    inTransaction(deps.database.pool, async (transaction) => {
      const locked = await lockRow(transaction, lockRequest(write, steps));
      const settings = deps.settings();
      return store(deps, transaction, { write, locked, settings, plan: planWrite(write, steps, locked, settings) });
    }),
  );
}

/** Writes if the guard holds under lock; a repetition of ourselves is a duplicate, whatever the guard says by now. */
export async function persistGuarded(
  deps: PersistDeps,
  { guard, epoch, write }: GuardedWrite,
): Promise<PersistResult | NotDue> {
  const steps = checkedSteps(write);
  return retried(() =>
    inTransaction(deps.database.pool, async (transaction) => {
      const locked = await lockRow(transaction, lockRequest(write, steps));
      const settings = deps.settings();
      const plan = planWrite(write, steps, locked, settings);
      const task = { write, locked, settings, plan };
      if (plan.outcome === 'duplicate' && plan.known) return store(deps, transaction, task);
      const verdict = judgeGuard(locked, { guard, epoch, settings, random: deps.random });
      if (!verdict.met) {
        deps.observer.write?.('not_due');
        return notDue(verdict, locked, settings);
      }
      const result = await store(deps, transaction, task);
      if (result.outcome === 'applied') observeLag(deps.observer, guard, (locked.now - verdict.deadline) / 1000);
      return result;
    }),
  );
}

interface WriteTask {
  readonly write: RegistrationWrite;
  readonly locked: LockedRow;
  readonly settings: NodeSettings;
  readonly plan: WritePlan;
}

async function store(deps: PersistDeps, transaction: Transaction, task: WriteTask): Promise<PersistResult> {
  const { write, locked, plan } = task;
  if (plan.outcome !== 'applied') {
    deps.observer.write?.(plan.outcome);
    const missing = plan.known && lacksFacts(plan.row, write.row);
    return resultOf({ outcome: plan.outcome, known: plan.known, facts_missing: missing }, plan.row, locked.hot, task);
  }
  const answers = await transaction.commit([
    ...(plan.orphans ? [removeOrphans(locked.row, write)] : []),
    writeStatement({
      exists: locked.row !== null,
      row: plan.after,
      ordering: { epoch: plan.after.epoch, version: plan.after.version },
      facts: write.row.facts !== null || plan.after.facts_hash === null,
      hot: plan.hot,
      transitions: plan.steps.map(({ transition }) => transition),
      events: plan.steps.flatMap(({ event }) => (event === null ? [] : [event])),
    }),
  ]);
  requireOneRow(answers.at(-1)?.[0]?.['written']);
  observe(deps, plan, write);
  const outcome = { outcome: 'applied', known: false, facts_missing: plan.facts_missing } as const;
  return resultOf(outcome, plan.after, plan.hot, task);
}

function notDue(verdict: Extract<GuardVerdict, { met: false }>, locked: LockedRow, settings: NodeSettings): NotDue {
  return {
    ...rowClock(locked.row, locked.hot, locked, settings),
    outcome: 'not_due',
    why: verdict.why,
    remaining_ms: Math.ceil(verdict.remaining_ms),
    receipt: verdict.receipt,
    row: locked.row,
  };
}

function lockRequest(write: RegistrationWrite, steps: readonly OrderedStep[]): LockRequest {
  const [first] = steps;
  return {
    entity_id: write.entity_id,
    domain: write.domain,
    event_ids: steps.map(({ step }) => step.event_id),
    cause_ids: steps.flatMap(({ step }) => (step.cause_id === null ? [] : [step.cause_id])),
    epoch: first?.epoch ?? null,
    version: first?.version ?? null,
  };
}

function resultOf(
  outcome: Pick<PersistResult, 'outcome' | 'known' | 'facts_missing'>,
  row: NodeRow,
  hot: NodeLivenessRow | null,
  { locked, settings }: WriteTask,
): PersistResult {
  return {
    ...outcome,
    epoch: row.epoch,
    version: row.version,
    state: row.current_state,
    ...rowClock(row, hot, locked, settings),
  };
}

/** The row was locked and compared: a write that touched none is a defect, and must not pass for success. */
function requireOneRow(written: unknown): void {
  if (written !== 1) throw new OmniBaseError('ND012', { details: { kind: 'NoRowWritten' } });
}

function observe({ observer, logger }: PersistDeps, plan: PlannedWrite, write: RegistrationWrite): void {
  observer.write?.('applied');
  for (const { transition } of plan.steps) {
    observer.transition?.({ from: transition.from_state, to: transition.to_state, kind: transition.kind, legal: true });
  }
  if (hasFlapped(plan)) observer.flap?.();
  if (plan.gap) {
    observer.gap?.();
    logger?.warn(
      {
        event: 'registration.projection.gap',
        entity_id: write.entity_id,
        domain: write.domain,
        stored:
          plan.before === null
            ? null
            : { epoch: plan.before.epoch, version: plan.before.version, state: plan.before.current_state },
        written: { epoch: plan.after.epoch, version: plan.after.version, state: plan.after.current_state },
      },
      'steps before this write are missing: the row was healed from it',
    );
  }
}

function hasFlapped({ before, after }: PlannedWrite): boolean {
  return (
    before !== null &&
    (before.flap_count !== after.flap_count || before.flap_period_started_at !== after.flap_period_started_at)
  );
}

function observeLag(observer: ProjectorObserver, guard: GuardedWrite['guard'], seconds: number): void {
  if (guard === 'ack_overdue') observer.ackDetectionLag?.(seconds);
  if (guard === 'liveness_overdue') observer.livenessDetectionLag?.(seconds);
}
