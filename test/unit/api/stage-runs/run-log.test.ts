/** The log of one run: order, bounds, readers. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logLimits, RunLog } from '../../../../api/stage-runs/run-log.ts';
import type { StageEventBody } from '../../../../contracts/gateway.ts';
import type { StageEvent } from '../../../../contracts/stage.ts';
import { exampleReport } from '../support/memory-stage-runs.ts';

const runId = '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9b';
const at = '2026-01-01T00:00:00.000Z';
const started: StageEventBody = { type: 'run.started', workflow_id: 'stage/ci/x' };
const finished: StageEventBody = { type: 'run.finished', report: exampleReport(runId) };
const progress = (text: string): StageEventBody => ({ type: 'step.progress', step_id: 's1', text });
const step = (id: string): StageEventBody => ({ type: 'step.started', step_id: id, summary: id });

async function all(log: RunLog, afterSeq = 0): Promise<StageEvent[]> {
  const events: StageEvent[] = [];
  for await (const event of log.read(afterSeq, undefined)) events.push(event);
  return events;
}

describe('order', () => {
  it('numbers events from 1 and gives a late reader the past', async () => {
    const log = new RunLog(runId);
    for (const event of [started, step('a'), finished]) log.append(event, at);
    const events = await all(log);
    expect(events.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'run.started'],
      [2, 'step.started'],
      [3, 'run.finished'],
    ]);
    expect(events[0]).toEqual({ ...started, seq: 1, at, run_id: runId });
    expect((await all(log, 2)).map(({ seq }) => seq)).toEqual([3]);
    expect(await all(log, 3)).toEqual([]);
  });

  it('ends with run.finished and takes nothing afterwards', async () => {
    const log = new RunLog(runId);
    log.append(finished, at);
    expect([log.append(step('late'), at), log.append(finished, at), log.finished]).toEqual([false, false, true]);
    expect(await all(log)).toHaveLength(1);
  });

  it('takes what happens once only once', () => {
    const log = new RunLog(runId);
    expect([log.append(started, at), log.append(started, at), log.workflowId]).toEqual([true, false, 'stage/ci/x']);
  });
});

describe('bounds', () => {
  it('keeps the newest progress lines and every other event, in order, whatever comes', async () => {
    const kinds = fc.array(fc.constantFrom('progress', 'step'), { maxLength: 3 * logLimits.progress });
    await fc.assert(
      fc.asyncProperty(kinds, async (given) => {
        const log = new RunLog(runId);
        given.forEach((kind, index) => log.append(kind === 'step' ? step(String(index)) : progress(String(index)), at));
        log.append(finished, at);
        const events = await all(log);
        const seqs = events.map(({ seq }) => seq);
        expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
        const lines = events.flatMap((event) => (event.type === 'step.progress' ? [Number(event.text)] : []));
        expect(lines.length).toBeLessThanOrEqual(2 * logLimits.progress);
        const newest = given.flatMap((kind, index) => (kind === 'progress' ? [index] : [])).slice(-logLimits.progress);
        expect(lines.slice(-newest.length || lines.length)).toEqual(newest);
        expect(events.filter(({ type }) => type === 'step.started')).toHaveLength(
          given.filter((kind) => kind === 'step').length,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('cuts messages', () => {
    const log = new RunLog(runId);
    const message: StageEventBody = { type: 'message', message: { level: 'info', text: 'x' } };
    const taken = Array.from({ length: logLimits.messages + 5 }, () => log.append(message, at)).filter(Boolean);
    expect(taken).toHaveLength(logLimits.messages);
  });
});

describe('readers', () => {
  it('wait for what comes', async () => {
    const log = new RunLog(runId);
    const reading = all(log);
    log.append(started, at);
    await Promise.resolve();
    log.append(finished, at);
    expect((await reading).map(({ type }) => type)).toEqual(['run.started', 'run.finished']);
  });

  it('end when their signal fires, also before the first event', async () => {
    const log = new RunLog(runId);
    const abort = new AbortController();
    const reader = log.read(0, abort.signal);
    const next = reader.next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('fail with what the run failed with, after the events before', async () => {
    const log = new RunLog(runId);
    log.append(started, at);
    log.fail(new Error('no report'));
    const reader = log.read(0, undefined);
    expect((await reader.next()).value).toMatchObject({ type: 'run.started' });
    await expect(reader.next()).rejects.toThrow('no report');
  });

  it('end without run.finished when the process stops serving', async () => {
    const log = new RunLog(runId);
    log.append(started, at);
    const reading = all(log);
    log.end();
    expect((await reading).map(({ type }) => type)).toEqual(['run.started']);
    expect(log.append(finished, at)).toBe(false);
  });
});
