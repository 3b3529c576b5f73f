/**
 * What a change makes of a run (runs.md 3 "Projection"): a pure function of the locked rows, the change and the clock of
 * the database. The workflow names steps; every time, count, event and row follows here. The store writes the outcome in
 * one transaction, and nothing else moves a run.
 */
import type { RunChange, RunStep, StoredRun } from '../../contracts/run/projection.ts';
import type { RunCore, RunMirror } from '../../contracts/run/row.ts';
import {
  acceptCommand,
  confirmCommands,
  expireCommands,
  skipCommand,
  supersedeQueued,
  unconfirmCommands,
} from './apply/commands.ts';
import { ChangeDraft } from './apply/draft.ts';
import { changeHealth, overrideHealth, sendHeldPage } from './apply/health.ts';
import {
  announceCreation,
  announceStartOverdue,
  move,
  newRun,
  resetRun,
  setTerminateGrace,
  takeCounters,
} from './apply/lifecycle.ts';
import type { AppliedChange, ApplyContext } from './apply/types.ts';
import { desiredState, isOpen, rememberCommand } from './commands/progress.ts';
import { isTerminalRun } from './states.ts';
import { instantText } from './time.ts';

export { evidenceHolds, silenceFacts } from './apply/evidence.ts';
export { compareChange } from './apply/order.ts';
export type { AppliedChange, ApplyContext, Telemetry, TuneChange } from './apply/types.ts';

/**
 * Applies a change that `compareChange` calls newer and whose evidence holds.
 *
 * @param stored null for a change that creates; any other needs the run
 */
export function applyChange(stored: StoredRun | null, change: RunChange, context: ApplyContext): AppliedChange {
  const draft = new ChangeDraft(stored ?? created(change, context), change, context);
  copyTelemetry(draft);
  for (const step of change.steps) applyStep(draft, step);
  draft.set({
    state_version: change.state_version,
    last_change_id: change.change_id,
    updated_at: draft.at,
    desired_state: desiredOf(draft),
  });
  return {
    run: draft.run,
    changed_commands: draft.changedCommands,
    inserted_command: draft.insertedCommand,
    tune: draft.tune,
    transition: draft.transition,
    events: draft.events,
    mirror: mirrorOf(draft.run, draft.commands.filter(isOpen).length),
    stored: {
      run: draft.run,
      commands: draft.commands.filter((command) => rememberCommand(command) !== null),
      terminate_id: draft.terminateId,
    },
  };
}

function applyStep(draft: ChangeDraft, step: RunStep): void {
  switch (step.step) {
    case 'create':
      return announceCreation(draft, step);
    case 'move':
      return move(draft, step);
    case 'shown':
      return draft.set({ runtime_status: step.status });
    case 'health':
      return changeHealth(draft, step);
    case 'page':
      return sendHeldPage(draft);
    case 'start_overdue':
      return announceStartOverdue(draft);
    case 'command':
      return acceptCommand(draft, step);
    case 'supersede':
      return supersedeQueued(draft, step);
    case 'skip':
      return skipCommand(draft, step);
    case 'expire':
      return expireCommands(draft);
    case 'confirm':
      return confirmCommands(draft, step);
    case 'unconfirm':
      return unconfirmCommands(draft);
    case 'terminate_grace':
      return setTerminateGrace(draft, step);
    case 'reset':
      return resetRun(draft, step);
    case 'override':
      return overrideHealth(draft, step);
    case 'counters':
      return takeCounters(draft, step);
  }
}

/** What the liveness row repeats. */
export function mirrorOf(run: RunCore, openCommands: number): RunMirror {
  return {
    attempt: run.attempt,
    run_state: run.state,
    desired_state: run.desired_state,
    shown_status: run.runtime_status,
    health: run.health_status,
    closed: isTerminalRun(run.state),
    state_entered_at: run.state_entered_at,
    attempt_granted_at: run.attempt_granted_at,
    stale_after_s: run.policy.stale_after_s,
    unresponsive_after_s: run.policy.unresponsive_after_s,
    paused_stale_after_s: run.policy.paused_stale_after_s,
    grace_until: run.grace_until,
    commands_pending: openCommands,
  };
}

/** Run rows are written by projections only, which take the telemetry of that moment with them. */
function copyTelemetry(draft: ChangeDraft): void {
  const { telemetry } = draft.context;
  if (telemetry === null || telemetry.attempt !== draft.run.attempt) return;
  draft.set({
    last_heartbeat_at: telemetry.last_heartbeat_at,
    current_step: telemetry.step ?? draft.run.current_step,
    checkpoint_version: telemetry.checkpoint_version ?? draft.run.checkpoint_version,
    grace_until: telemetry.grace_until,
    samples_per_sec: telemetry.samples_per_sec,
    loss: telemetry.loss,
  });
}

function desiredOf({ run, commands, context }: ChangeDraft) {
  const remembered = commands.map(rememberCommand).filter((command) => command !== null);
  return desiredState(run.state, remembered, context.now, context.settings.confirmation_s);
}

function created(change: RunChange, { now }: ApplyContext): StoredRun {
  const step = change.steps.find((candidate) => candidate.step === 'create');
  if (step === undefined) throw new TypeError('a change of a run that is not there does not create it');
  return { run: newRun(step, change.change_id, instantText(now)), commands: [], terminate_id: null };
}
