import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globExpression, globMatcher, parseNameGlob, parseResourceGlob } from '../../../../domain/search/globs.ts';

describe('a glob on names', () => {
  it.each([
    ['*', 'anything', true],
    ['*', '', true],
    ['', '', true],
    ['', 'x', false],
    ['yaml*', 'yaml-lint', true],
    ['yaml*', 'my-yaml', false],
    ['*lint', 'yaml-lint', true],
    ['a?c', 'abc', true],
    ['a?c', 'a😀c', true],
    ['a?c', 'ac', false],
    ['a?c', 'a/c', true],
    ['a.c', 'abc', false],
    [String.raw`a\*c`, 'a*c', true],
    [String.raw`a\*c`, 'abc', false],
    [String.raw`\?`, '?', true],
    [String.raw`a\\`, 'a\\', true],
    ['a\\', 'a\\', true],
    ['[ab]', '[ab]', true],
    ['(a|b)+$', '(a|b)+$', true],
    ['Yaml', 'yaml', false],
    ['*', 'two\nlines', true],
  ])('%j on %j: %s', (glob, value, expected) => {
    expect(globMatcher(parseNameGlob(glob))(value)).toBe(expected);
  });

  it('matches itself when it holds nothing special', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const escaped = text.replaceAll(/[*?\\]/g, String.raw`\$&`);
        expect(globMatcher(parseNameGlob(escaped))(text)).toBe(true);
      }),
    );
  });
});

it('matches exactly what its expression matches', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*', '**', '?', '😀'), maxLength: 8 });
  const value = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '😀', '\n'), maxLength: 8 });
  fc.assert(
    fc.property(glob, value, fc.boolean(), (pattern, text, resource) => {
      const parts = resource ? parseResourceGlob(pattern) : parseNameGlob(pattern);
      expect(globMatcher(parts)(text)).toBe(new RegExp(globExpression(parts), 'su').test(text));
    }),
    { numRuns: 3_000 },
  );
});

it('takes no longer for a pattern that is made to take long', () => {
  const start = performance.now();
  expect(globMatcher(parseNameGlob(`${'*a'.repeat(120)}*b`))('a'.repeat(255))).toBe(false);
  expect(performance.now() - start).toBeLessThan(500);
});

describe('a glob on resources', () => {
  it.each([
    ['validator/team.*', 'validator/team.yaml', true],
    ['validator/team.*', 'validator/team.sub.yaml', true],
    ['*', 'validator/team.yaml', false],
    ['*/team.*', 'tool/team.x', true],
    ['**', 'validator/team.yaml', true],
    ['**.yaml', 'validator/team.yaml', true],
    ['validator/team.?', 'validator/team.x', true],
    ['validator?team.x', 'validator/team.x', false],
    ['validator/team.x', 'validator/team.xy', false],
    ['validator/team+x', 'validator/teammx', false],
    ['***', 'a/b', true],
  ])('%j on %j: %s', (glob, value, expected) => {
    expect(globMatcher(parseResourceGlob(glob))(value)).toBe(expected);
  });

  it('is an expression that is anchored on both sides', () => {
    expect(globExpression(parseResourceGlob('a/*.b?**'))).toBe(String.raw`^a\/[^/]*\.b[^/].*$`);
  });
});
