/** The process of a part during one life: its output in the log, its end told in words, its stop in steps. */
import { spawnServer, type ProcessSpec } from '../processes/command.ts';
import type { Guardian } from '../processes/guardian.ts';
import { signal } from '../processes/identity.ts';
import type { RotatingLog } from '../processes/rotating-log.ts';

export interface PartProcess {
  readonly pid: number | null;
  /** Why it ended, once it has. */
  readonly ended: Promise<string>;
  /** Asks for a graceful end; after `graceMs` the whole group is killed and `onKill` called. */
  askToEnd(graceMs: number, onKill: () => void): void;
  /** Ends the whole group at once. */
  kill(): void;
}

/** How much of the last output is kept for the reason of its end. */
const lastWordsBytes = 2_000;

/** Starts the process under the guardian's eyes. */
export function startPartProcess(spec: ProcessSpec, log: RotatingLog, guardian: Guardian): PartProcess {
  const child = spawnServer(spec);
  const pid = child.pid ?? null;
  if (pid !== null) guardian.add(pid, spec.stopSignal);
  let lastWords = '';
  const keep = (chunk: Buffer): void => {
    log.write(chunk);
    lastWords = (lastWords + chunk.toString('utf8')).slice(-lastWordsBytes);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);

  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, name) => {
      if (pid !== null) {
        guardian.remove(pid);
        // What the process left behind in its group goes with it.
        signal(-pid, 'SIGKILL');
      }
      resolve(describeEnd(code, name, lastWords));
    });
  });

  const kill = (): void => {
    if (pid !== null && child.exitCode === null && child.signalCode === null) signal(-pid, 'SIGKILL');
  };
  return {
    pid,
    ended,
    kill,
    askToEnd(graceMs, onKill) {
      child.kill(spec.stopSignal);
      // A frozen process hears the first signal only when it runs again.
      child.kill('SIGCONT');
      const killer = setTimeout(() => {
        onKill();
        kill();
      }, graceMs);
      child.once('exit', () => clearTimeout(killer));
    },
  };
}

function describeEnd(code: number | null, name: NodeJS.Signals | null, lastWords: string): string {
  const how = name === null ? `ended with exit code ${code ?? '?'}` : `ended by ${name}`;
  const line = lastWords.trim().split('\n').at(-1)?.slice(0, 300);
  return line === undefined || line === '' ? how : `${how}: ${line}`;
}
