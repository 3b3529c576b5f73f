import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { componentTypes } from '../../../../contracts/component-values.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import {
  formatReference,
  isUuid,
  matchPath,
  namespaceSplits,
  parseReference,
} from '../../../../domain/versions/reference.ts';

const uuid = '0190a0b0-0000-7000-8000-00000000abcd';

describe('parseReference', () => {
  it.each([
    [uuid, { kind: 'uuid', uuid }],
    [uuid.toUpperCase(), { kind: 'uuid', uuid }],
    [`${uuid}@^1`, { kind: 'uuid', uuid, spec: { source: '^1' } }],
    ['00000000-0000-0000-0000-000000000000', { kind: 'uuid', uuid: '00000000-0000-0000-0000-000000000000' }],
    ['lint', { kind: 'path', path: 'lint' }],
    [' core.lint ', { kind: 'path', path: 'core.lint' }],
    ['core.lint@^1.2', { kind: 'path', path: 'core.lint', spec: { kind: 'range', source: '^1.2' } }],
    ['lint@', { kind: 'path', path: 'lint', spec: { kind: 'latest' } }],
    ['lint@1.0.0', { kind: 'path', spec: { kind: 'exact', version: '1.0.0' } }],
    ['validator:lint', { kind: 'path', type: 'validator', path: 'lint' }],
    ['TestCase:lint@v1_0_0', { kind: 'path', type: 'test', spec: { version: '1.0.0' } }],
    [
      'tool://core.lint@>=1.0.0,<2.0.0',
      { kind: 'path', type: 'tool', path: 'core.lint', spec: { source: '>=1.0.0,<2.0.0' } },
    ],
    [`tool://${uuid}@*`, { kind: 'uuid', uuid, spec: { source: '*' } }],
    ['abc-123', { kind: 'path', path: 'abc-123' }],
    ['_private', { kind: 'path', path: '_private' }],
  ])('reads %s', (text, expected) => {
    expect(parseReference(text)).toMatchObject(expected);
  });

  it.each([
    ['', 'QY003', 1, /a name is missing/],
    ['validator:', 'QY003', 11, /a name is missing/],
    ['validatr:lint', 'QY003', 1, /did you mean validator\?/],
    ['zzz:lint', 'QY003', 1, /"zzz" is no component type$/],
    ['a/b', 'QY003', 2, /letters, digits/],
    ['.a', 'QY003', 1, /letters, digits/],
    ['tool:lint x', 'QY003', 10, /letters, digits/],
    ['tool://lint', 'QY003', 12, /needs a version spec/],
    ['nope://lint@1', 'QY003', 1, /no component type/],
    ['://lint@1', 'QY003', 1, /no component type/],
    ['tool://@1', 'QY003', 8, /a name is missing/],
    ['x'.repeat(512), 'QY003', 1, /longer than 511/],
    ['x'.repeat(2000), 'QY003', 1025, /too long/],
  ])('refuses %s', (text, code, position, reason) => {
    expect(() => parseReference(text)).toThrow(OmniBaseError);
    try {
      parseReference(text);
    } catch (error) {
      expect(error).toMatchObject({ code, details: { position } });
      expect(String((error as OmniBaseError).details?.['reason'])).toMatch(reason);
    }
  });

  it('leaves a bad spec to the spec', () => {
    expect(() => parseReference('lint@nope')).toThrow(expect.objectContaining({ code: 'QY002' }));
  });

  it('reads back what it writes', () => {
    const path = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._+-]{0,20}$/).filter((text) => !isUuid(text));
    const spec = fc.constantFrom('', '@^1', '@1.0.0', '@latest', '@>=1,<2');
    const type = fc.constantFrom('', ...componentTypes.map((each) => `${each}:`));
    fc.assert(
      fc.property(type, path, spec, (...parts) => {
        const reference = parseReference(parts.join(''));
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
    );
    expect(formatReference(parseReference(`${uuid}@1.0.0`))).toBe(`${uuid}@1.0.0`);
  });

  it('never fails in another way', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        try {
          parseReference(text);
        } catch (error) {
          expect(error).toBeInstanceOf(OmniBaseError);
        }
      }),
    );
  });
});

describe('matchPath', () => {
  const known = [
    { type: 'tool', namespace: 'core', name: 'lint' },
    { type: 'validator', namespace: 'core', name: 'lint' },
    { type: 'tool', namespace: 'team', name: 'core.lint' },
    { type: 'tool', namespace: 'core.lint', name: 'x' },
    { type: 'tool', namespace: 'a.b', name: 'c' },
    { type: 'tool', namespace: 'a', name: 'b.c' },
  ] as const;

  it.each([
    [{ path: 'core.lint' }, 'namespace.name', ['tool:core.lint', 'validator:core.lint']],
    [{ path: 'core.lint', type: 'tool' as const }, 'namespace.name', ['tool:core.lint']],
    [{ path: 'lint', type: 'validator' as const }, 'name', ['validator:core.lint']],
    [{ path: 'core' }, 'namespace', ['tool:core.lint', 'validator:core.lint']],
    [{ path: 'x' }, 'name', ['tool:core.lint.x']],
    [{ path: 'a.b.c' }, 'namespace.name', ['tool:a.b.c']],
  ])('%j is read as %s: %j', (reference, reading, names) => {
    expect(matchPath(reference, known)).toMatchObject({ reading, names });
  });

  it('is null without a match', () => {
    expect(matchPath({ path: 'nothing' }, known)).toBeNull();
    expect(matchPath({ path: 'lint', type: 'agent' }, known)).toBeNull();
  });
});

describe('namespaceSplits', () => {
  it.each([
    ['lint', []],
    ['core.lint', [{ namespace: 'core', name: 'lint' }]],
    [
      'a.b.c',
      [
        { namespace: 'a.b', name: 'c' },
        { namespace: 'a', name: 'b.c' },
      ],
    ],
    ['.a.', []],
  ])('of %s', (path, splits) => {
    expect(namespaceSplits(path)).toEqual(splits);
  });
});
