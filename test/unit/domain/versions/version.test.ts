import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import {
  isPrerelease,
  isVersion,
  parseVersion,
  versionCore,
  versionOfDirectory,
} from '../../../../domain/versions/version.ts';
import { versionKey } from '../../../../domain/versions/version-key.ts';
import { version } from './arbitraries.ts';

describe('isVersion', () => {
  it.each([
    ['0.0.0', true],
    ['1.2.3', true],
    ['1.2.3-rc.1+build.5', true],
    ['1.2.3+001', true],
    ['1.2.3--', true],
    ['1.2.3-0a', true],
    ['9007199254740991.0.0', true],
    ['9007199254740992.0.0', false],
    ['1.2.3-9007199254740992', false],
    ['1.2', false],
    ['v1.2.3', false],
    ['=1.2.3', false],
    ['01.2.3', false],
    ['1.2.3-01', false],
    ['1.2.3-', false],
    ['1.2.3-a..b', false],
    ['1.2.3+', false],
    [' 1.2.3', false],
    ['1.2.3\n', false],
    ['', false],
    [`1.2.3-${'a'.repeat(249)}`, true],
    [`1.2.3-${'a'.repeat(250)}`, false],
    ['latest', false],
  ])('%j: %j', (text, valid) => {
    expect(isVersion(text)).toBe(valid);
  });

  it('accepts what the semver library accepts, and nothing else but numbers beyond 2^53-1', () => {
    // The library reads such a number of a prerelease as text and orders it as text; the registry refuses it.
    const tooLarge = (text: string) => /[-.](\d{16,})/.test(text);
    const nearly = fc
      .tuple(version, fc.constantFrom('', '.', '-', '+', ' ', 'v', '0'))
      .chain(([text, extra]) => fc.constantFrom(text, text + extra));
    fc.assert(
      fc.property(nearly, (text) => {
        fc.pre(!tooLarge(text));
        expect(isVersion(text)).toBe(semver.valid(text) === text.replace(/\+.*$/, '') && text.trim() === text);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parts of a version', () => {
  it('are read', () => {
    expect(parseVersion('1.20.3-rc.1+b')).toEqual({ major: 1, minor: 20, patch: 3, prerelease: ['rc', 1] });
    expect(versionCore('1.20.3-rc.1+b')).toBe('1.20.3');
    expect(isPrerelease('1.20.3-rc.1')).toBe(true);
    expect(isPrerelease('1.20.3+rc.1')).toBe(false);
  });

  it.each([versionCore, isPrerelease, versionKey])('%o refuses what is no version', (read) => {
    expect(() => read('1.2')).toThrow(RangeError);
  });

  it.each([
    ['v1_0_0', '1.0.0'],
    ['v12_3_40', '12.3.40'],
    ['v01_0_0', null],
    ['v1_0', null],
    ['1_0_0', null],
  ])('the directory %s is %s', (name, expected) => {
    expect(versionOfDirectory(name)).toBe(expected);
  });
});

describe('versionKey', () => {
  it.each([
    ['1.2.3', 'a1a2a3~'],
    ['1.10.0', 'a1b10a0~'],
    ['1.2.3-rc.1', 'a1a2a3-1rc!0a1'],
    ['1.2.3-rc.1+build', 'a1a2a3-1rc!0a1'],
    ['9007199254740991.0.0', 'p9007199254740991a0a0~'],
  ])('of %s is %s', (text, key) => {
    expect(versionKey(text)).toBe(key);
  });

  it('orders as semver.compare does', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(Buffer.compare(Buffer.from(versionKey(a)), Buffer.from(versionKey(b))))).toBe(
          semver.compare(a, b),
        );
      }),
      { numRuns: 5000 },
    );
  });

  it('orders the prereleases of the specification', () => {
    const ordered = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
    ];
    expect([...ordered].reverse().sort((a, b) => (versionKey(a) < versionKey(b) ? -1 : 1))).toEqual(ordered);
  });
});
