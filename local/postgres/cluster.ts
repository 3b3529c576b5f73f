/**
 * The cluster on disk: made once, mended after a crash. `initdb` works in a folder beside the final one and
 * is renamed when complete, so a kill in between leaves nothing half-made. The caller holds the supervisor's
 * lock: no two processes run this on one state directory.
 */
import { randomBytes } from 'node:crypto';
import { chown, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OmniBaseError } from '../../contracts/error.ts';
import { type OsAccount, runCommand } from '../processes/command.ts';
import { isErrno } from '../processes/identity.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { Placement } from './placement.ts';

/** The database superuser and owner of everything. */
export const databaseUser = 'omnibase';

/** Major version of the programs; a cluster of another one cannot be opened. */
const majorVersion = '18';

/** Options of a cluster to be made or opened. */
export interface ClusterOptions {
  readonly stateDir: string;
  readonly placement: Placement;
  readonly binaries: PostgresBinaries;
  readonly account: OsAccount | null;
  readonly durable: boolean;
}

/**
 * Makes the cluster when there is none, and answers its superuser password.
 *
 * @throws OB011 when initdb fails or the cluster is of another major version
 */
export async function prepareCluster(options: ClusterOptions): Promise<string> {
  await removeUnfinished(options.placement);
  const known = await readPassword(options.stateDir);
  if (await hasCluster(options.placement.data)) {
    return known ?? (await replacePassword(options));
  }
  const password = known ?? (await storePassword(options.stateDir));
  await initialise(options, password);
  return password;
}

/** The stored superuser password, or null when there is none. */
export async function readPassword(stateDir: string): Promise<string | null> {
  try {
    const password = (await readFile(passwordPath(stateDir), 'utf8')).trim();
    return password === '' ? null : password;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

async function hasCluster(data: string): Promise<boolean> {
  let version: string;
  try {
    version = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return false;
  }
  if (version === majorVersion) return true;
  throw new OmniBaseError('OB011', {
    message: `the local stack did not start: ${data} was made by Postgres ${version}, this is Postgres ${majorVersion}`,
    details: { part: 'postgres', found: version, needed: majorVersion },
    next: 'export with the older version first (`omnibase registry export`), then `omnibase down --purge`',
  });
}

async function initialise(options: ClusterOptions, password: string): Promise<void> {
  const { placement, binaries, account } = options;
  const unfinished = `${placement.data}.init-${process.pid}`;
  // In the base folder, which only the server's account (and root) may enter.
  const passwordFile = join(placement.base, `init-${randomBytes(6).toString('hex')}.pw`);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    if (account !== null) await chown(passwordFile, account.uid, account.gid);
    const flags = [
      ['-D', unfinished, '-U', databaseUser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ['--encoding', 'UTF8', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'],
      ['--no-instructions', ...(options.durable ? [] : ['--no-sync'])],
    ];
    const result = await runCommand(binaries.initdb, flags.flat(), {
      timeoutMs: 120_000,
      cwd: placement.base,
      env: serverEnvironment(),
      account,
    });
    if (result.code !== 0) throw initFailure(result.output);
    await rename(unfinished, placement.data);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** What Postgres programs get of our environment: nothing that would redirect or translate them. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

function initFailure(output: string): OmniBaseError {
  const unknownAccount = output.includes('could not look up effective user ID');
  return new OmniBaseError('OB011', {
    message: `the local stack did not start: initdb failed: ${output.trim().split('\n').slice(-5).join(' · ')}`,
    details: { part: 'postgres' },
    ...(unknownAccount
      ? { next: 'give this user id an entry in /etc/passwd, or set OMNIBASE_DATABASE_URL to a running Postgres' }
      : {}),
  });
}

/** Leftovers of an initdb that was killed. */
async function removeUnfinished(placement: Placement): Promise<void> {
  const prefix = `${basename(placement.data)}.init-`;
  for (const name of await readdir(dirname(placement.data))) {
    if (name.startsWith(prefix) || (name.startsWith('init-') && name.endsWith('.pw'))) {
      await rm(join(dirname(placement.data), name), { recursive: true, force: true, maxRetries: 10 });
    }
  }
}

function passwordPath(stateDir: string): string {
  return join(stateDir, 'postgres.password');
}

/** Written aside and renamed, so that a reader never sees an empty file. */
async function storePassword(stateDir: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const partial = `${passwordPath(stateDir)}.${process.pid}`;
  await writeFile(partial, `${password}\n`, { mode: 0o600 });
  await rename(partial, passwordPath(stateDir));
  return password;
}

/** The password file was lost while the data is there: set a new one in single-user mode. */
async function replacePassword(options: ClusterOptions): Promise<string> {
  const { placement, binaries, account } = options;
  const password = await storePassword(options.stateDir);
  const result = await runCommand(binaries.postgres, ['--single', '-D', placement.data, 'postgres'], {
    timeoutMs: 60_000,
    cwd: placement.base,
    env: serverEnvironment(),
    input: `ALTER USER ${databaseUser} PASSWORD '${password}'\n`,
    account,
  });
  if (result.code === 0) return password;
  await rm(passwordPath(options.stateDir), { force: true });
  throw new OmniBaseError('OB011', {
    message: `the local stack did not start: the lost database password could not be replaced: ${result.output.trim()}`,
    details: { part: 'postgres' },
  });
}
