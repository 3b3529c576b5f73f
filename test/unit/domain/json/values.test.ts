import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../../domain/json/canonical.ts';
import { describeValue, isJsonObject, jsonEqual, quote } from '../../../../domain/json/values.ts';

describe('jsonEqual', () => {
  it.each([
    [{ a: 1, b: [1] }, { b: [1], a: 1 }, true],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [0, -0, true],
    [null, undefined, false],
    [null, {}, false],
    [{}, [], false],
    [[], {}, false],
    ['1', 1, false],
  ])('%j and %j: %j', (a, b, equal) => {
    expect(jsonEqual(a, b)).toBe(equal);
  });

  it('agrees with the canonical text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(jsonEqual(a, JSON.parse(JSON.stringify(a)))).toBe(true);
        expect(jsonEqual(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
      }),
    );
  });
});

describe('canonicalJson', () => {
  it('orders members and writes numbers as RFC 8785 does', () => {
    expect(canonicalJson({ b: 1e21, a: [1.0, '\u20ac', '\u000f'], '\u{1F600}': 0, '\uFB33': 0 })).toBe(
      '{"a":[1,"€","\\u000f"],"b":1e+21,"\u{1F600}":0,"\uFB33":0}',
    );
  });

  it.each([undefined, Number.NaN, '\ud800'])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow();
  });
});

describe('describeValue', () => {
  it.each([
    [null, 'nothing'],
    [undefined, 'nothing'],
    [[], 'a list'],
    [{}, 'a mapping'],
    ['x', 'text "x"'],
    [1.5, 'number 1.5'],
    [true, 'boolean true'],
    [Symbol.iterator, 'a symbol'],
  ])('of %s is %s', (value, words) => {
    expect(describeValue(value)).toBe(words);
  });

  it('cuts long text and escapes control characters', () => {
    expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(60)}…"`);
    expect(quote('a\nb')).toBe('"a\\nb"');
  });
});

describe('isJsonObject', () => {
  it.each([
    [{}, true],
    [[], false],
    [null, false],
    ['x', false],
  ])('%j: %j', (value, is) => {
    expect(isJsonObject(value)).toBe(is);
  });
});
