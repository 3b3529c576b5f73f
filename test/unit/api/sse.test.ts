/** Messages as server-sent events: what is written when, and that the source is always let go. */
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { type SseMessage, type SseSource, sseStream } from '../../../api/routing/sse.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import { until } from './support/until.ts';

const options = { correlationId: 'c-1', keepAliveMs: 20, log: pino({ level: 'silent' }) };
const message = (id: string, rest: Partial<SseMessage> = {}): SseMessage => ({ id, event: 'a', data: { id }, ...rest });

type Step = SseMessage | Error | 'wait';

/** A source that gives what it is told and knows whether it was let go. */
function source(steps: readonly Step[], rest: Partial<SseSource> = {}) {
  const state = { released: false, taken: 0 };
  async function* messages(): AsyncGenerator<SseMessage> {
    try {
      for (const step of steps) {
        if (step instanceof Error) throw step;
        if (step === 'wait') await new Promise((resolve) => setTimeout(resolve, 70));
        else {
          state.taken += 1;
          yield step;
        }
      }
    } finally {
      state.released = true;
    }
  }
  const made: SseSource = { start: null, ...rest, [Symbol.asyncIterator]: messages };
  return { state, made };
}

async function chunksOf(steps: readonly Step[], rest: Partial<SseSource> = {}): Promise<string[]> {
  const { state, made } = source(steps, rest);
  const chunks: string[] = [];
  for await (const chunk of sseStream(made, options)) chunks.push(String(chunk));
  expect(state.released).toBe(true);
  return chunks;
}

describe('a stream of server-sent events', () => {
  it('begins with how to come back, and gives one chunk per message', async () => {
    expect(await chunksOf([message('1'), message('2', { meta: { at: 1 } })], { start: '0' })).toEqual([
      'retry: 1000\nid: 0\n\n',
      'id: 1\nevent: a\ndata: {"id":"1"}\n\n',
      'id: 2\nevent: a\nmeta: {"at":1}\ndata: {"id":"2"}\n\n',
    ]);
    expect((await chunksOf([]))[0]).toBe('retry: 1000\n\n');
  });

  it('lets no content break out of its line', async () => {
    const hostile = { text: 'a\n\nid: 99\r\ndata: x\u2028' };
    const [, chunk = ''] = await chunksOf([message('1', { event: 'a\nid: 9', data: hostile })]);
    const lines = chunk.trimEnd().split('\n');
    expect(lines.map((line) => line.split(':')[0])).toEqual(['id', 'event', 'data']);
    expect(JSON.parse(lines[2]?.slice(6) ?? '')).toEqual(hostile);
  });

  it('gives comments while the source is silent, with the place when it moved', async () => {
    let position = '1';
    const moved = { position: () => position };
    const steps = [message('1'), 'wait', message('9')] as const;
    setTimeout(() => (position = '5'), 30);
    const comments = (await chunksOf(steps, moved)).filter((chunk) => chunk.startsWith(':'));
    expect(comments.length).toBeGreaterThanOrEqual(2);
    expect(comments[0]).toBe(': keep-alive\n\n');
    expect(comments.filter((chunk) => chunk.includes('id: 5'))).toHaveLength(1);
  });

  it('ends with the error of its source as an event without id, and hides what is not meant for readers', async () => {
    const problem = new OmniBaseError('ND014', { details: { after: '1' } });
    const [, , last = ''] = await chunksOf([message('1'), problem]);
    expect(last).toMatch(/^event: stream\.error\ndata: /);
    expect(JSON.parse(last.split('\n')[1]?.slice(6) ?? '')).toEqual({
      type: 'stream.error',
      error: problem.toBody(),
      correlation_id: 'c-1',
    });
    expect((await chunksOf([new Error('secret')])).join('')).toContain('OB001');
    expect((await chunksOf([new Error('secret')])).join('')).not.toContain('secret');
  });

  it('reads nothing ahead of a reader that does not take it', async () => {
    const { state, made } = source(Array.from({ length: 100 }, (_, index) => message(String(index))));
    let chunks = 0;
    for await (const chunk of sseStream(made, options)) {
      expect(chunk).toContain('\n\n');
      if ((chunks += 1) === 3) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(state.taken).toBeLessThan(6);
    await until(() => state.released);
  });

  it('lets the source go when it is closed while it waits', async () => {
    let released = false;
    const waiting: SseSource = {
      start: null,
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => {
          released = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const stream = sseStream(waiting, { ...options, keepAliveMs: 60_000 });
    stream.resume();
    await new Promise((resolve) => setTimeout(resolve, 10));
    stream.destroy();
    await until(() => released);
  });
});
