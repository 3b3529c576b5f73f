/**
 * Running a program: a description of a long-lived server process, and a short command run to its end with
 * captured output and a deadline.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { signal } from './identity.ts';

/** How to start a server process and how to stop it. */
export interface ProcessSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** OS account, when it is not the caller's. */
  readonly account?: OsAccount;
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
  readonly account?: OsAccount;
  readonly timeoutMs: number;
  readonly input?: string;
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
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: options.env,
      cwd: options.cwd,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...options.account,
    });
    const chunks: Buffer[] = [];
    let timedOut = false;
    const kill = (): void => {
      timedOut = true;
      if (child.pid !== undefined) signal(-child.pid, 'SIGKILL');
    };
    const deadline = setTimeout(kill, options.timeoutMs);
    const watch = setInterval(() => {
      if (options.keepGoing?.() === false) kill();
    }, 250);
    const finish = (code: number | null, note: string): void => {
      clearTimeout(deadline);
      clearInterval(watch);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8') + note, timedOut });
    };
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A command that ends without reading its input must not end us.
    child.stdin.on('error', (error) => chunks.push(Buffer.from(`${error.message}\n`)));
    child.stdin.end(options.input ?? '');
    child.once('error', (error) => finish(null, error.message));
    child.once('close', (code) => finish(code, ''));
  });
}
