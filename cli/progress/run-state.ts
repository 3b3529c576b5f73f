/** What is going on in a run right now, kept from its events; what both kinds of progress show. */
import type { StageEvent } from '../../contracts/stage.ts';

interface RunningStep {
  readonly id: string;
  readonly summary: string;
  /** Clock of the viewer when it began, ms. */
  readonly since: number;
  /** Last line the step printed, or empty. */
  readonly text: string;
}

export interface RunState {
  /** What is waited for while no step runs. */
  readonly phase: string;
  readonly steps: number;
  readonly finished: number;
  readonly running: readonly RunningStep[];
}

export const initialRunState: RunState = { phase: 'starting', steps: 0, finished: 0, running: [] };

/** The state after an event that arrived at `now` (ms of any steady clock). */
export function applyEvent(state: RunState, event: StageEvent, now: number): RunState {
  switch (event.type) {
    case 'run.started':
      return { ...state, phase: 'planning' };
    case 'run.planned':
      return { ...state, phase: 'running', steps: event.steps };
    case 'step.started': {
      const others = state.running.filter(({ id }) => id !== event.step_id);
      return { ...state, running: [...others, { id: event.step_id, summary: event.summary, since: now, text: '' }] };
    }
    case 'step.progress':
      return {
        ...state,
        running: state.running.map((step) => (step.id === event.step_id ? { ...step, text: event.text } : step)),
      };
    case 'step.finished':
      return {
        ...state,
        finished: state.finished + 1,
        running: state.running.filter(({ id }) => id !== event.step_id),
      };
    case 'run.finished':
      return { ...state, phase: 'finished', running: [] };
    case 'message':
      return state;
  }
}
