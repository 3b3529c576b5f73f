/** Exports: the delivered files on disk, read-only, with nothing of the machine in them. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ExportRequest, type TreeExport, exportTree, listEntries } from '../../../../validators/git/index.ts';
import { staysInside } from '../../../../validators/git/export-links.ts';
import { createRepository, type TestRepository } from '../../../support/git.ts';
import { snapshotOf } from './snapshots.ts';

async function exported(repository: TestRepository, request: Partial<ExportRequest> = {}): Promise<TreeExport> {
  const snapshot = await snapshotOf(repository);
  const { entries } = await listEntries(snapshot);
  return exportTree(snapshot, { directory: join(repository.directory, 'exports'), entries, needs: [], ...request });
}

const below = (tree: TreeExport) =>
  readdirSync(tree.root, { recursive: true, withFileTypes: true })
    .filter((item) => !item.isDirectory())
    .map((item) => join(item.parentPath, item.name).slice(tree.root.length + 1))
    .sort();

test('holds the staged files and what is needed, read-only, in a private folder', async () => {
  await using repository = createRepository();
  repository.commitFiles({ 'package.json': '{}\n', 'lib/old.js': 'old\n', 'docs/a.md': 'a\n' });
  repository.stage({ 'src/a.js': 'staged\n', run: '#!/bin/sh\n' });
  repository.git('update-index', '--chmod=+x', 'run');
  repository.write('src/a.js', 'work tree\n');

  const tree = await exported(repository, { needs: ['package.json'], wanted: ['lib/old.js', 'absent'] });

  expect(below(tree)).toEqual(['lib/old.js', 'package.json', 'run', 'src/a.js']);
  expect(readFileSync(join(tree.root, 'src/a.js'), 'utf8')).toBe('staged\n');
  expect(statSync(join(tree.root, 'src/a.js')).mode & 0o777).toBe(0o444);
  expect(statSync(join(tree.root, 'run')).mode & 0o777).toBe(0o555);
  expect(statSync(join(tree.root, 'src')).mode & 0o777).toBe(0o555);
  expect(statSync(join(tree.root, '..')).mode & 0o777).toBe(0o700);
  expect(await tree.changes()).toEqual([]);
  await tree.remove();
  expect(readdirSync(join(repository.directory, 'exports'))).toEqual([]);
});

test('the whole tree on request', async () => {
  await using repository = createRepository();
  repository.commitFiles({ a: 'a\n', 'b/c': 'c\n' });
  const tree = await exported(repository, { whole: true });
  expect(below(tree)).toEqual(['a', 'b/c']);
});

test('tells what a command changed, added and removed', async () => {
  await using repository = createRepository();
  repository.stage({ changed: 'a\n', removed: 'b\n', 'sub/same': 'c\n', mode: 'd\n' });
  const tree = await exported(repository);
  for (const place of [tree.root, join(tree.root, 'sub'), join(tree.root, 'changed')]) chmodSync(place, 0o755);
  writeFileSync(join(tree.root, 'changed'), 'A\n');
  writeFileSync(join(tree.root, 'sub/added'), '');
  chmodSync(join(tree.root, 'mode'), 0o777);
  rmSync(join(tree.root, 'removed'));
  expect(await tree.changes()).toEqual(['changed', 'mode', 'removed', 'sub/added']);
});

test('names of any bytes are written as they are, and never one that a checkout must not write', async () => {
  await using repository = createRepository();
  repository.git('config', 'core.protectNTFS', 'false');
  const names = ['-rf', 'new\nline', '"q"', 'back\\slash', 'git~1', 'sub/ünï'];
  for (const name of names) repository.stageBytes(Buffer.from(name), `${name}\n`);
  repository.stageBytes(Buffer.from([0x78, 0xff]), 'bytes\n');
  const tree = await exported(repository);
  expect(tree.omitted).toEqual([]);
  for (const name of names) expect(readFileSync(join(tree.root, name), 'utf8')).toBe(`${name}\n`);
  const odd = Buffer.concat([Buffer.from(`${tree.root}/x`), Buffer.of(0xff)]);
  expect(readFileSync(odd, 'utf8')).toBe('bytes\n');

  const snapshot = await snapshotOf(repository);
  const [entry] = (await listEntries(snapshot)).entries;
  const hostile = ['.git/config', 'a/../../b', 'A/.GIT/x', 'a//b'];
  const entries = hostile.map((path) => ({ ...entry, path }) as NonNullable<typeof entry>);
  const refused = await exportTree(snapshot, { directory: join(repository.directory, 'exports'), entries, needs: [] });
  expect(refused.omitted.map(({ path }) => path)).toEqual(hostile);
  expect(refused.files).toBe(0);
});

test('makes links that stay inside and lists the others', async () => {
  await using repository = createRepository();
  repository.stage({ 'dir/file': 'x\n' });
  const links: Record<string, string> = {
    'dir/near': 'file',
    'deep/er/up': '../../dir/file',
    dangling: 'nowhere',
    absolute: '/etc/passwd',
    escaping: '../outside',
    'dir/escaping': '../../outside',
    'dir/through': 'link/../../..',
  };
  for (const [path, target] of Object.entries(links)) repository.stageBytes(Buffer.from(path), target, '120000');
  const tree = await exported(repository);
  expect(below(tree)).toEqual(['dangling', 'deep/er/up', 'dir/file', 'dir/near']);
  expect(readlinkSync(join(tree.root, 'deep/er/up'))).toBe('../../dir/file');
  expect(tree.omitted.map(({ path }) => path)).toEqual(['absolute', 'dir/escaping', 'dir/through', 'escaping']);
  expect(lstatSync(join(tree.root, 'dangling')).isSymbolicLink()).toBe(true);
  expect(await tree.changes()).toEqual([]);
});

test.each([
  ['a', 'b', true],
  ['a', './b/c', true],
  ['a', '..', false],
  ['d/a', '..', true],
  ['d/a', '../..', false],
  ['d/a', '../b', true],
  ['d/a', 'b/../../../c', false],
  ['a', '', false],
])('a link at %s to %j stays inside: %s', (path, target, inside) => {
  expect(staysInside(path, target)).toBe(inside);
});

test('converts line ends as the tree says and runs no filter of anyone’s', async () => {
  await using repository = createRepository();
  const witness = join(tmpdir(), `omnibase-test-filter-${process.pid}`);
  repository.stageBytes(Buffer.from('.gitattributes'), '*.bat text eol=crlf\n*.big filter=evil\n');
  repository.stageBytes(Buffer.from('run.bat'), 'a\nb\n');
  repository.stageBytes(Buffer.from('plain.txt'), 'a\nb\n');
  repository.stageBytes(Buffer.from('x.big'), 'pointer\n');
  repository.git('config', 'filter.evil.smudge', `touch ${witness}; cat`);
  repository.git('config', 'filter.evil.required', 'true');
  repository.git('config', 'core.fsmonitor', `touch ${witness}`);
  repository.git('config', 'core.autocrlf', 'true');
  const tree = await exported(repository);
  expect(readFileSync(join(tree.root, 'run.bat'), 'utf8')).toBe('a\r\nb\r\n');
  expect(readFileSync(join(tree.root, 'plain.txt'), 'utf8')).toBe('a\nb\n');
  expect(readFileSync(join(tree.root, 'x.big'), 'utf8')).toBe('pointer\n');
  expect(existsSync(witness)).toBe(false);
});

test('works for a SHA-256 repository and for an empty file', async () => {
  await using repository = createRepository({ objectFormat: 'sha256' });
  repository.stage({ empty: '', full: 'x\n' });
  const tree = await exported(repository);
  expect(below(tree)).toEqual(['empty', 'full']);
});
