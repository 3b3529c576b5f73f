/**
 * The stack as bundles, run by an ordinary user. Run as root, the bundles and what they need are laid out
 * where the account `nobody` can read them, and run as that; otherwise we are the ordinary user.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolvePaths, userCacheDir } from '../../../local/paths.ts';
import { obtainTemporal } from '../../../local/temporal.ts';
import { installBundles } from './support/bundles.ts';

const isRoot = process.getuid?.() === 0;

let place: string;
let account: { readonly uid: number; readonly gid: number } | undefined;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'omnibase-user-'));
  chmodSync(place, 0o755);
  if (isRoot) account = { uid: idOf('-u'), gid: idOf('-g') };
  await installBundles(place, '0.0.1');
  copyProgram(process.execPath, 'node');
  const cacheDirs = [resolvePaths().cache_dir, userCacheDir()];
  copyProgram((await obtainTemporal({ env: process.env, cacheDirs, report: () => undefined })).path, 'temporal');
  mkdirSync(join(place, 'home'), { mode: 0o700 });
  if (account !== undefined) execFileSync('chown', [`${account.uid}:${account.gid}`, join(place, 'home')]);
}, 60_000);
afterAll(() => rmSync(place, { recursive: true, force: true }));

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' })) >>> 0;
}

function copyProgram(from: string, name: string): void {
  try {
    linkSync(from, join(place, name));
  } catch {
    // Another file system: a copy does as well.
    copyFileSync(from, join(place, name));
  }
  chmodSync(join(place, name), 0o755);
}

interface Told {
  readonly state: string;
  readonly data: string;
  readonly state_dir: string;
  readonly uid: number;
  readonly owner: number;
}

/** Runs the driver: `up`, a question, `down --purge`. */
function runDriver(home: string, who: typeof account): Told {
  const result = spawnSync(join(place, 'node'), [join(place, 'dist/driver.js')], {
    cwd: '/',
    encoding: 'utf8',
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: home,
      OMNIBASE_HOME: join(home, 'omnibase'),
      TEMPORAL_CLI_PATH: join(place, 'temporal'),
    },
    ...who,
  });
  expect(result.stderr).toBe('');
  return JSON.parse(result.stdout) as Told;
}

it('comes up for an ordinary user, with the data in the state directory, and goes down without a trace', () => {
  const told = runDriver(join(place, 'home'), account);
  expect(told.state).toBe('ready');
  expect(told.uid).not.toBe(0);
  expect(told.owner).toBe(told.uid);
  expect(told.data.startsWith(told.state_dir)).toBe(true);
  // What is left was written by the stand-in, not by the stack.
  expect(readdirSync(told.state_dir)).toEqual(['stand-in.jsonl']);
});

it('comes up from a folder that only its owner may enter, for root too', () => {
  const before = publicCopies();
  chmodSync(place, 0o700);
  try {
    const told = runDriver(join(place, 'own'), undefined);
    expect(told.state).toBe('ready');
    expect(told.owner).not.toBe(0);
    // Another account must serve root's data, from a place it may enter.
    expect(told.data.startsWith(told.state_dir)).toBe(!isRoot);
    expect(existsSync(told.data)).toBe(false);
  } finally {
    chmodSync(place, 0o755);
    for (const copy of publicCopies()) if (!before.includes(copy)) rmSync(copy, { recursive: true });
  }
});

/** Where root's copies of the Postgres programs go. */
function publicCopies(): readonly string[] {
  const folder = '/var/cache/omnibase';
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
