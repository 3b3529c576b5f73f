/** Snapshots of ranges, committed trees and chosen paths, and what is refused. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listEntries, readBaseFile, readTreeFile } from '../../../../validators/git/index.ts';
import { createRepository, repositoryAt, type TestRepository } from '../../../support/git.ts';
import { entriesOf, inShort, snapshotOf } from './snapshots.ts';

/** main: base, later; topic (from base): topic commit. */
function forked(repository: TestRepository): void {
  repository.commitFiles({ base: 'base\n' }, 'base');
  repository.git('checkout', '--quiet', '-b', 'topic');
  repository.commitFiles({ topic: 'topic\n' }, 'topic');
  repository.git('checkout', '--quiet', 'main');
  repository.commitFiles({ later: 'later\n', base: 'changed on main\n' }, 'later');
}

test('a range is the target against the merge base, not against the other tip', async () => {
  await using repository = createRepository();
  forked(repository);
  const request = { stage: 'ci', fromRef: 'main', toRef: 'topic' } as const;

  const snapshot = await snapshotOf(repository, request);

  expect(inShort(await entriesOf(repository, request))).toEqual(['added topic']);
  expect(snapshot).toMatchObject({ source: 'range', from_ref: 'main', to_ref: 'topic' });
  expect(snapshot.head).toBe(repository.git('rev-parse', 'topic'));
  expect((await readBaseFile(snapshot, 'base'))?.toString()).toBe('base\n');
  expect(await readTreeFile(snapshot, 'later')).toBeNull();
});

test('a range in a bare repository', async () => {
  await using repository = createRepository();
  forked(repository);
  const place = join(repository.directory, 'bare.git');
  repository.git('clone', '--quiet', '--bare', '.', place);
  const bare = repositoryAt(place, repository.environment);

  expect(inShort(await entriesOf(bare, { stage: 'ci', fromRef: 'main', toRef: 'topic' }))).toEqual(['added topic']);
  expect((await snapshotOf(bare, { stage: 'ci', allFiles: true })).work_tree).toBeNull();
  await expect(snapshotOf(bare)).rejects.toMatchObject({ code: 'OR010' });
});

test('a shallow clone without merge base warns and takes the other tip itself', async () => {
  await using repository = createRepository();
  forked(repository);
  const place = join(repository.directory, 'shallow');
  repository.git('clone', '--quiet', '--depth', '1', '--no-single-branch', `file://${repository.directory}`, place);
  const shallow = repositoryAt(place, repository.environment);

  const snapshot = await snapshotOf(shallow, { stage: 'ci', fromRef: 'origin/main', toRef: 'origin/topic' });

  expect(snapshot.warnings).toEqual([expect.stringContaining('fetch-depth: 0')]);
  expect(snapshot.base_tree).toBe(repository.git('rev-parse', 'main^{tree}'));
});

test('all files are those of HEAD, and in pre-commit those of the index', async () => {
  await using repository = createRepository();
  repository.commitFiles({ a: 'a\n' });
  repository.stage({ b: 'b\n' });
  repository.write('untracked', 'u\n');

  expect(inShort(await entriesOf(repository, { stage: 'ci' }))).toEqual(['unchanged a']);
  expect(inShort(await entriesOf(repository, { stage: 'test', allFiles: true }))).toEqual(['unchanged a']);
  expect(inShort(await entriesOf(repository, { allFiles: true }))).toEqual(['unchanged a', 'unchanged b']);
  expect((await snapshotOf(repository, { stage: 'ci' })).source).toBe('tree');
});

test('chosen paths count from the caller’s folder, keep their change, and never change where content comes from', async () => {
  await using repository = createRepository();
  repository.commitFiles({ 'sub/a': 'a\n', 'sub/deep/b': 'b\n', c: 'c\n' });
  repository.stage({ 'sub/a': 'staged\n' });
  repository.write('sub/a', 'work tree\n');
  const directory = join(repository.directory, 'sub');

  const entries = await entriesOf(repository, { directory, files: ['a', 'deep', './../c'] });

  expect(inShort(entries)).toEqual(['unchanged c', 'modified sub/a', 'unchanged sub/deep/b']);
  const snapshot = await snapshotOf(repository, { directory, files: ['a'] });
  expect(snapshot).toMatchObject({ source: 'files', paths: ['sub/a'] });
  expect((await readTreeFile(snapshot, 'sub/a'))?.toString()).toBe('staged\n');
});

test('refuses paths that are absolute, outside, untracked or unknown, all at once', async () => {
  await using repository = createRepository();
  repository.commitFiles({ a: 'a\n' });
  repository.write('untracked', 'u\n');
  const files = ['a', join(repository.directory, 'a'), '../x', 'untracked', 'nowhere', ''];
  await expect(snapshotOf(repository, { files })).rejects.toMatchObject({
    code: 'OR015',
    details: { paths: files.slice(1) },
  });
});

test.each([
  ['an unknown revision', { stage: 'ci', fromRef: 'nowhere' }, 'OR012', { ref: 'nowhere' }],
  ['an unknown target', { stage: 'ci', fromRef: 'main', toRef: '--all' }, 'OR012', { ref: '--all' }],
  ['a name with a line break', { stage: 'ci', fromRef: 'main\nmain' }, 'OR012', { ref: 'main\nmain' }],
  ['a range and all files', { fromRef: 'main', allFiles: true }, 'OR013', { options: ['--from-ref', '--all-files'] }],
  ['a range and files', { fromRef: 'main', files: ['a'] }, 'OR013', { options: ['--from-ref', '--files'] }],
] as const)('refuses %s', async (_, request, code, details) => {
  await using repository = createRepository();
  repository.commitFiles({ a: 'a\n' });
  await expect(snapshotOf(repository, request)).rejects.toMatchObject({ code, details });
});

test('ci before the first commit names HEAD as unknown', async () => {
  await using repository = createRepository();
  await expect(snapshotOf(repository, { stage: 'ci' })).rejects.toMatchObject({
    code: 'OR012',
    details: { ref: 'HEAD' },
  });
});

test('outside a repository, and without git, the message is git’s own or names what is missing', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'omnibase-test-nothing-'));
  try {
    const environment = { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() };
    const request = { directory, environment, stage: 'pre-commit' } as const;
    const { takeSnapshot } = await import('../../../../validators/git/index.ts');
    await expect(takeSnapshot(request)).rejects.toThrow(/not a git repository/);
    const noGit = { ...request, environment: { PATH: directory } };
    await expect(takeSnapshot(noGit)).rejects.toMatchObject({
      code: 'OR010',
      message: expect.stringContaining('PATH'),
    });
    const gone = { ...request, directory: join(directory, 'gone') };
    await expect(takeSnapshot(gone)).rejects.toMatchObject({ code: 'OR010', message: expect.stringContaining('gone') });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('reads through a symbolic link to a folder of the repository', async () => {
  await using repository = createRepository();
  repository.stage({ 'sub/a': 'a\n' });
  mkdirSync(join(repository.directory, 'elsewhere'));
  symlinkSync(join(repository.directory, 'sub'), join(repository.directory, 'elsewhere', 'link'));
  const directory = join(repository.directory, 'elsewhere', 'link');
  expect(inShort(await entriesOf(repository, { directory }))).toEqual(['added sub/a']);
});

test('clones of one remote share an id, whatever the spelling of its address; another history has another', async () => {
  await using repository = createRepository();
  repository.commitFiles({ a: 'a\n' });
  const cacheDirectory = join(repository.directory, 'cache');
  const id = async (url: string) => {
    repository.git('config', 'remote.origin.url', url);
    return (await snapshotOf(repository, { cacheDirectory })).repo_id;
  };
  const first = await id('git@example.com:team/app.git');
  expect(await id('https://user:secret@example.com/team/app')).toBe(first);
  expect(await id('ssh://git@example.com:22/team/app.git/')).toBe(first);
  expect(await id('https://example.com/team/other')).not.toBe(first);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
});

test('objects missing from the store are named', async () => {
  await using repository = createRepository();
  repository.stage({ 'a.txt': 'content\n' });
  const snapshot = await snapshotOf(repository);
  const oid = repository.git('rev-parse', ':a.txt');
  rmSync(join(repository.directory, '.git', 'objects', oid.slice(0, 2)), { recursive: true });
  await expect(listEntries(snapshot)).rejects.toMatchObject({ code: 'OR014', details: { oid, path: 'a.txt' } });
  await expect(snapshotOf(repository)).rejects.toMatchObject({ code: 'OR014', details: { oid, path: 'a.txt' } });
});
