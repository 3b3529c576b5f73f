/**
 * Taking a snapshot: at the moment of the command, in the caller's own git environment, all sources become an
 * immutable pair of trees (stages.md 4.1). Nothing is written but tree objects; work tree, index, refs and
 * stash are never touched. Independent questions are asked side by side: a process start is what costs.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { OmniBaseError } from '../../contracts/error.ts';
import type { Stage, StageSnapshot } from '../../contracts/stage.ts';
import { choosePaths } from './chosen-paths.ts';
import { callerEnvironment, splitObjectDirectories } from './environment.ts';
import { type IndexTree, writeIndexTree } from './index-tree.ts';
import { type RepositoryPlace, locateRepository } from './repository.ts';
import { repositoryId } from './repository-id.ts';
import { type GitPlace, resolveRange, resolveRevisions, unknownRef } from './revisions.ts';

export interface SnapshotRequest {
  /** The caller's directory, absolute. */
  readonly directory: string;
  /** The caller's environment; in a hook it names the index in force. */
  readonly environment: NodeJS.ProcessEnv;
  readonly stage: Stage;
  /** `--from-ref`: check what the range changed. */
  readonly fromRef?: string;
  /** `--to-ref`, default HEAD. */
  readonly toRef?: string;
  /** `--all-files`. */
  readonly allFiles?: boolean;
  /** `--files`, relative to `directory`: only these paths. */
  readonly files?: readonly string[];
  /** For the memory of root commits and for a scratch object store; without it nothing is remembered. */
  readonly cacheDirectory?: string;
}

interface Trees {
  readonly source: StageSnapshot['source'];
  readonly head: string | null;
  readonly baseTree: string | null;
  readonly targetTree: string;
  readonly mergeTrees: readonly string[];
  readonly scratchObjects: string | null;
  readonly warnings: readonly string[];
}

/**
 * Takes the snapshot that a stage run checks.
 *
 * @throws OmniBaseError OR010 without a usable repository, OR011 on an unmerged index, OR012 on an unknown
 *   revision, OR013 when the options name two sources, OR014 when a staged object is missing, OR015 for chosen
 *   paths that are not part of it.
 */
export async function takeSnapshot(request: SnapshotRequest): Promise<StageSnapshot> {
  refuseTwoSources(request);
  const environment = callerEnvironment(request.environment);
  const git: GitPlace = { environment, directory: request.directory };
  const early = startEarly(request, environment);
  const place = await locateRepository(request.directory, environment);
  const id = repositoryId({ ...git, ...place, cacheDirectory: request.cacheDirectory ?? null });
  // Both are awaited together below; a failure of the trees is the one to report.
  const [trees, branch, repo_id] = await Promise.all([takeTrees(request, git, place, early), readBranch(place), id]);
  const paths = request.files && (await choosePaths(withScratch(git, trees), trees.targetTree, place.prefix, request.files));
  return {
    source: paths === undefined ? trees.source : 'files',
    git_dir: usableGitDir(place, environment),
    work_tree: place.workTree,
    object_directories: [
      ...(trees.scratchObjects === null ? [] : [trees.scratchObjects]),
      ...extraObjectDirectories(place, environment),
    ],
    head: trees.head,
    branch,
    from_ref: request.fromRef ?? null,
    to_ref: request.fromRef === undefined ? null : (request.toRef ?? 'HEAD'),
    base_tree: trees.baseTree,
    target_tree: trees.targetTree,
    merge_trees: [...trees.mergeTrees],
    paths: paths ?? null,
    repo_id,
    warnings: [...trees.warnings],
  };
}
