/**
 * The workflow of a stage run (stages.md 6). It only joins the parts: `run-state` holds what is known, `conduct` leads
 * from planning to a terminal state, `answer-messages` speaks with clients, `temporal-ports` reaches the engine.
 */
import * as wf from '@temporalio/workflow';
import { OmniBaseError } from '../contracts/error.ts';
import type { StageRunInput } from '../contracts/stage.ts';
import type {
  CancelAnswer,
  CancelCommand,
  ProgressView,
  ProgressWait,
  StageRunResult,
} from '../contracts/stage-workflow.ts';
import { stageRunMessages } from './messages/stage-run.ts';
import { awaitProgress, cancel, checkCancel, checkWait, type Waits } from './stage-run/answer-messages.ts';
import { conductStageRun } from './stage-run/conduct.ts';
import { StageRunState } from './stage-run/run-state.ts';
import { temporalPorts } from './stage-run/temporal-ports.ts';

const cancelUpdate = wf.defineUpdate<CancelAnswer, [CancelCommand]>(stageRunMessages.cancel);
const progressQuery = wf.defineQuery<ProgressView>(stageRunMessages.progress);
const awaitProgressUpdate = wf.defineUpdate<ProgressView, [ProgressWait]>(stageRunMessages.awaitProgress);

/** Plans and runs one stage; completes in every expected case, whatever the verdict. */
export async function stageRun(input: StageRunInput): Promise<StageRunResult> {
  const run = new StageRunState(input, wf.workflowInfo().startTime.getTime());
  const ports = temporalPorts(input);
  const waits: Waits = { waiting: 0, total: 0 };

  wf.setHandler(cancelUpdate, (command) => cancel(run, command), {
    validator: refusing((command: CancelCommand) => checkCancel(run, command)),
    description: 'stops the run; answers the state',
  });
  wf.setHandler(progressQuery, () => run.progress(), { description: 'state, counts and running steps' });
  wf.setHandler(awaitProgressUpdate, (wait) => awaitProgress(run, ports, waits, wait), {
    validator: refusing((wait: ProgressWait) => checkWait(waits, wait)),
    description: 'progress, once its version passed since_version',
  });

  // `cancelRequested` only ever rejects: someone cancelled the workflow itself.
  wf.CancellationScope.current().cancelRequested.catch(() => {
    run.requestStop({ kind: 'cancel', reason: 'cancelled in Temporal', actor: 'temporal' });
  });
  return wf.CancellationScope.nonCancellable(async () => {
    const result = await conductStageRun(run, ports);
    await wf.condition(wf.allHandlersFinished);
    return result;
  });
}

/** Lets errors of the catalogue travel to the caller whole. */
function refusing<Input>(check: (input: Input) => void): (input: Input) => void {
  return (input) => {
    try {
      check(input);
    } catch (error) {
      if (!(error instanceof OmniBaseError)) throw error;
      const { message, class: type } = error;
      throw wf.ApplicationFailure.create({ message, type, nonRetryable: true, details: [error.toBody()] });
    }
  };
}
