/**
 * Projects each change of state into Postgres, in order, beside the work (stages.md 6.8): nothing waits for a
 * projection but the next one. A database that stays away stops the run.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import { nextState, type StageRunEvent } from '../../domain/stage/transitions.ts';
import { renderCard } from './card.ts';
import { readFailure } from './failure.ts';
import type { StageRunPorts } from './ports.ts';
import type { StageRunState } from './run-state.ts';

export interface Projection {
  /** Changes the state as the table of `domain/stage` says and projects it; an event without an edge is ignored. */
  enter(event: StageRunEvent, reason: string | null): void;
  /** Projects the state as it is. */
  push(reason: string | null): void;
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>;
}

export function projectStates(run: StageRunState, ports: StageRunPorts): Projection {
  let tail: Promise<void> = Promise.resolve();
  let broken = false;

  const project = async (change: {
    version: number;
    state: typeof run.state;
    reason: string | null;
  }): Promise<void> => {
    // Once exhausted, further tries would only keep the run from ending.
    if (broken) return;
    try {
      await ports.record(change);
    } catch (error) {
      const failure = readFailure(error);
      if (failure === null) throw error;
      broken = true;
      run.requestStop({
        kind: 'engine',
        error: failure.kind === 'reported' ? failure.error : new OmniBaseError('OB015').toBody(),
      });
    }
  };

  const push = (reason: string | null): void => {
    const change = { version: run.version, state: run.state, reason };
    ports.show(run.state, renderCard(run));
    tail = tail.then(() => project(change));
  };

  return {
    push,
    enter(event, reason) {
      const next = nextState(run.state, event);
      if (next === null) return;
      run.enter(next);
      push(reason);
    },
    settled: () => tail,
  };
}
