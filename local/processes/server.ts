/**
 * A server process run by this process: started, awaited until its probe succeeds, stopped in steps. The
 * supervisor has its own life cycle (`supervisor/part.ts`); this one serves tests and benches.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import { type ProcessSpec, spawnServer } from './command.ts';
import type { Guardian } from './guardian.ts';
import { signal } from './identity.ts';

export interface RunningServer {
  readonly pid: number;
  /** The last lines the server wrote. */
  output(): string;
  /** Graceful end; the whole process group is killed after 5 s. Safe to call twice. */
  stop(): Promise<void>;
}

/** What the starters of single servers let their caller choose. */
export interface StartLimits {
  /** Until the server answers, default 30,000 ms. */
  readonly timeoutMs?: number;
  /** Ends the server when this process is killed. */
  readonly guardian?: Guardian | undefined;
}

export interface StartOptions {
  readonly timeoutMs: number;
  /** Whether the server answers; called every 20 ms until it does. */
  readonly probe: () => Promise<boolean>;
  /** Ends the server when this process is killed. */
  readonly guardian?: Guardian | undefined;
}

const keptOutputBytes = 16_384;
const graceMs = 5_000;

/**
 * Starts a server and waits for its probe.
 *
 * @throws OB011 when it ends early or does not answer in time; it is stopped then
 */
export async function startServer(name: string, spec: ProcessSpec, options: StartOptions): Promise<RunningServer> {
  const child = launch(name, spec);
  const output = collectOutput(child);
  const pid = await spawned(name, child);
  options.guardian?.add(pid, spec.stopSignal);
  child.once('exit', () => options.guardian?.remove(pid));
  const server = { pid, output, stop: () => stopServer(child, pid, spec.stopSignal) };
  const deadline = Date.now() + options.timeoutMs;
  while (Date.now() < deadline && !hasEnded(child)) {
    if (await options.probe()) return server;
    await sleep(20);
  }
  const reason = hasEnded(child) ? 'ended at once' : `did not answer within ${options.timeoutMs} ms`;
  await server.stop();
  throw startFailure(name, `${name} ${reason}: ${output().trim().split('\n').slice(-5).join(' · ')}`);
}

function launch(name: string, spec: ProcessSpec): ChildProcess {
  try {
    return spawnServer(spec);
  } catch (error) {
    throw startFailure(name, `${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function spawned(name: string, child: ChildProcess): Promise<number> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw startFailure(name, `${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (child.pid === undefined) throw startFailure(name, `${name} has no process id`);
  return child.pid;
}

async function stopServer(child: ChildProcess, pid: number, stopSignal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  const killer = setTimeout(() => signal(-pid, 'SIGKILL'), graceMs);
  child.kill(stopSignal);
  await ended;
  clearTimeout(killer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function collectOutput(child: ChildProcess): () => string {
  let kept = '';
  const keep = (chunk: Buffer): void => {
    kept = (kept + chunk.toString('utf8')).slice(-keptOutputBytes);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => kept;
}

function startFailure(part: string, reason: string): OmniBaseError {
  return new OmniBaseError('OB011', { message: `the local stack did not start: ${reason}`, details: { part } });
}
