/**
 * One child process from start to the last of its descendants: own process group, bounded time, output, memory and
 * number of processes, registered with the reaper, swept by token at the end. A complete answer counts even when a
 * grandchild keeps the pipe open: what is left over is killed.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ChildRegister } from '../processes/child-register.ts';
import { killGroup, type ProcessGroup, stopGroup } from '../processes/stop.ts';
import type { Invocation } from './arguments.ts';
import { type ExceededLimit, type GroupLimits, watchGroup } from './limits.ts';

export interface Execution extends Invocation {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly token: string;
  /** Bytes for standard input; null closes it. */
  readonly input: string | null;
  readonly timeout_ms: number;
  readonly limits: GroupLimits;
  readonly signal: AbortSignal;
  /** Told of what the child writes, as it comes. */
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
}

/** Why a child was stopped before it ended by itself. */
export type StopReason = 'timeout' | 'output' | 'cancelled' | ExceededLimit;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  /** The last 64 KiB. */
  readonly stderr: string;
  readonly stopped: StopReason | null;
  /** Set when the program could not be started at all. */
  readonly startError: NodeJS.ErrnoException | null;
  readonly duration_ms: number;
}

export const maxStdoutBytes = 16 * 2 ** 20;
const keptStderrBytes = 64 * 1024;
/** How long the pipes may stay open once every process of the step is gone, ms. */
const drainMs = 1000;

/** Runs the child; resolves when nothing of it is left. */
export async function execute(execution: Execution, register: ChildRegister): Promise<Ended> {
  const started = performance.now();
  const child = spawn(execution.program, execution.args, {
    cwd: execution.directory,
    env: execution.environment,
    stdio: [execution.input === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const since = (): number => performance.now() - started;
  const { pid, stdout: output, stderr: complaints } = child;
  if (pid === undefined || output === null || complaints === null) {
    const startError = await new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve));
    return { ...nothing, startError, duration_ms: since() };
  }

  const target: ProcessGroup = { group: pid, token: execution.token };
  let stopped: StopReason | null = null;
  let stopping: Promise<void> = Promise.resolve();
  const stop = (reason: StopReason): void => {
    if (stopped !== null) return;
    stopped = reason;
    stopping = reason === 'cancelled' || reason === 'timeout' ? stopGroup(target) : killGroup(target);
  };
  const stdout = collect(
    output,
    () => stop('output'),
    (chunk) => execution.onOutput('stdout', chunk),
  );
  const stderr = keepTail(complaints, (chunk) => execution.onOutput('stderr', chunk));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const deadline = setTimeout(() => stop('timeout'), execution.timeout_ms);
  const endWatch = watchGroup(pid, execution.limits, stop);
  const onAbort = (): void => stop('cancelled');
  execution.signal.addEventListener('abort', onAbort, { once: true });
  if (execution.signal.aborted) onAbort();

  await register.add(target);
  // A child that does not read its input closes the pipe; its exit code tells the rest.
  child.stdin?.on('error', () => child.stdin?.destroy());
  child.stdin?.end(execution.input);

  const { code, signal } = await exited;
  clearTimeout(deadline);
  endWatch();
  execution.signal.removeEventListener('abort', onAbort);
  await stopping;
  await killGroup(target);
  await register.remove(target);
  await Promise.race([closed, after(drainMs)]);
  output.destroy();
  complaints.destroy();
  return { code, signal, stdout: stdout(), stderr: stderr(), stopped, startError: null, duration_ms: since() };
}

const nothing = { code: null, signal: null, stdout: Buffer.alloc(0), stderr: '', stopped: null } as const;

function collect(stream: Readable, onOverflow: () => void, onChunk: (chunk: Buffer) => void): () => Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    onChunk(chunk);
    if (length <= maxStdoutBytes) chunks.push(chunk);
    else onOverflow();
  });
  return () => Buffer.concat(chunks);
}

function keepTail(stream: Readable, onChunk: (chunk: Buffer) => void): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-keptStderrBytes);
    onChunk(chunk);
  });
  return () => tail.toString('utf8');
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
