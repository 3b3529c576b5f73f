/**
 * A worker on a real Temporal server, on a host queue of its own, with activities that are scripted. What the workflow
 * asked of them is kept in order. Knows nothing of a test runner: histories are recorded with it too.
 */
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { correlationInterceptor } from '../../../client/correlation-interceptor.ts';
import { controlQueue, hostQueue } from '../../../client/queues.ts';
import type { FinishRequest, PlannedRun, StageActivities, StateChange } from '../../../contracts/stage-workflow.ts';
import { workflowBundle } from '../../../workers/build-bundle.ts';
import { stepOutcome } from './stage-input.ts';
import './quiet-runtime.ts';

const namespace = 'default';

export interface Script extends Partial<StageActivities> {
  /** Shorthand for a `planStage` that answers this. */
  readonly plan?: PlannedRun;
}

export interface Roles {
  /** Also serve the control queue, which all test files share. */
  readonly control?: boolean;
}

export interface StageWorker {
  readonly hostId: string;
  readonly client: Client;
  readonly states: StateChange[];
  readonly finishes: FinishRequest[];
  readonly released: string[];
  stop(): Promise<void>;
}

export async function startStageWorker(address: string, script: Script, roles: Roles = {}): Promise<StageWorker> {
  const hostId = `host-${randomUUID()}`;
  const connection = await NativeConnection.connect({ address });
  const seen = { states: [] as StateChange[], finishes: [] as FinishRequest[], released: [] as string[] };
  const shared = { connection, namespace, activities: { ...scripted(script, seen) } };
  const workers = [
    await Worker.create({
      ...shared,
      taskQueue: hostQueue(hostId),
      workflowBundle: await workflowBundle(),
      maxHeartbeatThrottleInterval: 500,
      stickyQueueScheduleToStartTimeout: '1s',
    }),
    ...(roles.control === true ? [await Worker.create({ ...shared, taskQueue: controlQueue })] : []),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    hostId,
    client: new Client({ connection, namespace, interceptors: { workflow: [correlationInterceptor] } }),
    ...seen,
    async stop() {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

function scripted(
  { plan, ...script }: Script,
  seen: { states: StateChange[]; finishes: FinishRequest[]; released: string[] },
): StageActivities {
  return {
    planStage: () => (plan === undefined ? Promise.reject(new Error('no plan in the script')) : Promise.resolve(plan)),
    executeStep: (request) => Promise.resolve(stepOutcome(request)),
    checkHost: () => Promise.resolve({ fresh: true, age_ms: 1 }),
    ...script,
    recordStageState: async (change) => {
      const answer = await script.recordStageState?.(change);
      seen.states.push(change);
      return answer ?? { outcome: 'applied' };
    },
    finishStage: async (request) => {
      const answer = await script.finishStage?.(request);
      seen.finishes.push(request);
      const completed = request.state === 'completed';
      return answer ?? { state: request.state, verdict: completed ? 'pass' : null, exit_code: completed ? 0 : 1 };
    },
    releaseHost: async (request) => {
      seen.released.push(request.run_id);
      await script.releaseHost?.(request);
    },
  };
}
