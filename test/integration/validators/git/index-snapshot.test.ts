/** Snapshots of the index: what is about to be committed, whatever else lies around. */
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closeObjects, listEntries, readTreeFile } from '../../../../validators/git/index.ts';
import { createRepository, repositoryAt } from '../../../support/git.ts';
import { entriesOf, inShort, snapshotOf } from './snapshots.ts';

test('lists what is staged against HEAD, with renames, deletions, mode changes and type changes', async () => {
  await using repository = createRepository();
  const long = Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n');
  repository.commitFiles({ changed: 'a\n', gone: 'b\n', moved: long, run: '#!/bin/sh\n', link: 'file\n', same: 's\n' });
  repository.stage({ changed: 'a2\n', fresh: 'new\n' });
  repository.git('rm', '--quiet', '--cached', 'gone', 'link');
  repository.git('mv', 'moved', 'sub dir');
  repository.git('update-index', '--chmod=+x', 'run');
  repository.stageBytes(Buffer.from('link'), 'changed', '120000');

  const entries = await entriesOf(repository);

  expect(inShort(entries)).toEqual([
    'modified changed',
    'added fresh',
    'deleted gone',
    'type_changed link',
    'modified run',
    'renamed moved -> sub dir',
  ]);
  expect(entries.find(({ path }) => path === 'run')).toMatchObject({ kind: 'executable', mode: '100755' });
  expect(entries.find(({ path }) => path === 'link')).toMatchObject({ kind: 'symlink', size: 7, types: ['symlink'] });
  expect(entries.find(({ path }) => path === 'changed')).toMatchObject({ size: 3, previous_blob: expect.any(String) });
  expect(entries.find(({ path }) => path === 'gone')).toMatchObject({ size: 0 });
});

test('reads the staged content, not the work tree: good staged and broken tree, and the reverse', async () => {
  await using repository = createRepository();
  repository.stage({ 'good.json': '{}\n', 'bad.json': '{\n' });
  repository.write('good.json', '{ broken');
  repository.write('bad.json', '{}\n');

  const snapshot = await snapshotOf(repository);

  expect((await readTreeFile(snapshot, 'good.json'))?.toString()).toBe('{}\n');
  expect((await readTreeFile(snapshot, 'bad.json'))?.toString()).toBe('{\n');
  expect(await readTreeFile(snapshot, 'absent.json')).toBeNull();
});

test('works before the first commit: no base, everything is new', async () => {
  await using repository = createRepository();
  repository.stage({ 'a.txt': 'a\n', 'empty.txt': '' });

  const snapshot = await snapshotOf(repository);

  expect(snapshot).toMatchObject({ head: null, base_tree: null, branch: 'main', source: 'index' });
  expect(inShort(await entriesOf(repository))).toEqual(['added a.txt', 'added empty.txt']);
});

test('works with an index that was never written', async () => {
  await using repository = createRepository();
  expect(await entriesOf(repository)).toEqual([]);
});

test('leaves out what is only intended to be added', async () => {
  await using repository = createRepository();
  repository.commitFiles({ 'a.txt': 'a\n' });
  repository.write('later.txt', 'later\n');
  repository.git('add', '--intent-to-add', 'later.txt');
  expect(await entriesOf(repository)).toEqual([]);
});

test('refuses an unmerged index and names the paths', async () => {
  await using repository = createRepository();
  repository.commitFiles({ 'a b.txt': 'base\n' });
  repository.git('checkout', '--quiet', '-b', 'other');
  repository.commitFiles({ 'a b.txt': 'theirs\n' });
  repository.git('checkout', '--quiet', 'main');
  repository.commitFiles({ 'a b.txt': 'ours\n' });
  expect(() => repository.git('merge', 'other')).toThrow();

  await expect(snapshotOf(repository)).rejects.toMatchObject({ code: 'OR011', details: { paths: ['a b.txt'] } });
});

test('during a merge lists only what differs from both parents', async () => {
  await using repository = createRepository();
  repository.commitFiles({ ours: 'base\n', theirs: 'base\n', both: 'base\n' });
  repository.git('checkout', '--quiet', '-b', 'other');
  repository.commitFiles({ theirs: 'changed there\n', both: 'there\n' });
  repository.git('checkout', '--quiet', 'main');
  repository.commitFiles({ ours: 'changed here\n', both: 'here\n' });
  expect(() => repository.git('merge', '--no-commit', 'other')).toThrow();
  repository.stage({ both: 'resolved\n' });

  const snapshot = await snapshotOf(repository);

  expect(snapshot.merge_trees).toEqual([repository.git('rev-parse', 'other^{tree}')]);
  expect(inShort(await entriesOf(repository))).toEqual(['modified both']);
});

test('works in a linked worktree with its own index', async () => {
  await using repository = createRepository();
  repository.commitFiles({ 'a.txt': 'a\n' });
  repository.stage({ 'main-only.txt': 'x\n' });
  const place = join(repository.directory, 'linked tree');
  repository.git('worktree', 'add', '--quiet', '-b', 'linked', place);
  const linked = repositoryAt(place, repository.environment);
  linked.stage({ 'linked-only.txt': 'y\n' });

  expect(inShort(await entriesOf(linked))).toEqual(['added linked-only.txt']);
  expect(await snapshotOf(linked)).toMatchObject({ branch: 'linked', work_tree: place });
});

test('works with a split index and with a sparse index', async () => {
  await using repository = createRepository();
  repository.commitFiles({ 'in/a.txt': 'a\n', 'out/b.txt': 'b\n' });
  repository.git('sparse-checkout', 'set', '--cone', '--sparse-index', 'in');
  repository.stage({ 'in/new.txt': 'n\n' });
  expect(inShort(await entriesOf(repository))).toEqual(['added in/new.txt']);

  await using split = createRepository();
  split.commitFiles({ 'a.txt': 'a\n' });
  split.git('update-index', '--split-index');
  split.stage({ 'b.txt': 'b\n' });
  const shared = readdirSync(join(split.directory, '.git')).filter((name) => name.startsWith('sharedindex'));
  expect(inShort(await entriesOf(split))).toEqual(['added b.txt']);
  expect(readdirSync(join(split.directory, '.git')).filter((name) => name.startsWith('sharedindex'))).toEqual(shared);
});

test('works in a SHA-256 repository', async () => {
  await using repository = createRepository({ objectFormat: 'sha256' });
  repository.commitFiles({ 'a.txt': 'a\n' });
  repository.stage({ 'a.txt': 'changed\n' });
  const entries = await entriesOf(repository);
  expect(inShort(entries)).toEqual(['modified a.txt']);
  expect(entries[0]?.blob).toHaveLength(64);
});

test('sees a submodule bump as a link, and never enters it', async () => {
  await using library = createRepository();
  library.commitFiles({ 'lib.txt': 'one\n' });
  await using repository = createRepository();
  repository.git('submodule', '--quiet', 'add', library.directory, 'lib');
  repository.commit();
  const inside = repositoryAt(join(repository.directory, 'lib'), repository.environment);
  inside.commitFiles({ 'lib.txt': 'two\n' });
  repository.git('add', 'lib');

  const entries = await entriesOf(repository);

  expect(entries).toMatchObject([{ path: 'lib', kind: 'gitlink', status: 'modified', size: 0, types: ['gitlink'] }]);
});

test('takes names of any bytes as they are', async () => {
  await using repository = createRepository();
  const names = [
    'a b',
    'new\nline',
    '"quoted"',
    '$HOME',
    '-rf',
    ':(top)x',
    'tab\there',
    '#end',
    'ünï',
    `${'d/'.repeat(300)}deep`,
  ];
  for (const name of names) repository.stageBytes(Buffer.from(name), `content of ${name}\n`);
  const invalid = Buffer.from([0x78, 0xff, 0xfe, 0x79]);
  repository.stageBytes(invalid, 'invalid name\n');

  const entries = await entriesOf(repository);

  const paths = entries.map(({ path, path_bytes }) =>
    path_bytes ? Buffer.from(path_bytes, 'base64') : Buffer.from(path),
  );
  expect(paths).toEqual([...names.map((name) => Buffer.from(name)), invalid].sort((a, b) => a.compare(b)));
  expect(entries.filter(({ path_bytes }) => path_bytes !== undefined)).toHaveLength(1);
  const snapshot = await snapshotOf(repository);
  expect((await readTreeFile(snapshot, 'new\nline'))?.toString()).toBe('content of new\nline\n');
});

test('lists a file above the limit without reading it, with types no text reader asks for', async () => {
  await using repository = createRepository();
  repository.stage({ 'big.json': Buffer.alloc(6 * 1024 * 1024, 0x20), 'small.json': '{}\n' });
  const { entries, too_large } = await listEntries(await snapshotOf(repository));
  expect(too_large).toEqual(['big.json']);
  expect(entries[0]).toMatchObject({ path: 'big.json', size: 6 * 1024 * 1024, types: ['file', 'binary', 'too-large'] });
  expect(entries[1]?.types).toContain('json');
});

test('reads blobs of any size, loose and packed', async () => {
  await using repository = createRepository();
  const files: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    small: randomBytes(100),
    medium: randomBytes(200_000),
    large: randomBytes(3_000_000),
    'long and simple': Buffer.alloc(9_000_000, 0x61),
  };
  repository.commitFiles(files);
  for (const state of ['loose', 'packed']) {
    if (state === 'packed') repository.git('gc', '--quiet', '--prune=now');
    closeObjects();
    const snapshot = await snapshotOf(repository, { stage: 'ci' });
    for (const [path, content] of Object.entries(files)) {
      expect((await readTreeFile(snapshot, path))?.equals(content), `${state} ${path}`).toBe(true);
    }
  }
});

test('reads attributes of the target tree only', async () => {
  await using repository = createRepository();
  repository.stage({
    '.gitattributes': '*.dat binary\n*.tpl text linguist-language=Jinja\n',
    'sub/.gitattributes': 'skip.txt -omnibase\ngen.txt linguist-generated\n',
    'a.dat': 'text\n',
    'b.tpl': 'x\n',
    'sub/skip.txt': 'x\n',
    'sub/gen.txt': 'x\n',
  });
  writeFileSync(join(repository.directory, '.gitattributes'), '*.tpl binary\n');

  const types = Object.fromEntries((await entriesOf(repository)).map((entry) => [entry.path, entry.types]));

  expect(types['a.dat']).toContain('binary');
  expect(types['b.tpl']).toEqual(expect.arrayContaining(['text', 'jinja']));
  expect(types['sub/skip.txt']).toContain('excluded');
  expect(types['sub/gen.txt']).toContain('generated');
});

test('changes nothing: work tree, index, refs, stash, configuration', async () => {
  await using repository = createRepository();
  repository.commitFiles({ 'a.txt': 'a\n' });
  repository.write('a.txt', 'stashed\n');
  repository.git('stash');
  repository.stage({ 'a.txt': 'staged\n' });
  appendFileSync(join(repository.directory, 'a.txt'), 'unstaged\n');
  const before = fingerprint(repository.directory);

  await snapshotOf(repository);
  await entriesOf(repository, { allFiles: true });

  const after = fingerprint(repository.directory);
  const isTreeObject = (path: string) => /^\.git\/objects\/[0-9a-f]{2}(\/|$)/.test(path);
  expect([...after].filter(([path]) => !isTreeObject(path))).toEqual(
    [...before].filter(([path]) => !isTreeObject(path)),
  );
});

/** Path, content hash and modification time of everything below a folder. */
function fingerprint(directory: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const place = join(directory, path);
    const facts = statSync(place);
    if (facts.isFile()) {
      found.set(path, `${createHash('sha256').update(readFileSync(place)).digest('hex')} ${facts.mtimeMs}`);
    }
  }
  return found;
}
