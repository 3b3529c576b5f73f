/** The catalogue as it is registered: documents, options, rules. */
import { expect, test } from 'vitest';
import packageJson from '../../../../package.json' with { type: 'json' };
import { normalise } from '../../../../domain/component/normalise.ts';
import {
  builtinCatalogue,
  builtinDocuments,
  builtinVersion,
  implementationHash,
  readOptions,
} from '../../../../validators/builtin/index.ts';
import { answerOf } from './checking.ts';

test('every document is valid metadata, without a single remark, even when strict', () => {
  for (const document of builtinDocuments()) {
    const { metadata, issues } = normalise(document, { strict: true });
    expect(issues).toEqual([]);
    expect(metadata).toMatchObject({
      type: 'validator',
      version: packageJson.version,
      idempotent: true,
      entrypoint: { kind: 'builtin', id: metadata?.name },
      profiles: expect.arrayContaining(['fast', 'ci', 'full']),
    });
  }
});

test('tags follow the table of the design', () => {
  const tags = Object.fromEntries(builtinCatalogue.map((definition) => [definition.id, definition.tags.join(' ')]));
  expect(tags).toEqual({
    'end-of-file': 'pre-commit ci',
    json: 'pre-commit ci canary',
    'large-files': 'pre-commit ci',
    'merge-conflict': 'pre-commit ci canary',
    'metadata-file': 'pre-commit ci canary',
    'private-key': 'pre-commit ci canary',
    toml: 'pre-commit ci',
    'trailing-whitespace': 'pre-commit ci',
    yaml: 'pre-commit ci canary',
  });
});

test('uuids and hashes are stable, and all different', () => {
  expect(builtinVersion).toBe(packageJson.version);
  const uuids = builtinDocuments().map((document) => (document as { readonly uuid: string }).uuid);
  expect(uuids).toEqual(builtinDocuments().map((document) => (document as { readonly uuid: string }).uuid));
  expect(new Set(uuids).size).toBe(builtinCatalogue.length);
  for (const uuid of uuids)
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const hashes = builtinCatalogue.map(({ id }) => implementationHash(id));
  expect(new Set(hashes).size).toBe(builtinCatalogue.length);
  for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(implementationHash('nothing')).toBeNull();
});

const table = {
  flag: { kind: 'boolean', default: true, description: '' },
  count: { kind: 'integer', default: 5, minimum: 1, maximum: 9, description: '' },
  word: { kind: 'choice', default: 'a', values: ['a', 'b'], description: '' },
  words: { kind: 'list', default: ['x'], description: '' },
  either: { kind: 'choice-or-list', default: 'any', values: ['any'], description: '' },
} as const;

test('options: defaults, and what was given', () => {
  expect(readOptions('c', table, {})).toEqual({ flag: true, count: 5, word: 'a', words: ['x'], either: 'any' });
  const given = { flag: false, count: 9, word: 'b', words: [], either: ['!x'] };
  expect(readOptions('c', table, given)).toEqual(given);
});

test.each([
  [{ flag: 'yes' }, '/flag', 'true or false'],
  [{ count: 0 }, '/count', '1 to 9'],
  [{ count: 1.5 }, '/count', 'whole number'],
  [{ word: 'c' }, '/word', 'a, b'],
  [{ words: 'x' }, '/words', 'list'],
  [{ either: 'none' }, '/either', 'any'],
  [{ other: 1 }, '/other', 'flag, count, word, words, either'],
])('options: %j is refused with a pointer', (given, pointer, reason) => {
  expect(() => readOptions('c', table, given)).toThrow(
    expect.objectContaining({
      code: 'OR020',
      details: { component: 'c', pointer, reason: expect.stringContaining(reason) },
    }),
  );
});

test('every rule that is reported is declared, with its severity', () => {
  const sample = answerOf('end-of-file', [' ', 'x', 'x\n\n']);
  const rules = builtinCatalogue.find(({ id }) => id === 'end-of-file')?.rules ?? {};
  for (const { rule, severity } of sample.findings)
    expect(rules[rule.slice('end-of-file/'.length)]?.severity).toBe(severity);
  expect(sample).toMatchObject({ files_checked: 3, findings_total: 3 });
});
