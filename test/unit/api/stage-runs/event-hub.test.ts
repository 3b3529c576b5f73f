/** The hub: who gets what, and what is forgotten. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventHub, type EventHub } from '../../../../api/stage-runs/event-hub.ts';
import type { StageEventBody } from '../../../../contracts/gateway.ts';
import { exampleReport } from '../support/memory-stage-runs.ts';

const started: StageEventBody = { type: 'run.started', workflow_id: 'stage/ci/a' };
const finished = (runId: string): StageEventBody => ({ type: 'run.finished', report: exampleReport(runId) });

let hub: EventHub;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] });
  hub = createEventHub({ keepFinishedMs: 60_000, keepIdleMs: 900_000, keepFinished: 3 });
});
afterEach(() => {
  hub.close();
  vi.useRealTimers();
});

async function types(runId: string): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of hub.subscribe(runId)) seen.push(event.type);
  return seen;
}

describe('streams', () => {
  it('of different runs are apart, of one run are alike', async () => {
    const readers = [types('a'), types('a'), types('b')];
    hub.publish('a', started);
    hub.publish('b', finished('b'));
    hub.publish('a', finished('a'));
    expect(await Promise.all(readers)).toEqual([
      ['run.started', 'run.finished'],
      ['run.started', 'run.finished'],
      ['run.finished'],
    ]);
  });

  it('stamp events with time and run', async () => {
    vi.setSystemTime(new Date('2026-02-03T04:05:06.789Z'));
    hub.publish('a', finished('a'));
    const { value } = await hub.subscribe('a')[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ seq: 1, at: '2026-02-03T04:05:06.789Z', run_id: 'a' });
  });

  it('tell of a failed run once; a later reader asks anew', async () => {
    const reader = types('a');
    await Promise.resolve();
    hub.fail('a', new Error('gone'));
    await expect(reader).rejects.toThrow('gone');
    expect(hub.status('a')).toBe('unknown');
  });
});

describe('memory', () => {
  it('forgets a finished run after a minute', () => {
    hub.publish('a', started);
    hub.publish('a', finished('a'));
    vi.advanceTimersByTime(45_000);
    expect([hub.status('a'), hub.workflowId('a')]).toEqual(['finished', 'stage/ci/a']);
    vi.advanceTimersByTime(45_000);
    expect([hub.status('a'), hub.workflowId('a')]).toEqual(['unknown', undefined]);
  });

  it('forgets an open run that nobody published to or read for long, and no sooner', () => {
    hub.publish('a', started);
    vi.advanceTimersByTime(890_000);
    expect(hub.status('a')).toBe('open');
    vi.advanceTimersByTime(30_000);
    expect(hub.status('a')).toBe('unknown');
  });

  it('keeps a run while it has a reader', async () => {
    const abort = new AbortController();
    const reader = hub.subscribe('a', { signal: abort.signal })[Symbol.asyncIterator]();
    const next = reader.next();
    vi.advanceTimersByTime(3_600_000);
    expect(hub.status('a')).toBe('open');
    abort.abort();
    await next;
    vi.advanceTimersByTime(920_000);
    expect(hub.status('a')).toBe('unknown');
  });

  it('keeps at most so many finished runs, the newest', () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) hub.publish(id, finished(id));
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => hub.status(id))).toEqual([
      'unknown',
      'unknown',
      'finished',
      'finished',
      'finished',
    ]);
  });
});
