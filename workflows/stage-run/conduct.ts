/**
 * The life of a stage run (stages.md 6.2): plan, run the steps, finish. The work runs in a scope of its own; whatever
 * comes first, its end or a cause to stop, decides how the run ends. An expected error never fails the workflow.
 */
import { type ErrorBody, OmniBaseError } from '../../contracts/error.ts';
import type { EndState, FinishedRun, StageRunResult, StepSkipReason } from '../../contracts/stage-workflow.ts';
import { nextState, type StageRunEvent } from '../../domain/stage/transitions.ts';
import { callOnHost, EngineStop } from './call-on-host.ts';
import { renderCard } from './card.ts';
import { watchDeadline } from './deadline.ts';
import { readFailure } from './failure.ts';
import type { StageRunPorts } from './ports.ts';
import { projectStates, type Projection } from './projection.ts';
import type { StageRunState, StopCause } from './run-state.ts';
import { scheduleSteps } from './schedule-steps.ts';

/** Time that cancelled steps have to stop before the run ends without them (stages.md 6.2), ms. */
export const stopGraceMs = 10_000;

interface Ending {
  readonly event: StageRunEvent;
  readonly reason: string | null;
  readonly error: ErrorBody | null;
  /** Reason given to steps that have no end. */
  readonly unfinished: StepSkipReason;
}

const allDone: Ending = { event: 'finished', reason: null, error: null, unfinished: 'cancelled' };

/** Conducts the run to a terminal state and returns what its caller gets. */
export async function conductStageRun(run: StageRunState, ports: StageRunPorts): Promise<StageRunResult> {
  const projection = projectStates(run, ports);
  const deadline = watchDeadline(run, ports);
  const scope = ports.openScope();
  projection.push(null);

  const work = endOf(scope.run(() => performWork(run, ports, projection)));
  await Promise.race([work, run.stopRequested]);
  // Cancelled work ends too, so the cause decides, not what came first.
  const cause = run.stopCause;
  const ending = cause === null ? await work : await stopWork(cause, run, ports, projection, scope, work);
  const end = decide(run, ending);
  run.skipUnfinished(ending.unfinished);
  deadline.close();
  await projection.settled();

  const finished = await finish(run, ports, end, ending);
  await release(run, ports);
  return finished;
}

/** @throws EngineStop or the failure of the planning activity */
async function performWork(run: StageRunState, ports: StageRunPorts, projection: Projection): Promise<void> {
  const plan = await callOnHost(() => ports.plan(), ports);
  run.adoptPlan(plan);
  if (plan.steps.length === 0) return;
  projection.enter('planned', null);
  await scheduleSteps(run, plan, ports);
}

/** Turns the end of the work into an ending; a defect of ours stays an exception and fails the workflow task. */
async function endOf(work: Promise<void>): Promise<Ending> {
  try {
    await work;
    return allDone;
  } catch (error) {
    const body = error instanceof EngineStop ? error.body : reportedBy(error);
    return { event: 'failed', reason: body.code, error: body, unfinished: 'engine' };
  }
}

function reportedBy(error: unknown): ErrorBody {
  const failure = readFailure(error);
  if (failure === null) throw error;
  if (failure.kind === 'reported') return failure.error;
  const message =
    failure.kind === 'worker-lost' ? 'the host worker was lost while planning' : 'planning did not end in time';
  return new OmniBaseError('OR062', { message }).toBody();
}

/** Cancels the work, gives it time to stop, and says how the run ends. */
async function stopWork(
  cause: StopCause,
  run: StageRunState,
  ports: StageRunPorts,
  projection: Projection,
  scope: { cancel(): void },
  work: Promise<unknown>,
): Promise<Ending> {
  if (cause.kind === 'cancel') projection.enter('cancel', cause.reason);
  scope.cancel();
  const grace = ports.startTimer(stopGraceMs, 'time for running steps to stop');
  await Promise.race([work, grace.fired]);
  grace.cancel();
  switch (cause.kind) {
    case 'cancel':
      return { event: 'stopped', reason: cause.reason, error: null, unfinished: 'cancelled' };
    case 'deadline': {
      const details = { deadline_ms: run.deadlineAt - run.startedAt };
      const error = new OmniBaseError('OR040', { details }).toBody();
      return { event: 'deadline', reason: error.code, error, unfinished: 'deadline' };
    }
    case 'engine':
      return { event: 'failed', reason: cause.error.code, error: cause.error, unfinished: 'engine' };
  }
}

/** From here on the run cannot be stopped: the end is decided, only not stored yet. */
function decide(run: StageRunState, ending: Ending): EndState {
  const end = nextState(run.state, ending.event);
  if (end === null || end === 'running' || end === 'cancelling' || end === 'planning') {
    throw new Error(`no end for ${ending.event} in state ${run.state}`);
  }
  run.ending = end;
  return end;
}

/** Stores report and terminal state; when the database stays away, the run ends as errored, exit 6. */
async function finish(
  run: StageRunState,
  ports: StageRunPorts,
  end: EndState,
  ending: Ending,
): Promise<StageRunResult> {
  const store = (state: EndState, error: ErrorBody | null): Promise<FinishedRun> =>
    ports.finish({
      version: run.version + 1,
      state,
      reason: ending.reason,
      error,
      planned: run.plan !== null,
      failed_steps: run.failedSteps,
      skipped_steps: run.skippedSteps,
    });
  try {
    return conclude(run, ports, await store(end, ending.error), true);
  } catch (error) {
    if (readFailure(error) === null) throw error;
  }
  const unreachable = new OmniBaseError('OB015').toBody();
  run.ending = 'errored';
  try {
    return conclude(run, ports, await store('errored', unreachable), true);
  } catch (error) {
    if (readFailure(error) === null) throw error;
    return conclude(run, ports, { state: 'errored', verdict: null, exit_code: 6 }, false);
  }
}

function conclude(run: StageRunState, ports: StageRunPorts, finished: FinishedRun, stored: boolean): StageRunResult {
  run.verdict = finished.verdict;
  run.enter(finished.state);
  ports.show(finished.state === 'completed' ? (finished.verdict ?? 'completed') : finished.state, renderCard(run));
  return { run_id: run.input.run_id, ...finished, stored };
}

/** Frees what the host keeps for this run. A host that is gone has nothing to free. */
async function release(run: StageRunState, ports: StageRunPorts): Promise<void> {
  const usedCommands = (run.plan?.steps ?? []).some(({ local }) => !local);
  try {
    await ports.release(usedCommands);
  } catch (error) {
    if (readFailure(error) === null) throw error;
  }
}
