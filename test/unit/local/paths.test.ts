import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../contracts/error.ts';
import { createStateDirectories, maxSocketPathBytes, resolvePaths, userCacheDir } from '../../../local/paths.ts';

const isMac = process.platform === 'darwin';

describe('resolvePaths', () => {
  it.each([
    [
      'the home of the user',
      { HOME: '/home/ada' },
      isMac ? '/home/ada/Library/Application Support/omnibase' : '/home/ada/.local/state/omnibase',
    ],
    ['OMNIBASE_HOME before everything', { HOME: '/home/ada', XDG_STATE_HOME: '/x', OMNIBASE_HOME: '/o' }, '/o/state'],
    ['a relative OMNIBASE_HOME', { OMNIBASE_HOME: 'here' }, join(process.cwd(), 'here/state')],
  ])('puts the state below %s', (_name, env, expected) => {
    expect(resolvePaths(env).state_dir).toBe(expected);
  });

  it('follows XDG and ignores relative values of it; macOS has folders of its own', () => {
    const env = { HOME: '/home/ada', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: 'relative', XDG_CONFIG_HOME: '/c' };
    const expected = isMac
      ? { cache_dir: '/home/ada/Library/Caches/omnibase', config_dir: '/home/ada/Library/Preferences/omnibase' }
      : { state_dir: '/s/omnibase', cache_dir: '/home/ada/.cache/omnibase', config_dir: '/c/omnibase' };
    expect(resolvePaths(env)).toMatchObject(expected);
  });

  it('moves the cache alone with OMNIBASE_CACHE_DIR, and keeps the cache all homes share apart', () => {
    const env = { HOME: '/home/ada', OMNIBASE_HOME: '/o', OMNIBASE_CACHE_DIR: '/cache' };
    expect(resolvePaths(env).cache_dir).toBe('/cache');
    expect(resolvePaths(env).state_dir).toBe('/o/state');
    expect(userCacheDir(env)).toContain('/home/ada/');
  });

  it('keeps sockets in the state directory when its path is short', () => {
    const paths = resolvePaths({ OMNIBASE_HOME: '/o' });
    expect(paths.socket_path).toBe('/o/state/api.sock');
    expect(paths.control_socket_path).toBe('/o/state/control.sock');
  });
});

describe('createStateDirectories', () => {
  it('closes a state directory that was open to others, and explains one it cannot make', () => {
    const base = mkdtempSync(join(tmpdir(), 'omnibase-paths-'));
    try {
      const paths = resolvePaths({ OMNIBASE_HOME: join(base, 'home') });
      mkdirSync(paths.state_dir, { recursive: true, mode: 0o755 });
      createStateDirectories(paths);
      expect(statSync(paths.state_dir).mode & 0o777).toBe(0o700);
      writeFileSync(join(base, 'file'), '');
      const blocked = resolvePaths({ OMNIBASE_HOME: join(base, 'file') });
      expect(() => createStateDirectories(blocked)).toThrow(expect.objectContaining({ code: 'OB003' }));
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });
});

describe('sockets of a deep state directory', () => {
  let base: string;
  let runtime: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'omnibase-paths-'));
    runtime = join(base, 'run');
    mkdirSync(runtime, { mode: 0o700 });
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  const deep = (): NodeJS.ProcessEnv => ({ OMNIBASE_HOME: join(base, 'x'.repeat(150)), XDG_RUNTIME_DIR: runtime });

  it('lie in a short private folder of their own', () => {
    const paths = resolvePaths(deep());
    createStateDirectories(paths);
    expect(paths.socket_dir.startsWith(runtime)).toBe(true);
    expect(Buffer.byteLength(paths.control_socket_path)).toBeLessThanOrEqual(maxSocketPathBytes);
    expect(statSync(paths.socket_dir).mode & 0o777).toBe(0o700);
  });

  it('differ from state directory to state directory', () => {
    const other = { ...deep(), OMNIBASE_HOME: join(base, 'y'.repeat(150)) };
    expect(resolvePaths(deep()).socket_dir).not.toBe(resolvePaths(other).socket_dir);
  });

  it('are refused in a folder that others may write to', () => {
    const { socket_dir } = resolvePaths(deep());
    mkdirSync(socket_dir, { recursive: true });
    chmodSync(socket_dir, 0o777);
    expect(() => resolvePaths(deep())).toThrow(OmniBaseError);
  });

  it('do without a runtime folder whose path is itself too long', () => {
    const env = { ...deep(), XDG_RUNTIME_DIR: join(base, 'r'.repeat(90)) };
    expect(resolvePaths(env).socket_dir.startsWith(env.XDG_RUNTIME_DIR)).toBe(false);
  });
});
