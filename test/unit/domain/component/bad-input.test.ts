/** The rows of registry.md 15 that a document alone can cause, from source text to the error that is thrown. */
import { describe, expect, it } from 'vitest';
import { errorCatalogue, type Issue, OmniBaseError } from '../../../../contracts/error.ts';
import { normalise } from '../../../../domain/component/normalise.ts';
import { parseMetadataBlock, parseMetadataText } from '../../../../domain/component/source/parse.ts';
import { planUpdate } from '../../../../domain/component/update.ts';
import { validationError } from '../../../../domain/component/validation-error.ts';
import { checkInitialLifecycle, checkTransition } from '../../../../domain/lifecycle/transitions.ts';
import { parseReference } from '../../../../domain/versions/reference.ts';
import { parseVersionSpec } from '../../../../domain/versions/version-spec.ts';
import { documentA, modelOf } from './documents.ts';

/** Text of dialect A with one line replaced or added. */
function withLine(key: string, line: string): string {
  const others = Object.entries(documentA).filter(([name]) => name !== key);
  return `${others.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join('\n')}\n${line}\n`;
}

/** What `registry add` throws for a text. */
function refusal(text: string, strict = false): OmniBaseError | null {
  const { document, issues, locate } = parseMetadataText(text);
  const all: readonly Issue[] = issues.length > 0 ? issues : normalise(document, { strict, locate }).issues;
  return all.some(({ severity }) => severity === 'error') ? validationError(all) : null;
}

function thrown(run: () => unknown): OmniBaseError | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof OmniBaseError) return error;
    throw error;
  }
}

describe('a bad document', () => {
  it.each([
    ['not YAML', 'a: [', 'SC001'],
    ['not JSON', '{"a": 1,,}', 'SC001'],
    ['a duplicate key', withLine('name', 'name: x\nname: y'), 'SC001'],
    ['a custom tag', withLine('name', 'name: !secret x'), 'SC001'],
    ['an alias bomb', `a: &a [${'1, '.repeat(60)}]\nb: [*a, *a]`, 'SC001'],
    ['empty', '', 'MD002'],
    ['a list', '- uuid: x', 'MD002'],
    ['a scalar', 'hello', 'MD002'],
    ['several documents', 'a: 1\n---\nb: 2', 'MD002'],
    ['without uuid', withLine('uuid', ''), 'SC003'],
    ['without name', withLine('name', ''), 'SC003'],
    ['without version', withLine('version', ''), 'MD006'],
    ['without entrypoint', withLine('entrypoint', ''), 'SC003'],
    ['a version that is a number', withLine('version', 'version: 1.0'), 'SC004'],
    ['a tag that is a number', withLine('tags', 'tags: [1]'), 'SC004'],
    ['an unknown type', withLine('type', 'type: validatr'), 'SC005'],
    ['an unknown lifecycle', withLine('lifecycle', 'lifecycle: activ'), 'LC001'],
    ['a bad uuid', withLine('uuid', 'uuid: 123-x'), 'MD004'],
    ['a time without time of day', withLine('created_at', 'created_at: 2026-01-31'), 'MD005'],
    ['a bad version', withLine('version', 'version: "1.0"'), 'MD007'],
    ['a bad namespace', withLine('namespace', 'namespace: a..b'), 'MD008'],
    ['a bad hash', withLine('hash', 'hash: xyz'), 'SC007'],
    ['a text too long', withLine('author', `author: ${'x'.repeat(256)}`), 'SC006'],
    [
      'too many tags',
      withLine('tags', `tags: [${Array.from({ length: 65 }, (_, index) => `t${String(index)}`).join(', ')}]`),
      'SC006',
    ],
    ['nesting too deep', withLine('x_extensions', `x_extensions: ${'{a: '.repeat(40)}1${'}'.repeat(40)}`), 'SC006'],
    ['a dangerous key', withLine('x_extensions', 'x_extensions: {__proto__: 1}'), 'SC002'],
    ['U+0000', withLine('author', 'author: "a\\0b"'), 'SC002'],
    ['NaN', withLine('weight', 'weight: .nan'), 'SC002'],
    ['an integer beyond 2^53-1', withLine('x_extensions', 'x_extensions: {a: 9007199254740993}'), 'SC002'],
    ['deprecated without replacement', withLine('lifecycle', 'lifecycle: deprecated'), 'LC005'],
    ['archived without reason', withLine('lifecycle', 'lifecycle: archived'), 'LC006'],
  ])('%s is a MetadataValidationError, exit 2, with position', (_what, text, code) => {
    const error = refusal(text);
    expect(error).toMatchObject({
      code,
      class: 'MetadataValidationError',
      name: 'MetadataValidationError',
      exitCode: 2,
      httpStatus: 422,
      retryable: false,
    });
    const [first] = error?.issues ?? [];
    expect(first?.code).toBe(code);
    expect([first?.line, first?.column].every((at) => at !== undefined && at > 0)).toBe(true);
  });

  it.each([
    ['no block', 'echo\n', 'MD001'],
    ['an open block', '# === OmniNode:Metadata ===\n# a: 1\n', 'MD002'],
    ['a block that is no YAML', '# === OmniNode:Metadata ===\n# a: [\n# === /OmniNode:Metadata ===\n', 'SC001'],
  ])('%s is refused', (_what, text, code) => {
    expect(validationError(parseMetadataBlock(text).issues)).toMatchObject({ code, exitCode: 2 });
  });

  it('is told everything at once: type, allowed values, nearest, quotes', () => {
    const error = refusal('uuid: 5\ntype: tol\nname: 7\nversion: 1.0\nlifecycle: activ\nweight: heavy\n');
    expect(
      error?.issues?.filter(({ severity }) => severity === 'error').map(({ code, path, line }) => [code, path, line]),
    ).toEqual([
      ['SC005', 'type', 2],
      ['SC004', 'uuid', 1],
      ['SC004', 'name', 3],
      ['SC004', 'version', 4],
      ['LC001', 'lifecycle', 5],
      ['SC004', 'weight', 6],
    ]);
    expect(error?.message).toMatch(/^type: .* \(and 5 more\)$/);
    expect(error?.issues?.map(({ hint }) => hint).filter((hint) => hint !== undefined)).toEqual([
      'did you mean tool?',
      'write it in quotes: "5"',
      'write it in quotes: "7"',
      'write it in quotes: "1.0.0"',
      'did you mean active?',
    ]);
    expect(error?.issues?.find(({ code }) => code === 'LC001')?.expected).toBe(
      'draft, experimental, canary, active, deprecated, archived',
    );
  });

  it('with an unknown field is accepted with SC010 W, and refused in strict mode', () => {
    const text = withLine('colour', 'colour: red');
    expect(refusal(text)).toBeNull();
    expect(refusal(text, true)).toMatchObject({ code: 'SC010', exitCode: 2 });
  });

  it('that depends on itself is RG006, exit 3', () => {
    expect(refusal(withLine('dependencies', `dependencies: [{id: ${String(documentA['uuid'])}}]`))).toMatchObject({
      code: 'RG006',
      class: 'CircularDependencyError',
      exitCode: 3,
    });
  });
});

describe('a bad change', () => {
  const current = modelOf(documentA);
  it.each([
    ['a patch that is no object', () => planUpdate(current, 'x'), 'SC004', 2],
    ['an immutable field', () => planUpdate(current, { name: 'y' }), 'RG012', 2],
    ['a frozen field', () => planUpdate(current, { mode: 'fix' }), 'RG012', 2],
    ['a synonym', () => planUpdate(current, { include: ['a'] }), 'SC009', 2],
    ['an illegal transition', () => checkTransition('active', 'draft'), 'LC003', 2],
    ['a start as archived', () => checkInitialLifecycle('archived'), 'LC003', 2],
    ['a bad version spec', () => parseVersionSpec('^^1'), 'QY002', 2],
    ['a bad reference', () => parseReference('a b'), 'QY003', 2],
  ])('%s', (_what, run, code, exit) => {
    expect(thrown(run)).toMatchObject({ code, exitCode: exit });
  });
});

describe('validationError', () => {
  const issue = (code: string, severity: Issue['severity'] = 'error', path = 'a'): Issue => ({
    code,
    severity,
    path,
    message: 'is wrong',
  });

  it('takes the code of the first error, not of a warning before it', () => {
    const issues = [issue('SC010', 'warning'), issue('MD004'), issue('SC003')];
    expect(validationError(issues)).toMatchObject({ code: 'MD004', message: 'a: is wrong (and 1 more)', issues });
  });

  it('says nothing of a path when the whole document is meant', () => {
    expect(validationError([issue('MD002', 'error', '')]).message).toBe('is wrong');
  });

  it('is a validation error for a missing dependency in strict mode', () => {
    expect(validationError([issue('RG007')])).toMatchObject({
      code: 'SC003',
      class: 'MetadataValidationError',
      exitCode: 2,
      details: { code: 'RG007' },
    });
  });

  it('refuses to be made from nothing, and reports an unknown code as a fault of the product', () => {
    expect(() => validationError([issue('SC010', 'warning')])).toThrow(RangeError);
    expect(validationError([issue('ZZ999')]).code).toBe('OB001');
  });

  it('only meets codes of the catalogue', () => {
    const codes = [
      'SC001',
      'SC002',
      'SC003',
      'SC004',
      'SC005',
      'SC006',
      'SC007',
      'SC008',
      'SC009',
      'SC010',
      'MD001',
      'MD002',
      'MD004',
      'MD005',
      'MD006',
      'MD007',
      'MD008',
      'MD010',
      'LC001',
      'LC002',
      'LC005',
      'LC006',
      'LC007',
      'ST001',
      'RG006',
      'RG010',
    ];
    expect(codes.filter((code) => !Object.hasOwn(errorCatalogue, code))).toEqual([]);
  });
});
