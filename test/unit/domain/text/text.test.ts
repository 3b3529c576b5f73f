import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characterCount, compareUtf8, sortedSet, utf8Length } from '../../../../domain/text/bytes.ts';
import { editDistance, nearest, nearestOnes } from '../../../../domain/text/nearest.ts';

const anyText = fc.string({ unit: 'binary' });

describe('compareUtf8', () => {
  it('sorts as the UTF-8 bytes do', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      {
        numRuns: 1000,
        examples: [
          ['\uFFFF', '\u{10000}'],
          ['a', 'ab'],
          ['\uE000', '\uD7FF'],
        ],
      },
    );
  });

  it('gives sets in that order', () => {
    expect(sortedSet(['b', '\u{10000}', 'a', '\uFFFF', 'a', 'B'])).toEqual(['B', 'a', 'b', '\uFFFF', '\u{10000}']);
  });
});

describe('lengths', () => {
  it('count bytes and characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Length(text)).toBe(Buffer.byteLength(text));
        expect(characterCount(text)).toBe(Array.from(text).length);
      }),
      { examples: [['\ud800'], ['\udc00x'], ['\u{1F600}é€']] },
    );
  });

  it('stop counting when it is enough', () => {
    expect(characterCount('abcdef', 3)).toBe(3);
  });
});

describe('nearest', () => {
  const words = ['lifecycle', 'version', 'tags', 'files'];
  it.each([
    ['lifecyle', 'lifecycle'],
    ['LifeCycle', 'lifecycle'],
    ['verison', 'version'],
    ['tag', 'tags'],
    ['fiels', 'files'],
    ['xyz', undefined],
    ['', undefined],
    ['x'.repeat(100), undefined],
  ])('of %s is %s', (word, expected) => {
    expect(nearest(word, words)).toBe(expected);
  });

  it('skips candidates that are too long, and keeps the first of equals', () => {
    expect(nearest('abc', ['y'.repeat(100), 'abd', 'abe'])).toBe('abd');
  });

  it('lists several, nearest first', () => {
    expect(nearestOnes('core.lint', ['core.lnt', 'core.lint2', 'core.lint', 'other'], 3)).toEqual([
      'core.lint',
      'core.lnt',
      'core.lint2',
    ]);
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['abcd', 'acbd', 1],
  ])('%s to %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});
