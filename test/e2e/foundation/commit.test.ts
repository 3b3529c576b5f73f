/** A person commits: the hook checks exactly what git is about to record, and nothing of theirs changes. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { cleanEnvironment, startTestStack, type TestStack } from '../../support/cli.ts';

const execute = promisify(execFile);
const launcher = path.resolve(import.meta.dirname, '../../../dist/omnibase.js');
const broken = '{\n  "port": 8080,,\n}\n';
const good = '{\n  "port": 8080\n}\n';
let stack: TestStack;
let folder: string;
let repository: string;
let count = 0;

beforeAll(async () => {
  stack = await startTestStack();
  folder = await mkdtemp(path.join(tmpdir(), 'omnibase-commit-'));
  await chmod(folder, 0o755);
  await mkdir(path.join(folder, 'bin'));
  await symlink(launcher, path.join(folder, 'bin', 'omnibase'));
}, 60_000);

afterAll(async () => {
  await stack.dispose();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  count += 1;
  repository = path.join(folder, `repository-${count}`);
  await mkdir(repository);
  await git('init', '--quiet', '--initial-branch=main');
  expect(await stack.run(['init', '--hook'], { cwd: repository })).toMatchObject({ code: 0 });
  await git('add', '.');
  expect(await git('commit', '--message', 'begin')).toMatchObject({ code: 0 });
});

it('refuses a broken staged file although the work tree is intact, with file, line and rule', async () => {
  await write('config.json', broken);
  await git('add', 'config.json');
  await write('config.json', good);
  const commit = await git('commit', '--message', 'x');
  expect(commit.code).toBe(1);
  expect(commit.output).toMatch(/config\.json:2:\d+\s+error\s+json\/syntax/);
  expect(await read('config.json')).toBe(good);
});

it('lets a good staged file pass although the work tree is broken, and touches neither edits nor untracked files', async () => {
  await write('config.json', good);
  await git('add', 'config.json');
  await write('config.json', broken);
  await write('untracked.json', '{');
  expect(await git('commit', '--message', 'x')).toMatchObject({ code: 0 });
  expect(await read('config.json')).toBe(broken);
  expect(await read('untracked.json')).toBe('{');
  expect((await git('show', 'HEAD:config.json')).output).toBe(good);
});

it('checks what `git commit -a` and `git commit PATH` record', async () => {
  await write('a.json', good);
  await write('b.json', good);
  await git('add', '.');
  expect(await git('commit', '--message', 'x')).toMatchObject({ code: 0 });
  await write('a.json', broken);
  expect((await git('commit', '--all', '--message', 'all')).output).toContain('a.json:2');
  await write('b.json', '{ "port": 1 }\n');
  expect(await git('commit', '--message', 'only b', 'b.json')).toMatchObject({ code: 0 });
  expect((await git('commit', '--message', 'only a', 'a.json')).output).toContain('a.json:2');
});

it('has a first commit, an empty commit, and one of deletions only', async () => {
  await git('rm', '--quiet', 'omnibase.config.yaml');
  expect(await git('commit', '--message', 'gone')).toMatchObject({ code: 0 });
  expect(await git('commit', '--allow-empty', '--message', 'empty')).toMatchObject({ code: 0 });
});

it('names files as git stores them, whatever they are called', async () => {
  const names = ['-dash.json', 'with blank.json', "it's.json", 'new\nline.json', 'ünï.json'];
  for (const name of names) await write(name, broken);
  await git('add', '.');
  const { code, output } = await git('commit', '--message', 'x');
  expect(code).toBe(1);
  for (const shown of ['-dash.json', 'with blank.json', "it's.json", String.raw`new\x0aline.json`, 'ünï.json'])
    expect(output).toContain(`${shown}:2`);
});

it('is skipped once by OMNIBASE_HOOK=0, and says so', async () => {
  await write('config.json', broken);
  await git('add', '.');
  const commit = await git('commit', '--message', 'x', { OMNIBASE_HOOK: '0' });
  expect(commit.code).toBe(0);
  expect(commit.output).toContain('the hook is skipped');
});

async function git(...words: (string | Record<string, string>)[]): Promise<{ code: number; output: string }> {
  const args = words.filter((word) => typeof word === 'string');
  const extra = words.find((word) => typeof word === 'object') ?? {};
  const identity = {
    GIT_AUTHOR_NAME: 't',
    GIT_AUTHOR_EMAIL: 't@example.com',
    GIT_COMMITTER_NAME: 't',
    GIT_COMMITTER_EMAIL: 't@example.com',
  };
  const search = [path.join(folder, 'bin'), path.dirname(process.execPath), process.env['PATH'] ?? ''].join(
    path.delimiter,
  );
  const env = cleanEnvironment({ ...identity, OMNIBASE_HOME: stack.home, PATH: search, ...extra });
  try {
    const { stdout, stderr } = await execute('git', args, { cwd: repository, env });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

function write(name: string, content: string): Promise<void> {
  return writeFile(path.join(repository, name), content);
}

function read(name: string): Promise<string> {
  return readFile(path.join(repository, name), 'utf8');
}
