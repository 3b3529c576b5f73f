/**
 * The per-user cache of server binaries: `<cache>/temporal/<version>/temporal`. A binary is built in a folder
 * of its own and renamed into place, so a reader sees either nothing or a complete file, whoever else is
 * obtaining it at the same time.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from '../processes/identity.ts';
import type { SourceResult, TemporalBinary } from './obtain.ts';
import { versionOf } from './which.ts';

export interface CacheLocation {
  /** Cache directories, most private first. */
  readonly directories: readonly string[];
  readonly version: string;
}

/** The first cached binary that runs, the wanted versions in order. */
export async function findCached(
  directories: readonly string[],
  versions: readonly string[],
): Promise<TemporalBinary | null> {
  for (const version of versions) {
    for (const directory of directories) {
      const path = binaryPath(directory, version);
      if ((await versionOf(path)) === version) return { path, version, origin: 'cache' };
    }
  }
  return null;
}

/**
 * Lets `build` make the binary in a fresh folder and moves it into the cache. The last directory is tried
 * first: it is the one all homes of the user share.
 */
export async function storeInCache(
  location: CacheLocation,
  build: (directory: string) => Promise<SourceResult>,
): Promise<SourceResult> {
  const target = await writableTarget(location);
  if (target === null) return { ok: false, reason: `no writable cache among ${location.directories.join(', ')}` };
  const workplace = `${dirname(target)}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await mkdir(workplace, { recursive: true, mode: 0o755 });
  try {
    const built = await build(workplace);
    if (!built.ok) return built;
    await chmod(built.path, 0o755);
    // Executed for the first time here: every source has proven its origin by now.
    const version = await versionOf(built.path);
    if (version === null) return { ok: false, reason: 'the binary does not run on this machine' };
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await rename(built.path, target);
    return { ok: true, path: target };
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }
}

function binaryPath(directory: string, version: string): string {
  return join(directory, 'temporal', version, 'temporal');
}

async function writableTarget(location: CacheLocation): Promise<string | null> {
  for (const directory of location.directories.toReversed()) {
    const path = binaryPath(directory, location.version);
    try {
      await mkdir(dirname(dirname(path)), { recursive: true, mode: 0o755 });
      const probe = join(dirname(dirname(path)), `.write-${process.pid}-${randomBytes(4).toString('hex')}`);
      await mkdir(probe);
      await rm(probe, { recursive: true });
      return path;
    } catch (error) {
      if (!['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'ENOENT'].some((code) => isErrno(error, code))) throw error;
    }
  }
  return null;
}
