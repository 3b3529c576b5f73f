import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../contracts/error.ts';
import { satisfies, whySatisfied } from '../../../../domain/versions/interval.ts';
import { isVersionSpec, parseVersionSpec } from '../../../../domain/versions/version-spec.ts';
import { range, version } from './arbitraries.ts';

function accepts(spec: string, text: string): boolean {
  return satisfies(text, parseVersionSpec(spec).intervals);
}

describe('parseVersionSpec', () => {
  it.each([
    ['', 'latest', undefined],
    ['  latest ', 'latest', undefined],
    ['1.2.3', 'exact', '1.2.3'],
    ['=1.2.3', 'exact', '1.2.3'],
    ['v1.2.3', 'exact', '1.2.3'],
    ['1.2.3+build', 'exact', '1.2.3'],
    ['1.2.3-rc.1', 'exact', '1.2.3-rc.1'],
    ['v1_0_0', 'exact', '1.0.0'],
    ['^1.2.3', 'range', undefined],
    ['*', 'range', undefined],
    ['1.2.3 || 1.2.4', 'range', undefined],
    ['1.2.3 1.2.4', 'range', undefined],
    ['>=1.2.3', 'range', undefined],
  ])('reads %j as %s %s', (spec, kind, exact) => {
    expect(parseVersionSpec(spec)).toMatchObject({ kind, ...(exact === undefined ? {} : { version: exact }) });
  });

  // Each row of registry.md 7.1.
  it.each([
    ['1.2.3', ['1.2.3', '1.2.3+other'], ['1.2.4', '1.2.3-rc.1']],
    ['v1_0_0', ['1.0.0'], ['1.0.1']],
    ['^1.2.3', ['1.2.3', '1.9.0'], ['2.0.0', '1.2.2', '2.0.0-rc.1', '1.3.0-rc.1']],
    ['^0.2.3', ['0.2.3', '0.2.9'], ['0.3.0']],
    ['^0.0.3', ['0.0.3'], ['0.0.4']],
    ['~1.2', ['1.2.0', '1.2.9'], ['1.3.0']],
    ['1.x', ['1.0.0', '1.9.9'], ['2.0.0']],
    ['*', ['0.0.0', '9.9.9'], ['1.0.0-rc.1']],
    ['1.2 - 2.0', ['1.2.0', '2.0.9'], ['2.1.0']],
    ['1.x || 3.x', ['1.1.0', '3.1.0'], ['2.0.0']],
    ['>=0.1.0,<0.2.0', ['0.1.0', '0.1.9'], ['0.2.0', '0.0.9']],
    ['>=1.2.3-rc.1', ['1.2.3-rc.2', '1.2.3', '2.0.0'], ['1.2.4-rc.1', '1.2.3-beta']],
    ['>1.0.0 <1.0.0', [], ['1.0.0']],
    ['<0.0.0-0', [], ['0.0.0']],
    ['>=1.0.0 >1.0.0', ['1.0.1'], ['1.0.0']],
    ['>1.0.0 >=1.0.0', ['1.0.1'], ['1.0.0']],
    ['<=1.0.0 <1.0.0', ['0.9.0'], ['1.0.0']],
    ['<1.0.0 <=2.0.0', ['0.9.0'], ['1.0.0']],
    ['latest', ['1.0.0'], ['1.0.0-rc.1']],
  ])('%s accepts %j and not %j', (spec, inside, outside) => {
    expect(inside.filter((text) => !accepts(spec, text))).toEqual([]);
    expect(outside.filter((text) => accepts(spec, text))).toEqual([]);
  });

  it.each([
    ['abc', 1, '"abc" is no version or range'],
    ['^1.2.3 foo', 8, '"foo" is no version or range'],
    ['1.2.3.4', 1, '"1.2.3.4" is no version or range'],
    ['>=1.0,,<2', 6, 'a comma must stand between two conditions'],
    [',1.0', 1, 'a comma must stand between two conditions'],
    ['1.0,', 4, 'a comma must stand between two conditions'],
    ['1.0 ||, 2', 5, 'a comma must stand between two conditions'],
    ['^9007199254740991.0.0', 1, '"^9007199254740991.0.0" is no version or range'],
    ['1.0.0 -', 1, '"1.0.0 -" is no version or range'],
    [`>=1.0.0${' '.repeat(300)}<2`, 256, 'more than 255 characters'],
  ])('refuses %j at %i: %s', (spec, position, reason) => {
    expect(isVersionSpec(spec)).toBe(false);
    try {
      parseVersionSpec(spec);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(OmniBaseError);
      expect(error).toMatchObject({ code: 'QY002', exitCode: 2, details: { position, reason } });
    }
  });

  it('is quick on hostile text', () => {
    const start = performance.now();
    for (const text of [
      '1 '.repeat(127),
      '|'.repeat(255),
      '>'.repeat(255),
      ` ${' '.repeat(253)}x`,
      '1.'.repeat(127),
      '-'.repeat(255),
    ])
      isVersionSpec(text);
    isVersionSpec(' '.repeat(1_000_000));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('intervals', () => {
  it('are what an edge stores', () => {
    expect(parseVersionSpec('^1.2.3 || 3.0.0-rc.1').intervals).toEqual([
      { lo: 'a1a2a3~', lo_inclusive: true, hi: 'a2a0a0-0a0', hi_inclusive: false, prerelease_cores: ['2.0.0'] },
      {
        lo: 'a3a0a0-1rc!0a1',
        lo_inclusive: true,
        hi: 'a3a0a0-1rc!0a1',
        hi_inclusive: true,
        prerelease_cores: ['3.0.0'],
      },
    ]);
    expect(parseVersionSpec('*').intervals).toEqual([
      { lo: null, lo_inclusive: false, hi: null, hi_inclusive: false, prerelease_cores: [] },
    ]);
    expect(parseVersionSpec('>2 <1').intervals).toEqual([]);
  });

  it('say why a version is outside', () => {
    const { intervals } = parseVersionSpec('^1.0.0');
    expect(whySatisfied('1.5.0', intervals)).toBe('inside');
    expect(whySatisfied('1.5.0-rc.1', intervals)).toBe('prerelease');
    expect(whySatisfied('2.5.0', intervals)).toBe('outside');
  });

  it.each([false, true])('decide as semver.satisfies does, includePrerelease %j', (includePrerelease) => {
    fc.assert(
      fc.property(range, version, (spec, text) => {
        fc.pre(semver.validRange(spec, { includePrerelease }) !== null);
        const { intervals } = parseVersionSpec(spec, { includePrerelease });
        expect(satisfies(text, intervals)).toBe(semver.satisfies(text, spec, { includePrerelease }));
      }),
      { numRuns: 5000 },
    );
  });

  it('accepts a range exactly when the library does', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('123.x*^~<>=| -,av+')), maxLength: 12 }), (spec) => {
        fc.pre(!spec.includes(','));
        expect(isVersionSpec(spec)).toBe(semver.validRange(spec.trim()) !== null || spec.trim() === 'latest');
      }),
      { numRuns: 2000 },
    );
  });
});
