/** Rows of the protocol table (stages.md 7.2): what is an answer, and what is a violation. */
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../../validators/runner/command/answer.ts';

const rules = { request_id: 'r1', knowsPath: (path: string) => path === 'a.txt' };
const result = (members: object) => ({
  protocol: 'omnibase.validator/1',
  request_id: 'r1',
  status: 'pass',
  ...members,
});
const finding = { rule: 'v/x', severity: 'error', message: 'wrong', path: 'a.txt', line: 1, column: 2 };
const read = (...documents: unknown[]) =>
  readAnswer(
    Buffer.from(
      documents.map((document) => (typeof document === 'string' ? document : JSON.stringify(document))).join('\n'),
    ),
    rules,
  );

describe('an answer', () => {
  it.each([
    ['one document', [result({})], 'pass', 0],
    ['one document with findings', [result({ status: 'fail', findings: [finding] })], 'fail', 1],
    [
      'JSON Lines',
      [
        { type: 'progress', text: 'half' },
        { type: 'finding', ...finding },
        { type: 'result', ...result({ status: 'fail' }) },
      ],
      'fail',
      1,
    ],
    [
      'findings in lines and in the result',
      [
        { type: 'finding', ...finding },
        { type: 'result', ...result({ status: 'fail', findings: [finding] }) },
      ],
      'fail',
      2,
    ],
    ['a warning', [result({ status: 'warn', findings: [{ ...finding, severity: 'warning' }] })], 'warn', 1],
    ['a pass with a note', [result({ findings: [{ ...finding, severity: 'info' }] })], 'pass', 1],
    ['a skip', [result({ status: 'skip', skipped_reason: 'nothing to do' })], 'skip', 0],
    ['blank lines around it', ['', result({}), ''], 'pass', 0],
  ] as const)('may be %s', (_, documents, status, count) => {
    const answer = read(...documents);
    expect(answer).toMatchObject({ ok: true, result: { status } });
    expect(answer.findings).toHaveLength(count);
  });

  it('tells once which members it did not know', () => {
    expect(read(result({ colour: 'red', shape: 1 }))).toMatchObject({
      messages: ['unknown members of the answer were ignored: colour, shape'],
    });
  });

  it('shortens a message of any length to 4,096 bytes without cutting a character', () => {
    const answer = read(result({ status: 'fail', findings: [{ ...finding, message: 'ä'.repeat(10_000) }] }));
    const message = answer.findings[0]?.message ?? '';
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096);
    expect(message).toMatch(/^ä+…$/);
  });
});

describe('a violation', () => {
  it.each([
    ['nothing', [''], 'there is no answer'],
    ['no JSON', ['hello'], 'not JSON'],
    ['half a document', ['{"protocol":'], 'not JSON'],
    ['a list', [[1]], 'not a JSON object'],
    ['another protocol', [result({ protocol: 'omnibase.validator/9' })], 'protocol'],
    ['another request', [result({ request_id: 'r2' })], 'request_id'],
    ['an unknown status', [result({ status: 'fine' })], 'status'],
    ['pass with an error finding', [result({ findings: [finding] })], 'status is pass'],
    ['warn with an error finding', [result({ status: 'warn', findings: [finding] })], 'status is warn'],
    ['fail without a finding', [result({ status: 'fail' })], 'status is fail'],
    [
      'a path that was not delivered',
      [result({ status: 'fail', findings: [{ ...finding, path: '../etc/passwd' }] })],
      'not delivered',
    ],
    [
      'a line without a path',
      [result({ status: 'fail', findings: [{ rule: 'v/x', severity: 'error', message: 'm', line: 1 }] })],
      'line needs path',
    ],
    ['line zero', [result({ status: 'fail', findings: [{ ...finding, line: 0 }] })], 'line'],
    [
      'a plain http link',
      [result({ status: 'fail', findings: [{ ...finding, doc_url: 'http://example.com' }] })],
      'doc_url',
    ],
    [
      'text after the result',
      [
        { type: 'result', ...result({}) },
        { type: 'progress', text: 'late' },
      ],
      'after the result',
    ],
    ['lines without a result', [{ type: 'finding', ...finding }], 'without a result'],
    ['an unknown line type', [{ type: 'note' }, result({})], 'unknown line type'],
  ] as const)('is %s', (_, documents, reason) => {
    const answer = read(...documents);
    expect(answer).toMatchObject({ ok: false });
    expect(answer.ok ? '' : answer.reason).toContain(reason);
  });

  it('is an answer that is not UTF-8', () => {
    expect(readAnswer(Buffer.from([0x7b, 0xff, 0x7d]), rules)).toMatchObject({
      ok: false,
      reason: 'the answer is not UTF-8',
    });
  });

  it('keeps the findings stated before it', () => {
    const answer = read({ type: 'finding', ...finding }, { type: 'nonsense' }, result({}));
    expect(answer.findings).toHaveLength(1);
  });
});
