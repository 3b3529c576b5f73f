/** The launcher must be readable by an old Node, and find a newer one or say clearly what to do. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment } from '../../support/cli.ts';

const dist = path.resolve(import.meta.dirname, '../../../dist');
const { version } = JSON.parse(await readFile(path.resolve(dist, '../package.json'), 'utf8')) as { version: string };

let folder: string;
/** A module that makes Node believe it is old; it does not reach the Node that is started instead. */
let oldNode: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'omnibase-launcher-'));
  oldNode = path.join(folder, 'old.cjs');
  await writeFile(oldNode, "Object.defineProperty(process, 'version', { value: 'v18.20.0' });");
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], cwd = folder): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  execFile(
    process.execPath,
    args,
    { cwd, env: cleanEnvironment({ OMNIBASE_HOME: path.join(folder, 'home') }) },
    (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
  );
  return promise;
}

describe('the launcher', () => {
  it('holds nothing that Node 12 cannot read', async () => {
    const code = (await readFile(path.join(dist, 'omnibase.js'), 'utf8')).replaceAll(
      /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm,
      '',
    );
    expect(code).not.toMatch(/^\s*(import|export) |import\.meta|^await |\?\?|\?\.[a-zA-Z[(]|\d_\d|#[a-z]+\(/m);
  });

  it('answers the version without loading the program', async () => {
    const alone = path.join(folder, 'alone');
    await mkdir(alone);
    await cp(path.join(dist, 'omnibase.js'), path.join(alone, 'omnibase.mjs'));
    expect(await run([path.join(alone, 'omnibase.mjs'), '--version'])).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  });

  it('starts the Node that stands next to the package when its own is too old', async () => {
    expect(await run(['--require', oldNode, path.join(dist, 'omnibase.js'), '--version'])).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    // Through the link that npm makes, with the exit code of the program.
    const link = path.join(folder, 'omnibase');
    await symlink(path.join(dist, 'omnibase.js'), link);
    const refused = await run(['--require', oldNode, link, 'registri']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('unknown command "registri"');
  });

  it('says what to do when there is none', async () => {
    const lonely = path.join(folder, 'lonely.mjs');
    await cp(path.join(dist, 'omnibase.js'), lonely);
    expect(await run(['--require', oldNode, lonely, 'status'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'ConfigurationError [OB003] omnibase needs Node 22.18 or newer, this is v18.20.0\n' +
        'next: install a current Node, or add it to the project with: npm install --save-dev node@24\n',
    });
  });

  it('does not start a Node that is too old as well', async () => {
    const project = path.join(folder, 'project');
    await mkdir(path.join(project, 'node_modules/node/bin'), { recursive: true });
    await writeFile(path.join(project, 'node_modules/node/package.json'), '{"version": "20.1.0"}');
    await writeFile(path.join(project, 'node_modules/node/bin/node'), '#!/bin/sh\nexit 9\n', { mode: 0o755 });
    await cp(path.join(dist, 'omnibase.js'), path.join(project, 'omnibase.mjs'));
    expect(await run(['--require', oldNode, path.join(project, 'omnibase.mjs'), 'status'])).toMatchObject({ code: 2 });
  });

  it('passes signals on to the Node it started', async () => {
    const child = spawn(process.execPath, ['--require', oldNode, path.join(dist, 'omnibase.js'), 'logs', '--follow'], {
      env: cleanEnvironment({ OMNIBASE_HOME: path.join(folder, 'home') }),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    await expect.poll(() => childrenOf(child.pid ?? 0)).toHaveLength(1);
    // The inner process listens once it has loaded: the signal is repeated until it ends.
    const timer = setInterval(() => child.kill('SIGTERM'), 200);
    expect(await ended).toBe(143);
    clearInterval(timer);
  });
});

async function childrenOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim() === '' ? [] : text.trim().split(' ');
}
