/**
 * The report of a run that still goes on: the plan, and the results of the components that have finished
 * all their steps. It has no verdict and no end.
 */
import { stageWorkflowId } from '../../client/ids.ts';
import {
  type ComponentStepResult,
  type RunReport,
  type StagePlan,
  type StageRunSummary,
  stageOptionsSchema,
} from '../../contracts/stage.ts';
import { buildReport } from '../../domain/stage/report/build-report.ts';
import { summarise } from '../../domain/stage/report/totals.ts';

export interface OpenRun {
  readonly run: StageRunSummary;
  readonly plan: StagePlan;
  readonly results: readonly ComponentStepResult[];
  readonly environment: RunReport['environment'];
  /** RFC 3339 time of the question. */
  readonly now: string;
}

/** Choices that only a plan-less report would show. */
const noOptions = stageOptionsSchema.parse({});

export function openReport({ run, plan, results, environment, now }: OpenRun): RunReport {
  const complete = completeComponents(plan, results);
  const known = buildReport({
    input: {
      run_id: run.run_id,
      stage: run.stage,
      correlation_id: '',
      requested_at: run.started_at,
      snapshot: plan.snapshot,
      options: noOptions,
    },
    workflow: { id: stageWorkflowId(run.stage, run.run_id), namespace: '' },
    state: 'cancelled',
    reason: null,
    error: null,
    failed_steps: {},
    skipped_steps: {},
    plan,
    results,
    completed_at: now,
    environment,
  });
  const finished = known.results.filter(({ component }) => complete.has(component.uuid));
  return {
    ...known,
    state: run.state,
    verdict: null,
    exit_code: 0,
    completed_at: null,
    results: finished,
    summary: summarise(finished),
    messages: [
      ...known.messages,
      { level: 'info', text: `${finished.length} of ${plan.components.length} components have finished` },
    ],
  };
}

/** Components with a result in every step they have a part in. */
function completeComponents(plan: StagePlan, results: readonly ComponentStepResult[]): ReadonlySet<string> {
  const stored = new Set(results.map(({ component_uuid, step_id }) => `${component_uuid} ${step_id}`));
  const isComplete = (uuid: string) =>
    plan.steps.every(({ id, files }) => !Object.hasOwn(files, uuid) || stored.has(`${uuid} ${id}`));
  return new Set(plan.components.map(({ component }) => component.uuid).filter(isComplete));
}
