/**
 * Kill anything at any time: the user's files stay as they are, no child outlives the run, and a run whose
 * worker died continues without executing finished validators again.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, processesWith, startTestStack, type TestStack, waitFor } from '../../support/cli.ts';

const execute = promisify(execFile);
let stack: TestStack;
const folders: string[] = [];

beforeAll(async () => {
  stack = await startTestStack();
});

afterAll(async () => {
  await stack.dispose();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

describe('a killed command line', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
    ['SIGKILL', null],
  ] as const)('%s leaves the work tree byte-identical and no child behind', async (signal, code) => {
    const work = await workspace();
    const marker = `sleep-${work.id}`;
    await register({
      name: `slow-${work.id}`,
      script: `touch "${work.marks}/started"; exec -a ${marker} sleep 60`,
      shell: 'bash',
    });
    const before = await fingerprint(work.repository);

    const running = stack.start(['orch', '--stage', 'pre-commit', '--only', `slow-${work.id}`], {
      cwd: work.repository,
    });
    await waitFor('the validator to start', () => mark(work, 'started'));
    running.process.kill(signal);
    const result = await running.done;

    if (code !== null) expect(result).toMatchObject({ code });
    await waitFor('the child to be gone', async () => (await processesWith(marker)).length === 0 || undefined, 6000);
    expect(await fingerprint(work.repository)).toBe(before);
  });

  it('cancels the run it started, and the run says so', async () => {
    const work = await workspace();
    await register({ name: `slow-${work.id}`, script: `touch "${work.marks}/started"; sleep 60` });
    const running = stack.start(['orch', '--stage', 'pre-commit', '--only', `slow-${work.id}`, '--format', 'json'], {
      cwd: work.repository,
    });
    await waitFor('the validator to start', () => mark(work, 'started'));
    running.process.kill('SIGKILL');
    await running.done;
    const state = await waitFor('the run to end', async () => {
      const { stdout } = await stack.run(['orch', 'show', 'last', '--format', 'json']);
      const report = stdout === '' ? undefined : (JSON.parse(stdout) as { state: string });
      return report?.state === 'cancelled' ? report.state : undefined;
    });
    expect(state).toBe('cancelled');
  });
});

describe('a killed part of the stack', () => {
  it.each(['host', 'temporal', 'postgres'] as const)(
    '%s: the run completes and nothing finished runs twice',
    async (part) => {
      const work = await workspace();
      const count = (file: string) => `echo run >> "${work.marks}/${file}"`;
      await register({ name: `first-${work.id}`, script: count('first') });
      await register({
        name: `second-${work.id}`,
        script: `${count('second')}; touch "${work.marks}/waiting"; while [ ! -e "${work.marks}/go" ]; do sleep 0.1; done`,
      });

      const only = `first-${work.id},second-${work.id}`;
      const running = stack.start(['orch', '--stage', 'ci', '--all-files', '--only', only, '--format', 'json'], {
        cwd: work.repository,
      });
      await waitFor(
        'the first to end and the second to wait',
        async () => ((await mark(work, 'first')) && (await mark(work, 'waiting'))) || undefined,
      );
      // The result of the first is stored in its own transaction; give the kill something to destroy only after it.
      await waitFor('the first result to be stored', async () => ((await storedResults(work)) >= 1 ? true : undefined));
      const pids = await stack.pids();
      process.kill(pids[part] ?? 0, 'SIGKILL');
      await waitFor(`${part} to be replaced`, async () => {
        const now = await stack.pids();
        return now[part] !== undefined && now[part] !== null && now[part] !== pids[part] ? true : undefined;
      });
      await writeFile(path.join(work.marks, 'go'), '');

      const result = await running.done;
      expect(result.code, result.stderr).toBe(0);
      const report = JSON.parse(result.stdout) as { state: string; verdict: string; results: { status: string }[] };
      expect(report).toMatchObject({ state: 'completed', verdict: 'pass' });
      expect(report.results.map(({ status }) => status)).toEqual(['pass', 'pass']);
      expect(await lines(work, 'first')).toBe(1);
    },
    90_000,
  );
});

interface Workspace {
  readonly id: string;
  readonly repository: string;
  /** Folder outside the repository in which validators leave marks. */
  readonly marks: string;
}

async function workspace(): Promise<Workspace> {
  const folder = await mkdtemp(path.join(tmpdir(), 'omnibase-kill-'));
  folders.push(folder);
  const repository = path.join(folder, 'repository');
  const marks = path.join(folder, 'marks');
  await Promise.all([mkdir(repository), mkdir(marks)]);
  await chmod(folder, 0o755);
  const git = (...args: string[]) =>
    execute('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: repository,
      env: cleanEnvironment(),
    });
  await git('init', '--quiet', '--initial-branch=main');
  await writeFile(path.join(repository, 'committed.txt'), 'committed\n');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'begin');
  await writeFile(path.join(repository, 'staged.txt'), 'staged\n');
  await git('add', '.');
  await writeFile(path.join(repository, 'staged.txt'), 'staged, then edited\n');
  await writeFile(path.join(repository, 'untracked.txt'), 'untracked\n');
  return { id: path.basename(folder).slice(-6).toLowerCase(), repository, marks };
}

async function register({
  name,
  script,
  shell = 'sh',
}: {
  name: string;
  script: string;
  shell?: string;
}): Promise<void> {
  const document = {
    uuid: crypto.randomUUID(),
    name,
    version: '1.0.0',
    type: 'validator',
    namespace: 'test',
    author: 'test',
    created_at: '2026-01-01T00:00:00Z',
    description: 'A validator of the kill tests.',
    lifecycle: 'active',
    tags: ['pre-commit', 'ci'],
    idempotent: true,
    timeout_ms: 60_000,
    entrypoint: { kind: 'command', program: shell, args: ['-c', script], input: 'none', output: 'none' },
  };
  const result = await stack.run(['registry', 'add', '-'], { input: JSON.stringify(document) });
  if (result.code !== 0) throw new Error(`registry add: ${result.stderr}`);
}

async function storedResults(work: Workspace): Promise<number> {
  const { stdout: url } = await stack.run(['db', 'url']);
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url.trim() });
  await client.connect();
  try {
    const { rows } = await client.query<{ n: string }>(
      `select count(*) as n from stage_results r join components c on c.uuid = r.component_uuid where c.name like $1`,
      [`%-${work.id}`],
    );
    return Number(rows[0]?.n ?? 0);
  } finally {
    await client.end();
  }
}

async function mark(work: Workspace, name: string): Promise<true | undefined> {
  return (await readdir(work.marks)).includes(name) || undefined;
}

async function lines(work: Workspace, name: string): Promise<number> {
  return (await readFile(path.join(work.marks, name), 'utf8')).trimEnd().split('\n').length;
}

/** Hash over every byte a check run must not touch: work tree, index, HEAD, refs, stash. */
async function fingerprint(repository: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(repository, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((name) => !name.includes(`${path.sep}.git${path.sep}objects${path.sep}`))
    .sort();
  for (const name of names) hash.update(`${name}\0`).update(await readFile(name));
  return hash.digest('hex');
}
