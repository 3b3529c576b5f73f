/** Messages of a run: what is refused, what is answered and when (stages.md 6.3). */
import { describe, expect, it } from 'vitest';
import {
  awaitProgress,
  checkCancel,
  checkWait,
  maxWaiting,
  maxWaitsPerRun,
} from '../../../workflows/stage-run/answer-messages.ts';
import { StageRunState } from '../../../workflows/stage-run/run-state.ts';
import { plannedRun, stageInput, stepOutcome, stepSummary } from '../../workflow/support/stage-input.ts';
import { fakePorts, settle, startedAt } from './support/fake-ports.ts';

const newRun = (): StageRunState => new StageRunState(stageInput('host'), startedAt);
const command = { command_id: 'c', reason: '', actor: 'me' };

describe('the validator of cancel', () => {
  it('accepts a command in any state but the last ones', () => {
    const run = newRun();
    for (const state of ['planning', 'running', 'cancelling'] as const) {
      run.enter(state);
      expect(() => checkCancel(run, command)).not.toThrow();
    }
  });

  it.each(['completed', 'cancelled', 'timed_out', 'errored'] as const)('refuses in state %s with OR031', (state) => {
    const run = newRun();
    run.enter(state);
    expect(() => checkCancel(run, command)).toThrow(
      expect.objectContaining({ code: 'OR031', details: expect.objectContaining({ state }) }),
    );
  });

  it('refuses once the end is decided, before it is stored', () => {
    const run = newRun();
    run.ending = 'completed';
    expect(() => checkCancel(run, command)).toThrow(expect.objectContaining({ code: 'OR031' }));
  });

  it.each([
    ['no command id', { ...command, command_id: '' }],
    ['a number for a reason', { ...command, reason: 1 }],
    ['an endless actor', { ...command, actor: 'x'.repeat(1025) }],
    ['nothing', undefined],
    ['null', null],
    ['a text', 'stop'],
  ])('refuses %s with OB004', (_, input) => {
    expect(() => Reflect.apply(checkCancel, null, [newRun(), input])).toThrow(
      expect.objectContaining({ code: 'OB004' }),
    );
  });
});

describe('the validator of awaitProgress', () => {
  const free = { waiting: 0, total: 0 };
  const wait = { since_version: 1, max_wait_ms: 20_000 };

  it('accepts the limits themselves', () => {
    expect(() => checkWait({ waiting: maxWaiting - 1, total: maxWaitsPerRun - 1 }, wait)).not.toThrow();
  });

  it.each([[{ waiting: maxWaiting, total: maxWaiting }], [{ waiting: 0, total: maxWaitsPerRun }]])(
    'refuses one more with OR032 (%o)',
    (waits) => {
      expect(() => checkWait(waits, wait)).toThrow(expect.objectContaining({ code: 'OR032' }));
    },
  );

  it.each([
    ['more than 20 s', { ...wait, max_wait_ms: 20_001 }],
    ['a negative version', { ...wait, since_version: -1 }],
    ['half a millisecond', { ...wait, max_wait_ms: 0.5 }],
    ['nothing', undefined],
  ])('refuses %s with OB004', (_, input) => {
    expect(() => Reflect.apply(checkWait, null, [free, input])).toThrow(expect.objectContaining({ code: 'OB004' }));
  });
});

describe('awaitProgress', () => {
  it('answers at once when the version is old news', async () => {
    const waits = { waiting: 0, total: 0 };
    const view = await awaitProgress(newRun(), fakePorts(), waits, { since_version: 0, max_wait_ms: 20_000 });
    expect(view).toMatchObject({ version: 1, state: 'planning' });
    expect(waits).toEqual({ waiting: 0, total: 1 });
  });

  it('answers with the next change', async () => {
    const run = newRun();
    const waits = { waiting: 0, total: 0 };
    const answer = awaitProgress(run, fakePorts(), waits, { since_version: 1, max_wait_ms: 20_000 });
    await settle();
    expect(waits.waiting).toBe(1);
    run.enter('running');
    expect(await answer).toMatchObject({ version: 2, state: 'running' });
    expect(waits.waiting).toBe(0);
  });

  it('answers unchanged when the time is up', async () => {
    const ports = fakePorts();
    const answer = awaitProgress(newRun(), ports, { waiting: 0, total: 0 }, { since_version: 1, max_wait_ms: 5_000 });
    await ports.advance(5_000);
    expect(await answer).toMatchObject({ version: 1 });
    expect(ports.timers).toMatchObject([{ ms: 5_000, open: false }]);
  });

  it('does not wait with max_wait_ms 0, nor for a run that ended', async () => {
    const ports = fakePorts();
    const run = newRun();
    await awaitProgress(run, ports, { waiting: 0, total: 0 }, { since_version: 9, max_wait_ms: 0 });
    run.enter('errored');
    await awaitProgress(run, ports, { waiting: 0, total: 0 }, { since_version: 9, max_wait_ms: 100 });
    expect(ports.timers).toEqual([]);
  });
});

describe('progress', () => {
  it('counts each component once, by its worst status over all batches', () => {
    const run = newRun();
    run.adoptPlan(plannedRun([stepSummary('a'), stepSummary('b'), stepSummary('c')]));
    const result = (status: 'pass' | 'fail' | 'warn') => ({ uuid: 'u', status, findings: 0, exit: 0, blocking: false });
    run.stepStarted('a', 1, '2026-01-01T00:00:00.000Z');
    expect(run.progress()).toMatchObject({ percent: 0, running: [{ id: 'a', components: 1 }] });
    run.stepFinished({ ...stepOutcome({ step_id: 'a' }), results: [result('fail')] });
    run.stepFinished({ ...stepOutcome({ step_id: 'b' }), results: [result('warn')] });
    expect(run.progress()).toMatchObject({ percent: 66, running: [], counts: { fail: 1, warn: 0, pass: 0 } });
  });

  it('keeps the first five headlines', () => {
    const run = newRun();
    for (const id of ['a', 'b', 'c']) {
      run.stepFinished({ ...stepOutcome({ step_id: id }), headlines: [`${id}1`, `${id}2`] });
    }
    expect(run.headlines).toEqual(['a1', 'a2', 'b1', 'b2', 'c1']);
  });

  it('is 100 once the end is decided, 0 without a plan', () => {
    const run = newRun();
    expect(run.progress().percent).toBe(0);
    run.ending = 'errored';
    expect(run.progress().percent).toBe(100);
  });
});
