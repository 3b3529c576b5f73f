/** Metadata files: the remarks of registration, at their places. */
import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import { findingsOf, placesOf } from './checking.ts';

const valid = {
  uuid: '00000000-0000-4000-8000-000000000001',
  name: 'check',
  namespace: 'team',
  version: '1.0.0',
  type: 'validator',
  author: 'Someone',
  created_at: '2026-01-01T00:00:00Z',
  description: 'Checks.',
  entrypoint: { kind: 'command', program: './check.sh' },
};
const file = (changes: Record<string, unknown> = {}) => stringify({ ...valid, ...changes });
const around = { path: 'check.omnibase.yaml' };

test('a valid file has no findings', () => {
  expect(findingsOf('metadata-file', file(), around)).toEqual([]);
});

test.each([
  ['syntax', 'uuid: [\n', 'syntax@'],
  ['a bad uuid', file({ uuid: 'x' }), 'schema@1:'],
  ['a bad version', file({ version: 'one' }), 'schema@4:'],
  ['a date without time', file({ created_at: '2026-01-01' }), 'timestamp@7:'],
  ['a lifecycle that is none', file({ lifecycle: 'retired' }), 'lifecycle-fields@'],
  ['an unknown field', file({ colour: 'red' }), 'unknown-field@'],
  ['a byte that is no UTF-8', Buffer.from('uuid: \xff', 'latin1'), 'syntax@1:7'],
  ['more than anyone writes', '#'.repeat(300 * 1024), 'schema'],
])('finds %s', (_, content, place) => {
  expect(placesOf('metadata-file', content, around)).toEqual(expect.arrayContaining([expect.stringContaining(place)]));
});

test('an unknown field is a warning, and an error when strict', () => {
  expect(placesOf('metadata-file', file({ colour: 'red' }), around)).toEqual([
    expect.stringMatching(/^unknown-field@.*\?$/),
  ]);
  const strict = { ...around, options: { strict: true } };
  expect(findingsOf('metadata-file', file({ colour: 'red' }), strict)[0]?.severity).toBe('error');
});

test('two files that give one uuid to different components', () => {
  const findings = findingsOf('metadata-file', [file(), file(), file({ name: 'other' })]);
  expect(findings).toMatchObject([
    {
      rule: 'metadata-file/uuid-conflict',
      path: 'file-2',
      line: 1,
      message: expect.stringContaining('file gives this uuid'),
    },
  ]);
});
