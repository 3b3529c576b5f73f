/** Inputs and plans of stage runs for workflow tests: ids are unique, everything else has a plain default. */
import { randomUUID } from 'node:crypto';
import {
  type StageRunInput,
  stageOptionsSchema,
  type StepOutcome,
  type StepSummary,
} from '../../../contracts/stage.ts';
import type { PlannedRun } from '../../../contracts/stage-workflow.ts';

export function stageInput(hostId: string, changes: Partial<StageRunInput> = {}): StageRunInput {
  return {
    schema_version: 1,
    run_id: randomUUID(),
    stage: 'pre-commit',
    correlation_id: 'test-correlation',
    host_id: hostId,
    local_control: true,
    deadline_ms: 60_000,
    requested_at: new Date().toISOString(),
    principal: 'local:tester',
    snapshot: {
      source: 'index',
      git_dir: '/nowhere/.git',
      work_tree: '/nowhere',
      object_directories: [],
      head: 'a'.repeat(40),
      branch: 'main',
      from_ref: null,
      to_ref: null,
      base_tree: 'b'.repeat(40),
      target_tree: 'c'.repeat(40),
      merge_trees: [],
      paths: null,
      repo_id: 'repo',
      warnings: [],
    },
    options: stageOptionsSchema.parse({}),
    repo: 'app',
    ...changes,
  };
}

export function stepSummary(id: string, changes: Partial<StepSummary> = {}): StepSummary {
  return {
    id,
    level: 0,
    summary: `${id} on 1 file, batch 1/1`,
    local: true,
    timeout_ms: 10_000,
    attempts: 3,
    components: [`uuid-of-${id}`],
    ...changes,
  };
}

/** A plan of one level holding all steps, unless `changes` says otherwise. */
export function plannedRun(steps: readonly StepSummary[], changes: Partial<PlannedRun> = {}): PlannedRun {
  return {
    plan_hash: 'f'.repeat(64),
    files: 1,
    components: steps.length,
    concurrency: 4,
    fail_fast: false,
    deadline_ms: 60_000,
    steps,
    levels: steps.length === 0 ? [] : [steps.map(({ id }) => id)],
    needs: {},
    resolved: steps.map(({ id }) => `${id}@1.0.0`),
    ...changes,
  };
}

export function stepOutcome(
  step: { readonly step_id: string },
  status: StepOutcome['results'][number]['status'] = 'pass',
): StepOutcome {
  const failed = status === 'fail' || status === 'error';
  return {
    step_id: step.step_id,
    results: [{ uuid: `uuid-of-${step.step_id}`, status, findings: failed ? 1 : 0, exit: 0, blocking: failed }],
    duration_ms: 1,
    headlines: failed ? [`${step.step_id}: broken`] : [],
  };
}
