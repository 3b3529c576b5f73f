/**
 * Drives the built command line the way a person does: real processes, a home of its own, a real stack.
 * Used by the end-to-end tests; nothing here reaches into the product.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const launcher = path.resolve(import.meta.dirname, '../../dist/omnibase.js');

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration_ms: number;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A started command: its process, and the promise of its end. */
export interface RunningCli {
  readonly process: ChildProcess;
  readonly done: Promise<CliResult>;
}

/** One stack with its own home; `dispose` stops it and removes everything. */
export interface TestStack {
  readonly home: string;
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  start(args: readonly string[], options?: CliOptions): RunningCli;
  /** Pids of the parts as `status` tells them. */
  pids(): Promise<Readonly<Record<string, number>>>;
  dispose(): Promise<void>;
}

/** A home with a stack in it, up and ready. */
export async function startTestStack(): Promise<TestStack> {
  const stack = await createTestHome();
  const up = await stack.run(['up']);
  if (up.code !== 0) throw new Error(`omnibase up ended with ${up.code}:\n${up.stderr}`);
  return stack;
}

/** A home in which nothing has run yet. */
export async function createTestHome(): Promise<TestStack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'omnibase-e2e-'));
  await chmod(folder, 0o755);
  const home = path.join(folder, 'home');
  const start = (args: readonly string[], options: CliOptions = {}) => startCli(home, args, options);
  const run = (args: readonly string[], options: CliOptions = {}) => start(args, options).done;
  return {
    home,
    start,
    run,
    async pids() {
      const { stdout } = await run(['status', '--json']);
      const { parts } = JSON.parse(stdout) as { parts: { name: string; pid: number }[] };
      return Object.fromEntries(parts.map(({ name, pid }) => [name, pid]));
    },
    async dispose() {
      await run(['down', '--purge', '--yes']);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Environment of a person's shell: none of the test runner's own variables, no git hook's. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(GIT_|OMNIBASE_|VITEST|NODE_OPTIONS|npm_|CI$|GITHUB_|TEMPORAL_ADDRESS|FORCE_COLOR|TEST$)/.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

function startCli(home: string, args: readonly string[], options: CliOptions): RunningCli {
  const started = performance.now();
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: cleanEnvironment({ OMNIBASE_HOME: home, ...options.env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(options.input ?? '');
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<CliResult>();
  child.once('error', reject);
  child.once('close', (code, signal) =>
    resolve({
      code,
      signal,
      stdout: Buffer.concat(out).toString(),
      stderr: Buffer.concat(err).toString(),
      duration_ms: performance.now() - started,
    }),
  );
  return { process: child, done: promise };
}

/** Polls until `probe` gives a value, or fails after `timeoutMs`. */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Pids of living processes whose command line contains `text` (Linux). */
export async function processesWith(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const [commandLine, stat] = await Promise.all([
      readQuietly(`/proc/${name}/cmdline`),
      readQuietly(`/proc/${name}/stat`),
    ]);
    if (commandLine.includes(text) && !/\) Z /.test(stat)) found.push(Number(name));
  }
  return found;
}

/** A process may end while it is being read: then it has no text. */
async function readQuietly(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
