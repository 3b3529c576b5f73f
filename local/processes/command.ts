/**
 * Running a program: a description of a long-lived server process, and a short command run to its end with
 * captured output and a deadline.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Guardian } from './guardian.ts';
import { signal } from './identity.ts';

/** How to start a server process and how to stop it. */
export interface ProcessSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** OS account, when it is not the caller's. */
  readonly account?: OsAccount | null;
  /** Asks for a graceful end. */
  readonly stopSignal: NodeJS.Signals;
}

export interface OsAccount {
  readonly uid: number;
  readonly gid: number;
}

export interface CommandResult {
  /** Null when the command was killed or could not be started. */
  readonly code: number | null;
  readonly output: string;
  readonly timedOut: boolean;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly account?: OsAccount | null;
  readonly timeoutMs: number;
  readonly input?: string;
  /** Ends the command when this process is killed. */
  readonly guardian?: Pick<Guardian, 'add' | 'remove'> | undefined;
  /** Kills the command; counts as a time-out. */
  readonly signal?: AbortSignal | undefined;
  /** Called every 250 ms; answering false kills the command and counts as a time-out. */
  readonly keepGoing?: () => boolean;
}

/** Starts a server process as leader of its own group, with its output on pipes. */
export function spawnServer(spec: ProcessSpec): ChildProcess {
  return spawn(spec.file, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...spec.account,
  });
}

/** Runs a command to its end. Never throws: a program that is not there gives code null and the reason as output. */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  try {
    return await run(file, args, options);
  } catch (error) {
    // Most reasons arrive as an event, but a path through a file, for one, is thrown.
    return { code: null, output: error instanceof Error ? error.message : String(error), timedOut: false };
  }
}

function run(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: options.env,
      cwd: options.cwd,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...options.account,
    });
    if (child.pid !== undefined) options.guardian?.add(child.pid, 'SIGTERM');
    const chunks: Buffer[] = [];
    let timedOut = false;
    const kill = (): void => {
      timedOut = true;
      if (child.pid !== undefined) signal(-child.pid, 'SIGKILL');
    };
    const deadline = setTimeout(kill, options.timeoutMs);
    options.signal?.addEventListener('abort', kill);
    const watch = setInterval(() => {
      if (options.keepGoing?.() === false) kill();
    }, 250);
    const finish = (code: number | null, note: string): void => {
      if (child.pid !== undefined) options.guardian?.remove(child.pid);
      clearTimeout(deadline);
      clearInterval(watch);
      options.signal?.removeEventListener('abort', kill);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8') + note, timedOut });
    };
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A command that ends without reading its input must not end us; its exit code tells the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.once('error', (error) => finish(null, error.message));
    child.once('close', (code) => finish(code, ''));
  });
}
