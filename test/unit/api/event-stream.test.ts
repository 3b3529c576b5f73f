/** Events as lines: what is written when, and that the source is always let go. */
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { eventStream } from '../../../api/routing/event-stream.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { StageEvent } from '../../../contracts/stage.ts';
import { until } from './support/until.ts';

const event = (seq: number): StageEvent => ({
  seq,
  at: '2026-01-01T00:00:00.000Z',
  run_id: '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9b',
  type: 'step.started',
  step_id: `s${seq}`,
  summary: '',
});
const options = { correlationId: 'c-1', keepAliveMs: 20, log: pino({ level: 'silent' }) };

/** A source that gives what it is told and knows whether it was let go. */
function source(steps: readonly (StageEvent | Error | 'wait')[]) {
  const state = { released: false };
  async function* events(): AsyncGenerator<StageEvent> {
    try {
      for (const step of steps) {
        if (step instanceof Error) throw step;
        if (step === 'wait') await new Promise((resolve) => setTimeout(resolve, 70));
        else yield step;
      }
    } finally {
      state.released = true;
    }
  }
  return { state, events: events() };
}

async function linesOf(steps: readonly (StageEvent | Error | 'wait')[]): Promise<string[]> {
  const { state, events } = source(steps);
  const chunks: string[] = [];
  for await (const chunk of await eventStream(events, options)) chunks.push(String(chunk));
  expect(state.released).toBe(true);
  return chunks;
}

describe('an event stream', () => {
  it('gives one chunk per event, so that each is flushed', async () => {
    const chunks = await linesOf([event(1), event(2)]);
    expect(chunks.map((chunk) => JSON.parse(chunk).seq)).toEqual([1, 2]);
    expect(chunks.every((chunk) => chunk.indexOf('\n') === chunk.length - 1)).toBe(true);
  });

  it('gives empty lines while the source is silent', async () => {
    const chunks = await linesOf([event(1), 'wait', event(2)]);
    expect(chunks.filter((chunk) => chunk === '\n').length).toBeGreaterThanOrEqual(2);
    expect(JSON.parse(chunks.at(-1) ?? '').seq).toBe(2);
  });

  it('rejects when the source fails before its first event, and says so in a last line afterwards', async () => {
    const problem = new OmniBaseError('OB015');
    await expect(eventStream(source([problem]).events, options)).rejects.toBe(problem);
    const chunks = await linesOf([event(1), problem]);
    expect(JSON.parse(chunks.at(-1) ?? '')).toEqual({
      type: 'stream.error',
      error: problem.toBody(),
      correlation_id: 'c-1',
    });
    const hidden = await linesOf([event(1), new Error('secret')]);
    expect(hidden.at(-1)).toContain('OB001');
    expect(hidden.join('')).not.toContain('secret');
  });

  it('ends when the source ends without an event', async () => {
    expect(await linesOf([])).toEqual([]);
  });

  it('lets the source go when it is closed before anything was read, and in the middle', async () => {
    const unread = source([event(1), event(2)]);
    (await eventStream(unread.events, options)).destroy();
    await until(() => unread.state.released);
    const half = source([event(1), 'wait', event(2)]);
    const stream = await eventStream(half.events, options);
    stream.once('data', () => stream.destroy());
    await until(() => half.state.released);
  });
});
