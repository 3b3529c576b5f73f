/** Errors as people and programs see them on stderr. */
import { describe, expect, it } from 'vitest';
import { asOmniBaseError, issueLine, renderError } from '../../../cli/output/errors.ts';
import { OmniBaseError } from '../../../contracts/error.ts';

const plain = { json: false, colour: false, debug: false };

describe('an error for people', () => {
  it('names class and code, every issue with its place, and one next step', () => {
    const error = new OmniBaseError('SC003', {
      message: 'bad.yaml: uuid: is required (and 1 more)',
      issues: [
        { code: 'SC003', severity: 'error', path: 'uuid', message: 'is required' },
        {
          code: 'SC004',
          severity: 'error',
          path: 'version',
          message: 'is not text',
          expected: 'text',
          received: 'a number',
          line: 3,
          column: 10,
          hint: 'quote it',
        },
        { code: 'SC010', severity: 'warning', path: '', message: 'unknown' },
      ],
      next: 'correct bad.yaml',
    });
    expect(renderError(error, 'c', plain)).toBe(
      [
        'MetadataValidationError [SC003] bad.yaml: uuid: is required (and 1 more)',
        '  uuid: is required [SC003]',
        '  version: is not text [SC004] at 3:10; quote it',
        '  warning: (document): unknown [SC010]',
        'next: correct bad.yaml',
        '',
      ].join('\n'),
    );
  });

  it('shows both sides of a revision conflict', () => {
    const error = new OmniBaseError('RG011', {
      details: { expected: 1, current: 3, theirs: { a: 1 }, yours: { a: 2 }, overlapping: ['a'] },
    });
    const text = renderError(error, 'c', plain);
    for (const line of ['  expected: 1', '  current: 3', '  theirs: {"a":1}', '  yours: {"a":2}', '  overlapping: a'])
      expect(text).toContain(`${line}\n`);
  });

  it('cannot move the cursor', () => {
    const text = renderError(new OmniBaseError('FS001', { details: { path: 'a\u001b[2J\nb' } }), 'c', plain);
    expect(text).toContain('a\\x1b[2J\\x0ab');
  });

  it('shows the stack of an unexpected error only when asked', () => {
    const error = asOmniBaseError(new TypeError('boom'));
    expect(error).toMatchObject({ code: 'OB001', exitCode: 1 });
    expect(renderError(error, 'c', plain)).not.toContain('at ');
    expect(renderError(error, 'c', { ...plain, debug: true })).toContain('TypeError: boom\n    at ');
  });
});

describe('an error for programs', () => {
  it('is one JSON object with the class as error_type', () => {
    const error = new OmniBaseError('RG001', { details: { ref: 'x' } });
    const text = renderError(error, 'c-1', { ...plain, json: true });
    expect(text.trimEnd()).not.toContain('\n');
    expect(JSON.parse(text)).toEqual({
      error_type: 'RegistryLookupError',
      code: 'RG001',
      name: 'component_not_found',
      class: 'RegistryLookupError',
      message: 'no component matches x',
      retryable: false,
      details: { ref: 'x' },
      next: 'list what is registered with `omnibase registry ls`',
      exit_code: 3,
      correlation_id: 'c-1',
    });
  });
});

it('says what was expected only where the message does not', () => {
  expect(issueLine({ code: 'X', severity: 'error', path: 'a', message: 'm', expected: 'e', received: 'r' })).toBe(
    'a: m (expected e, got r) [X]',
  );
  expect(issueLine({ code: 'X', severity: 'error', path: 'a', message: 'needs e', expected: 'e' })).toBe(
    'a: needs e [X]',
  );
});
