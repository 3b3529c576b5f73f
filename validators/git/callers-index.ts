/**
 * The tree of the caller's index, started before git has said where that index is: in the plain case the place
 * can be seen from here, and two process starts run side by side instead of one after the other (5 ms become 3).
 * The guess counts only when git then names the same file.
 */
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { alternateDirectories } from './environment.ts';
import { type IndexTree, writeIndexTree } from './index-tree.ts';
import type { RepositoryPlace } from './repository.ts';
import type { SourceRequest } from './source-trees.ts';

/** Writes the tree of the index in force. Errors as `writeIndexTree`; those of `place` come first. */
export async function callersIndexTree(request: SourceRequest): Promise<IndexTree> {
  const guess = await guessPlace(request);
  const early = guess && writeTree(request, guess);
  // A wrong guess may fail for its own reasons; its error counts only if the guess does.
  early?.catch(() => undefined);
  const place = await request.place;
  if (early && guess.indexFile === place.indexFile && guess.objectDirectory === place.objectDirectory) return early;
  return writeTree(request, place);
}

function writeTree(request: SourceRequest, place: Pick<RepositoryPlace, 'indexFile' | 'objectDirectory'>) {
  return writeIndexTree({
    ...request.git,
    indexFile: place.indexFile,
    objectDirectories: [place.objectDirectory, ...alternateDirectories(request.git.environment, request.git.directory)],
    scratchDirectory: request.scratchDirectory,
  });
}

/** The place in a plain checkout: the next folder upwards that holds a git directory, the index named or default. */
async function guessPlace({
  git,
}: SourceRequest): Promise<Pick<RepositoryPlace, 'indexFile' | 'objectDirectory'> | null> {
  if (git.environment['GIT_DIR'] ?? git.environment['GIT_OBJECT_DIRECTORY']) return null;
  for (let folder = await realpath(git.directory).catch(() => '/'); ; folder = dirname(folder)) {
    const gitDir = join(folder, '.git');
    const found = await stat(gitDir).catch(() => null);
    if (found?.isDirectory()) {
      const indexFile = resolve(folder, git.environment['GIT_INDEX_FILE'] ?? join(gitDir, 'index'));
      return { indexFile, objectDirectory: join(gitDir, 'objects') };
    }
    // A file there points elsewhere (worktree, submodule): git knows better.
    if (found !== null || folder === dirname(folder)) return null;
  }
}
