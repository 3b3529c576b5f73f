/**
 * Execution of one step (stages.md 6.4, 6.6): only components without a stored result run, each result is stored before
 * the step answers, and a component that could not answer makes the activity fail so that the engine tries again.
 */
import { Context } from '@temporalio/activity';
import { OmniBaseError } from '../../contracts/error.ts';
import type { ComponentStepResult, PlannedStep, StagePlan, StepOutcome } from '../../contracts/stage.ts';
import type { StepRequest } from '../../contracts/stage-workflow.ts';
import { loadStepResults, missingComponents } from '../../db/stores/stages/results.ts';
import { outcomeOf } from '../../domain/stage/results/step-outcome.ts';
import { summarisePlan } from '../../domain/stage/plan/summary.ts';
import { toFailure } from '../failure.ts';
import type { StageActivityDeps } from './deps.ts';
import { whenAvailable } from './patience.ts';
import { ResultStore } from './result-store.ts';
import { round } from './run-cache.ts';
import { retryDelayMs, shouldRetry } from './step-retries.ts';

/** Heartbeats every half second (stages.md 6.4). */
const beatMs = 500;

export async function executeStep(deps: StageActivityDeps, request: StepRequest): Promise<StepOutcome> {
  const pulse = startPulse(Context.current());
  try {
    return await runStep(deps, request, pulse);
  } finally {
    pulse.stop();
  }
}

/** The beat of an ordinary activity; the engine passes on every second one or so, a cancellation comes with its answer. */
interface Pulse {
  /** Last line of the running child, told with each beat. */
  line: string;
  stop(): void;
}

function startPulse(context: Context): Pulse {
  const beat = context.info.isLocal ? null : setInterval(() => context.heartbeat(pulse.line), beatMs);
  const pulse: Pulse = {
    line: '',
    stop() {
      if (beat !== null) clearInterval(beat);
    },
  };
  return pulse;
}

async function runStep(deps: StageActivityDeps, request: StepRequest, pulse: Pulse): Promise<StepOutcome> {
  const from = performance.now();
  const { cancellationSignal } = Context.current();
  const { run_id, step_id } = request;
  const plan = await whenAvailable(() => deps.runs.planOf(run_id), cancellationSignal);
  const step = stepOf(plan, step_id);
  const uuids = Object.keys(step.files);
  const missing = await whenAvailable(
    () => missingComponents(deps.database, run_id, step_id, uuids),
    cancellationSignal,
  );

  deps.runs.stepStarted(run_id);
  deps.publish(run_id, { type: 'step.started', step_id, summary: summaryOf(plan, step) });
  const fresh = missing.length === 0 ? [] : await runMissing(deps, request, plan, step, missing, pulse);
  deps.runs.stepEnded(run_id);

  const results =
    missing.length === uuids.length
      ? fresh
      : await whenAvailable(() => loadStepResults(deps.database, run_id, step_id), cancellationSignal);
  const components = plan.components.filter(({ component }) => uuids.includes(component.uuid));
  const outcome = outcomeOf(step_id, components, results, round(performance.now() - from));
  deps.metrics?.stepFinished(step.kind, outcome.duration_ms / 1000);
  deps.publish(run_id, {
    type: 'step.finished',
    step_id,
    duration_ms: outcome.duration_ms,
    statuses: Object.fromEntries(outcome.results.map(({ uuid, status }) => [uuid, status])),
  });
  return outcome;
}

/** @throws a retryable failure when a component may answer at another attempt, CancelledFailure when cancelled */
async function runMissing(
  deps: StageActivityDeps,
  { run_id, stage, step_id, correlation_id, attempts }: StepRequest,
  plan: StagePlan,
  step: PlannedStep,
  missing: readonly string[],
  pulse: Pulse,
): Promise<readonly ComponentStepResult[]> {
  const context = Context.current();
  const { attempt } = context.info;
  const store = new ResultStore(deps.database, run_id);
  const kept: ComponentStepResult[] = [];
  const unanswered: ComponentStepResult[] = [];
  try {
    await deps.runner.execute(step, plan, missing, {
      signal: context.cancellationSignal,
      run: { run_id, stage, correlation_id, attempt },
      progress(text) {
        pulse.line = text;
        deps.publish(run_id, { type: 'step.progress', step_id, text });
      },
      onResult(result) {
        // What was stopped from outside is no answer of the component.
        if (context.cancellationSignal.aborted && result.status === 'error') return Promise.resolve();
        const counted = { ...result, attempts: attempt };
        if (shouldRetry(counted, stage, attempt, attempts)) {
          unanswered.push(counted);
        } else {
          kept.push(counted);
          store.add(counted);
        }
        return Promise.resolve();
      },
    });
  } catch (error) {
    // A runner that was told to stop rejects; what it had handed over counts all the same.
    if (!context.cancellationSignal.aborted) throw error;
  } finally {
    await store.flush();
  }
  if (context.cancellationSignal.aborted && kept.length < missing.length) return stopped(context);
  if (unanswered.length > 0) {
    deps.metrics?.retried();
    throw tryAgain(unanswered, attempt);
  }
  return kept;
}

/** A worker that shuts down says so, and the engine gives the step to the next one at once. */
function stopped(context: Context): Promise<never> {
  if (context.cancellationDetails?.workerShutdown !== true) return context.cancelled;
  const error = new OmniBaseError('NE001', { details: { component: 'the step', reason: 'worker-lost' } });
  throw toFailure(error, { retryable: true });
}

function tryAgain(unanswered: readonly ComponentStepResult[], attempt: number): Error {
  const [first] = unanswered.flatMap(({ errors }) => errors);
  const error = first === undefined ? new OmniBaseError('NE001') : OmniBaseError.fromBody(first);
  return toFailure(error, { retryable: true, nextRetryDelayMs: retryDelayMs(attempt, Math.random()) });
}

function stepOf(plan: StagePlan, stepId: string): PlannedStep {
  const step = plan.steps.find(({ id }) => id === stepId);
  if (step === undefined) throw new OmniBaseError('OB001', { message: `the plan has no step ${stepId}` });
  return step;
}

/** `json, yaml, +3 on 200 files, batch 1/1`, as the Web UI shows it. */
function summaryOf(plan: StagePlan, step: PlannedStep): string {
  return summarisePlan({ ...plan, steps: [step], levels: [[step.id]] }).steps[0]?.summary ?? step.id;
}
