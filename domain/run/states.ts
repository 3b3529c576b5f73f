/**
 * The nine states of a run and every transition between them (runs.md 3). What the table does not list is no transition:
 * the reducer asks it, the store asks it again, and tests hold both to the page.
 */
import { type RunState, terminalRunStates, type TerminalRunState } from '../../contracts/run/vocabulary.ts';

/** What can move a run. A beat is an accepted one of the current attempt. */
export type RunTrigger =
  | 'create'
  | 'report_provisioning'
  | 'report_completed'
  | 'report_failed'
  | 'beat_running'
  | 'beat_paused'
  | 'beat_terminating'
  | 'beat_errored'
  | 'terminate_accepted'
  | 'terminate_applied'
  | 'grace_over'
  | 'start_timeout'
  | 'unresponsive';

export interface RunTransition {
  readonly from: RunState | null;
  readonly to: RunState;
  readonly trigger: RunTrigger;
  /** Only by a beat with a step above zero. */
  readonly needs_step?: true;
}

export const runTransitions: readonly RunTransition[] = [
  { from: null, to: 'queued', trigger: 'create' },
  { from: 'queued', to: 'provisioning', trigger: 'report_provisioning' },
  { from: 'queued', to: 'running', trigger: 'beat_running', needs_step: true },
  { from: 'provisioning', to: 'running', trigger: 'beat_running', needs_step: true },
  { from: 'queued', to: 'terminated', trigger: 'terminate_accepted' },
  { from: 'provisioning', to: 'terminated', trigger: 'terminate_accepted' },
  { from: 'queued', to: 'terminating', trigger: 'beat_terminating' },
  { from: 'provisioning', to: 'terminating', trigger: 'beat_terminating' },
  { from: 'running', to: 'paused', trigger: 'beat_paused' },
  { from: 'paused', to: 'running', trigger: 'beat_running' },
  { from: 'running', to: 'terminating', trigger: 'terminate_accepted' },
  { from: 'running', to: 'terminating', trigger: 'beat_terminating' },
  { from: 'paused', to: 'terminating', trigger: 'terminate_accepted' },
  { from: 'paused', to: 'terminating', trigger: 'beat_terminating' },
  { from: 'terminating', to: 'terminated', trigger: 'terminate_applied' },
  { from: 'terminating', to: 'terminated', trigger: 'grace_over' },
  { from: 'running', to: 'completed', trigger: 'report_completed' },
  { from: 'queued', to: 'errored', trigger: 'beat_errored' },
  { from: 'provisioning', to: 'errored', trigger: 'beat_errored' },
  { from: 'running', to: 'errored', trigger: 'beat_errored' },
  { from: 'paused', to: 'errored', trigger: 'beat_errored' },
  { from: 'terminating', to: 'errored', trigger: 'beat_errored' },
  { from: 'queued', to: 'failed', trigger: 'report_failed' },
  { from: 'provisioning', to: 'failed', trigger: 'report_failed' },
  { from: 'running', to: 'failed', trigger: 'report_failed' },
  { from: 'paused', to: 'failed', trigger: 'report_failed' },
  { from: 'terminating', to: 'failed', trigger: 'report_failed' },
  { from: 'queued', to: 'failed', trigger: 'start_timeout' },
  { from: 'provisioning', to: 'failed', trigger: 'start_timeout' },
  { from: 'running', to: 'failed', trigger: 'unresponsive' },
];

/**
 * Where a trigger leads, or null where it leads nowhere.
 *
 * @param step of the beat; ignored by other triggers
 */
export function nextRunState(from: RunState | null, trigger: RunTrigger, step = 0): RunState | null {
  const edge = runTransitions.find((row) => row.from === from && row.trigger === trigger);
  return edge === undefined || (edge.needs_step === true && step <= 0) ? null : edge.to;
}

/** Whether some trigger leads from one state to the other; never from a state to itself. */
export function canRunMove(from: RunState | null, to: RunState): boolean {
  return runTransitions.some((row) => row.from === from && row.to === to);
}

/** Nothing leaves it. */
export function isTerminalRun(state: RunState): state is TerminalRunState {
  return (terminalRunStates as readonly RunState[]).includes(state);
}

/** The agent has not been heard working yet; the start clock runs. */
export function isStarting(state: RunState): state is 'queued' | 'provisioning' {
  return state === 'queued' || state === 'provisioning';
}

/** Every pair of states that a transition row may have, for the CHECK. */
export function legalRunMoves(): readonly { readonly from: RunState | null; readonly to: RunState }[] {
  const seen = new Map(runTransitions.map(({ from, to }) => [`${from ?? ''}>${to}`, { from, to }]));
  return [...seen.values()];
}
