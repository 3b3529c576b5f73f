/**
 * The ports of a stage run on Temporal. Planning, groups of fast built-ins and, where this process serves the control
 * role, database statements are local activities: three of them cost 13 ms, three ordinary ones 31 (stages.md 6.8).
 */
import * as wf from '@temporalio/workflow';
import { searchAttributes } from '../../contracts/search-attributes.ts';
import type { StageRunInput, StepSummary } from '../../contracts/stage.ts';
import type { StageActivities } from '../../contracts/stage-workflow.ts';
import { controlQueue } from '../messages/task-queues.ts';
import * as limits from './activity-limits.ts';
import type { StageRunPorts, Timer, WorkScope } from './ports.ts';

/** The first state is given by the client that starts the run. */
const initialState = 'planning';

export function temporalPorts(input: StageRunInput): StageRunPorts {
  const { workflowId, namespace } = wf.workflowInfo();
  const workflow = { id: workflowId, namespace };
  let shown: string = initialState;

  return {
    workflow,
    now: () => Date.now(),
    startTimer,
    openScope,
    plan: () => local(limits.planLimits, 'plan: entries, selection, versions').planStage({ input }),
    executeStep: (step) =>
      stepActivities(step).executeStep({
        run_id: input.run_id,
        stage: input.stage,
        step_id: step.id,
        correlation_id: input.correlation_id,
        attempts: step.attempts,
      }),
    hostIsFresh: async () => (await database(input, 'is the host alive?').checkHost({ host_id: input.host_id })).fresh,
    record: async (change) => {
      await database(input, `state ${change.state}`).recordStageState({ input, workflow, ...change });
    },
    finish: (request) => database(input, `report, state ${request.state}`).finishStage({ input, workflow, ...request }),
    release: (usedCommands) => release(input, usedCommands),
    show(value, card) {
      wf.setCurrentDetails(card);
      if (value === shown) return;
      shown = value;
      const key = { name: 'OmniState', type: searchAttributes.OmniState };
      wf.upsertSearchAttributes([{ key, value }]);
    },
  };
}

function openScope(): WorkScope {
  const scope = new wf.CancellationScope({ cancellable: true });
  return { run: (work) => scope.run(work), cancel: () => scope.cancel() };
}

function startTimer(ms: number, summary: string): Timer {
  const scope = new wf.CancellationScope({ cancellable: true });
  const fired = scope.run(async () => {
    try {
      await wf.sleep(ms, { summary });
      return true;
    } catch (error) {
      if (wf.isCancellation(error)) return false;
      throw error;
    }
  });
  return { fired, cancel: () => scope.cancel() };
}

/** A step that starts a process or may take a second is an ordinary activity: its own row in the Web UI. */
function stepActivities(step: StepSummary): StageActivities {
  const stepLimits = limits.stepLimits(step);
  if (step.local) return local(stepLimits, step.summary);
  return wf.proxyActivities<StageActivities>({
    ...stepLimits,
    ...limits.hostQueueLimits,
    heartbeatTimeout: limits.heartbeatTimeout,
    // The run ends when its children have ended, or 10 s passed; never before.
    cancellationType: wf.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: step.summary,
  });
}

function database(input: StageRunInput, summary: string): StageActivities {
  if (input.local_control) return local(limits.databaseLimits, summary);
  return wf.proxyActivities<StageActivities>({ ...limits.databaseLimits, taskQueue: controlQueue, summary });
}

function local(options: wf.LocalActivityOptions, summary: string): StageActivities {
  return wf.proxyLocalActivities<StageActivities>({
    ...options,
    cancellationType: wf.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    localRetryThreshold: limits.localRetryThreshold,
    summary,
  });
}

function release(input: StageRunInput, usedCommands: boolean): Promise<void> {
  const summary = 'free the host';
  const request = { run_id: input.run_id };
  if (!usedCommands) return local(limits.releaseLimits, summary).releaseHost(request);
  const options = { ...limits.releaseLimits, ...limits.hostQueueLimits, summary };
  return wf.proxyActivities<StageActivities>(options).releaseHost(request);
}
