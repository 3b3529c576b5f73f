/**
 * Where the Postgres cluster lives: below the state directory, or, when the server's account cannot enter
 * that (a root home is 0700), in a place of its own under `/var/lib/omnibase`. The choice is recorded in the
 * state directory, so that every later start and `down --purge` find it.
 */
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OmniBaseError } from '../../contracts/error.ts';
import { maxSocketPathBytes, shortHash } from '../paths.ts';
import { type OsAccount, runCommand } from '../processes/command.ts';
import { isErrno } from '../processes/identity.ts';

export interface Placement {
  /** Folder owned by the server's account, parent of `data`. */
  readonly base: string;
  /** The cluster itself; exists only when complete. */
  readonly data: string;
  /** Folder of the server's unix socket. */
  readonly socket: string;
}

const systemBase = '/var/lib/omnibase';
const recordName = 'postgres.json';

/** The recorded placement, or null when the cluster was never placed. */
export async function recordedPlacement(stateDir: string): Promise<Placement | null> {
  try {
    return JSON.parse(await readFile(join(stateDir, recordName), 'utf8')) as Placement;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Chooses, creates and records the place of the cluster; repeats give the same answer. */
export async function placePostgres(
  stateDir: string,
  socketDir: string,
  account: OsAccount | null,
): Promise<Placement> {
  const placement = (await recordedPlacement(stateDir)) ?? (await choose(stateDir, socketDir, account));
  for (const directory of [placement.base, placement.socket]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    if (account !== null) await chown(directory, account.uid, account.gid);
  }
  // For whoever finds the folder and wonders whose it is.
  await writeFile(join(placement.base, 'state-directory'), `${stateDir}\n`, { mode: 0o600 });
  await writeFile(join(stateDir, recordName), `${JSON.stringify(placement, null, 2)}\n`, { mode: 0o600 });
  return placement;
}

/** Removes cluster, sockets and record. The caller has stopped the server. */
export async function removePlacement(stateDir: string): Promise<void> {
  const placement = await recordedPlacement(stateDir);
  if (placement !== null) {
    await rm(placement.base, { recursive: true, force: true });
    await rm(placement.socket, { recursive: true, force: true });
  }
  await rm(join(stateDir, recordName), { force: true });
}

async function choose(stateDir: string, socketDir: string, account: OsAccount | null): Promise<Placement> {
  const own = at(join(stateDir, 'postgres'));
  if (account === null) return socketFits(own) ? own : { ...own, socket: join(socketDir, 'pg') };
  if (socketFits(own) && (await canEnter(stateDir, account))) return own;
  const system = at(join(systemBase, shortHash(stateDir)));
  try {
    await mkdir(systemBase, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new OmniBaseError('OB011', {
      message: `the local stack did not start: Postgres may not run as root, its account cannot enter ${stateDir}, and ${systemBase} cannot be created`,
      details: { part: 'postgres', state_dir: stateDir },
      next: 'set OMNIBASE_HOME to a folder every user may enter, or OMNIBASE_DATABASE_URL to a running Postgres',
      cause,
    });
  }
  return system;
}

function at(base: string): Placement {
  return { base, data: join(base, 'data'), socket: join(base, 'socket') };
}

function socketFits(placement: Placement): boolean {
  return Buffer.byteLength(join(placement.socket, '.s.PGSQL.5432')) <= maxSocketPathBytes;
}

/** Asked of the kernel rather than computed from modes: access lists and mounts count too. */
async function canEnter(directory: string, account: OsAccount): Promise<boolean> {
  const result = await runCommand('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], {
    timeoutMs: 10_000,
    cwd: '/',
    account,
  });
  return result.code === 0;
}
