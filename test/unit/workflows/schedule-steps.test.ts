/** Order, concurrency and early ends of steps (stages.md 5). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CancelledFailure } from '@temporalio/common';
import type { StepSummary } from '../../../contracts/stage.ts';
import type { PlannedRun } from '../../../contracts/stage-workflow.ts';
import { StageRunState } from '../../../workflows/stage-run/run-state.ts';
import { scheduleSteps } from '../../../workflows/stage-run/schedule-steps.ts';
import { plannedRun, stageInput, stepOutcome, stepSummary } from '../../workflow/support/stage-input.ts';
import {
  activityFailure,
  fakePorts,
  reported,
  type Script,
  settle,
  startedAt,
  timedOut,
} from './support/fake-ports.ts';

function schedule(plan: PlannedRun, script: Script) {
  const run = new StageRunState(stageInput('host'), startedAt);
  run.adoptPlan(plan);
  const ports = fakePorts(script);
  return { run, ports, done: scheduleSteps(run, plan, ports) };
}

const passes = (step: StepSummary) => Promise.resolve(stepOutcome({ step_id: step.id }));
const fails = (step: StepSummary) => Promise.resolve(stepOutcome({ step_id: step.id }, 'fail'));

describe('levels', () => {
  it('start only when the level before has ended', async () => {
    const started: string[] = [];
    const first = Promise.withResolvers<void>();
    const steps = ['a', 'b', 'c'].map((id) => stepSummary(id));
    const plan = plannedRun(steps, { levels: [['a', 'b'], ['c']] });
    const { done } = schedule(plan, {
      async executeStep(step) {
        started.push(step.id);
        if (step.id === 'a') await first.promise;
        return passes(step);
      },
    });
    await settle();
    expect(started).toEqual(['a', 'b']);
    first.resolve();
    await done;
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('may be empty', async () => {
    const plan = plannedRun([stepSummary('a')], { levels: [[], ['a'], []] });
    const { run, done } = schedule(plan, { executeStep: passes });
    await done;
    expect(run.progress()).toMatchObject({ percent: 100 });
  });
});

describe('concurrency', () => {
  it('is never exceeded and every step runs once, whatever the plan', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat({ max: 3 })),
        async (sizes, concurrency, pauses) => {
          const levels = sizes.map((size, level) => Array.from({ length: size }, (_, index) => `l${level}s${index}`));
          const plan = plannedRun(
            levels.flat().map((id) => stepSummary(id)),
            { levels, concurrency },
          );
          const ran: string[] = [];
          let running = 0;
          let most = 0;
          const { done } = schedule(plan, {
            async executeStep(step) {
              running += 1;
              most = Math.max(most, running);
              for (let pause = pauses.next().value; pause > 0; pause -= 1) await Promise.resolve();
              running -= 1;
              ran.push(step.id);
              return passes(step);
            },
          });
          await done;
          expect(most).toBeLessThanOrEqual(concurrency);
          expect(ran.toSorted()).toEqual(levels.flat().toSorted());
        },
      ),
    );
  });
});

describe('a failing component', () => {
  it('stops nothing without fail-fast', async () => {
    const { run, done } = schedule(plannedRun([stepSummary('a'), stepSummary('b')]), { executeStep: fails });
    await done;
    expect(run.skippedSteps).toEqual({});
    expect(run.progress().counts.fail).toBe(2);
  });

  it('skips the steps that need it, and those that need them', async () => {
    const steps = ['a', 'b', 'c', 'd'].map((id) => stepSummary(id));
    const plan = plannedRun(steps, { levels: [['a', 'd'], ['b'], ['c']], needs: { b: ['a'], c: ['b'] } });
    const { run, done } = schedule(plan, { executeStep: (step) => (step.id === 'a' ? fails(step) : passes(step)) });
    await done;
    expect(run.skippedSteps).toEqual({ b: 'upstream-failed', c: 'upstream-failed' });
    expect(run.progress().counts).toMatchObject({ fail: 1, pass: 1 });
  });

  it('with fail-fast cancels what runs and starts nothing more', async () => {
    const steps = ['a', 'b', 'c', 'd'].map((id) => stepSummary(id));
    const plan = plannedRun(steps, { fail_fast: true, concurrency: 2, levels: [['a', 'b', 'c'], ['d']] });
    const started: string[] = [];
    const { run, done } = schedule(plan, {
      executeStep(step, cancelled) {
        started.push(step.id);
        return step.id === 'a' ? fails(step) : cancelled;
      },
    });
    await done;
    expect(started).toEqual(['a', 'b']);
    expect(run.skippedSteps).toEqual({ b: 'fail-fast', c: 'fail-fast', d: 'fail-fast' });
  });

  it('that is informational does not count for fail-fast', async () => {
    const plan = plannedRun([stepSummary('a'), stepSummary('b')], { fail_fast: true, concurrency: 1 });
    const informational = (step: StepSummary) => {
      const outcome = stepOutcome({ step_id: step.id }, 'warn');
      return Promise.resolve(outcome);
    };
    const { run, done } = schedule(plan, { executeStep: informational });
    await done;
    expect(run.skippedSteps).toEqual({});
  });
});

describe('a step whose activity fails', () => {
  it.each([
    ['a lost worker', timedOut('HEARTBEAT'), 'NE001'],
    ['a step that hangs beyond its margin', timedOut('START_TO_CLOSE'), 'NE004'],
    ['exhausted retries', timedOut('SCHEDULE_TO_CLOSE'), 'NE004'],
    ['an error of the catalogue', reported('NE010'), 'NE010'],
    ['a worker that shut down', activityFailure(new CancelledFailure('WORKER_SHUTDOWN')), 'NE001'],
  ])('%s becomes an error of its components', async (_, failure, code) => {
    const { run, done } = schedule(plannedRun([stepSummary('a'), stepSummary('b')]), {
      executeStep: (step) => (step.id === 'a' ? Promise.reject(failure) : passes(step)),
    });
    await done;
    expect(run.failedSteps).toMatchObject({ a: { code } });
    expect(run.progress().counts).toMatchObject({ error: 1, pass: 1 });
  });

  it('names the lost worker', async () => {
    const { run, done } = schedule(plannedRun([stepSummary('a')]), {
      executeStep: () => Promise.reject(timedOut('HEARTBEAT')),
    });
    await done;
    expect(run.failedSteps['a']?.message).toContain('worker-lost');
  });

  it('stops a fail-fast run', async () => {
    const plan = plannedRun([stepSummary('a'), stepSummary('b')], { fail_fast: true, concurrency: 1 });
    const { run, done } = schedule(plan, { executeStep: () => Promise.reject(timedOut('HEARTBEAT')) });
    await done;
    expect(run.skippedSteps).toEqual({ b: 'fail-fast' });
  });

  it('because the database is away stops the run, after the others were cancelled', async () => {
    const { run, done } = schedule(plannedRun([stepSummary('a'), stepSummary('b')]), {
      executeStep: (step, cancelled) => (step.id === 'a' ? Promise.reject(reported('OB015')) : cancelled),
    });
    await expect(done).rejects.toMatchObject({ name: 'EngineStop', body: { code: 'OB015' } });
    expect(run.skippedSteps).toEqual({ a: 'engine', b: 'engine' });
  });

  it('is scheduled again when nobody took it and the host is alive', async () => {
    let tries = 0;
    const { run, done } = schedule(plannedRun([stepSummary('a')]), {
      executeStep: (step) => (tries++ < 2 ? Promise.reject(timedOut('SCHEDULE_TO_START')) : passes(step)),
    });
    await done;
    expect(tries).toBe(3);
    expect(run.progress().counts.pass).toBe(1);
  });

  it.each([
    ['when the host is silent', () => Promise.resolve(false), 'OR062'],
    ['when its liveness cannot be read in time', () => Promise.reject(timedOut('SCHEDULE_TO_CLOSE')), 'OB015'],
    ['when reading its liveness fails', () => Promise.reject(reported('OB010')), 'OB010'],
  ])('stops the run %s', async (_, hostIsFresh, code) => {
    const { done } = schedule(plannedRun([stepSummary('a')]), {
      executeStep: () => Promise.reject(timedOut('SCHEDULE_TO_START')),
      hostIsFresh,
    });
    await expect(done).rejects.toMatchObject({ body: { code } });
  });

  it('is cancelled while the liveness is read: the run just stops', async () => {
    const { run, done } = schedule(plannedRun([stepSummary('a')]), {
      executeStep: () => Promise.reject(timedOut('SCHEDULE_TO_START')),
      hostIsFresh: () => {
        run.requestStop({ kind: 'cancel', reason: '', actor: 'me' });
        return Promise.reject(activityFailure(new CancelledFailure('cancelled')));
      },
    });
    await done;
    expect(run.failedSteps).toEqual({});
  });

  it('with a defect of ours lets it travel', async () => {
    const { done } = schedule(plannedRun([stepSummary('a')]), {
      executeStep: () => Promise.reject(timedOut('SCHEDULE_TO_START')),
      hostIsFresh: () => Promise.reject(new RangeError('defect')),
    });
    await expect(done).rejects.toThrow(RangeError);
  });
});
