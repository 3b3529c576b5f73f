/** The tarball a user installs works with no dev dependency and no checkout around it. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanEnvironment } from '../../support/cli.ts';

const execute = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../../..');
let folder: string;
let installed: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'omnibase-package-'));
  installed = path.join(folder, 'installed');
  await mkdir(installed);
  await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    env: cleanEnvironment(),
  });
  await writeFile(path.join(installed, 'package.json'), '{ "name": "user", "private": true }');
  const { stdout } = await execute('sh', ['-c', `ls ${folder}/*.tgz`]);
  await execute('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', stdout.trim()], {
    cwd: installed,
    env: cleanEnvironment(),
  });
}, 240_000);

afterAll(async () => {
  await omnibase(['down', '--purge', '--yes']);
  await rm(folder, { recursive: true, force: true });
});

it('brings the stack up, registers a validator, checks a commit and goes down', async () => {
  const git = (...args: string[]) => execute('git', args, { cwd: installed, env: cleanEnvironment() });
  await git('init', '--quiet');
  await writeFile(path.join(installed, '.gitignore'), 'node_modules\n');
  await writeFile(path.join(installed, 'broken.json'), '{,}\n');
  await git('add', 'broken.json');
  expect((await omnibase(['up'])).code).toBe(0);
  expect((await omnibase(['init'])).code).toBe(0);
  const run = await omnibase(['orch', '--stage', 'pre-commit', '--format', 'human']);
  expect(run.code, run.output).toBe(1);
  expect(run.output).toContain('broken.json:1:2');
  expect((await omnibase(['down'])).code).toBe(0);
}, 120_000);

async function omnibase(args: readonly string[]): Promise<{ code: number; output: string }> {
  const env = cleanEnvironment({
    OMNIBASE_HOME: path.join(folder, 'home'),
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
  });
  try {
    const { stdout, stderr } = await execute(path.join(installed, 'node_modules/.bin/omnibase'), args, {
      cwd: installed,
      env,
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}
