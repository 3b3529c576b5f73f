/**
 * The states of a stage run and what leads from one to the next (stages.md 6.2). The workflow asks `nextState` before
 * every change; the database refuses once more to leave a terminal state.
 */
import type { RunState } from '../../contracts/stage.ts';

/** What can happen to a run. */
export type StageRunEvent =
  /** The plan is stored and has work in it. */
  | 'planned'
  /** All work has ended; straight from planning when there is nothing to do. */
  | 'finished'
  /** Cancel update, Temporal cancellation, or the owner is gone. */
  | 'cancel'
  /** Every step has stopped, or 10 s passed since the cancellation. */
  | 'stopped'
  /** The stage deadline passed. */
  | 'deadline'
  /** Bad input, resolution error, silent host, exhausted database activity, or a workflow that no longer exists. */
  | 'failed';

/** Legal edges: state → event → state. A state without edges is terminal and never changes. */
export const stageTransitions = {
  planning: {
    planned: 'running',
    finished: 'completed',
    cancel: 'cancelling',
    deadline: 'timed_out',
    failed: 'errored',
  },
  running: { finished: 'completed', cancel: 'cancelling', deadline: 'timed_out', failed: 'errored' },
  cancelling: { stopped: 'cancelled', failed: 'errored' },
  completed: {},
  cancelled: {},
  timed_out: {},
  errored: {},
} as const satisfies Readonly<Record<RunState, Readonly<Partial<Record<StageRunEvent, RunState>>>>>;

/** States in which nothing changes any more. */
export const terminalStates = ['completed', 'cancelled', 'timed_out', 'errored'] as const;
export type TerminalState = (typeof terminalStates)[number];

/** The state that `event` leads to from `state`, or null where the table has no such edge. */
export function nextState(state: RunState, event: StageRunEvent): RunState | null {
  const edges: Readonly<Partial<Record<StageRunEvent, RunState>>> = stageTransitions[state];
  return edges[event] ?? null;
}

/** Every state that one event can lead to from `state`; none for a terminal state. */
export function nextStates(state: RunState): readonly RunState[] {
  return Object.values(stageTransitions[state]);
}

/** True for states that never change. */
export function isTerminal(state: RunState): state is TerminalState {
  return nextStates(state).length === 0;
}
