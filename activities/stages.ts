/**
 * The activities of stage runs (stages.md 6.4). Factories only: each unwraps its request, calls the step of the same
 * name under `stages/`, and lets errors of the catalogue travel whole.
 */
import type { StageActivities } from '../contracts/stage-workflow.ts';
import { readComponent } from '../db/stores/liveness/liveness.ts';
import { projectionOf, projectStageState } from '../db/stores/stages/projection.ts';
import { toFailure } from './failure.ts';
import type { DatabaseActivityDeps, StageActivityDeps } from './stages/deps.ts';
import { executeStep } from './stages/execute-step.ts';
import { finishStage } from './stages/finish-stage.ts';
import { planStage } from './stages/plan-stage.ts';

export type { StageActivityDeps, StepHooks } from './stages/deps.ts';
export { planStageRun } from './stages/plan-stage.ts';
export { readSettings } from './stages/read-settings.ts';
export { RunCache } from './stages/run-cache.ts';
export { createStageMetrics } from './stages/stage-metrics.ts';

/** Activities that need the database alone: what a control worker serves. */
export type StageDatabaseActivities = Pick<StageActivities, 'recordStageState' | 'finishStage' | 'checkHost'>;

/** Stamped every 5 s; older than this there is no host worker (stages.md 6.4). */
const hostSilentMs = 20_000;

export function createStageDatabaseActivities(deps: DatabaseActivityDeps): StageDatabaseActivities {
  return {
    recordStageState: failing(async (change) => ({
      outcome: await projectStageState(deps.database, projectionOf(change)),
    })),
    finishStage: failing((request) => finishStage(deps, request)),
    checkHost: failing(async ({ host_id }) => {
      const liveness = await readComponent(deps.database, { component: 'host', instance: host_id });
      return { fresh: liveness !== null && liveness.age_ms <= hostSilentMs, age_ms: liveness?.age_ms ?? null };
    }),
  };
}

/** Everything a host worker serves; where it also serves the control role, the workflow calls all of it locally. */
export function createStageActivities(deps: StageActivityDeps): StageActivities {
  return {
    ...createStageDatabaseActivities(deps),
    planStage: failing((request) => planStage(deps, request)),
    executeStep: failing((request) => executeStep(deps, request)),
    releaseHost: failing(async ({ run_id }) => {
      deps.runs.forget(run_id);
      await deps.releaseRun?.(run_id);
    }),
  };
}

function failing<Request, Answer>(serve: (request: Request) => Promise<Answer>): (request: Request) => Promise<Answer> {
  return async (request) => {
    try {
      return await serve(request);
    } catch (error) {
      throw toFailure(error);
    }
  };
}
