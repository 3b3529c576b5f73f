/**
 * The end of a run (stages.md 6.4, 11): the report is built from what is stored and written with the terminal state in
 * one transaction. Repeating it finds the first report.
 */
import { type ErrorBody, OmniBaseError } from '../../contracts/error.ts';
import type { RunReport, StagePlan } from '../../contracts/stage.ts';
import type { FinishedRun, FinishRequest } from '../../contracts/stage-workflow.ts';
import { loadPlan } from '../../db/stores/stages/plans.ts';
import { projectionOf } from '../../db/stores/stages/projection.ts';
import { loadReport, storeReport } from '../../db/stores/stages/reports.ts';
import { loadResults } from '../../db/stores/stages/results.ts';
import { buildReport } from '../../domain/stage/report/build-report.ts';
import type { DatabaseActivityDeps } from './deps.ts';
import { round } from './run-cache.ts';

export async function finishStage(deps: DatabaseActivityDeps, request: FinishRequest): Promise<FinishedRun> {
  const from = performance.now();
  const { input } = request;
  const [plan, results] = await Promise.all([planOf(deps, request), loadResults(deps.database, input.run_id)]);
  const built = buildReport({
    ...request,
    plan,
    results,
    failed_steps: nameComponents(request.failed_steps, plan),
    completed_at: new Date().toISOString(),
    environment: deps.environment,
    timings: { ...deps.runs.timingsOf(input.run_id), report_ms: round(performance.now() - from) },
  });
  const outcome = await storeReport(deps.database, projectionOf(request), built);
  // Whoever stored first has told how the run ended, also when this is a repetition of ourselves.
  const report = outcome === 'applied' ? built : ((await loadReport(deps.database, input.run_id)) ?? built);
  if (outcome === 'applied') deps.metrics?.runFinished(report);
  deps.publish(input.run_id, { type: 'run.finished', report });
  return { state: endOf(report, request), verdict: report.verdict, exit_code: report.exit_code };
}

/** A plan may be stored although the workflow never heard of it: planning was cancelled at its last moment. */
async function planOf(deps: DatabaseActivityDeps, { input, planned }: FinishRequest): Promise<StagePlan | null> {
  return planned ? deps.runs.planOf(input.run_id) : loadPlan(deps.database, input.run_id);
}

function endOf({ state }: RunReport, request: FinishRequest): FinishedRun['state'] {
  return state === 'completed' || state === 'cancelled' || state === 'timed_out' || state === 'errored'
    ? state
    : request.state;
}

/** The workflow knows steps, people know components. */
function nameComponents(failed: FinishRequest['failed_steps'], plan: StagePlan | null): FinishRequest['failed_steps'] {
  return Object.fromEntries(
    Object.entries(failed).map(([id, error]) => [id, withComponent(error, namesOf(id, plan))] as const),
  );
}

function withComponent(error: ErrorBody, component: string | null): ErrorBody {
  if (component === null || error.details?.['component'] === undefined) return error;
  return new OmniBaseError(error.code, { details: { ...error.details, component } }).toBody();
}

function namesOf(stepId: string, plan: StagePlan | null): string | null {
  const uuids = Object.keys(plan?.steps.find(({ id }) => id === stepId)?.files ?? {});
  const names = plan?.components.filter(({ component }) => uuids.includes(component.uuid)) ?? [];
  return names.length === 0 ? null : names.map(({ component }) => component.name).join(', ');
}
