/** The limits of stages.md 6.4, number by number: a change here is a change of the design. */
import { describe, expect, it } from 'vitest';
import * as limits from '../../../workflows/stage-run/activity-limits.ts';
import { controlQueue, hostQueue } from '../../../workflows/messages/task-queues.ts';
import { stageRunMessages, stageRunType } from '../../../workflows/messages/stage-run.ts';

describe('limits of activities', () => {
  it('planStage: start-to-close 30 s, 3 attempts', () => {
    expect(limits.planLimits).toMatchObject({ startToCloseTimeout: 30_000, retry: { maximumAttempts: 3 } });
  });

  it('database activities: start-to-close 5 s, schedule-to-close 60 s, retry 100 ms x 2 up to 5 s', () => {
    expect(limits.databaseLimits).toEqual({
      startToCloseTimeout: 5_000,
      scheduleToCloseTimeout: 60_000,
      retry: { initialInterval: 100, backoffCoefficient: 2, maximumInterval: 5_000 },
    });
  });

  it('executeStep: start-to-close is the step timeout + 5 s, as many attempts as the step has', () => {
    expect(limits.stepLimits({ timeout_ms: 10_000, attempts: 1 })).toEqual({
      startToCloseTimeout: 15_000,
      retry: { maximumAttempts: 1, initialInterval: 100, backoffCoefficient: 2, maximumInterval: 30_000 },
    });
    expect(limits.heartbeatTimeout).toBe(5_000);
  });

  it('the host queue: schedule-to-start 20 s; releaseHost 10 s', () => {
    expect(limits.hostQueueLimits).toEqual({ scheduleToStartTimeout: 20_000 });
    expect(limits.releaseLimits.startToCloseTimeout).toBe(10_000);
  });
});

describe('names that running workflows depend on', () => {
  it('do not change', () => {
    expect({ stageRunType, ...stageRunMessages }).toEqual({
      stageRunType: 'stageRun',
      cancel: 'cancel',
      progress: 'progress',
      awaitProgress: 'awaitProgress',
    });
    expect([controlQueue, hostQueue('a')]).toEqual(['omnibase-control', 'omnibase-host-a']);
  });
});
