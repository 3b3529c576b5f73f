/** Batches: when they are written, what is written once, who is answered, and what happens when a write fails. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BatcherOptions, createMicroBatcher } from '../../../../api/ingest/micro-batcher.ts';

interface Note {
  readonly key: string;
  readonly text: string;
}

class PoisonError extends Error {}

/** A write that ends when the test says so, and what it was given. */
interface OpenWrite {
  readonly items: readonly Note[];
  end(error?: Error): Promise<void>;
}

function opened(options: Partial<BatcherOptions<Note, string>> = {}) {
  const writes: OpenWrite[] = [];
  const batches: [number, number][] = [];
  const batcher = createMicroBatcher<Note, string>({
    limits: { rows: 3, lingerMs: 20, waiting: 8, inFlight: 2 },
    keyOf: ({ key }) => key,
    covers: (later, earlier) => later.text[0] === earlier.text[0],
    mayBeOneItem: (error) => error instanceof PoisonError,
    onBatch: (rows, callers) => batches.push([rows, callers]),
    write(items) {
      const { promise, resolve, reject } = Promise.withResolvers<string[]>();
      writes.push({
        items,
        async end(error) {
          if (error === undefined) resolve(items.map(({ key, text }) => `${key}=${text}`));
          else reject(error);
          await vi.advanceTimersByTimeAsync(0);
        },
      });
      return promise;
    },
    ...options,
  });
  const add = (key: string, text = 'a') => settled(batcher.add({ key, text }));
  return {
    batcher,
    writes,
    batches,
    add,
    texts: () => writes.map(({ items }) => items.map(({ key, text }) => key + text)),
  };
}

/** The outcome so far: undefined while it is open. */
function settled(promise: Promise<string>): { readonly promise: Promise<string>; outcome?: unknown } {
  const seen: { promise: Promise<string>; outcome?: unknown } = { promise };
  promise.then(
    (value) => (seen.outcome = value),
    (error: unknown) => (seen.outcome = error),
  );
  return seen;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('when a batch is written', () => {
  it('writes a full batch at once', async () => {
    const { add, texts } = opened();
    for (const key of ['1', '2', '3', '4']) add(key);
    expect(texts()).toEqual([['1a', '2a', '3a']]);
    await vi.advanceTimersByTimeAsync(20);
    expect(texts()).toEqual([['1a', '2a', '3a'], ['4a']]);
  });

  it('lets the first item wait for company, and not longer', async () => {
    const { add, texts } = opened();
    add('1');
    await vi.advanceTimersByTimeAsync(15);
    add('2');
    expect(texts()).toEqual([]);
    await vi.advanceTimersByTimeAsync(5);
    expect(texts()).toEqual([['1a', '2a']]);
  });

  it('answers each caller after the write, with its own result', async () => {
    const { add, writes } = opened();
    const answers = ['1', '2', '3'].map((key) => add(key));
    await vi.advanceTimersByTimeAsync(100);
    expect(answers.map(({ outcome }) => outcome)).toEqual([undefined, undefined, undefined]);
    await writes[0]?.end();
    expect(answers.map(({ outcome }) => outcome)).toEqual(['1=a', '2=a', '3=a']);
  });

  it('has no more writes under way than it may, and goes on when one ends', async () => {
    const { add, texts, writes } = opened({ limits: { rows: 1, lingerMs: 20, waiting: 100, inFlight: 2 } });
    for (const key of ['1', '2', '3', '4']) add(key);
    expect(texts()).toEqual([['1a'], ['2a']]);
    await writes[0]?.end();
    expect(texts()).toEqual([['1a'], ['2a'], ['3a']]);
  });

  it('does not wait again for what has waited while all writes were taken', async () => {
    const { add, texts, writes } = opened({ limits: { rows: 2, lingerMs: 20, waiting: 100, inFlight: 1 } });
    for (const key of ['1', '2', '3']) add(key);
    await vi.advanceTimersByTimeAsync(30);
    expect(texts()).toEqual([['1a', '2a']]);
    await writes[0]?.end();
    expect(texts()).toEqual([['1a', '2a'], ['3a']]);
  });
});

describe('items of one key', () => {
  it('writes only the last of those that cover each other, and answers all of them', async () => {
    const { add, texts, writes, batches } = opened();
    const answers = ['a1', 'a2', 'a3'].map((text) => add('1', text));
    await vi.advanceTimersByTimeAsync(20);
    await writes[0]?.end();
    expect(texts()).toEqual([['1a3']]);
    expect(answers.map(({ outcome }) => outcome)).toEqual(['1=a3', '1=a3', '1=a3']);
    expect(batches).toEqual([[1, 3]]);
  });

  it('writes others one after the other, in the order of arrival', async () => {
    const { add, texts, writes } = opened();
    for (const text of ['a', 'b', 'a']) add('1', text);
    add('2');
    await vi.advanceTimersByTimeAsync(20);
    expect(texts()).toEqual([['1a', '2a']]);
    await vi.advanceTimersByTimeAsync(100);
    expect(texts()).toHaveLength(1);
    await writes[0]?.end();
    await writes[1]?.end();
    expect(texts()).toEqual([['1a', '2a'], ['1b'], ['1a']]);
  });

  it('is not held up by a key that is being written', async () => {
    const { add, texts } = opened({ limits: { rows: 2, lingerMs: 20, waiting: 100, inFlight: 2 } });
    add('1');
    add('2');
    add('1', 'b');
    add('3');
    expect(texts()).toEqual([['1a', '2a'], ['3a']]);
  });

  it('keeps the order of every key, writes no key twice at a time, and answers everybody', async () => {
    vi.useRealTimers();
    const item = fc.record({ key: fc.constantFrom('1', '2', '3', '4'), text: fc.constantFrom('a', 'b', 'c') });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 40 }), fc.scheduler(), async (items, scheduler) => {
        const written: Note[] = [];
        const underWay = new Set<string>();
        const batcher = createMicroBatcher<Note & { at: number }, number>({
          limits: { rows: 3, lingerMs: 0, waiting: 1000, inFlight: 3 },
          keyOf: ({ key }) => key,
          covers: (later, earlier) => later.text === earlier.text,
          mayBeOneItem: () => false,
          async write(batch) {
            for (const { key } of batch) {
              expect(underWay.has(key)).toBe(false);
              underWay.add(key);
            }
            await scheduler.schedule(Promise.resolve());
            written.push(...batch);
            for (const { key } of batch) underWay.delete(key);
            return batch.map(({ at }) => at);
          },
        });
        const answers = Promise.all(items.map((given, at) => batcher.add({ ...given, at })));
        const closing = batcher.close();
        await scheduler.waitFor(Promise.all([answers, closing]));
        // Each caller's answer is of an item of its key, not older than its own.
        for (const [at, answer] of (await answers).entries()) {
          expect(answer).toBeGreaterThanOrEqual(at);
          expect(items[answer]).toEqual(items[at]);
        }
        for (const key of ['1', '2', '3', '4']) {
          const runs = items.filter((given) => given.key === key).map(({ text }) => text);
          const collapsed = runs.filter((text, index) => text !== runs[index + 1]);
          const kept = written.filter((given) => given.key === key).map(({ text }) => text);
          // Nothing that was covered by nobody is missing; what stood alone in flight may be written once more.
          expect(kept.filter((text, index) => text !== kept[index + 1])).toEqual(collapsed);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('when a write fails', () => {
  it('fails the items of that batch and no others', async () => {
    const { add, writes } = opened();
    const failing = ['1', '2', '3'].map((key) => add(key));
    const fine = add('4');
    await vi.advanceTimersByTimeAsync(20);
    await writes[0]?.end(new Error('gone'));
    await writes[1]?.end();
    expect(failing.map(({ outcome }) => outcome)).toEqual([1, 2, 3].map(() => new Error('gone')));
    expect(fine.outcome).toBe('4=a');
  });

  it('gives the key free again', async () => {
    const { add, writes } = opened();
    add('1');
    await vi.advanceTimersByTimeAsync(20);
    await writes[0]?.end(new Error('gone'));
    const again = add('1');
    await vi.advanceTimersByTimeAsync(20);
    await writes[1]?.end();
    expect(again.outcome).toBe('1=a');
  });

  it('finds the one item that is to blame', async () => {
    const written: string[] = [];
    const { add } = opened({
      limits: { rows: 8, lingerMs: 20, waiting: 100, inFlight: 1 },
      async write(items) {
        if (items.some(({ text }) => text === 'poison')) throw new PoisonError('bad');
        written.push(...items.map(({ key }) => key));
        return items.map(({ key }) => key);
      },
    });
    const answers = Array.from({ length: 8 }, (_, index) => add(String(index), index === 5 ? 'poison' : 'a'));
    await vi.advanceTimersByTimeAsync(1);
    expect(written.sort()).toEqual(['0', '1', '2', '3', '4', '6', '7']);
    expect(answers.map(({ outcome }) => outcome)).toEqual(['0', '1', '2', '3', '4', new PoisonError('bad'), '6', '7']);
  });

  it('counts an answer with too few results as a failure', async () => {
    const { add } = opened({ write: async () => [] });
    const answer = add('1');
    await vi.advanceTimersByTimeAsync(20);
    expect(answer.outcome).toMatchObject({ code: 'OB001' });
  });
});

describe('when too many wait', () => {
  it('refuses with ND014 what is beyond the limit, and takes more once something is written', async () => {
    const { add, batcher, writes } = opened({ limits: { rows: 2, lingerMs: 20, waiting: 4, inFlight: 1 } });
    const taken = ['1', '2', '3', '4'].map((key) => add(key));
    expect(batcher.room()).toBe(0);
    const refused = add('5');
    await vi.advanceTimersByTimeAsync(0);
    expect(refused.outcome).toMatchObject({ code: 'ND014', retryable: true, details: { retry_after_s: 1 } });
    await writes[0]?.end();
    expect(batcher.room()).toBe(2);
    expect(taken.map(({ outcome }) => outcome)).toEqual(['1=a', '2=a', undefined, undefined]);
    await vi.advanceTimersByTimeAsync(20);
    const later = add('6');
    await writes[1]?.end();
    await vi.advanceTimersByTimeAsync(20);
    await writes[2]?.end();
    expect(later.outcome).toBe('6=a');
  });

  it('counts those that share a row', async () => {
    const { add, batcher } = opened({ limits: { rows: 9, lingerMs: 20, waiting: 3, inFlight: 1 } });
    for (const text of ['a', 'a', 'a']) add('1', text);
    expect(batcher.room()).toBe(0);
  });
});

describe('closing', () => {
  it('writes what waits, then refuses', async () => {
    const { add, batcher, texts, writes } = opened();
    const waiting = add('1');
    const closing = batcher.close();
    expect(texts()).toEqual([['1a']]);
    const late = add('2');
    await writes[0]?.end();
    await closing;
    expect(waiting.outcome).toBe('1=a');
    expect(late.outcome).toMatchObject({ code: 'ND014' });
  });
});
