/** When the host worker dies, SIGKILL included, its children are gone within 5 s. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createChildRegister } from '../../../../validators/runner/processes/child-register.ts';
import { processesWith, waitFor } from '../../../support/cli.ts';

const execution = path.resolve(import.meta.dirname, '../../../../validators/runner/command/execute.ts');
const registry = path.resolve(import.meta.dirname, '../../../../validators/runner/processes/child-register.ts');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'omnibase-reaper-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  ['a child that listens', 'exec -a MARK sleep 60', 3000],
  ['a child that ignores SIGTERM', "trap '' TERM; exec -a MARK sleep 60", 5000],
  ['a grandchild in a session of its own', "setsid bash -c 'exec -a MARK sleep 60' & exec -a MARK sleep 60", 5000],
])('ends %s', async (_, script, withinMs) => {
  const mark = `omnibase-reaped-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const worker = startWorker(script.replaceAll('MARK', mark));
  await waitFor('the child', async () => (await processesWith(mark)).length > 0 || undefined);
  worker.kill('SIGKILL');
  await waitFor('the child to be gone', async () => (await processesWith(mark)).length === 0 || undefined, withinMs);
});

it('the next host worker ends what worker and reaper left together', async () => {
  const mark = `omnibase-left-${process.pid}`;
  const children = path.join(folder, 'children');
  const worker = startWorker(`exec -a ${mark} sleep 60`);
  await waitFor('the child', async () => (await processesWith(mark)).length > 0 || undefined);
  await waitFor('its file', () => filesOf(children));
  // Its own one only: other workers of this machine have theirs.
  for (const pid of await processesWith(`${path.sep}reaper.ts`)) {
    if ((await parentOf(pid)) === worker.pid) process.kill(pid, 'SIGKILL');
  }
  worker.kill('SIGKILL');
  expect(await processesWith(mark)).toHaveLength(1);
  const register = createChildRegister(children);
  expect(await register.sweepLeftovers()).toBeGreaterThan(0);
  expect(await processesWith(mark)).toEqual([]);
  expect(await readdir(children)).toEqual([]);
});

async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

async function filesOf(directory: string): Promise<string[] | undefined> {
  const names = await readdir(directory).catch(() => []);
  return names.length > 0 ? names : undefined;
}

/** A process that runs one child, as a host worker does; the script travels in the environment, so that only the child carries the mark. */
function startWorker(script: string) {
  const code = `
    import { execute } from ${JSON.stringify(execution)};
    import { createChildRegister } from ${JSON.stringify(registry)};
    const token = crypto.randomUUID();
    await execute({
      program: 'bash', args: ['-c', process.env.SCRIPT], directory: '/', token, input: null, timeout_ms: 60000,
      environment: { PATH: process.env.PATH, OMNIBASE_STEP_TOKEN: token }, limits: { memory_mb: 1000, pids: 100 },
      signal: new AbortController().signal, onOutput: () => undefined,
    }, createChildRegister(${JSON.stringify(path.join(folder, 'children'))}));`;
  return spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: 'ignore',
    env: { ...process.env, SCRIPT: script },
  });
}
