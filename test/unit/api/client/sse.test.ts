/** Server-sent events, however the bytes are torn apart. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSse, type ServerSentEvent } from '../../../../api/client/sse.ts';

async function* bytes(text: string, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  const whole = Buffer.from(text);
  const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...at, whole.length]) {
    yield whole.subarray(from, end);
    from = end;
  }
}

async function read(text: string, cuts?: readonly number[], longestEvent?: number): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  const options = longestEvent === undefined ? {} : { longestEvent };
  for await (const event of readSse(bytes(text, cuts), options)) events.push(event);
  return events;
}

const sample =
  'retry: 1000\nid: 7\n\n: keep-alive\n\nid: 8\nevent: node.became_active\nmeta: {"pub_seq":"8"}\ndata: {"é":"🦉"}\n\ndata: a\ndata:b\ndata\n\n';

describe('a stream', () => {
  it('gives events, ids that stand alone, and signs of life', async () => {
    expect(await read(sample)).toEqual([
      { id: '7', event: 'message', data: null, meta: null },
      { id: '7', event: 'message', data: null, meta: null },
      { id: '7', event: 'message', data: null, meta: null },
      { id: '8', event: 'node.became_active', data: '{"é":"🦉"}', meta: '{"pub_seq":"8"}' },
      { id: '8', event: 'message', data: 'a\nb\n', meta: null },
    ]);
  });

  it('is the same however it is cut, and with any line end', async () => {
    const expected = await read(sample);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(200)), fc.constantFrom('\n', '\r\n', '\r'), async (cuts, end) => {
        expect(await read(sample.replaceAll('\n', end), cuts)).toEqual(expected);
      }),
    );
  });

  it('drops what is torn', async () => {
    expect(await read('data: a\n\ndata: b\n')).toHaveLength(1);
    expect(await read('data: a\n\ndata: b')).toHaveLength(1);
  });

  it.each(['x'.repeat(100), `data: ${'x'.repeat(100)}\n`, 'data: x\n'.repeat(50)])(
    'refuses an event without end',
    async (text) => {
      await expect(read(text, [], 60)).rejects.toThrow(RangeError);
    },
  );

  it('passes over fields nobody knows, and ids with NUL', async () => {
    expect(await read('foo: 1\nid: a\0b\ndata: x\n\n')).toEqual([{ id: '', event: 'message', data: 'x', meta: null }]);
  });
});
