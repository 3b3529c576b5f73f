/** When commands start the local stack, when they must not, and what they answer without it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, createTestHome, type TestStack } from '../../support/cli.ts';

const execute = promisify(execFile);
const startsNote = 'omnibase: starting the local stack (stop it with: omnibase down)\n';

const component = JSON.stringify({
  uuid: '7c0d2b1e-5a4f-4c3b-9e8d-0000000000aa',
  name: 'kept',
  version: '1.0.0',
  type: 'validator',
  namespace: 'golden',
  author: 'golden',
  created_at: '2026-01-01T00:00:00Z',
  description: 'Stays in the cache.',
  tags: ['kept'],
  entrypoint: { kind: 'command', program: 'true' },
});

let home: TestStack;
let repository: string;
beforeAll(async () => {
  home = await createTestHome();
  repository = await mkdtemp(path.join(tmpdir(), 'omnibase-lifecycle-'));
  await execute('git', ['init', '--quiet', '--initial-branch=main'], { cwd: repository, env: cleanEnvironment() });
  await writeFile(path.join(repository, 'a.json'), '{}\n');
  await execute('git', ['add', '.'], { cwd: repository, env: cleanEnvironment() });
});
afterAll(async () => {
  await home.dispose();
  await rm(repository, { recursive: true });
});

const state = async (): Promise<string> =>
  (JSON.parse((await home.run(['status', '--json'])).stdout) as { state: string }).state;

// One story in order: each test begins where the one before ended.
describe('the local stack', () => {
  it('is not started where that is forbidden', async () => {
    for (const [args, env] of [
      [['orch', '--stage', 'pre-commit', '--no-autostart'], {}],
      [['orch', '--stage', 'pre-commit'], { OMNIBASE_AUTOSTART: '0' }],
    ] as const) {
      const { code, stdout, stderr } = await home.run(args, { cwd: repository, env });
      expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
      expect(stderr).toContain('EngineUnavailableError [OR060]');
      expect(stderr).toMatch(/next: omnibase up \(its log is in .+\)/);
    }
    expect(await state()).toBe('stopped');
  });

  it('is not started for bad input', async () => {
    expect(await home.run(['orch', '--stage', 'pre-commit', '--files', 'none'], { cwd: repository })).toMatchObject({
      code: 2,
      stdout: '',
    });
    expect(await home.run(['registry', 'add', '-'], { input: '{}' })).toMatchObject({ code: 2, stdout: '' });
    expect(await state()).toBe('stopped');
  });

  it('is started by a registry command that needs it, which says so', async () => {
    const { code, stdout, stderr } = await home.run(['registry', 'add', '-'], { input: component });
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('registered: true\n');
    expect(stderr.startsWith(startsNote), stderr).toBe(true);
    expect(await state()).toBe('ready');
  });

  it('is found running by `up`, quickly', async () => {
    const { code, duration_ms } = await home.run(['up', '--json']);
    expect(code).toBe(0);
    expect(duration_ms).toBeLessThan(1000);
  });

  it('stays down after `down`: reads answer from the cache, writes are refused', async () => {
    expect(await home.run(['registry', 'sync'])).toMatchObject({ code: 0 });
    expect(await home.run(['down'])).toMatchObject({ code: 0, stdout: 'stopped: true\n' });
    expect(await home.run(['status'])).toMatchObject({ code: 6 });

    const list = await home.run(['list', 'validators', '--tag', 'kept']);
    expect(list.code, list.stderr).toBe(0);
    expect(JSON.parse(list.stdout)).toMatchObject({
      data: [{ metadata: { name: 'kept' } }],
      freshness: { source: 'cache' },
    });

    const add = await home.run(['registry', 'add', '-'], { input: component });
    expect(add).toMatchObject({ code: 3, stdout: '' });
    expect(add.stderr).toBe(
      'RegistryReadOnlyError [RG015] the registry can only be read now: the stack was stopped with omnibase down\nnext: omnibase up\n',
    );
    expect(await home.run(['cachestatus'])).toMatchObject({ code: 0 });
    expect(await state()).toBe('stopped');
  });

  it('comes back with a stage run, and keeps its data', async () => {
    const { code, stderr } = await home.run(
      ['orch', '--stage', 'pre-commit', '--only', 'kept', '--no-preset', '--format', 'json'],
      { cwd: repository },
    );
    expect(code, stderr).toBe(0);
    expect(stderr.startsWith(startsNote), stderr).toBe(true);
    expect(await state()).toBe('ready');
  });

  it('ends with the command that started it, when told to', async () => {
    await home.run(['down']);
    const { code, stderr } = await home.run(
      ['orch', '--stage', 'pre-commit', '--only', 'kept', '--no-preset', '--inline'],
      { cwd: repository },
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('omnibase: starting the local stack for this command\n');
    await expect.poll(state, { timeout: 15_000 }).toBe('stopped');
  });

  it('asks before it removes data, and says --yes where nobody can answer', async () => {
    expect(await home.run(['down', '--purge'])).toMatchObject({ code: 2, stdout: '' });
    expect(await home.run(['down', '--purge', '--yes'])).toMatchObject({
      code: 0,
      stdout: 'stopped: true (nothing was running)\npurged: true\n',
    });
  });
});
