/** Messages to a running stage on a real server: who may stop it, when, and what is answered (stages.md 6.3). */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  awaitStageRunProgress,
  cancelStageRun,
  stageRunProgress,
  stageRunResult,
  startStageRun,
} from '../../client/stage-run.ts';
import { untilCancelled } from './support/activity-ends.ts';
import { useControlQueueAlone } from './support/control-queue.ts';
import { historyOf, timerSummaries } from './support/history.ts';
import { plannedRun, stageInput, stepOutcome, stepSummary } from './support/stage-input.ts';
import { type Script, type StageWorker, stageWorkers } from './support/stage-worker.ts';

useControlQueueAlone();
const startWorker = stageWorkers();

const newCommand = () => ({ command_id: randomUUID(), reason: 'SIGINT', actor: 'local:tester' });

/** A run with one finished step and one that goes on until it is cancelled. */
async function startHangingRun(script: Script = {}): Promise<{ worker: StageWorker; workflowId: string }> {
  const running = Promise.withResolvers<void>();
  const steps = [stepSummary('quick'), stepSummary('slow', { local: false })];
  const worker = await startWorker({
    plan: plannedRun(steps, { levels: [['quick'], ['slow']] }),
    executeStep(request) {
      if (request.step_id === 'quick') return Promise.resolve(stepOutcome(request));
      running.resolve();
      return untilCancelled();
    },
    ...script,
  });
  const { workflowId } = await startStageRun(worker.client, stageInput(worker.hostId), { eager: true });
  await running.promise;
  return { worker, workflowId };
}

describe('cancel', () => {
  it('stops the running step, keeps what had finished and stores a partial report', async () => {
    const { worker, workflowId } = await startHangingRun();
    const asked = performance.now();
    expect(await cancelStageRun(worker.client, workflowId, newCommand())).toEqual({ state: 'cancelling' });
    expect(await stageRunResult(worker.client, workflowId)).toMatchObject({ state: 'cancelled' });
    // A cancelled step ends within 1 s (built-ins) or 4 s (children); the engine adds a heartbeat.
    expect(performance.now() - asked).toBeLessThan(2_500);
    expect(worker.states.map(({ state }) => state)).toEqual(['planning', 'running', 'cancelling']);
    expect(worker.finishes).toMatchObject([
      { state: 'cancelled', reason: 'SIGINT', skipped_steps: { slow: 'cancelled' } },
    ]);
    const events = await historyOf(worker, workflowId);
    expect(timerSummaries(events)).toEqual(['stage deadline', 'time for running steps to stop']);
  });

  it('gives the same command the same answer, also after the end', async () => {
    const { worker, workflowId } = await startHangingRun();
    const command = newCommand();
    const answers = await Promise.all([
      cancelStageRun(worker.client, workflowId, command),
      cancelStageRun(worker.client, workflowId, command),
    ]);
    expect(answers).toEqual([{ state: 'cancelling' }, { state: 'cancelling' }]);
    await stageRunResult(worker.client, workflowId);
    expect(await cancelStageRun(worker.client, workflowId, command)).toEqual({ state: 'cancelling' });
    const events = await historyOf(worker, workflowId);
    expect(events.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toHaveLength(1);
  });

  it('is refused with OR031 once the run has ended', async () => {
    const worker = await startWorker({ plan: plannedRun([stepSummary('a')]) });
    const { workflowId } = await startStageRun(worker.client, stageInput(worker.hostId), { eager: true });
    await stageRunResult(worker.client, workflowId);
    await expect(cancelStageRun(worker.client, workflowId, newCommand())).rejects.toMatchObject({
      code: 'OR031',
      exitCode: 1,
      details: { state: 'completed' },
    });
  });

  it('is refused with OR031 while the report of the decided end is being stored', async () => {
    const storing = Promise.withResolvers<void>();
    const stored = Promise.withResolvers<void>();
    const worker = await startWorker(
      {
        plan: plannedRun([stepSummary('a')]),
        async finishStage({ state }) {
          storing.resolve();
          await stored.promise;
          return { state, verdict: 'pass', exit_code: 0 };
        },
      },
      { control: true },
    );
    const input = stageInput(worker.hostId, { local_control: false });
    const { workflowId } = await startStageRun(worker.client, input, { eager: true });
    await storing.promise;
    await expect(cancelStageRun(worker.client, workflowId, newCommand())).rejects.toMatchObject({
      code: 'OR031',
      details: { state: 'completed' },
    });
    stored.resolve();
    expect(await stageRunResult(worker.client, workflowId)).toMatchObject({ state: 'completed' });
  });

  it('of a run that does not exist is refused with OR030, bad input with OB004', async () => {
    const { worker, workflowId } = await startHangingRun();
    await expect(cancelStageRun(worker.client, 'stage/ci/none', newCommand())).rejects.toMatchObject({ code: 'OR030' });
    const nobody = { ...newCommand(), actor: '' };
    await expect(cancelStageRun(worker.client, workflowId, nobody)).rejects.toMatchObject({ code: 'OB004' });
    await cancelStageRun(worker.client, workflowId, newCommand());
    await stageRunResult(worker.client, workflowId);
  });

  it('in Temporal itself does the same', async () => {
    const { worker, workflowId } = await startHangingRun();
    await worker.client.workflow.getHandle(workflowId).cancel();
    expect(await stageRunResult(worker.client, workflowId)).toMatchObject({ state: 'cancelled' });
    expect(worker.finishes).toMatchObject([{ state: 'cancelled', reason: 'cancelled in Temporal' }]);
    const description = await worker.client.workflow.getHandle(workflowId).describe();
    expect(description.searchAttributes).toMatchObject({ OmniState: ['cancelled'] });
  });

  it('while planning ends the run without a plan', async () => {
    const planning = Promise.withResolvers<void>();
    const worker = await startWorker({
      planStage() {
        planning.resolve();
        return untilCancelled();
      },
    });
    const { workflowId } = await startStageRun(worker.client, stageInput(worker.hostId), { eager: true });
    await planning.promise;
    await cancelStageRun(worker.client, workflowId, newCommand());
    expect(await stageRunResult(worker.client, workflowId)).toMatchObject({ state: 'cancelled' });
    expect(worker.finishes).toMatchObject([{ planned: false, skipped_steps: {} }]);
  });
});

describe('progress', () => {
  it('is answered by query, during the run and after it', async () => {
    const { worker, workflowId } = await startHangingRun();
    expect(await stageRunProgress(worker.client, workflowId)).toMatchObject({
      state: 'running',
      percent: 50,
      counts: { pass: 1, fail: 0 },
      running: [{ id: 'slow', components: 1 }],
    });
    await cancelStageRun(worker.client, workflowId, newCommand());
    await stageRunResult(worker.client, workflowId);
    expect(await stageRunProgress(worker.client, workflowId)).toMatchObject({ state: 'cancelled', running: [] });
  });

  it('is awaited by update: at once when older, with the next change otherwise', async () => {
    const { worker, workflowId } = await startHangingRun();
    const { version } = await stageRunProgress(worker.client, workflowId);
    const known = await awaitStageRunProgress(worker.client, workflowId, { since_version: 0, max_wait_ms: 20_000 });
    expect(known.version).toBe(version);
    const next = awaitStageRunProgress(worker.client, workflowId, { since_version: version, max_wait_ms: 20_000 });
    await cancelStageRun(worker.client, workflowId, newCommand());
    expect((await next).version).toBeGreaterThan(version);
    await stageRunResult(worker.client, workflowId);
  });

  it('lets five wait; the sixth is told to poll', async () => {
    const { worker, workflowId } = await startHangingRun();
    const { version } = await stageRunProgress(worker.client, workflowId);
    const wait = { since_version: version, max_wait_ms: 20_000 };
    const waiting = Array.from({ length: 5 }, () => awaitStageRunProgress(worker.client, workflowId, wait));
    await expect
      .poll(() => historyOf(worker, workflowId).then((events) => timerSummaries(events).length), { timeout: 5_000 })
      .toBe(6);
    await expect(awaitStageRunProgress(worker.client, workflowId, wait)).rejects.toMatchObject({ code: 'OR032' });
    await cancelStageRun(worker.client, workflowId, newCommand());
    expect((await Promise.all(waiting)).every((view) => view.version > version)).toBe(true);
    await stageRunResult(worker.client, workflowId);
  });
});
