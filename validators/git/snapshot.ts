/**
 * Taking a snapshot: at the moment of the command, in the caller's own git environment, all sources become an
 * immutable pair of trees (stages.md 4.1). Nothing is written but tree objects; work tree, index, refs and
 * stash are never touched. Independent questions are asked side by side: a process start is what costs.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OmniBaseError } from '../../contracts/error.ts';
import type { Stage, StageSnapshot } from '../../contracts/stage.ts';
import { choosePaths } from './chosen-paths.ts';
import { alternateDirectories, callerEnvironment, joinObjectDirectories } from './environment.ts';
import { type RepositoryPlace, locateRepository } from './repository.ts';
import { repositoryId } from './repository-id.ts';
import type { GitPlace } from './revisions.ts';
import { type SourceRequest, type SourceTrees, committedTree, indexTrees, rangeTrees } from './source-trees.ts';

export interface SnapshotRequest {
  /** The caller's directory, absolute. */
  readonly directory: string;
  /** The caller's environment; in a hook it names the index in force. */
  readonly environment: NodeJS.ProcessEnv;
  readonly stage: Stage;
  /** `--from-ref`: check what the range changed. */
  readonly fromRef?: string | undefined;
  /** `--to-ref`, default HEAD. */
  readonly toRef?: string | undefined;
  /** `--all-files`. */
  readonly allFiles?: boolean | undefined;
  /** `--files`, relative to `directory`: only these paths. */
  readonly files?: readonly string[] | undefined;
  /** For the memory of repository ids and a scratch object store; without it nothing is remembered. */
  readonly cacheDirectory?: string | undefined;
}

/**
 * Takes the snapshot that a stage run checks.
 *
 * @throws OmniBaseError OR010 without a usable repository, OR011 on an unmerged index, OR012 on an unknown
 *   revision, OR013 when the options name two sources, OR014 when a staged object is missing, OR015 for chosen
 *   paths that are not part of the target tree.
 */
export async function takeSnapshot(request: SnapshotRequest): Promise<StageSnapshot> {
  refuseTwoSources(request);
  const environment = callerEnvironment(request.environment);
  const git: GitPlace = { environment, directory: request.directory };
  const locating = locateRepository(request.directory, environment);
  const scratchDirectory = join(request.cacheDirectory ?? tmpdir(), 'omnibase-objects');
  const taking = takeTrees(request, { git, place: locating, scratchDirectory });
  // Outside a repository both fail; what git says about the place is the clearer answer.
  taking.catch(() => undefined);
  const place = await locating;
  const naming = repositoryId(git, place, request.cacheDirectory ?? null);
  const [trees, branch, repo_id] = await Promise.all([taking, readBranch(place), naming]);
  const object_directories = objectDirectories(trees, place, git);
  const reading = { directory: git.directory, environment: withObjects(environment, object_directories) };
  const paths = request.files && (await choosePaths(reading, trees.targetTree, place.prefix, request.files));
  return {
    source: paths === undefined ? trees.source : 'files',
    git_dir: usableGitDir(place),
    work_tree: place.workTree,
    object_directories,
    head: trees.head,
    branch,
    from_ref: request.fromRef ?? null,
    to_ref: request.fromRef === undefined ? (request.toRef ?? null) : (request.toRef ?? 'HEAD'),
    base_tree: trees.baseTree,
    target_tree: trees.targetTree,
    merge_trees: [...trees.mergeTrees],
    paths: paths ?? null,
    repo_id,
    warnings: [...trees.warnings],
  };
}

function refuseTwoSources(request: SnapshotRequest): void {
  const ranged = request.fromRef !== undefined;
  const options = [
    ...(ranged ? ['--from-ref'] : []),
    ...(request.allFiles === true ? ['--all-files'] : []),
    ...(request.files === undefined ? [] : ['--files']),
  ];
  if (options.length > 1) throw new OmniBaseError('OR013', { details: { options } });
}

/** Each stage has its default source (stages.md 3); a range is the same in all of them. */
function takeTrees(request: SnapshotRequest, source: SourceRequest): Promise<SourceTrees> {
  if (request.fromRef !== undefined) return rangeTrees(source, request.fromRef, request.toRef ?? 'HEAD');
  if (request.toRef !== undefined) return committedTree(source, request.toRef);
  if (request.stage === 'pre-commit') return indexTrees(source, request.allFiles ?? false);
  return committedTree(source, 'HEAD');
}

/** The branch that HEAD names, also before its first commit; null when detached. */
async function readBranch(place: RepositoryPlace): Promise<string | null> {
  const text = await readFile(join(place.gitDir, 'HEAD'), 'utf8');
  return /^ref: refs\/heads\/(.+)\n?$/.exec(text)?.[1] ?? null;
}

/** Directories that hold objects of this run besides those git finds from the git directory. */
function objectDirectories(trees: SourceTrees, place: RepositoryPlace, git: GitPlace): string[] {
  const found = join(place.commonDir, 'objects');
  const named = place.objectDirectory === found ? [] : [place.objectDirectory];
  const scratch = trees.scratchObjects === null ? [] : [trees.scratchObjects];
  return [...scratch, ...named, ...alternateDirectories(git.environment, git.directory)];
}

function withObjects(environment: NodeJS.ProcessEnv, directories: readonly string[]): NodeJS.ProcessEnv {
  if (directories.length === 0) return environment;
  return { ...environment, GIT_ALTERNATE_OBJECT_DIRECTORIES: joinObjectDirectories(directories) };
}

/** With GIT_COMMON_DIR from the environment the git directory alone leads nowhere; the shared one does. */
function usableGitDir(place: RepositoryPlace): string {
  const complete = place.gitDir === place.commonDir || existsSync(join(place.gitDir, 'commondir'));
  return complete ? place.gitDir : place.commonDir;
}
