import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyMergePatch,
  changedPaths,
  createMergePatch,
  overlappingPaths,
} from '../../../../domain/json/merge-patch.ts';

describe('applyMergePatch', () => {
  // The whole table of RFC 7396, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('merges %j with %j to %j', (target, patch, result) => {
    expect(applyMergePatch(target, patch)).toEqual(result);
  });

  it('changes neither target nor patch', () => {
    const target = Object.freeze({ a: Object.freeze({ b: 1 }) });
    const patch = Object.freeze({ a: Object.freeze({ b: null, c: 2 }) });
    expect(applyMergePatch(target, patch)).toEqual({ a: { c: 2 } });
  });

  it('treats __proto__ as an ordinary key', () => {
    const merged = applyMergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(Object.hasOwn(Object(merged), '__proto__')).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('does not read inherited members of the target', () => {
    expect(applyMergePatch({}, { toString: { a: 1 } })).toEqual({ toString: { a: 1 } });
  });
});

describe('createMergePatch', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, {}],
    [{ a: 1 }, {}, { a: null }],
    [{}, { a: 1 }, { a: 1 }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }, { a: { c: null } }],
    [{ a: [1, 2] }, { a: [1] }, { a: [1] }],
    [{ a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{ a: { b: 1 } }, { a: 1 }, { a: 1 }],
    [{ a: 1 }, [1], [1]],
    ['a', { b: 1 }, { b: 1 }],
    [{ a: 1 }, { a: null }, { a: null }],
    [{ a: null }, {}, { a: null }],
  ])('from %j to %j is %j', (a, b, patch) => {
    expect(createMergePatch(a, b)).toEqual(patch);
  });

  it('turns any document into any other that holds no null in its objects', () => {
    const { document } = fc.letrec<{ document: unknown }>((tie) => ({
      document: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant([null, { a: null }])),
        fc.array(tie('document'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('document'), {
          noNullPrototype: true,
        }),
      ),
    }));
    fc.assert(
      fc.property(document, document, (a, b) => {
        expect(applyMergePatch(a, createMergePatch(a, b))).toEqual(b);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('changedPaths', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1, b: { c: 1, d: 2 } }, { a: 2, b: { c: 1, d: 3 } }, ['a', 'b.d']],
    [{ a: [1] }, { a: [2] }, ['a']],
    [{ b: 1 }, { a: 1 }, ['a', 'b']],
    [{ a: { b: 1 } }, {}, ['a']],
    [1, 2, ['']],
    [{ '\u{10000}': 1, '\u{ffff}': 1 }, {}, ['\u{ffff}', '\u{10000}']],
  ])('of %j and %j are %j', (a, b, paths) => {
    expect(changedPaths(a, b)).toEqual(paths);
  });
});

describe('overlappingPaths', () => {
  it.each([
    [['a'], ['b'], []],
    [['a', 'b'], ['b', 'c'], ['b']],
    [['a.b'], ['a'], ['a.b']],
    [['a'], ['a.b', 'ab'], ['a.b']],
    [[''], ['a'], ['a']],
  ])('of %j and %j are %j', (left, right, overlap) => {
    expect(overlappingPaths(left, right)).toEqual(overlap);
  });
});
