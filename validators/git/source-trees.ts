/** From the chosen source to the two trees of a snapshot, with the trees of other parents during a merge. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageSnapshot } from '../../contracts/stage.ts';
import { callersIndexTree } from './callers-index.ts';
import { repositoryError } from './process.ts';
import type { RepositoryPlace } from './repository.ts';
import { type GitPlace, resolveRange, resolveRevisions, unknownRef } from './revisions.ts';

export interface SourceTrees {
  readonly source: StageSnapshot['source'];
  readonly head: string | null;
  readonly baseTree: string | null;
  readonly targetTree: string;
  readonly mergeTrees: readonly string[];
  /** Store that holds the target tree, when the repository's own cannot be written. */
  readonly scratchObjects: string | null;
  readonly warnings: readonly string[];
}

export interface SourceRequest {
  readonly git: GitPlace;
  /** Known a moment later: whatever does not need it starts at once. */
  readonly place: Promise<RepositoryPlace>;
  readonly scratchDirectory: string;
}

/** What is about to be committed: the index against HEAD, or alone with `allFiles`. */
export async function indexTrees(request: SourceRequest, allFiles: boolean): Promise<SourceTrees> {
  const [index, revisions, place] = await Promise.all([
    callersIndexTree(request),
    resolveRevisions(request.git, ['HEAD', 'HEAD^{tree}']),
    request.place,
  ]);
  // Without a work tree there is no index, unless the caller names one.
  if (place.workTree === null && request.git.environment['GIT_INDEX_FILE'] === undefined) {
    throw repositoryError('this repository has no work tree, so nothing is staged; use --from-ref or --all-files');
  }
  const [head = null, headTree = null] = revisions;
  return {
    source: allFiles ? 'tree' : 'index',
    head,
    baseTree: allFiles ? null : headTree,
    targetTree: index.tree,
    mergeTrees: allFiles ? [] : await readMergeTrees(request.git, place.gitDir),
    scratchObjects: index.scratchObjects,
    warnings: [],
  };
}

/** What a range changed: the tree of `toRef` against that of its merge base with `fromRef`. */
export async function rangeTrees(request: SourceRequest, fromRef: string, toRef: string): Promise<SourceTrees> {
  const range = await resolveRange(request.git, fromRef, toRef);
  return { source: 'range', ...range, mergeTrees: [], scratchObjects: null };
}

/** Everything that is committed at `ref`. */
export async function committedTree(request: SourceRequest, ref: string): Promise<SourceTrees> {
  const [head, targetTree] = await resolveRevisions(request.git, [ref, `${ref}^{tree}`]);
  if (!head || !targetTree) throw unknownRef(ref);
  return { source: 'tree', head, baseTree: null, targetTree, mergeTrees: [], scratchObjects: null, warnings: [] };
}

/** Trees of the parents that a merge in progress will add; an octopus has several. */
async function readMergeTrees(git: GitPlace, gitDir: string): Promise<string[]> {
  const text = await readFile(join(gitDir, 'MERGE_HEAD'), 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const parents = text.split('\n').filter((line) => /^[0-9a-f]{40,64}$/.test(line));
  const trees = await resolveRevisions(
    git,
    parents.map((parent) => `${parent}^{tree}`),
  );
  return trees.filter((tree) => tree !== null);
}
