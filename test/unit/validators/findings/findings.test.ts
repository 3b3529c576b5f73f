/** Identity of findings and the redaction of secrets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintFindings } from '../../../../validators/findings/fingerprint.ts';
import { createRedactor, redactValue } from '../../../../validators/findings/redact.ts';

const draft = { rule: 'v/x', severity: 'error', message: 'wrong', path: 'a.txt', line: 3 } as const;

describe('fingerprints', () => {
  it('stay when the line moves and change with its text', () => {
    const at = (line: number, text: string) => fingerprintFindings([{ ...draft, line }], () => text)[0]?.fingerprint;
    expect(at(3, 'let a')).toBe(at(30, '  let a '));
    expect(at(3, 'let a')).not.toBe(at(3, 'let b'));
  });

  it('tell equal statements apart by their order', () => {
    const [first, second] = fingerprintFindings([draft, draft]);
    expect(first?.fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(second?.fingerprint).not.toBe(first?.fingerprint);
  });

  it('keep one that the validator gave, and leave no undefined member', () => {
    const given = 'a'.repeat(32);
    expect(fingerprintFindings([{ ...draft, fingerprint: given, column: undefined }])).toEqual([
      { ...draft, fingerprint: given, fixable: false },
    ]);
  });
});

describe('redaction', () => {
  const redact = createRedactor({
    API_TOKEN: 'abcdefgh-secret',
    SHORT_TOKEN: 'abc',
    HOME: '/home/user-with-long-name',
    DB_PASSWORD: 'abcdefgh',
  });

  it.each([
    ['the value abcdefgh-secret here', 'the value [redacted:API_TOKEN] here'],
    ['abcdefgh', '[redacted:DB_PASSWORD]'],
    ['abc and /home/user-with-long-name', 'abc and /home/user-with-long-name'],
    [`AKIA${'A'.repeat(16)}`, '[redacted:aws-key]'],
    [`x ghp_${'a1'.repeat(18)} y`, 'x [redacted:github-token] y'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '[redacted:private-key]'],
  ])('%j → %j', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('reaches every string of a value, wherever it hides', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, key) => {
        const planted = { [key]: [value, { deep: 'xx abcdefgh-secret xx' }], 'abcdefgh-secret': 1 };
        expect(JSON.stringify(redactValue(planted, redact))).not.toContain('abcdefgh-secret');
      }),
    );
  });
});
