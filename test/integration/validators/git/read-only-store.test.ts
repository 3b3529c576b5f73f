/** A repository whose object store cannot be written: the tree of the index goes to a scratch store. */
import { existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listEntries } from '../../../../validators/git/index.ts';
import { writeIndexTree } from '../../../../validators/git/index-tree.ts';
import { createRepository } from '../../../support/git.ts';
import { inShort, snapshotOf } from './snapshots.ts';

test('writes the tree elsewhere, and reads it together with the store', async () => {
  await using repository = createRepository();
  repository.stage({ 'sub/a.txt': 'staged\n' });
  const objects = join(repository.directory, '.git', 'objects');
  const before = readdirSync(objects, { recursive: true });
  const scratchDirectory = join(repository.directory, 'scratch');
  const old = join(scratchDirectory, 'objects-old');
  mkdirSync(old, { recursive: true });
  utimesSync(old, 0, 0);

  const { tree, scratchObjects } = await writeIndexTree({
    indexFile: join(repository.directory, '.git', 'index'),
    environment: repository.environment,
    directory: repository.directory,
    // Root may write anywhere, except where there is nothing.
    objectDirectories: [join(repository.directory, 'not-writable'), objects],
    scratchDirectory,
  });

  expect(readdirSync(objects, { recursive: true })).toEqual(before);
  expect(scratchObjects?.startsWith(scratchDirectory)).toBe(true);
  expect(existsSync(old)).toBe(false);
  const snapshot = await snapshotOf(repository);
  expect(snapshot.target_tree).toBe(tree);
  const elsewhere = { ...snapshot, object_directories: [scratchObjects ?? ''] };
  expect(inShort((await listEntries(elsewhere)).entries)).toEqual(['added sub/a.txt']);
});
