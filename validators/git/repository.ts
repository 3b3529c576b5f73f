/**
 * Where a repository is, asked of git itself in one call. The answers are separated by marks, since a path
 * may hold any byte but NUL: `rev-parse` echoes options that it does not know.
 */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { repositoryError, runGit } from './process.ts';

export interface RepositoryPlace {
  /** Absolute git directory of this worktree. */
  readonly gitDir: string;
  /** Absolute directory that all worktrees share. */
  readonly commonDir: string;
  /** Absolute path of the index in force, which in a hook may be a temporary file. */
  readonly indexFile: string;
  /** Absolute path of the directory that new objects go to. */
  readonly objectDirectory: string;
  readonly shallow: boolean;
  /** Absolute root of the work tree; null in a bare repository. */
  readonly workTree: string | null;
  /** The caller's directory relative to the root of the work tree, empty or ending in a slash. */
  readonly prefix: string;
}

const mark = '--omnibase-mark';
const questions = [
  ['--absolute-git-dir'],
  ['--git-common-dir'],
  ['--git-path', 'index'],
  ['--git-path', 'objects'],
  ['--is-shallow-repository'],
  ['--show-prefix'],
  // Last: it fails in a bare repository, after the other answers are printed.
  ['--show-toplevel'],
];

/**
 * Finds the repository that `directory` belongs to, under the caller's git environment.
 *
 * @throws OmniBaseError OR010 outside a repository, on unsafe ownership, without git.
 */
export async function locateRepository(directory: string, environment: NodeJS.ProcessEnv): Promise<RepositoryPlace> {
  const args = ['rev-parse', ...questions.flatMap((question) => [...question, mark])];
  const output = await runGit({ args, environment, directory });
  const answers = output.stdout.toString('utf8').split(`${mark}\n`);
  const [gitDir, commonDir, indexFile, objectDirectory, shallow, prefix, workTree] = answers.map((answer) =>
    answer.replace(/\n$/, ''),
  );
  if (!gitDir || !commonDir || !indexFile || !objectDirectory) throw repositoryError(output.stderr);
  // Relative answers count from the real directory: `..` of a link leads elsewhere.
  const here = realpathSync(directory);
  const absolute = (path: string) => resolve(here, path);
  return {
    gitDir: absolute(gitDir),
    commonDir: absolute(commonDir),
    indexFile: absolute(indexFile),
    objectDirectory: absolute(objectDirectory),
    shallow: shallow === 'true',
    workTree: output.code === 0 && workTree ? workTree : null,
    prefix: prefix ?? '',
  };
}
