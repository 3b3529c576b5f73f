/**
 * The notable paths of stage runs (those of registrations are in `registration-paths.ts`): what runs, and what is done to it meanwhile. `record-histories.ts` records one
 * history per path; `replay.test.ts` replays them against today's code.
 */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { awaitStageRunProgress, cancelStageRun } from '../../client/stage-run.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { StageRunInput } from '../../contracts/stage.ts';
import { never, untilCancelled } from '../workflow/support/activity-ends.ts';
import type { Roles, Script, StageWorker } from '../workflow/support/scripted-worker.ts';
import { plannedRun, stepOutcome, stepSummary } from '../workflow/support/stage-input.ts';

export interface NotablePath {
  readonly script: Script;
  readonly roles?: Roles;
  readonly input?: Partial<StageRunInput>;
  /** What happens to the run once its steps are running. */
  readonly meanwhile?: (worker: StageWorker, workflowId: string) => Promise<unknown>;
}

const command = (id: string) => stepSummary(id, { local: false });
const cancelCommand = { command_id: randomUUID(), reason: 'SIGINT', actor: 'local:recorder' };

function failWith(code: 'OR002' | 'OR020'): never {
  const error = new OmniBaseError(code);
  throw ApplicationFailure.create({
    message: error.message,
    type: error.class,
    nonRetryable: true,
    details: [error.toBody()],
  });
}

export const notablePaths: Readonly<Record<string, NotablePath>> = {
  pass: { script: { plan: plannedRun([stepSummary('a'), stepSummary('b')]) } },
  'pass-commands': {
    script: { plan: plannedRun([stepSummary('a'), command('b'), command('c')], { levels: [['a', 'b'], ['c']] }) },
  },
  'nothing-to-do': { script: { plan: plannedRun([]) } },
  'split-roles': {
    script: { plan: plannedRun([command('a')]) },
    roles: { control: true },
    input: { local_control: false },
  },
  'fail-fast': {
    script: {
      plan: plannedRun([command('slow'), command('broken'), command('later')], { fail_fast: true, concurrency: 2 }),
      executeStep: (request) =>
        request.step_id === 'broken' ? Promise.resolve(stepOutcome(request, 'fail')) : untilCancelled(),
    },
  },
  'upstream-failed': {
    script: {
      plan: plannedRun([command('a'), command('b')], { levels: [['a'], ['b']], needs: { b: ['a'] } }),
      executeStep: (request) => Promise.resolve(stepOutcome(request, 'fail')),
    },
  },
  cancel: {
    script: { plan: plannedRun([command('slow')]), executeStep: untilCancelled },
    meanwhile: (worker, workflowId) => cancelStageRun(worker.client, workflowId, cancelCommand),
  },
  'cancel-in-temporal': {
    script: { plan: plannedRun([command('slow')]), executeStep: untilCancelled },
    meanwhile: (worker, workflowId) => worker.client.workflow.getHandle(workflowId).cancel(),
  },
  'await-progress': {
    script: { plan: plannedRun([command('slow')]), executeStep: untilCancelled },
    async meanwhile(worker, workflowId) {
      await awaitStageRunProgress(worker.client, workflowId, { since_version: 1000, max_wait_ms: 100 });
      await cancelStageRun(worker.client, workflowId, cancelCommand);
    },
  },
  deadline: {
    script: { plan: plannedRun([command('slow')], { deadline_ms: 1_500 }), executeStep: untilCancelled },
  },
  'planning-error': { script: { planStage: () => failWith('OR020') } },
  'empty-selection': { script: { planStage: () => failWith('OR002') } },
  'lost-worker': {
    script: { plan: plannedRun([stepSummary('a', { local: false, attempts: 1 })]), executeStep: never },
  },
  'forty-steps': {
    script: {
      plan: plannedRun(
        Array.from({ length: 40 }, (_, index) => command(`s${index}`)),
        { concurrency: 8 },
      ),
    },
  },
};
