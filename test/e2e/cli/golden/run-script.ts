/** Runs a golden script in a folder of its own and compares every command with what is written. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cleanEnvironment } from '../../../support/cli.ts';
import { mismatch, type Script, type Step } from './script.ts';

const launcher = path.resolve(import.meta.dirname, '../../../../dist/omnibase.js');

/** A command that did not end as written; `text` is what it did, in the form of a script. */
export class GoldenMismatch extends Error {
  constructor(step: Step, why: string, actual: Actual) {
    const output = [...lines('| ', actual.stdout), ...lines('! ', actual.stderr), `? ${actual.exit}`].join('\n');
    super(`line ${step.line}: $ ${step.command}\n${why}\n\nwhat it did:\n${output}`);
    this.name = 'GoldenMismatch';
  }
}

interface Actual {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/**
 * @param home OMNIBASE_HOME of the commands
 * @param variables further environment, for instance the number of columns
 */
export async function runScript(
  script: Script,
  home: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'omnibase-golden-'));
  const work = path.join(folder, 'work');
  const bin = path.join(folder, 'bin');
  try {
    await Promise.all([mkdir(work), mkdir(bin)]);
    await Promise.all([
      symlink(launcher, path.join(bin, 'omnibase')),
      symlink(process.execPath, path.join(bin, 'node')),
    ]);
    const identity = {
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@example.com',
    };
    const env = cleanEnvironment({
      ...identity,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      OMNIBASE_HOME: home,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      WORK: work,
      ...variables,
    });
    await execute('git init --quiet --initial-branch=main', work, env);
    for (const step of script.steps) await runStep(step, work, env);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runStep(step: Step, work: string, env: NodeJS.ProcessEnv): Promise<void> {
  for (const file of step.files) {
    const target = path.join(work, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, file.content);
  }
  const actual = await execute(step.command, work, env);
  const hide = (text: string): string => text.replaceAll(work, '$WORK');
  const why = mismatch(step.stdout, hide(actual.stdout)) ?? mismatch(step.stderr, hide(actual.stderr));
  if (why !== null) throw new GoldenMismatch(step, why, actual);
  if (actual.exit !== step.exit) throw new GoldenMismatch(step, `exit ${actual.exit}, expected ${step.exit}`, actual);
}

function execute(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Actual> {
  const { promise, resolve, reject } = Promise.withResolvers<Actual>();
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.once('error', reject);
  child.once('close', (code, signal) =>
    resolve({
      stdout: Buffer.concat(out).toString(),
      stderr: Buffer.concat(err).toString(),
      exit: code ?? (signal === null ? 1 : 128),
    }),
  );
  return promise;
}

function lines(prefix: string, text: string): string[] {
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `${prefix}${line}`.trimEnd());
}
