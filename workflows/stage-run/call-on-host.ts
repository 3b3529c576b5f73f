/**
 * Calls on the host's queue (stages.md 6.4): a task nobody took within 20 s says nothing by itself. The liveness row
 * of the host decides: fresh means busy, so the task is scheduled again; silent means there is no host worker.
 */
import { type ErrorBody, OmniBaseError } from '../../contracts/error.ts';
import { readFailure } from './failure.ts';
import type { StageRunPorts } from './ports.ts';

/** The run cannot go on: it ends as `errored` with this error. */
export class EngineStop extends Error {
  readonly body: ErrorBody;

  constructor(body: ErrorBody) {
    super(body.message);
    this.name = 'EngineStop';
    this.body = body;
  }
}

/** @throws EngineStop with OR062 when no host worker answers, OB015 when its liveness cannot be read */
export async function callOnHost<T>(call: () => Promise<T>, ports: StageRunPorts): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (readFailure(error)?.kind !== 'not-started') throw error;
    }
    if (!(await hostIsFresh(ports))) throw new EngineStop(new OmniBaseError('OR062').toBody());
  }
}

async function hostIsFresh(ports: StageRunPorts): Promise<boolean> {
  try {
    return await ports.hostIsFresh();
  } catch (error) {
    const failure = readFailure(error);
    if (failure === null || failure.kind === 'cancelled') throw error;
    throw new EngineStop(failure.kind === 'reported' ? failure.error : new OmniBaseError('OB015').toBody());
  }
}
