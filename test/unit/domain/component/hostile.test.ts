import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from '../../../../domain/component/normalise.ts';
import { parseMetadataText } from '../../../../domain/component/source/parse.ts';
import { changed, documentA, issuesOf } from './documents.ts';

/** Milliseconds one hostile document may take here; a legal one takes about one. Generous: the machine is shared. */
const patience = 5000;

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

function cyclic(): unknown {
  const extensions: Record<string, unknown> = {};
  const document = { ...documentA, x_extensions: extensions };
  extensions['again'] = document;
  return document;
}

describe('a hostile document', () => {
  it.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, 'SC004'],
    ['null', () => null, 'MD002'],
    ['a list', () => [documentA], 'MD002'],
    ['text', () => 'uuid: x', 'MD002'],
    ['a number', () => 5, 'MD002'],
    ['nesting of 33', () => ({ ...documentA, x_extensions: nested(31) }), ''],
    ['nesting of 34', () => ({ ...documentA, x_extensions: nested(32) }), 'SC006 x_extensions'],
    ['nesting of 10,000', () => ({ ...documentA, x_extensions: nested(10_000) }), 'SC006 x_extensions'],
    ['a cycle', cyclic, 'SC006 x_extensions'],
    ['__proto__', () => JSON.parse('{"__proto__": {"admin": true}}'), 'SC002 __proto__'],
    [
      'a nested constructor',
      () => ({ ...documentA, x_extensions: { a: [{ constructor: 1 }] } }),
      'SC002 x_extensions.a.0.constructor',
    ],
    ['a class instance', () => ({ ...documentA, created_at: new Date() }), 'SC004 created_at'],
    ['a huge text', () => ({ ...documentA, description: 'x'.repeat(10_000_000) }), 'SC006'],
    [
      'too much together',
      () => ({
        ...documentA,
        x_extensions: {},
        provides: Array.from({ length: 30_000 }, (_, i) => `offer-${String(i)}`),
      }),
      'SC006',
    ],
    ['NaN', () => ({ ...documentA, weight: Number.NaN }), 'SC002 weight'],
    ['U+0000', () => ({ ...documentA, name: 'a\0' }), 'SC002 name'],
    ['a lone surrogate', () => ({ ...documentA, name: '\udc00' }), 'SC002 name'],
  ])('with %s', (_what, make, issue) => {
    const document = make();
    const start = performance.now();
    const issues = issuesOf(document);
    expect(performance.now() - start).toBeLessThan(patience);
    expect(issues.slice(0, 1)).toEqual(issue === '' ? [] : [issue]);
  });

  it('with thousands of mistakes gets a list that a person can read', () => {
    const unknown = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`lifecycl${String(index)}`, 1]));
    const start = performance.now();
    const { issues } = normalise({
      ...documentA,
      ...unknown,
      tags: Array.from({ length: 64 }, () => ''),
      provides: Array.from({ length: 9000 }, () => ''),
    });
    expect(performance.now() - start).toBeLessThan(patience);
    const errors = issues.filter(({ severity }) => severity === 'error');
    const warnings = issues.filter(({ severity }) => severity === 'warning');
    expect([errors.length, warnings.length]).toEqual([101, 101]);
    expect(errors.at(-1)).toMatchObject({ code: 'SC006', message: '8964 more errors are not listed' });
    expect(warnings.at(-1)).toMatchObject({ message: '11900 more warnings are not listed' });
  });

  it('is shown in short', () => {
    const { issues } = normalise({
      ...documentA,
      ['k'.repeat(1000)]: 1,
      author: 'x'.repeat(100_000),
      uuid: 'y'.repeat(100_000),
    });
    expect(JSON.stringify(issues).length).toBeLessThan(2000);
  });

  it('never makes normalise throw, whatever it is', () => {
    const names = [
      ...Object.keys(documentA),
      'tags',
      'dependencies',
      'inputs',
      'resources',
      'cache',
      'meta_type',
      'timeout',
      'retry',
      'capabilities',
      'entrypoint.kind',
      '__proto__',
      'x_extensions',
    ];
    const value = fc.oneof(
      fc.anything({ maxDepth: 4, withDate: true, withMap: true, withBigInt: true }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('npm:', '@', 'a@', '://', 'x://@', '1.2.3', '', ' ', 'kind@target'),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value),
        fc.boolean(),
        fc.boolean(),
        (members, based, strict) => {
          const { metadata, issues } = normalise(based ? { ...documentA, ...members } : members, { strict });
          expect(metadata === null).toBe(issues.some(({ severity }) => severity === 'error'));
        },
      ),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.anything(), (anything) => void normalise(anything)));
  });
});

describe('a hostile text', () => {
  const half = 500_000;
  it.each<[string, string]>([
    ['brackets', '['.repeat(2 * half)],
    ['braces', '{a: '.repeat(half / 2)],
    ['dashes', '- '.repeat(half)],
    ['question marks', '? '.repeat(half)],
    ['colons', ': '.repeat(half)],
    ['stairs', Array.from({ length: 1000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n')],
    ['closing brackets', ']'.repeat(2 * half)],
    ['commas', `[${','.repeat(59_000)}]`],
    ['many keys', Array.from({ length: 19_000 }, (_, index) => `key-number-${String(index)}: 1`).join('\n')],
    ['one key many times', 'a: 1\n'.repeat(19_000)],
    ['anchors', Array.from({ length: 20_000 }, (_, index) => `k${String(index)}: &a${String(index)} 1`).join('\n')],
    ['aliases', `x: &a [1, 2, 3]\ny: [${'*a,'.repeat(40_000)}]`],
    ['wide aliases', `x: &a [${'1,'.repeat(40_000)}]\ny: [${'*a,'.repeat(9000)}]`],
    ['tags', '!a '.repeat(59_000)],
    ['documents', '---\n'.repeat(half / 2)],
    ['directives', '%a b\n'.repeat(59_000)],
    ['an open quote', `a: "${'x\n'.repeat(90_000)}`],
    ['comments', '# x\n'.repeat(half / 2)],
    ['blank lines', `a: 1${'\n'.repeat(290_000)}b: 1`],
    ['too many blank lines', `a: 1${'\n'.repeat(2 * half)}b: 1`],
    ['tabs', `a:\n${'\t'.repeat(2 * half)}`],
    ['U+0000', '\0'.repeat(2 * half)],
    [
      'the classic bomb',
      Array.from(
        { length: 9 },
        (_, level) =>
          `a${String(level)}: &a${String(level)} [${Array.from({ length: 9 }, () => (level === 0 ? 'lol' : `*a${String(level - 1)}`)).join(', ')}]`,
      ).join('\n'),
    ],
    ['JSON brackets', `{"a": ${'['.repeat(2 * half)}`],
    ['a JSON text without end', `{"a": "${'x'.repeat(2 * half)}`],
  ])('of %s is refused quickly', (_what, text) => {
    const start = performance.now();
    const { document, issues, locate } = parseMetadataText(text);
    const { issues: further } = issues.length > 0 ? { issues } : normalise(document, { locate });
    expect(performance.now() - start).toBeLessThan(patience);
    expect(further.filter(({ severity }) => severity === 'error').length).toBeGreaterThan(0);
  });

  it('never makes the parser throw', () => {
    const yaml = fc.string({
      unit: fc.constantFrom(...Array.from('ab:-?[]{},&*!|>\'"%@#<~ \n\t\r0.\\\0')),
      maxLength: 60,
    });
    fc.assert(
      fc.property(yaml, fc.constantFrom('yaml' as const, 'json' as const, undefined), (text, format) => {
        const { document, issues } = parseMetadataText(text, format === undefined ? {} : { format });
        expect(document === null).toBe(issues.length > 0);
        for (const { line, column } of issues)
          expect([line, column].every((at) => at !== undefined && at > 0)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('of the legal size is read in good time', () => {
    const many = changed(documentA, {
      x_extensions: Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`key-${String(index)}`, index])),
    });
    const start = performance.now();
    const { document, locate } = parseMetadataText(JSON.stringify(many, null, 2));
    expect(normalise(document, { locate }).metadata).not.toBeNull();
    expect(performance.now() - start).toBeLessThan(patience);
  });
});
