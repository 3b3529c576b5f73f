/** Files named on the command line: what is read, what is refused, and where the problem stands. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPatch, type PatchWishes } from '../../../cli/documents/build-patch.ts';
import { checkDocument, readDocument } from '../../../cli/documents/read-document.ts';
import { maxSourceBytes, readSource } from '../../../cli/documents/read-source.ts';
import type { OmniBaseError } from '../../../contracts/error.ts';
import { authorHashInput } from '../../../domain/component/author-hash.ts';
import { memoryIo } from './support/memory-io.ts';

const good = [
  'uuid: 6f1d2a52-6f0a-4f6b-9d0e-3a1f0c5d7e11',
  'name: no-fixme',
  'version: 1.0.0',
  'type: validator',
  'namespace: demo',
  'author: demo',
  'created_at: 2026-01-01T00:00:00Z',
  'description: Refuses files with a mark.',
  'entrypoint: { kind: command, program: sh }',
  '',
].join('\n');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'omnibase-documents-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Buffer): string => {
  writeFileSync(path.join(folder, name), content);
  return name;
};
const read = (name: string, input = '') => readSource(memoryIo({ cwd: folder, input }), name);
const check = async (name: string, content: string, strict = false) =>
  checkDocument(await read(write(name, content)), strict);

describe('reading a source', () => {
  it.each([
    ['missing.yaml', 'FS001', 'there is no file missing.yaml'],
    ['good.yaml/below', 'FS001', 'there is no file good.yaml/below'],
    ['.', 'FS003', 'cannot read .: it is a directory'],
    ['binary.yaml', 'FS008', 'binary.yaml is a binary file'],
    ['latin1.yaml', 'FS009', 'latin1.yaml is not UTF-8'],
    ['huge.yaml', 'FS003', `cannot read huge.yaml: it is larger than ${maxSourceBytes} bytes`],
  ])('%s is %s', async (name, code, message) => {
    write('good.yaml', good);
    write('binary.yaml', Buffer.from([0x61, 0, 0x62]));
    write('latin1.yaml', Buffer.from('name: caf\xe9\n', 'latin1'));
    write('huge.yaml', Buffer.alloc(maxSourceBytes + 1, 'a'));
    await expect(read(name)).rejects.toMatchObject({ code, message, exitCode: 2 });
  });

  it('stdin is bounded too', async () => {
    expect(await read('-', 'a: 1')).toEqual({ shown: 'stdin', path: null, text: 'a: 1' });
    await expect(read('-', 'x'.repeat(maxSourceBytes + 1))).rejects.toMatchObject({ code: 'FS003' });
  });

  it('a pipe has no size and is read to its end', async () => {
    const pipe = path.join(folder, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', pipe]);
    const writing = import('node:child_process').then(({ spawn }) => spawn('sh', ['-c', `printf 'a: 1' > '${pipe}'`]));
    expect((await read('pipe')).text).toBe('a: 1');
    await writing;
  });
});

describe('finding the document', () => {
  it.each([
    ['direct YAML', 'a.yaml', good],
    ['a sidecar', 'a.omnibase.yaml', good],
    ['direct JSON', 'a.json', '{"name": "no-fixme"}'],
    [
      'a block in a script',
      'a.sh',
      `#!/bin/sh\n# === OmniNode:Metadata ===\n${good.replaceAll(/^(?=.)/gm, '# ')}# === /OmniNode:Metadata ===\nexit 0\n`,
    ],
    [
      'a block in TypeScript',
      'a.ts',
      `/* === OmniNode:Metadata ===\n${good}=== /OmniNode:Metadata === */\nexport {};\n`,
    ],
  ])('%s', async (_, name, content) => {
    expect(readDocument(await read(write(name, content))).document).toMatchObject({ name: 'no-fixme' });
  });

  it('takes stdin as YAML, JSON or a source file', async () => {
    for (const input of [
      good,
      '{"name": "no-fixme"}',
      `# === OmniNode:Metadata ===\n# name: no-fixme\n# === /OmniNode:Metadata ===\n`,
    ]) {
      expect(readDocument(await read('-', input)).document).toMatchObject({ name: 'no-fixme' });
    }
  });

  it.each([
    ['plain.ts', 'export {};\n', 'MD001', 'the file holds no metadata block'],
    ['open.sh', '# === OmniNode:Metadata ===\n# name: x\n', 'MD002', 'opened and never closed'],
    ['list.yaml', '- a\n', 'MD002', ''],
    ['empty.yaml', '', 'MD002', 'the document is empty'],
    ['two.yaml', 'a: 1\n---\nb: 2\n', 'MD002', '2 documents'],
    ['broken.yaml', 'a: [1\n', 'SC001', ''],
    ['broken.json', '{"a": 1,}', 'SC001', ''],
    ['twice.yaml', 'a: 1\na: 2\n', 'SC001', ''],
  ])('%s is refused', async (name, content, code, message) => {
    const error = await check(name, content).then(
      () => null,
      (thrown: OmniBaseError) => thrown,
    );
    expect(error).toMatchObject({ code, class: 'MetadataValidationError', exitCode: 2 });
    expect(error?.message).toContain(name);
    expect(error?.message).toContain(message);
    expect(error?.next).toContain(`omnibase validate metadata ${name}`);
  });
});

describe('checking the document', () => {
  it('reports every problem at once, with field and place', async () => {
    const error = await check(
      'many.yaml',
      good
        .replace('name: no-fixme', 'name: 5')
        .replace('type: validator', 'type: validatr')
        .replace(/^uuid:.*\n/, ''),
    ).then(
      () => null,
      (thrown: OmniBaseError) => thrown,
    );
    expect(error?.class).toBe('MetadataValidationError');
    const found = error?.issues
      ?.filter(({ severity }) => severity === 'error')
      .map(({ code, path, line }) => `${code} ${path} ${line ?? ''}`);
    expect(found).toEqual(
      expect.arrayContaining([expect.stringMatching(/^SC003 uuid/), 'SC004 name 1', 'SC005 type 3']),
    );
  });

  it('counts lines of a block as those of its file', async () => {
    const block = `#!/bin/sh\n\n# === OmniNode:Metadata ===\n${good.replace('1.0.0', 'one').replaceAll(/^(?=.)/gm, '# ')}# === /OmniNode:Metadata ===\n`;
    const error = await check('block.sh', block).then(
      () => null,
      (thrown: OmniBaseError) => thrown,
    );
    expect(error?.issues?.find(({ code }) => code === 'MD007')).toMatchObject({ path: 'version', line: 6, column: 3 });
  });

  it('warns about unknown fields, and refuses them when strict', async () => {
    const { warnings } = await check('extra.yaml', `${good}colour: red\n`);
    expect(warnings.map(({ code }) => code)).toEqual(['SC010']);
    await expect(check('extra.yaml', `${good}colour: red\n`, true)).rejects.toMatchObject({ code: 'SC010' });
  });

  it("checks the author's hash against the file", async () => {
    const claimed = `${good}hash_algorithm: omnibase-1\nhash: ${'1'.repeat(64)}\n`;
    await expect(check('hash.yaml', claimed)).rejects.toMatchObject({ code: 'MD003' });
    const { metadata } = await check('hash.yaml', good);
    const input = authorHashInput({ ...metadata, hash: '1'.repeat(64), hash_algorithm: 'omnibase-1' }, '') ?? '';
    const right = createHash('sha256').update(input).digest('hex');
    await expect(check('hash.yaml', claimed.replace('1'.repeat(64), right))).resolves.toMatchObject({ warnings: [] });
  });
});

describe('building a patch', () => {
  const wishes = (changes: Partial<PatchWishes>): PatchWishes => ({
    patch: undefined,
    set: [],
    unset: [],
    addTag: [],
    removeTag: [],
    ...changes,
  });

  it.each([
    [{ set: ['description=a = b'] }, { description: 'a = b' }],
    [
      { set: ['timeout_ms=5000', 'idempotent=true', 'tags=["a"]', 'license=MIT'] },
      { timeout_ms: 5000, idempotent: true, tags: ['a'], license: 'MIT' },
    ],
    [{ set: ['cache.ttl_seconds=5', 'cache.enabled=false'] }, { cache: { ttl_seconds: 5, enabled: false } }],
    [{ unset: ['owner', 'cache.scope'] }, { owner: null, cache: { scope: null } }],
    [
      { patch: { a: { b: 1 }, c: 1 }, set: ['a.d=2'], unset: ['c'] },
      { a: { b: 1, d: 2 }, c: null },
    ],
    [{ addTag: ['ci', 'x'], removeTag: ['old'] }, { tags: ['old2', 'ci', 'x'] }],
    [{ patch: [] }, []],
  ])('%j → %j', (given, expected) => {
    expect(buildPatch(wishes(given as Partial<PatchWishes>), ['old', 'old2', 'ci'])).toEqual(expected);
  });

  it.each([['noequals'], ['=x'], ['a..b=1'], ['__proto__.x=1']])('--set %s is refused', (given) => {
    expect(() => buildPatch(wishes({ set: [given] }), [])).toThrow(expect.objectContaining({ code: 'OB002' }));
  });
});
