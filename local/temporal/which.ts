/** Looks for a program on PATH and asks a temporal binary for its version. */
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { runCommand } from '../processes/command.ts';
import { isErrno } from '../processes/identity.ts';
import { parseVersion } from './release.ts';

/** Absolute path of the first executable of that name, or null. Relative entries of PATH are ignored. */
export async function findOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (isAbsolute(directory) && (await isExecutable(join(directory, name)))) return join(directory, name);
  }
  return null;
}

/** The version a temporal binary prints, or null when it does not run or prints something else. */
export async function versionOf(path: string): Promise<string | null> {
  const result = await runCommand(path, ['--version'], { timeoutMs: 15_000, env: { PATH: process.env['PATH'] } });
  return result.code === 0 ? parseVersion(result.output) : null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR', 'ELOOP'].some((code) => isErrno(error, code))) return false;
    throw error;
  }
}
