/**
 * A name for a repository that is the same in every clone: a hash of its first root commit and of its remote
 * without credentials (stages.md 11). Finding the root walks the whole history, so the answer is kept in a
 * small file per repository; the file is only a memory and may be deleted at any time.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runGit } from './process.ts';
import type { RepositoryPlace } from './repository.ts';
import type { GitPlace } from './revisions.ts';

/** 32 hex digits. Without remote and without a commit the place on this disk is all there is. */
export async function repositoryId(
  git: GitPlace,
  place: Pick<RepositoryPlace, 'commonDir' | 'shallow'>,
  cacheDirectory: string | null,
): Promise<string> {
  const file = cacheDirectory === null ? null : await memoryFile(place.commonDir, cacheDirectory);
  const known = file === null ? null : await readFile(file, 'utf8').catch(() => null);
  if (known !== null && /^[0-9a-f]{32}$/.test(known)) return known;
  // The oldest commit of a shallow clone is no root: it would differ from clone to clone.
  const [root, remote] = await Promise.all([place.shallow ? '' : rootCommit(git), remotePath(git)]);
  const id = hash(root === '' && remote === '' ? place.commonDir : `${root}\0${remote}`);
  if (file !== null && root !== '') await remember(file, id);
  return id;
}

/** `git@host:team/app.git` and `https://user:secret@host/team/app` are the same place: `host/team/app`. */
function withoutCredentials(url: string): string {
  const scp = /^(?:[^@/:]+@)?([^/:]+):(?!\/\/)(.*)$/.exec(url);
  const rest = scp ? `${scp[1]}/${scp[2]}` : url.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/^[^/]*@/, '');
  return rest
    .replace(/^([^/:]+):\d+\//, '$1/')
    .replaceAll(/\/{2,}/g, '/')
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
}

async function remotePath(git: GitPlace): Promise<string> {
  const output = await runGit({ args: ['config', '-z', '--get-regexp', String.raw`^remote\..*\.url$`], ...git });
  const remotes = output.stdout
    .toString('utf8')
    .split('\0')
    .filter((line) => line.includes('\n'))
    .map((line) => [line.slice(0, line.indexOf('\n')), line.slice(line.indexOf('\n') + 1)] as const);
  const chosen = remotes.find(([name]) => name === 'remote.origin.url') ?? remotes[0];
  return chosen === undefined ? '' : withoutCredentials(chosen[1]);
}

async function rootCommit(git: GitPlace): Promise<string> {
  const output = await runGit({ args: ['rev-list', '--max-parents=0', 'HEAD', '--'], ...git });
  return output.code === 0 ? (output.stdout.toString('latin1').trim().split('\n').at(-1) ?? '') : '';
}

/** The key holds what a new clone at the same place, or an edit of its remotes, would change. */
async function memoryFile(commonDir: string, cacheDirectory: string): Promise<string | null> {
  const [directory, config] = await Promise.all([stat(commonDir), stat(join(commonDir, 'config')).catch(() => null)]);
  const key = [commonDir, directory.ino, directory.birthtimeMs, config?.mtimeMs, config?.size].join('\0');
  return join(cacheDirectory, 'repositories', hash(key));
}

async function remember(file: string, id: string): Promise<void> {
  // A memory that cannot be written costs time, never the run.
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    .then(() => writeFile(file, id, { mode: 0o600 }))
    .catch(() => undefined);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
