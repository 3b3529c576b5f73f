/**
 * `npm run demo`: the story of the README on a real repository, told as it happens.
 *
 * Everything lives in a folder of its own (stack, repository), every step checks its exit code, the
 * transcript goes to `demo.log`, and nothing keeps running unless `--keep` is given.
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const keep = process.argv.includes('--keep');
const root = path.resolve(import.meta.dirname, '..');
const log = createWriteStream(path.join(root, 'demo.log'));
const bold = (text: string) =>
  process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? `\u001b[1m${text}\u001b[0m` : text;

/** Folders of one demo; all of them below one temporary folder. */
interface Stage {
  readonly folder: string;
  readonly home: string;
  readonly repository: string;
  readonly env: NodeJS.ProcessEnv;
}

const brokenJson = '{\n  "name": "demo",\n  "port": 8080,,\n}\n';
const goodJson = '{\n  "name": "demo",\n  "port": 8080\n}\n';
const untidyText = 'Line one\nLine two has blanks at its end   \n';
const tidyText = 'Line one\nLine two is tidy\n';

const nodeId = '0199a000-0000-7000-8000-00000000d3a0';
/** Short deadlines, so that a silent node is dead while one watches. */
const quickNodes = {
  OMNIBASE_REGISTRATION_HEARTBEAT_INTERVAL_MS: '1000',
  OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS: '3000',
  OMNIBASE_REGISTRATION_FIRST_LIVENESS_MS: '3000',
};

/** A validator in shell: any language will do, a command is all it takes. */
const shellValidator = `#!/bin/sh
# Refuses files that still carry a FIXME mark.
grep -nH FIXME "$@" && exit 1
exit 0
`;
const shellValidatorMetadata = `uuid: 6f1d2a52-6f0a-4f6b-9d0e-3a1f0c5d7e11
name: no-fixme
version: 1.0.0
type: validator
namespace: demo
author: demo
created_at: 2026-01-01T00:00:00Z
description: Refuses files that still carry a FIXME mark.
lifecycle: active
tags: [pre-commit, ci]
idempotent: true
types: [text]
exclude: [rules/**]
entrypoint:
  kind: command
  program: sh
  args: [rules/no-fixme.sh, '{files}']
  input: args
  output: text
  parse: unix
x_extensions:
  omnibase:
    needs: [rules/**]
`;

async function main(): Promise<void> {
  const stage = await prepare();
  try {
    await tell(stage);
    if (keep) say(`\nThe stack stays up. Stop it with:\n  OMNIBASE_HOME=${stage.home} npx omnibase down --purge --yes`);
  } finally {
    if (!keep) await tearDown(stage);
    log.end();
  }
}

async function tell(stage: Stage): Promise<void> {
  chapter('The stack: Postgres, Temporal and its Web UI, one command');
  await omnibase(stage, ['up']);

  chapter('A repository with two good and two bad staged files');
  await git(stage, ['init', '--quiet', '--initial-branch=main']);
  await file(stage, 'README.md', '# Demo\n');
  await file(stage, 'rules/no-fixme.sh', shellValidator);
  await file(stage, 'rules/no-fixme.omnibase.yaml', shellValidatorMetadata);
  await omnibase(stage, ['init', '--hook']);
  await omnibase(stage, ['registry', 'add', 'rules/no-fixme.omnibase.yaml']);
  await omnibase(stage, ['list', 'validators', '--tag', 'pre-commit', '--format', 'human']);
  await git(stage, ['add', '.']);
  await git(stage, ['commit', '--quiet', '--message', 'Begin']);
  await file(stage, 'config.json', brokenJson);
  await file(stage, 'notes.txt', untidyText);
  await file(stage, 'good.yaml', 'port: 8080\n');
  await git(stage, ['add', '.']);

  chapter('The staged copy counts: mending only the work tree does not help');
  await file(stage, 'config.json', goodJson);
  await git(stage, ['commit', '--message', 'Add configuration'], 1);

  chapter('Mended and staged, the same commit passes');
  await file(stage, 'notes.txt', tidyText);
  await git(stage, ['add', '.']);
  await git(stage, ['commit', '--message', 'Add configuration']);

  chapter('Both runs stay readable');
  await omnibase(stage, ['orch', 'ls', '--format', 'human']);
  await omnibase(stage, ['orch', 'show', 'last', '--format', 'human']);
  await omnibase(stage, ['cachestatus', '--format', 'human']);
  await omnibase(stage, ['status', '--format', 'human']);

  chapter('A node registers, acknowledges, beats once and falls silent: three seconds later it has expired, once');
  await omnibase(stage, [
    'node',
    'register',
    '--id',
    nodeId,
    '--type',
    'effect',
    '--name',
    'mailer',
    '--tag',
    'mail',
    '--ack',
  ]);
  await omnibase(stage, ['node', 'heartbeat', nodeId]);
  await omnibase(stage, ['node', 'select', '--tag', 'mail', '--format', 'human']);
  const death = ['--state', 'liveness_expired', '--since', '0', '--count', '1', '--timeout', '60s'];
  await omnibase(stage, ['node', 'watch', nodeId, ...death, '--format', 'human']);
  await omnibase(stage, ['node', 'get', nodeId, '--transitions', '--format', 'human']);

  chapter('Three simulated nodes live through lost heartbeats; nobody dies of one lost beat');
  await omnibase(stage, ['node', 'simulate', '--count', '3', '--loss', '10%', '--duration', '4s', '--seed', '7']);
  await omnibase(stage, ['node', 'ls', '--format', 'human']);

  chapter('Where to look next');
  say(
    '  Web UI        the address above; each run is stage/pre-commit/<id>, each node registration/registration/<id>: read its card',
  );
  say('  npm run demo -- --keep       leaves the stack up, so that you can open it');
  say('  npx omnibase orch --help     stages, selection, formats, exit codes');
  say('  npx omnibase node --help     register, beat, find, follow; docs/guides/nodes.md');
  say('  npx omnibase doctor          what is wrong, and how to mend it');
}

async function prepare(): Promise<Stage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'omnibase-demo-'));
  await chmod(folder, 0o755);
  const bin = path.join(folder, 'bin');
  const repository = path.join(folder, 'repository');
  await Promise.all([mkdir(bin), mkdir(repository)]);
  await symlink(path.join(root, 'dist', 'omnibase.js'), path.join(bin, 'omnibase'));
  const home = path.join(folder, 'home');
  const identity = {
    GIT_AUTHOR_NAME: 'Demo',
    GIT_AUTHOR_EMAIL: 'demo@example.com',
    GIT_COMMITTER_NAME: 'Demo',
    GIT_COMMITTER_EMAIL: 'demo@example.com',
  };
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(GIT_|OMNIBASE_|npm_)/.test(name) && name !== 'CI'),
  );
  const env = {
    ...inherited,
    ...identity,
    ...quickNodes,
    OMNIBASE_HOME: home,
    PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
  };
  return { folder, home, repository, env };
}

async function tearDown(stage: Stage): Promise<void> {
  chapter('Leaving nothing behind');
  await omnibase(stage, ['down', '--purge', '--yes']);
  await rm(stage.folder, { recursive: true, force: true });
}

function omnibase(stage: Stage, args: readonly string[], expected = 0): Promise<void> {
  return step(stage, 'omnibase', args, expected);
}

function git(stage: Stage, args: readonly string[], expected = 0): Promise<void> {
  return step(stage, 'git', args, expected);
}

async function file(stage: Stage, name: string, content: string): Promise<void> {
  const target = path.join(stage.repository, name);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, content);
}

/** Runs one command where the person would run it, shows it, and insists on its exit code. */
async function step(stage: Stage, program: string, args: readonly string[], expected: number): Promise<void> {
  say(bold(`\n$ ${[program, ...args].map((word) => (/[\s'"]/.test(word) ? `'${word}'` : word)).join(' ')}`));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(program, args, { cwd: stage.repository, env: stage.env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const [stream, out] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    stream.on('data', (chunk: Buffer) => {
      out.write(chunk);
      log.write(chunk);
    });
  }
  child.once('error', reject);
  child.once('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  const code = await promise;
  if (code !== expected)
    throw new Error(
      `${program} ${args.join(' ')} ended with ${code}, expected ${expected}; the transcript is in demo.log`,
    );
  if (expected !== 0) say(`(exit ${code}, as it should)`);
}

function chapter(title: string): void {
  say(`\n${bold(`— ${title}`)}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
  log.write(`${text}\n`);
}

await main();
