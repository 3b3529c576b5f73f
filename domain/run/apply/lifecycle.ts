/** Steps over the lifecycle (runs.md 3): creation, transitions, what the agent says of itself, reset. */
import type { RunStep } from '../../../contracts/run/projection.ts';
import type { RunCore } from '../../../contracts/run/row.ts';
import { canRunMove, isStarting, isTerminalRun } from '../states.ts';
import { instantOf, instantText } from '../time.ts';
import { releaseLeases, supersedeOpen } from './commands.ts';
import type { ChangeDraft } from './draft.ts';
import { endEpisodeByReset, resolveAtEnd } from './health.ts';

type Step<S extends RunStep['step']> = Extract<RunStep, { readonly step: S }>;

/** The row of a run that is about to be inserted, before its change. */
export function newRun({ run }: Step<'create'>, changeId: string, at: string): RunCore {
  return {
    id: run.id,
    experiment_id: run.experiment_id,
    state: 'queued',
    desired_state: 'running',
    state_version: 1,
    last_change_id: changeId,
    attempt: 1,
    episode: 0,
    unresponsive_episode: null,
    page_state: null,
    status_message: null,
    runtime_status: null,
    health_status: 'healthy',
    health_since: at,
    grace_until: null,
    terminate_deadline_at: null,
    policy: run.policy,
    state_entered_at: at,
    attempt_granted_at: at,
    started_at: null,
    ended_at: null,
    last_heartbeat_at: null,
    current_step: null,
    checkpoint_version: null,
    samples_per_sec: null,
    loss: null,
    display_name: run.display_name ?? null,
    owner: run.owner ?? null,
    created_by: run.created_by ?? null,
    created_at: at,
    updated_at: at,
  };
}

export function announceCreation(draft: ChangeDraft, { run }: Step<'create'>): void {
  const creator = run.created_by ?? 'unknown';
  draft.transition = {
    run_id: run.id,
    from_state: null,
    to_state: 'queued',
    attempt: 1,
    state_version: 1,
    changed_by: 'create',
    actor_type: 'operator',
    actor_id: creator,
    reason: 'created',
    cause_id: null,
    created_at: draft.at,
  };
  draft.emit('run.created', {
    experiment_id: run.experiment_id,
    version_id: run.version_id,
    priority: run.priority,
    created_by: run.created_by ?? null,
  });
}

/** One edge of the table. A step outside it is a fault of ours and changes nothing: the answer shows what is stored. */
export function move(draft: ChangeDraft, step: Step<'move'>): void {
  const from = draft.run.state;
  if (draft.transition !== null || !canRunMove(from, step.to)) return;
  draft.set({
    state: step.to,
    state_entered_at: draft.at,
    // Of a start that was late; health speaks for itself.
    ...(isStarting(from) ? { status_message: null } : {}),
    ...(isTerminalRun(step.to) ? { ended_at: draft.at, terminate_deadline_at: null } : {}),
    ...(step.to === 'running' && draft.run.started_at === null ? { started_at: startOf(draft) } : {}),
  });
  draft.transition = {
    run_id: draft.run.id,
    from_state: from,
    to_state: step.to,
    attempt: draft.change.attempt,
    state_version: draft.change.state_version,
    changed_by: step.changed_by,
    actor_type: step.actor.type,
    actor_id: step.actor.id,
    reason: step.reason,
    cause_id: step.cause_id,
    created_at: draft.at,
  };
  draft.emit(
    'run.state_changed',
    {
      from_state: from,
      to_state: step.to,
      changed_by: step.changed_by,
      actor_type: step.actor.type,
      actor_id: step.actor.id,
      reason: step.reason,
      cause_id: step.cause_id,
    },
    { last_error: step.last_error },
  );
  if (!isTerminalRun(step.to)) return;
  supersedeOpen(draft, `the run is ${step.to}`);
  resolveAtEnd(draft);
}

/** Arrival of the beat that made it run. */
function startOf(draft: ChangeDraft): string {
  const shown = draft.change.steps.find((step) => step.step === 'shown');
  return shown === undefined ? draft.at : instantText(Math.min(instantOf(shown.received_at), draft.context.now));
}

export function setTerminateGrace(draft: ChangeDraft, { seconds, how }: Step<'terminate_grace'>): void {
  if (draft.run.state !== 'terminating') return;
  const asked = draft.context.now + seconds * 1_000;
  const stands = draft.run.terminate_deadline_at;
  const at = how === 'set' || stands === null ? asked : Math.min(asked, instantOf(stands));
  draft.set({ terminate_deadline_at: instantText(at) });
}

/** Keeps the state; everything the older process left is cleared. */
export function resetRun(draft: ChangeDraft, { actor, reason }: Step<'reset'>): void {
  const previous = draft.run.attempt;
  endEpisodeByReset(draft);
  draft.set({
    attempt: draft.change.attempt,
    attempt_granted_at: draft.at,
    runtime_status: null,
    last_heartbeat_at: null,
    current_step: 0,
    checkpoint_version: 0,
    samples_per_sec: null,
    loss: null,
  });
  releaseLeases(draft);
  draft.emit('run.reset', {
    actor_type: actor.type,
    actor_id: actor.id,
    reason,
    previous_attempt: previous,
    attempt: draft.run.attempt,
  });
}

export function announceStartOverdue(draft: ChangeDraft): void {
  const { state, state_entered_at, policy, status_message } = draft.run;
  if (!isStarting(state) || status_message !== null) return;
  draft.set({ status_message: `not started after ${String(policy.start_timeout_s)} s` });
  draft.emit('run.start_overdue', { state, entered_at: state_entered_at, timeout_s: policy.start_timeout_s });
}

/** Of a report; a counter never goes back. */
export function takeCounters(draft: ChangeDraft, step: Step<'counters'>): void {
  draft.set({
    current_step: higher(draft.run.current_step, step.current_step),
    checkpoint_version: higher(draft.run.checkpoint_version, step.checkpoint_version),
  });
}

function higher(stored: number | null, given: number | null): number | null {
  return given === null ? stored : Math.max(stored ?? 0, given);
}
