import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, comparePaths, type Located, pathBytes } from '../../../../domain/stage/paths.ts';

describe('paths', () => {
  it.each<[Located, string]>([
    [{ path: 'a' }, 'a'],
    [{ path: 'é' }, '\u00c3\u00a9'],
    [{ path: 'a\uFFFDb', path_bytes: Buffer.from([0x61, 0xff, 0x62]).toString('base64') }, 'a\u00ffb'],
    [{}, ''],
  ])('%j has the bytes %j', (located, bytes) => {
    expect(pathBytes(located)).toBe(bytes);
  });

  it('are as long as their UTF-8 form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(bytesOf(text)).toBe(Buffer.from(text).toString('latin1'));
      }),
    );
  });

  it('sort by bytes, whether they are UTF-8 or not', () => {
    const located = fc.oneof(
      fc.string({ unit: 'binary' }).map((path): Located => ({ path })),
      fc.uint8Array().map((bytes): Located => {
        const buffer = Buffer.from(bytes);
        return { path: buffer.toString(), path_bytes: buffer.toString('base64') };
      }),
    );
    const buffer = ({ path = '', path_bytes }: Located) =>
      path_bytes === undefined ? Buffer.from(path) : Buffer.from(path_bytes, 'base64');
    fc.assert(
      fc.property(located, located, (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(buffer(a), buffer(b)));
      }),
    );
  });
});
