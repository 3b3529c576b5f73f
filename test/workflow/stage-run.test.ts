/** The stage run workflow on a real server: states, ends, what operators see (stages.md 6.2, 6.4, 6.8). */
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { stageRunResult, startStageRun } from '../../client/stage-run.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { never, untilCancelled } from './support/activity-ends.ts';
import { useControlQueueAlone } from './support/control-queue.ts';
import { activitySummaries, historyOf, timerSummaries } from './support/history.ts';
import { plannedRun, stageInput, stepOutcome, stepSummary } from './support/stage-input.ts';
import { type StageWorker, stageWorkers } from './support/stage-worker.ts';

useControlQueueAlone();
const startWorker = stageWorkers();

async function runToEnd(worker: StageWorker, changes: Parameters<typeof stageInput>[1] = {}) {
  const input = stageInput(worker.hostId, changes);
  const { workflowId, eager } = await startStageRun(worker.client, input, { eager: true });
  return { input, workflowId, eager, result: await stageRunResult(worker.client, workflowId) };
}

describe('a run whose components pass', () => {
  it('goes from planning over running to completed, within the first workflow task', async () => {
    const worker = await startWorker({ plan: plannedRun([stepSummary('a'), stepSummary('b')]) });
    const { input, workflowId, eager, result } = await runToEnd(worker);

    expect(eager).toBe(true);
    expect(result).toEqual({ run_id: input.run_id, state: 'completed', verdict: 'pass', exit_code: 0, stored: true });
    expect(worker.states.map(({ state }) => state)).toEqual(['planning', 'running']);
    expect(worker.finishes).toHaveLength(1);
    expect(worker.released).toEqual([input.run_id]);
    const events = await historyOf(worker, workflowId);
    expect(events.filter(({ workflowTaskStartedEventAttributes: task }) => task)).toHaveLength(1);
    expect(timerSummaries(events)).toEqual([]);
  });

  it('tells operators what it is: id, search attributes, memo, summaries, priority, limits', async () => {
    const worker = await startWorker({ plan: plannedRun([stepSummary('a', { local: false })]) });
    const { input, workflowId } = await runToEnd(worker, { stage: 'ci', local_control: true });

    const description = await worker.client.workflow.getHandle(workflowId).describe();
    expect(workflowId).toBe(`stage/ci/${input.run_id}`);
    expect(description.searchAttributes).toMatchObject({ OmniKind: ['stage'], OmniState: ['pass'], OmniRepo: ['app'] });
    expect(description.memo).toEqual({ host: input.host_id, correlation_id: 'test-correlation', refs: 'main' });
    expect(await description.staticSummary()).toBe('ci app, index main');
    expect(await description.staticDetails()).toContain(`- target tree: \`${'c'.repeat(40)}\``);
    expect(description.priority).toMatchObject({ priorityKey: 3 });

    const events = await historyOf(worker, workflowId);
    const start = events[0]?.workflowExecutionStartedEventAttributes;
    expect(Number(start?.workflowExecutionTimeout?.seconds)).toBe(120);
    expect(Number(start?.workflowTaskTimeout?.seconds)).toBe(5);
    expect(activitySummaries(events)).toEqual([
      'executeStep: a on 1 file, batch 1/1',
      'finishStage: report, state completed',
      'planStage: plan: entries, selection, versions',
      'recordStageState: state planning',
      'recordStageState: state running',
      'releaseHost: free the host',
    ]);
    expect(timerSummaries(events)).toEqual(['stage deadline']);
  });

  it('is found again by a second start with the same run id', async () => {
    const worker = await startWorker({ plan: plannedRun([stepSummary('a')]) });
    const { input, workflowId } = await runToEnd(worker);
    expect(await startStageRun(worker.client, input, { eager: true })).toEqual({
      workflowId,
      started: false,
      eager: false,
    });
    expect(worker.finishes).toHaveLength(1);
  });

  it('sends database steps to the control queue when another process serves it', async () => {
    const worker = await startWorker({ plan: plannedRun([stepSummary('a')]) }, { control: true });
    const { workflowId, result } = await runToEnd(worker, { local_control: false });
    expect(result).toMatchObject({ state: 'completed' });
    const events = await historyOf(worker, workflowId);
    const queues = events.flatMap(({ activityTaskScheduledEventAttributes: task }) => task?.taskQueue?.name ?? []);
    expect(new Set(queues)).toEqual(new Set(['omnibase-control']));
  });
});

describe('a run that finds something', () => {
  it('completes; the workflow does not fail', async () => {
    const worker = await startWorker({
      plan: plannedRun([stepSummary('a')]),
      executeStep: (request) => Promise.resolve(stepOutcome(request, 'fail')),
      finishStage: ({ state }) => Promise.resolve({ state, verdict: 'fail', exit_code: 1 }),
    });
    const { workflowId, result } = await runToEnd(worker);
    expect(result).toMatchObject({ state: 'completed', verdict: 'fail', exit_code: 1 });
    const description = await worker.client.workflow.getHandle(workflowId).describe();
    expect(description.status.name).toBe('COMPLETED');
    expect(description.searchAttributes).toMatchObject({ OmniState: ['fail'] });
  });

  it('with fail-fast cancels the command that runs and starts no further one', async () => {
    const started: string[] = [];
    const steps = ['slow', 'broken', 'later'].map((id) => stepSummary(id, { local: false }));
    const worker = await startWorker({
      plan: plannedRun(steps, { fail_fast: true, concurrency: 2 }),
      async executeStep(request) {
        started.push(request.step_id);
        if (request.step_id === 'broken') return stepOutcome(request, 'fail');
        return untilCancelled();
      },
    });
    const { result } = await runToEnd(worker);
    expect(result).toMatchObject({ state: 'completed' });
    expect(started.toSorted()).toEqual(['broken', 'slow']);
    expect(worker.finishes).toMatchObject([{ skipped_steps: { slow: 'fail-fast', later: 'fail-fast' } }]);
  });
});

describe('a run that cannot be planned', () => {
  it.each([
    ['OR016', 2],
    ['OR002', 3],
  ] as const)('%s ends as errored, exit %i', async (code, exit_code) => {
    const worker = await startWorker({
      planStage() {
        const error = new OmniBaseError(code);
        throw ApplicationFailure.create({
          message: error.message,
          type: error.class,
          nonRetryable: true,
          details: [error.toBody()],
        });
      },
      finishStage: ({ state }) => Promise.resolve({ state, verdict: null, exit_code }),
    });
    const { result } = await runToEnd(worker);
    expect(result).toMatchObject({ state: 'errored', verdict: null, exit_code });
    expect(worker.finishes).toMatchObject([{ error: { code }, planned: false }]);
  });

  it('has nothing to do when no component was selected', async () => {
    const worker = await startWorker({ plan: plannedRun([]) });
    const { result } = await runToEnd(worker);
    expect(result).toMatchObject({ state: 'completed' });
    expect(worker.states.map(({ state }) => state)).toEqual(['planning']);
  });
});

describe('the stage deadline', () => {
  it('stops running steps and ends as timed out', async () => {
    const worker = await startWorker({
      plan: plannedRun([stepSummary('a', { local: false })], { deadline_ms: 1_500 }),
      executeStep: untilCancelled,
      finishStage: ({ state }) => Promise.resolve({ state, verdict: null, exit_code: 124 }),
    });
    const { result } = await runToEnd(worker);
    expect(result).toMatchObject({ state: 'timed_out', exit_code: 124 });
    expect(worker.finishes).toMatchObject([{ error: { code: 'OR040' }, skipped_steps: { a: 'deadline' } }]);
  });
});

describe('a command whose worker is lost', () => {
  it('is not run a second time when it is not idempotent', async () => {
    let executions = 0;
    const worker = await startWorker({
      plan: plannedRun([stepSummary('a', { local: false, attempts: 1 })]),
      executeStep() {
        executions += 1;
        return never();
      },
    });
    const { result } = await runToEnd(worker);
    expect(result).toMatchObject({ state: 'completed' });
    expect(worker.finishes).toMatchObject([{ failed_steps: { a: { code: 'NE001' } } }]);
    expect(worker.finishes[0]?.failed_steps['a']?.message).toContain('worker-lost');
    expect(executions).toBe(1);
  });

  it('is run again when it is idempotent', async () => {
    let executions = 0;
    const worker = await startWorker({
      plan: plannedRun([stepSummary('a', { local: false, attempts: 3 })]),
      executeStep(request) {
        executions += 1;
        return executions === 1 ? never() : Promise.resolve(stepOutcome(request));
      },
    });
    const { result } = await runToEnd(worker);
    expect(result).toMatchObject({ state: 'completed' });
    expect(worker.finishes).toMatchObject([{ failed_steps: {} }]);
    expect(executions).toBe(2);
  });
});

describe('a database that is away for a while', () => {
  it('delays nothing but the report', async () => {
    const back = performance.now() + 2_500;
    const gate = (): void => {
      if (performance.now() > back) return;
      const error = new OmniBaseError('OB015');
      throw ApplicationFailure.create({ message: error.message, type: error.class, details: [error.toBody()] });
    };
    let executedAt = 0;
    const worker = await startWorker({
      plan: plannedRun([stepSummary('a')]),
      executeStep(request) {
        executedAt = performance.now();
        return Promise.resolve(stepOutcome(request));
      },
      async recordStageState() {
        gate();
        return { outcome: 'applied' };
      },
      async finishStage({ state }) {
        gate();
        return { state, verdict: 'pass', exit_code: 0 };
      },
    });
    const { result } = await runToEnd(worker);
    expect(result).toMatchObject({ state: 'completed', stored: true });
    expect(executedAt).toBeLessThan(back - 1_000);
    expect(worker.states.map(({ state }) => state)).toEqual(['planning', 'running']);
  });
});

describe('the largest plan', () => {
  it('of 400 ordinary steps stays below 3,500 events, its payloads within their limits', async () => {
    const components = Array.from(
      { length: 200 },
      (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    );
    const steps = Array.from({ length: 400 }, (_, index) =>
      stepSummary(`s${index + 1}`, {
        local: false,
        summary: `some-component-with-a-long-name on 2000 files, batch ${index + 1}/400`,
        components: [components[index % 200] ?? ''],
      }),
    );
    const worker = await startWorker(
      { plan: plannedRun(steps, { concurrency: 8, components: 200 }) },
      { control: true },
    );
    const { workflowId, result } = await runToEnd(worker, { local_control: false });
    expect(result).toMatchObject({ state: 'completed' });
    const events = await historyOf(worker, workflowId);
    expect(events.length).toBeLessThan(3_500);
    const inputs = events.flatMap(({ activityTaskScheduledEventAttributes: task }) => task?.input?.payloads ?? []);
    expect(Math.max(...inputs.map(({ data }) => data?.length ?? 0))).toBeLessThan(8 * 1024);
    const plans = events.flatMap(
      ({ markerRecordedEventAttributes: marker }) => marker?.details?.['result']?.payloads ?? [],
    );
    expect(Math.max(...plans.map(({ data }) => data?.length ?? 0))).toBeLessThan(96 * 1024);
  }, 120_000);
});
