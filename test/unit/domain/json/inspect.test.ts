import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspectJson, jsonBytes } from '../../../../domain/json/inspect.ts';

const limits = { bytes: 1000, nesting: 5 };

function kinds(value: unknown): string[] {
  return inspectJson(value, limits).hazards.map(({ kind, path }) => `${kind} ${path.join('.')}`.trim());
}

describe('inspectJson', () => {
  it('copies plain JSON', () => {
    const value = { a: [1, -0.5, 'x', true, false, null, {}, []], b: { c: 'ü' } };
    const { value: copy, hazards } = inspectJson(value, limits);
    expect(copy).toEqual(value);
    expect(copy).not.toBe(value);
    expect(hazards).toEqual([]);
  });

  it('leaves out members that are undefined', () => {
    expect(inspectJson({ a: undefined, b: 1 }, limits).value).toEqual({ b: 1 });
  });

  it('accepts mappings without prototype', () => {
    expect(inspectJson(Object.assign(Object.create(null), { a: 1 }), limits).value).toEqual({ a: 1 });
  });

  it.each<[string, unknown, string[]]>([
    ['a dangerous key', JSON.parse('{"a": {"__proto__": 1}}'), ['dangerous_key a.__proto__']],
    ['constructor', { constructor: 1 }, ['dangerous_key constructor']],
    ['prototype', { prototype: {} }, ['dangerous_key prototype']],
    ['U+0000 in text', { a: 'x\0' }, ['forbidden_character a']],
    ['U+0000 in a key', { 'x\0': 1 }, ['forbidden_character x\0']],
    ['a lone surrogate', { a: '\ud800' }, ['forbidden_character a']],
    ['NaN', { a: Number.NaN }, ['forbidden_number a']],
    ['infinity', [Number.NEGATIVE_INFINITY], ['forbidden_number 0']],
    ['an integer beyond 2^53-1', { a: 2 ** 53 }, ['forbidden_number a']],
    ['a date', { a: new Date(0) }, ['not_json a']],
    ['a map', new Map(), ['not_json']],
    ['a big integer', { a: 1n }, ['not_json a']],
    ['a function', { a: () => 1 }, ['not_json a']],
    ['undefined', undefined, ['not_json']],
    ['undefined in a list', [undefined], ['not_json 0']],
    ['several at once', { a: '\0', b: Number.NaN }, ['forbidden_character a', 'forbidden_number b']],
  ])('refuses %s', (_what, value, expected) => {
    expect(kinds(value)).toEqual(expected);
    expect(inspectJson(value, limits).value).toBeNull();
  });

  it.each([
    [5, []],
    [6, ['too_deep 0']],
    [10_000, ['too_deep 0']],
  ])('counts %i levels', (levels, expected) => {
    let value: unknown = [];
    for (let level = 1; level < levels; level++) value = [value];
    expect(kinds(value)).toEqual(expected);
  });

  it('stops at cycles', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(kinds(cycle)).toEqual(['too_deep self']);
  });

  it('measures exactly the bytes of the JSON text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small', noUnicodeString: false }), (value) => {
        const wellFormed = JSON.parse(
          JSON.stringify(value)
            .replaceAll(/\\ud[89a-f][0-9a-f]{2}/gi, 'x')
            .replaceAll('\\u0000', 'y')
            .replaceAll('__proto__', 'p'),
        );
        const size = Buffer.byteLength(JSON.stringify(wellFormed));
        const allowed = (bytes: number) =>
          inspectJson(wellFormed, { bytes, nesting: 100 }).hazards.every(({ kind }) => kind !== 'too_large');
        expect(allowed(size)).toBe(true);
        expect(allowed(size - 1)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, () => unknown]>([
    ['a text of 50 million characters', () => 'x'.repeat(50_000_000)],
    ['a key of 50 million characters', () => ({ ['x'.repeat(50_000_000)]: 1 })],
    ['a list that claims a billion items', () => Object.assign([], { length: 1_000_000_000 })],
    ['many members', () => Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`k${String(index)}`, 1]))],
  ])('gives up on %s at once', (_what, make) => {
    const value = make();
    const start = performance.now();
    expect(inspectJson(value, { bytes: 262_144, nesting: 32 }).hazards.at(-1)?.kind).toBe('too_large');
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('lists a bounded number of hazards', () => {
    expect(
      inspectJson(
        Array.from({ length: 300 }, () => Number.NaN),
        { bytes: 10_000, nesting: 3 },
      ).hazards,
    ).toHaveLength(50);
  });
});

describe('jsonBytes', () => {
  it.each([
    ['ü', 4],
    [{ a: '\u{1F600}' }, 12],
    [undefined, 0],
  ])('of %j is %i', (value, bytes) => {
    expect(jsonBytes(value)).toBe(bytes);
  });
});
