/**
 * Runs the steps of a plan: level by level, at most `concurrency` at once, stopping early when the run fails fast
 * (stages.md 5). The order inside a level and the dependencies come from the plan; nothing is decided here twice.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { StepSummary } from '../../contracts/stage.ts';
import type { PlannedRun } from '../../contracts/stage-workflow.ts';
import { callOnHost, EngineStop } from './call-on-host.ts';
import { type Failure, isEngineError, readFailure } from './failure.ts';
import type { StageRunPorts } from './ports.ts';
import type { StageRunState } from './run-state.ts';

/**
 * Resolves when every step has ended, was skipped, or was interrupted by cancellation of the surrounding scope.
 *
 * @throws EngineStop when the host is silent past its limit or the database cannot be reached
 */
export async function scheduleSteps(run: StageRunState, plan: PlannedRun, ports: StageRunPorts): Promise<void> {
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  const scope = ports.openScope();
  const halt: Halt = { reason: null, error: null };

  const runOne = async (step: StepSummary): Promise<void> => {
    if ((plan.needs[step.id] ?? []).some((id) => run.isBroken(id))) {
      run.stepSkipped(step.id, 'upstream-failed');
      return;
    }
    const blocked = await executeStep(run, step, ports, halt);
    if (blocked && plan.fail_fast) stopOthers(halt, 'fail-fast', scope);
  };

  await scope.run(async () => {
    for (const level of plan.levels) {
      const queue = level.map((id) => steps.get(id)).filter((step) => step !== undefined);
      await inParallel(queue, plan.concurrency, halt, async (step) => {
        try {
          await runOne(step);
        } catch (error) {
          halt.error ??= error;
          stopOthers(halt, 'engine', scope);
        }
      });
    }
  });

  // Cancelled from outside: how the run ends says why, see `conduct.ts`.
  if (halt.reason !== null && halt.reason !== 'cancelled') run.skipUnfinished(halt.reason);
  if (halt.error !== null) throw halt.error;
}

/** Why no more steps are started; the error is what `scheduleSteps` throws once the running ones have stopped. */
interface Halt {
  reason: 'fail-fast' | 'engine' | 'cancelled' | null;
  error: unknown;
}

function stopOthers(halt: Halt, reason: 'fail-fast' | 'engine', scope: { cancel(): void }): void {
  if (halt.reason !== null) return;
  halt.reason = reason;
  scope.cancel();
}

/** One queue, `limit` takers: a step that ends makes room for the next at once. */
async function inParallel<T>(items: T[], limit: number, halt: Halt, work: (item: T) => Promise<void>): Promise<void> {
  const take = async (): Promise<void> => {
    while (halt.reason === null) {
      const item = items.shift();
      if (item === undefined) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, take));
}

/** @returns true when a component failed that stops a fail-fast run */
async function executeStep(run: StageRunState, step: StepSummary, ports: StageRunPorts, halt: Halt): Promise<boolean> {
  run.stepStarted(step.id, step.components.length, new Date(ports.now()).toISOString());
  try {
    const outcome = await callOnHost(() => ports.executeStep(step), ports);
    run.stepFinished(outcome);
    return outcome.results.some(({ blocking }) => blocking);
  } catch (error) {
    const failure = readFailure(error);
    if (failure === null) throw error;
    if (failure.kind !== 'cancelled') return stepFailed(run, step, failure);
    // Without anyone here having asked, its worker was shutting down.
    if (run.stopCause === null && halt.reason === null) return stepFailed(run, step, { kind: 'worker-lost' });
    halt.reason ??= 'cancelled';
    return false;
  }
}

function stepFailed(run: StageRunState, step: StepSummary, failure: Exclude<Failure, { kind: 'cancelled' }>): boolean {
  const error = errorOf(failure, step);
  if (isEngineError(error)) throw new EngineStop(error);
  run.stepFailed(step.id, step.components, error);
  return true;
}

function errorOf(failure: Exclude<Failure, { kind: 'cancelled' }>, step: StepSummary) {
  if (failure.kind === 'reported') return failure.error;
  const details = { component: step.summary, timeout_ms: step.timeout_ms };
  if (failure.kind === 'timed-out') return new OmniBaseError('NE004', { details }).toBody();
  return new OmniBaseError('NE001', { details: { ...details, reason: 'worker-lost' } }).toBody();
}
