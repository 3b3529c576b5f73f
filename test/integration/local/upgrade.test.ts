import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installation } from '../../../local/installation.ts';
import { installBundles } from './support/bundles.ts';
import { createHome, type TestHome } from './support/home.ts';

let older: string;
let newer: string;
let home: TestHome;
beforeAll(async () => {
  older = mkdtempSync(join(tmpdir(), 'omnibase-older-'));
  newer = mkdtempSync(join(tmpdir(), 'omnibase-newer-'));
  home = createHome();
  await Promise.all([installBundles(older, '0.0.1'), installBundles(newer, '99.0.0')]);
}, 60_000);
afterAll(async () => {
  await home.remove();
  for (const place of [older, newer]) rmSync(place, { recursive: true, force: true });
});

/** Runs `up` of that installation and leaves the stack running. */
function upFrom(place: string): { readonly state: string; readonly version: string } {
  const result = spawnSync(process.execPath, [join(place, 'dist/driver.js'), 'keep'], {
    encoding: 'utf8',
    env: home.env,
  });
  expect(result.stderr).toBe('');
  return JSON.parse(result.stdout) as { state: string; version: string };
}

it('an older stack is restarted by a newer caller, a newer one serves an older caller', async () => {
  expect(upFrom(older)).toMatchObject({ state: 'ready', version: '0.0.1' });
  const first = home.supervisorPid();
  const lines: string[] = [];
  const ours = await home.up({ report: (line) => lines.push(line) });
  expect(ours.version).toBe(installation().version);
  expect(home.supervisorPid()).not.toBe(first);
  expect(lines.join()).toContain('has version 0.0.1');
  expect(upFrom(newer).version).toBe('99.0.0');
  const newest = home.supervisorPid();
  expect((await home.up()).version).toBe('99.0.0');
  expect(home.supervisorPid()).toBe(newest);
});
