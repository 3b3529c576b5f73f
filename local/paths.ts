/**
 * Where OmniBase keeps its files: configuration, cache, state, logs and sockets (platform.md 2).
 *
 * Directories follow XDG on Linux and Apple's folders on macOS. `OMNIBASE_HOME` moves all of them below one
 * folder, `OMNIBASE_CACHE_DIR` moves the cache alone. A unix socket path is limited to about 100 bytes by the
 * kernel, so sockets of a deep state directory live in a short folder named after its hash.
 */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { OmniBaseError } from '../contracts/error.ts';

export interface OmniPaths {
  readonly config_dir: string;
  readonly cache_dir: string;
  readonly state_dir: string;
  readonly log_dir: string;
  /** Folder of the sockets: the state directory, or a short one when that path is too long. */
  readonly socket_dir: string;
  /** The HTTP gateway of `serve`. */
  readonly socket_path: string;
  /** The supervisor's own socket: status, stop, restart. */
  readonly control_socket_path: string;
}

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with the closing NUL. */
export const maxSocketPathBytes = 100;

/** The longest socket name that must fit: Postgres names its own. */
const longestSocketName = 'pg/.s.PGSQL.5432';

/**
 * The directories of this user, from the environment alone; nothing is created.
 *
 * @throws OB003 when the short socket folder exists and belongs to someone else
 */
export function resolvePaths(env: NodeJS.ProcessEnv = process.env): OmniPaths {
  const roots = env['OMNIBASE_HOME'] ? homeRoots(resolve(env['OMNIBASE_HOME'])) : userRoots(env);
  const cacheDir = env['OMNIBASE_CACHE_DIR'] ? resolve(env['OMNIBASE_CACHE_DIR']) : roots.cache;
  const socketDir = socketDirectory(roots.state, env);
  return {
    config_dir: roots.config,
    cache_dir: cacheDir,
    state_dir: roots.state,
    log_dir: join(roots.state, 'logs'),
    socket_dir: socketDir,
    socket_path: join(socketDir, 'api.sock'),
    control_socket_path: join(socketDir, 'control.sock'),
  };
}

/** The cache shared by all homes of this OS user: server binaries are obtained once (platform.md 2). */
export function userCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return userRoots(env).cache;
}

/**
 * Creates the state, log and socket directories, readable by this user only.
 *
 * @throws OB003 when one cannot be made
 */
export function createStateDirectories(paths: OmniPaths): void {
  for (const directory of [paths.state_dir, paths.log_dir, paths.socket_dir]) {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      // One that was there before may be open to others.
      chmodSync(directory, 0o700);
    } catch (cause) {
      throw new OmniBaseError('OB003', {
        message: `the folder ${directory} cannot be made or is not ours: ${cause instanceof Error ? cause.message : String(cause)}`,
        details: { path: directory },
        next: 'correct its permissions, or set OMNIBASE_HOME to a folder of yours',
        cause,
      });
    }
  }
  if (paths.socket_dir !== paths.state_dir) assertPrivate(paths.socket_dir);
}

/** Eight bytes of a SHA-256 in hex: enough to tell the homes of one machine apart. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

interface Roots {
  readonly config: string;
  readonly cache: string;
  readonly state: string;
}

function homeRoots(home: string): Roots {
  return { config: join(home, 'config'), cache: join(home, 'cache'), state: join(home, 'state') };
}

function userRoots(env: NodeJS.ProcessEnv): Roots {
  const home = env['HOME'] || homedir();
  if (process.platform === 'darwin') {
    const library = join(home, 'Library');
    const support = join(library, 'Application Support', 'omnibase');
    return {
      config: join(library, 'Preferences', 'omnibase'),
      cache: join(library, 'Caches', 'omnibase'),
      state: support,
    };
  }
  // The XDG specification: a relative path in these variables is invalid and to be ignored.
  const xdg = (name: string, fallback: string): string => {
    const value = env[name];
    return join(value !== undefined && isAbsolute(value) ? value : join(home, fallback), 'omnibase');
  };
  return {
    config: xdg('XDG_CONFIG_HOME', '.config'),
    cache: xdg('XDG_CACHE_HOME', '.cache'),
    state: xdg('XDG_STATE_HOME', '.local/state'),
  };
}

function socketDirectory(stateDir: string, env: NodeJS.ProcessEnv): string {
  if (fits(stateDir)) return stateDir;
  const name = join(`omnibase-${userInfo().uid}`, shortHash(stateDir));
  const bases = [env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'];
  const base = bases.find(
    (candidate) => candidate !== undefined && isAbsolute(candidate) && fits(join(candidate, name)),
  );
  const directory = join(base ?? '/tmp', name);
  assertPrivate(join(directory, '..'));
  assertPrivate(directory);
  return directory;
}

function fits(directory: string): boolean {
  return Buffer.byteLength(join(directory, longestSocketName)) <= maxSocketPathBytes;
}

/** A folder in a world-writable place may have been put there by another user to pose as our stack. */
function assertPrivate(directory: string): void {
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory() || stats.uid !== userInfo().uid || (stats.mode & 0o022) !== 0) {
    throw new OmniBaseError('OB003', {
      message: `the socket folder ${directory} is not a private directory of this user`,
      next: 'remove it, or set OMNIBASE_HOME to a shorter path',
      details: { path: directory },
    });
  }
}
