/**
 * The tree of the caller's index, written from a private copy (stages.md 4.1). Copying makes `git commit -a`
 * and `git commit PATH` right without special cases, since git hands the hook a temporary index there, and
 * nothing that happens to the index later can reach the run.
 */
import { constants } from 'node:fs';
import { access, copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OmniBaseError } from '../../contracts/error.ts';
import { joinObjectDirectories } from './environment.ts';
import { repositoryError, runGit } from './process.ts';

export interface IndexTree {
  readonly tree: string;
  /** A store of our own that holds the tree objects, when the repository's cannot be written. */
  readonly scratchObjects: string | null;
}

export interface IndexTreeRequest {
  readonly indexFile: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  /** Object directories that can be read: the repository's own, then its alternates. */
  readonly objectDirectories: readonly string[];
  /** Where a scratch store may be made; it outlives the call. */
  readonly scratchDirectory: string;
}

/**
 * Writes the tree of an index file without touching the file.
 *
 * @throws OmniBaseError OR011 with the unmerged paths, OR014 when a staged object is missing.
 */
export async function writeIndexTree(request: IndexTreeRequest): Promise<IndexTree> {
  const privateDirectory = await mkdtemp(join(tmpdir(), 'omnibase-index-'));
  try {
    const copy = join(privateDirectory, 'index');
    await copyIndex(request.indexFile, copy);
    const environment = { ...request.environment, GIT_INDEX_FILE: copy };
    const scratchObjects = (await writable(request.objectDirectories)) ? null : await makeScratchStore(request);
    const store = scratchObjects === null ? {} : scratchEnvironment(scratchObjects, request.objectDirectories);
    const { directory } = request;
    const output = await runGit({ args: ['write-tree'], environment: { ...environment, ...store }, directory });
    if (output.code === 0) return { tree: output.stdout.toString('latin1').trim(), scratchObjects };
    throw await explainFailure(output.stderr, environment, directory);
  } finally {
    await rm(privateDirectory, { recursive: true, force: true });
  }
}

/** No index file is an empty index: nothing was ever staged. */
async function copyIndex(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function writable(objectDirectories: readonly string[]): Promise<boolean> {
  const [own] = objectDirectories;
  if (own === undefined) return true;
  return access(own, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** How long a scratch store is kept for runs that use it, ms. */
const scratchLifeMs = 24 * 60 * 60 * 1000;

async function makeScratchStore({ scratchDirectory }: IndexTreeRequest): Promise<string> {
  await mkdir(scratchDirectory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(scratchDirectory)) {
    const store = join(scratchDirectory, name);
    const made = await stat(store).catch(() => null);
    if (made !== null && Date.now() - made.mtimeMs > scratchLifeMs) await rm(store, { recursive: true, force: true });
  }
  return mkdtemp(join(scratchDirectory, 'objects-'));
}

function scratchEnvironment(scratch: string, readable: readonly string[]): NodeJS.ProcessEnv {
  return { GIT_OBJECT_DIRECTORY: scratch, GIT_ALTERNATE_OBJECT_DIRECTORIES: joinObjectDirectories(readable) };
}

async function explainFailure(stderr: string, environment: NodeJS.ProcessEnv, directory: string): Promise<Error> {
  const missing = /invalid object \d+ ([0-9a-f]+) for '(.*)'/.exec(stderr);
  if (missing) return new OmniBaseError('OR014', { details: { oid: missing[1], path: missing[2] } });
  const listing = await runGit({ args: ['ls-files', '--unmerged', '-z'], environment, directory });
  const paths = listing.stdout
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => line.slice(line.indexOf('\t') + 1));
  if (paths.length === 0) return repositoryError(stderr);
  return new OmniBaseError('OR011', { details: { paths: [...new Set(paths)] } });
}
