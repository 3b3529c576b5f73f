/**
 * Finds `omnibase.config.yaml`: in the working directory or above it, up to the root of the repository.
 * Outside a repository only the working directory counts: a file in some shared parent, which anyone may have
 * put there, must not configure us.
 */
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { projectFileName } from '../../contracts/config.ts';
import { isErrno } from '../processes/identity.ts';

/** Path of the nearest project file, or null. */
export async function findProjectFile(cwd: string): Promise<string | null> {
  const start = resolve(cwd);
  const found: string[] = [];
  for (let directory = start; ; directory = dirname(directory)) {
    if (await exists(join(directory, projectFileName))) found.push(join(directory, projectFileName));
    if (await exists(join(directory, '.git'))) return found[0] ?? null;
    if (dirname(directory) === directory) break;
  }
  const inCwd = join(start, projectFileName);
  return found.includes(inCwd) ? inCwd : null;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].some((code) => isErrno(error, code))) return false;
    throw error;
  }
}
