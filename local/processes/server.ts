/**
 * A server process run by this process: started, awaited until its probe succeeds, stopped in steps. The
 * supervisor has its own life cycle (`supervisor/part.ts`); this one serves tests and benches.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import { type ProcessSpec, spawnServer } from './command.ts';
import { signal } from './identity.ts';

export interface RunningServer {
  readonly pid: number;
  /** The last lines the server wrote. */
  output(): string;
  /** Graceful end; the whole process group is killed after 5 s. Safe to call twice. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly timeoutMs: number;
  /** Whether the server answers; called every 20 ms until it does. */
  readonly probe: () => Promise<boolean>;
}

const keptOutputBytes = 16_384;
const graceMs = 5_000;

/**
 * Starts a server and waits for its probe.
 *
 * @throws OB011 when it ends early or does not answer in time; it is stopped then
 */
export async function startServer(name: string, spec: ProcessSpec, options: StartOptions): Promise<RunningServer> {
  const child = spawnServer(spec);
  const output = collectOutput(child);
  const pid = await spawned(name, child);
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
