/** The life of a stage run with a clock of the test: which state follows which, and what is stored (stages.md 6.2). */
import { describe, expect, it } from 'vitest';
import type { StepOutcome } from '../../../contracts/stage.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import { cancel } from '../../../workflows/stage-run/answer-messages.ts';
import { conductStageRun } from '../../../workflows/stage-run/conduct.ts';
import { StageRunState } from '../../../workflows/stage-run/run-state.ts';
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

const command = { command_id: 'c1', reason: 'enough', actor: 'local:me' };
const never = new Promise<never>(() => {});

function begin(script: Script, changes: Parameters<typeof stageInput>[1] = {}) {
  const run = new StageRunState(stageInput('host', changes), startedAt);
  const ports = fakePorts(script);
  return { run, ports, result: conductStageRun(run, ports) };
}

const passing: Script = {
  plan: () => Promise.resolve(plannedRun([stepSummary('a'), stepSummary('b')])),
  executeStep: (step) => Promise.resolve(stepOutcome({ step_id: step.id })),
};

const hanging: Script = { ...passing, executeStep: (_, cancelled) => cancelled };

describe('a run that meets no trouble', () => {
  it('is planned, run and completed', async () => {
    const { ports, result, run } = begin(passing);
    expect(await result).toEqual({
      run_id: run.input.run_id,
      state: 'completed',
      verdict: 'pass',
      exit_code: 0,
      stored: true,
    });
    expect(ports.states).toEqual(['planning', 'running']);
    expect(ports.finishes).toMatchObject([{ state: 'completed', error: null, planned: true, skipped_steps: {} }]);
    expect(ports.releases).toEqual([false]);
    expect(ports.shown.map(({ value }) => value)).toEqual(['planning', 'running', 'pass']);
  });

  it('goes from planning straight to completed when there is nothing to do', async () => {
    const { ports, result } = begin({ plan: () => Promise.resolve(plannedRun([])) });
    expect(await result).toMatchObject({ state: 'completed' });
    expect(ports.states).toEqual(['planning']);
  });

  it('releases the host by an ordinary activity once commands ran', async () => {
    const plan = plannedRun([stepSummary('a', { local: false })]);
    const { ports, result } = begin({ ...passing, plan: () => Promise.resolve(plan) });
    await result;
    expect(ports.releases).toEqual([true]);
  });

  it('gives the report a version above every projection', async () => {
    const { ports, result, run } = begin(passing);
    await result;
    expect(ports.finishes[0]?.version).toBeGreaterThan(2);
    expect(run.version).toBe(ports.finishes[0]?.version);
  });

  it('does not let a slow projection hold up the work', async () => {
    const slow = Promise.withResolvers<void>();
    const { ports, result, run } = begin({ ...passing, record: () => slow.promise });
    await settle();
    expect(run.progress()).toMatchObject({ state: 'running', percent: 100, counts: { pass: 2 } });
    expect(ports.finishes).toEqual([]);
    slow.resolve();
    expect(await result).toMatchObject({ state: 'completed' });
    expect(ports.states).toEqual(['planning', 'running']);
  });
});

describe('cancel', () => {
  it('answers cancelling, then ends as cancelled once the steps stopped', async () => {
    const { ports, result, run } = begin(hanging);
    await settle();
    expect(await cancel(run, command)).toEqual({ state: 'cancelling' });
    expect(await result).toMatchObject({ state: 'cancelled', stored: true });
    expect(ports.states).toEqual(['planning', 'running', 'cancelling']);
    expect(ports.finishes).toMatchObject([
      { state: 'cancelled', reason: 'enough', skipped_steps: { a: 'cancelled', b: 'cancelled' } },
    ]);
  });

  it('waits 10 s for steps that do not stop, no longer', async () => {
    const { ports, result, run } = begin({ ...passing, executeStep: () => never });
    await settle();
    void cancel(run, command);
    await ports.advance(9_999);
    expect(ports.finishes).toEqual([]);
    await ports.advance(1);
    expect(await result).toMatchObject({ state: 'cancelled' });
  });

  it('keeps what had finished', async () => {
    const { ports, result, run } = begin({
      ...passing,
      executeStep: (step, cancelled) => (step.id === 'a' ? Promise.resolve(stepOutcome({ step_id: 'a' })) : cancelled),
    });
    await settle();
    await cancel(run, command);
    await result;
    expect(ports.finishes[0]?.skipped_steps).toEqual({ b: 'cancelled' });
  });

  it('while planning never runs a step', async () => {
    const { ports, result, run } = begin({ ...passing, plan: () => never });
    await settle();
    await cancel(run, command);
    expect(await result).toMatchObject({ state: 'cancelled' });
    expect(ports.finishes[0]).toMatchObject({ planned: false, state: 'cancelled' });
    expect(ports.states).toEqual(['planning', 'cancelling']);
  });

  it('changes nothing the second time', async () => {
    const { ports, result, run } = begin({ ...passing, executeStep: () => never });
    await settle();
    const answers = [cancel(run, command), cancel(run, { ...command, command_id: 'c2', reason: 'again' })];
    expect(await Promise.all(answers)).toEqual([{ state: 'cancelling' }, { state: 'cancelling' }]);
    await ports.advance(10_000);
    await result;
    expect(ports.finishes[0]?.reason).toBe('enough');
  });

  it('comes too late once the end is decided', async () => {
    const storing = Promise.withResolvers<void>();
    const { ports, result, run } = begin({
      ...passing,
      finish: async () => {
        await storing.promise;
        return { state: 'completed', verdict: 'pass', exit_code: 0 };
      },
    });
    await settle();
    const answer = cancel(run, command);
    storing.resolve();
    expect(await answer).toEqual({ state: 'completed' });
    expect(await result).toMatchObject({ state: 'completed' });
    expect(ports.states).not.toContain('cancelling');
  });
});

describe('the stage deadline', () => {
  it('ends the run as timed out with OR040', async () => {
    const { ports, result } = begin(hanging);
    await ports.advance(60_000);
    expect(await result).toMatchObject({ state: 'timed_out' });
    expect(ports.finishes).toMatchObject([
      { state: 'timed_out', error: { code: 'OR040' }, skipped_steps: { a: 'deadline', b: 'deadline' } },
    ]);
  });

  it('is not moved back by a plan: the server would end the workflow before', async () => {
    const plan = plannedRun([stepSummary('a')], { deadline_ms: 90_000 });
    const { ports, result } = begin({ ...hanging, plan: () => Promise.resolve(plan) });
    await ports.advance(60_000);
    expect(await result).toMatchObject({ state: 'timed_out' });
    expect(ports.timers.map(({ ms }) => ms)).toEqual([60_000, 10_000]);
  });

  it('moves forward with the plan, at once', async () => {
    const plan = plannedRun([stepSummary('a')], { deadline_ms: 1_000 });
    const { ports, result } = begin({ ...hanging, plan: () => Promise.resolve(plan) });
    await ports.advance(1_000);
    expect(await result).toMatchObject({ state: 'timed_out' });
    expect(ports.timers.map(({ ms }) => ms)).toEqual([60_000, 1_000, 10_000]);
  });

  it('leaves no timer behind', async () => {
    const { ports, result } = begin(passing);
    await result;
    expect(ports.timers.filter(({ open }) => open)).toEqual([]);
  });

  it('does not turn a cancelling run into a timed out one', async () => {
    const { ports, result, run } = begin({ ...passing, executeStep: () => never }, { deadline_ms: 5_000 });
    await settle();
    void cancel(run, command);
    await ports.advance(10_000);
    expect(await result).toMatchObject({ state: 'cancelled' });
  });
});

describe('planning that fails', () => {
  it.each([
    ['OR002', 'OR002'],
    ['OR020', 'OR020'],
    ['OB001', 'OB001'],
  ] as const)('%s ends the run as errored with that error', async (code, expected) => {
    const { ports, result } = begin({ plan: () => Promise.reject(reported(code)) });
    expect(await result).toMatchObject({ state: 'errored' });
    expect(ports.finishes).toMatchObject([{ state: 'errored', error: { code: expected }, planned: false }]);
    expect(ports.states).toEqual(['planning']);
  });

  it('asks for the host when nobody took the task, and plans again when it is alive', async () => {
    let asked = 0;
    let planned = 0;
    const { result } = begin({
      ...passing,
      plan: () => (planned++ === 0 ? Promise.reject(timedOut('SCHEDULE_TO_START')) : (passing.plan?.() ?? never)),
      hostIsFresh: () => {
        asked += 1;
        return Promise.resolve(true);
      },
    });
    expect(await result).toMatchObject({ state: 'completed' });
    expect([asked, planned]).toEqual([1, 2]);
  });

  it('ends with OR062 when the host is silent', async () => {
    const { ports, result } = begin({
      plan: () => Promise.reject(timedOut('SCHEDULE_TO_START')),
      hostIsFresh: () => Promise.resolve(false),
    });
    expect(await result).toMatchObject({ state: 'errored' });
    expect(ports.finishes[0]?.error?.code).toBe('OR062');
  });

  it.each([
    ['HEARTBEAT', 'the host worker was lost while planning'],
    ['START_TO_CLOSE', 'planning did not end in time'],
  ] as const)('that hits %s is an engine error', async (type, message) => {
    const { ports, result } = begin({ plan: () => Promise.reject(timedOut(type)) });
    await result;
    expect(ports.finishes[0]?.error).toMatchObject({ code: 'OR062', message });
  });

  it('by a defect of ours fails the workflow task instead', async () => {
    const { result } = begin({ plan: () => Promise.reject(new TypeError('x is not a function')) });
    await expect(result).rejects.toThrow(TypeError);
  });
});

describe('a database that stays away', () => {
  it('stops the run when a projection is exhausted', async () => {
    const { ports, result } = begin({ ...hanging, record: () => Promise.reject(timedOut('SCHEDULE_TO_CLOSE')) });
    expect(await result).toMatchObject({ state: 'errored' });
    expect(ports.finishes).toMatchObject([
      { state: 'errored', error: { code: 'OB015' }, skipped_steps: { a: 'engine', b: 'engine' } },
    ]);
  });

  it('tells the error a projection reported', async () => {
    const { ports, result } = begin({ ...hanging, record: () => Promise.reject(reported('OB014')) });
    await result;
    expect(ports.finishes[0]?.error?.code).toBe('OB014');
  });

  it('turns a completed run into an errored one when the report cannot be stored', async () => {
    let tries = 0;
    const { ports, result } = begin({
      ...passing,
      finish: (request) => {
        tries += 1;
        if (tries === 1) return Promise.reject(reported('OB015'));
        return Promise.resolve({ state: request.state, verdict: null, exit_code: 6 });
      },
    });
    expect(await result).toMatchObject({ state: 'errored', exit_code: 6, stored: true });
    expect(ports.finishes.map(({ state }) => state)).toEqual(['completed', 'errored']);
  });

  it('ends the run unstored when it never comes back', async () => {
    const { result, run } = begin({ ...passing, finish: () => Promise.reject(timedOut('SCHEDULE_TO_CLOSE')) });
    expect(await result).toMatchObject({ state: 'errored', exit_code: 6, stored: false });
    expect(run.state).toBe('errored');
  });

  it('does not wait for a host that cannot be released', async () => {
    const { result } = begin({ ...passing, release: () => Promise.reject(timedOut('SCHEDULE_TO_START')) });
    expect(await result).toMatchObject({ state: 'completed' });
  });
});

describe('defects of ours', () => {
  const defect = (): Promise<never> => Promise.reject(new RangeError('defect'));
  it.each<[string, Script]>([
    ['finish', { ...passing, finish: defect }],
    ['release', { ...passing, release: defect }],
    ['record', { ...passing, record: defect }],
    ['executeStep', { ...passing, executeStep: defect }],
  ])('in %s are not swallowed', async (_, script) => {
    const { result } = begin(script);
    await expect(result).rejects.toThrow(RangeError);
  });

  it('the second attempt to store fails the task as well', async () => {
    let tries = 0;
    const { result } = begin({
      ...passing,
      finish: () => (tries++ === 0 ? Promise.reject(reported('OB015')) : defect()),
    });
    await expect(result).rejects.toThrow(RangeError);
  });
});

describe('the card', () => {
  it('names counts, running steps, first errors, the resolved set and how to attach', async () => {
    const failing = (step: { id: string }): Promise<StepOutcome> =>
      Promise.resolve(stepOutcome({ step_id: step.id }, 'fail'));
    const { ports, result, run } = begin({ ...passing, executeStep: failing });
    await result;
    const card = ports.shown.at(-1)?.card ?? '';
    expect(card).toContain('**pre-commit** on `app`: **completed**, verdict **pass**');
    expect(card).toContain('fail 2');
    expect(card).toContain('- `a: broken`');
    expect(card).toContain('`a@1.0.0`, `b@1.0.0`');
    expect(card).toContain(`omnibase orch attach ${run.input.run_id}`);
  });

  it('shows text from outside as code, so that it cannot add links', async () => {
    const outcome = { ...stepOutcome({ step_id: 'a' }, 'fail'), headlines: ['`[x](http://evil)`\n# big'] };
    const { ports, result } = begin({ ...passing, executeStep: () => Promise.resolve(outcome) });
    await result;
    expect(ports.shown.at(-1)?.card).toContain("- `'[x](http://evil)' # big`");
  });

  it('shortens a long resolved set and names failed steps', async () => {
    const resolved = Array.from({ length: 70 }, (_, index) => `c${index}@1.0.0`);
    const plan = plannedRun([stepSummary('a', { local: false })], { resolved });
    const { ports, result } = begin({
      plan: () => Promise.resolve(plan),
      executeStep: () => Promise.reject(activityFailure(new OmniBaseError('OB001'))),
    });
    await result;
    const card = ports.shown.at(-1)?.card ?? '';
    expect(card).toContain(', +10');
    expect(card).toContain('`a` OB001');
  });
});
