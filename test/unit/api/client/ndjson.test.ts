/** NDJSON reading does not depend on where chunks end. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNdjson } from '../../../../api/client/ndjson.ts';

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

async function read(bytes: Buffer, sizes: readonly number[] = [], longestLine?: number): Promise<unknown[]> {
  const values: unknown[] = [];
  const options = longestLine === undefined ? {} : { longestLine };
  for await (const value of readNdjson(chunksOf(bytes, sizes), options)) values.push(value);
  return values;
}

describe('reading NDJSON', () => {
  it('gives the same values whatever the chunk borders are', async () => {
    const texts = fc.array(fc.record({ text: fc.string({ unit: 'binary', maxLength: 20 }) }), { maxLength: 10 });
    const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(texts, sizes, async (values, cuts) => {
        const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
        expect(await read(bytes, cuts)).toEqual(values);
      }),
    );
  });

  it('reports empty lines as signs of life and drops a torn last line', async () => {
    expect(await read(Buffer.from('\n{"a":1}\r\n\n{"b":'))).toEqual([null, { a: 1 }, null]);
  });

  it('fails on a line that is not JSON or has no end', async () => {
    await expect(read(Buffer.from('<html>\n'))).rejects.toThrow(SyntaxError);
    await expect(read(Buffer.alloc(100, 'x'), [10, 10, 10], 25)).rejects.toThrow(RangeError);
  });

  it('reads a long line in many chunks in linear time', async () => {
    const line = Buffer.from(`${JSON.stringify('y'.repeat(8 * 1024 * 1024))}\n`);
    const started = performance.now();
    expect(
      await read(
        line,
        Array.from({ length: 20_000 }, () => 512),
      ),
    ).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
