/** The git hook: put in, refreshed and taken out in real repositories, and run by real git. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blockEnd, blockStart, findBlock, putBlock, removeBlock } from '../../../cli/hook/block.ts';
import { classifyHook, type HookKind } from '../../../cli/hook/classify.ts';
import { inspectHook, installHook, uninstallHook } from '../../../cli/hook/install.ts';
import { locateHooks } from '../../../cli/hook/locate.ts';
import { hookBlock } from '../../../cli/hook/script.ts';
import { runCommandLine } from '../../../cli/run.ts';
import { createRepository, type TestRepository } from '../../support/git.ts';
import { memoryIo } from './support/memory-io.ts';

const recorded = { node: '/opt/no/node', program: '/opt/no/omnibase.js' };
const block = hookBlock(recorded, { ownFile: false, moved: null });

describe('the marked block', () => {
  it('comes out again and leaves every byte as it was', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((given) => Buffer.from(given).toString('latin1'));
    const shebang = fc.constantFrom('', '#!/bin/sh\n', '#!/bin/bash\r\n');
    fc.assert(
      fc.property(shebang, bytes, (first, rest) => {
        const file = first + rest;
        fc.pre(findBlock(file) === null && !(file.startsWith('#!') && !file.includes('\n')));
        expect(removeBlock(putBlock(file, block))).toBe(file);
      }),
    );
  });

  it('stands after the shebang, once', () => {
    const file = putBlock('#!/bin/sh\necho mine\n', block);
    expect(file).toBe(`#!/bin/sh\n${block}echo mine\n`);
    expect(putBlock(file, block)).toBe(file);
  });

  it.each([
    ['no end', `${blockStart}\nomnibase_hook\n`],
    ['a marker inside a line', `echo "${blockStart}"\n${blockEnd}\n`],
    ['nothing', ''],
  ])('is not found with %s', (_, file) => {
    expect(findBlock(file)).toBeNull();
  });
});

describe('what stands at the place of a hook', () => {
  const file = (text: string, mode = 0o755, isSymlink = false) => ({ text, mode, isSymlink });
  const own = `#!/bin/sh\n${hookBlock(recorded, { ownFile: true, moved: null })}`;
  it.each<[string, ReturnType<typeof file> | null, boolean, HookKind]>([
    ['nothing', null, false, 'none'],
    ['our own file', file(own), false, 'own'],
    ['our own file with lines added by the user', file(`${own}echo more\n`), false, 'guest'],
    ['a shell script with our block', file(putBlock('#!/bin/bash\necho\n', block)), false, 'guest'],
    ['a shell script', file('#!/usr/bin/env bash\necho\n'), false, 'shell'],
    ['env with -S', file('#!/usr/bin/env -S bash -e\necho\n'), false, 'shell'],
    ['a shell script that git does not run', file('#!/bin/sh\necho\n', 0o644), false, 'other'],
    ['a Python script', file('#!/usr/bin/env python3\nprint()\n'), false, 'other'],
    ['fish, whose language is another', file('#!/usr/bin/fish\n'), false, 'other'],
    ['a program', file('\u007fELF\0\0'), false, 'other'],
    ['a link', file('#!/bin/sh\n', 0o777, true), false, 'other'],
    ["husky's file without shebang and x bit", file('npm test\n', 0o644), true, 'shell'],
  ])('%s', (_, found, husky, kind) => {
    expect(classifyHook(found, husky)).toBe(kind);
  });
});

describe('in a repository', () => {
  let repository: TestRepository;
  let hook: string;
  const place = () => locateHooks(repository.directory, repository.environment);
  const install = async (dryRun = false) => (await installHook(await place(), 'pre-commit', recorded, dryRun)).action;
  const uninstall = async () => (await uninstallHook(await place(), 'pre-commit', false)).action;

  beforeEach(() => {
    repository = createRepository();
    hook = path.join(repository.directory, '.git/hooks/pre-commit');
    rmSync(hook, { force: true });
  });
  afterEach(() => repository[Symbol.asyncDispose]());

  it('is written, refreshed, and removed', async () => {
    expect(await install(true)).toBe('written');
    expect(existsSync(hook)).toBe(false);
    expect(await install()).toBe('written');
    expect(statSync(hook).mode & 0o777).toBe(0o755);
    expect(await install()).toBe('unchanged');
    writeFileSync(hook, readFileSync(hook, 'utf8').replace(recorded.node, '/elsewhere/node'));
    expect(await install()).toBe('refreshed');
    expect(readFileSync(hook, 'utf8')).toContain(recorded.node);
    expect(await uninstall()).toBe('removed');
    expect(existsSync(hook)).toBe(false);
    expect(await uninstall()).toBe('absent');
  });

  it('becomes a block in a shell hook, which keeps its bytes and mode', async () => {
    const mine = Buffer.from('#!/bin/bash -e\n# caf\xe9\necho mine\r\n', 'latin1');
    writeFileSync(hook, mine);
    chmodSync(hook, 0o750);
    expect(await install()).toBe('block-added');
    expect(statSync(hook).mode & 0o777).toBe(0o750);
    expect(await install()).toBe('unchanged');
    expect(await uninstall()).toBe('block-removed');
    expect(readFileSync(hook).equals(mine)).toBe(true);
  });

  it('moves any other hook aside, calls it afterwards with its arguments, and brings it back', async () => {
    const theirs =
      '#!/usr/bin/env node\nprocess.stderr.write(`theirs ${process.argv.slice(2).join(" ")}\\n`)\nprocess.exit(3)\n';
    writeFileSync(hook, theirs, { mode: 0o755 });
    expect(await install()).toBe('moved-aside');
    expect(await inspectHook(await place(), 'pre-commit')).toMatchObject({ kind: 'own', moved: true });
    expect(await install()).toBe('unchanged');
    const { status, stderr } = spawnSync(hook, ['a b', 'c'], {
      env: { ...repository.environment, OMNIBASE_HOOK: '0' },
      encoding: 'utf8',
    });
    expect(status).toBe(3);
    expect(stderr).toBe('omnibase: the hook is skipped (OMNIBASE_HOOK=0)\ntheirs a b c\n');
    expect(await uninstall()).toBe('restored');
    expect(readFileSync(hook, 'utf8')).toBe(theirs);
    expect(existsSync(`${hook}.local`)).toBe(false);
  });

  it('moves a link aside instead of writing through it', async () => {
    const target = path.join(repository.directory, 'tools-hook.sh');
    writeFileSync(target, '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync('../../tools-hook.sh', hook);
    expect(await install()).toBe('moved-aside');
    expect(readFileSync(target, 'utf8')).toBe('#!/bin/sh\n');
    expect(await uninstall()).toBe('restored');
    expect(lstatSync(hook).isSymbolicLink()).toBe(true);
  });

  it('does not overwrite an earlier hook that was moved aside', async () => {
    writeFileSync(hook, '#!/usr/bin/python3\n', { mode: 0o755 });
    writeFileSync(`${hook}.local`, 'older\n');
    await expect(install()).rejects.toMatchObject({ code: 'OB003' });
    expect(readFileSync(`${hook}.local`, 'utf8')).toBe('older\n');
    expect(readFileSync(hook, 'utf8')).toBe('#!/usr/bin/python3\n');
  });

  it("goes into husky's own file", async () => {
    mkdirSync(path.join(repository.directory, '.husky/_'), { recursive: true });
    repository.git('config', 'core.hooksPath', '.husky/_');
    const file = path.join(repository.directory, '.husky/pre-commit');
    writeFileSync(file, 'npm test\n');
    expect((await place()).kind).toBe('husky');
    expect(await install()).toBe('block-added');
    expect(await install()).toBe('unchanged');
    expect(readFileSync(file, 'utf8').endsWith(`${blockEnd}\nnpm test\n`)).toBe(true);
    expect(await uninstall()).toBe('block-removed');
    expect(readFileSync(file, 'utf8')).toBe('npm test\n');
  });

  it('follows core.hooksPath inside the project, and refuses one outside', async () => {
    repository.git('config', 'core.hooksPath', 'tools/hooks');
    expect(await place()).toMatchObject({ kind: 'project', folder: path.join(repository.directory, 'tools/hooks') });
    expect(await install()).toBe('written');
    expect(existsSync(path.join(repository.directory, 'tools/hooks/pre-commit'))).toBe(true);

    const outside = mkdtempSync(path.join(tmpdir(), 'omnibase-hooks-'));
    repository.git('config', 'core.hooksPath', outside);
    const refused = await command('install');
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain(`core.hooksPath leads out of this repository, to ${outside}`);
    expect(existsSync(path.join(outside, 'pre-commit'))).toBe(false);
    expect(await command('install', '--force')).toMatchObject({ code: 0 });
    expect(existsSync(path.join(outside, 'pre-commit'))).toBe(true);
    rmSync(outside, { recursive: true });
  });

  it('is shared by linked worktrees', async () => {
    repository.commitFiles({ a: 'a' });
    const linked = `${repository.directory}-linked`;
    repository.git('worktree', 'add', '--quiet', linked);
    const found = await locateHooks(linked, repository.environment);
    expect(found).toMatchObject({ kind: 'git', folder: path.dirname(hook) });
    rmSync(linked, { recursive: true });
  });

  it('is left to a hook manager, with the entry to paste', async () => {
    repository.write('lefthook.yml', 'pre-commit: {}\n');
    const told = await command('install');
    expect(told.code).toBe(0);
    expect(told.out).toContain('add this to lefthook.yml:');
    expect(existsSync(hook)).toBe(false);
  });

  it('stands for merges too when asked', async () => {
    const { code, out } = await command('install', '--merge', '--format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      hooks: [
        { name: 'pre-commit', action: 'written' },
        { name: 'pre-merge-commit', action: 'written' },
      ],
    });
    expect((await command('status')).code).toBe(0);
    expect((await command('uninstall')).out).toMatch(/^pre-commit: removed .*\npre-merge-commit: removed /);
    expect((await command('status')).code).toBe(1);
  });

  it('is refused outside a repository', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'omnibase-none-'));
    const io = memoryIo({ cwd: folder, env: { ...repository.environment, GIT_CEILING_DIRECTORIES: tmpdir() } });
    expect(await runCommandLine(['hook', 'install'], io)).toBe(2);
    expect(io.err()).toContain('RepositoryError [OR010] git: fatal: not a git repository');
    rmSync(folder, { recursive: true });
  });

  describe('when git runs it', () => {
    const commit = (env: Record<string, string>) =>
      spawnSync('git', ['commit', '--allow-empty', '--message', 'x'], {
        cwd: repository.directory,
        env: { ...repository.environment, ...env },
        encoding: 'utf8',
      });
    /** A program that tells what it was called with. */
    const program = (folder: string, name: string, exit: number): string => {
      mkdirSync(folder, { recursive: true });
      const file = path.join(folder, name);
      writeFileSync(file, `#!/bin/sh\necho "$0 $*" >&2\nexit ${exit}\n`, { mode: 0o755 });
      return file;
    };

    it('passes the exit code of the program on', async () => {
      const bin = path.join(repository.directory, 'bin');
      program(bin, 'omnibase', 7);
      await install();
      const { status, stderr } = commit({ PATH: `${bin}:${process.env['PATH']}` });
      expect(status).toBe(1);
      expect(stderr).toContain('omnibase orch --stage pre-commit --hook');
    });

    it("prefers the project's install, with the recorded Node", async () => {
      const folder = path.join(repository.directory, 'node_modules/omnibase/dist');
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        path.join(folder, 'omnibase.js'),
        'process.stderr.write(`project ${process.argv.slice(2).join(" ")}\\n`)',
      );
      await installHook(await place(), 'pre-commit', { node: process.execPath, program: '/nowhere' }, false);
      const { status, stderr } = commit({ PATH: '/usr/bin:/bin' });
      expect(stderr).toContain('project orch --stage pre-commit --hook');
      expect(status).toBe(0);
    });

    it('falls back to the recorded Node and program, whatever their paths hold', async () => {
      const folder = path.join(repository.directory, "o'clock $HOME `x` ü");
      mkdirSync(folder);
      const file = path.join(folder, 'omnibase.js');
      writeFileSync(file, 'process.stderr.write("recorded\\n")');
      await installHook(await place(), 'pre-commit', { node: process.execPath, program: file }, false);
      // Graphical clients start git with a bare PATH.
      const { status, stderr } = commit({ PATH: barePath(repository.directory) });
      expect(stderr).toContain('recorded');
      expect(status).toBe(0);
    });

    it('stops the commit when no program is found, and says how to get one', async () => {
      await install();
      const { status, stderr } = commit({ PATH: barePath(repository.directory) });
      expect(status).toBe(1);
      expect(stderr).toContain('omnibase: the program was not found\nnext: npm install --save-dev omnibase');
    });

    it('skips itself with OMNIBASE_HOOK=0 and goes on with the rest of a shell hook', async () => {
      writeFileSync(hook, '#!/bin/sh -e\necho "rest $#" >&2\n', { mode: 0o755 });
      await install();
      const { status, stderr } = commit({ OMNIBASE_HOOK: '0' });
      expect(status).toBe(0);
      expect(stderr).toContain('omnibase: the hook is skipped (OMNIBASE_HOOK=0)\nrest 0\n');
    });
  });

  async function command(...line: string[]): Promise<{ code: number; out: string; err: string }> {
    const io = memoryIo({ cwd: repository.directory, env: repository.environment });
    const code = await runCommandLine(['hook', ...line], io);
    return { code, out: io.out(), err: io.err() };
  }
});

/** A PATH with git and the shell's tools but neither node nor omnibase. */
function barePath(folder: string): string {
  const bare = path.join(folder, 'bare-bin');
  mkdirSync(bare, { recursive: true });
  for (const name of ['git', 'sh', 'dirname']) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    if (!existsSync(path.join(bare, name))) symlinkSync(found, path.join(bare, name));
  }
  return bare;
}
