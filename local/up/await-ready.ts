/** Waits until the stack is ready, starting a supervisor when there is none. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import type { StackStatus } from '../../contracts/gateway.ts';
import type { OmniPaths } from '../paths.ts';
import { lockOwner } from '../processes/lock.ts';
import { lockName, type SupervisorReport } from '../supervisor/protocol.ts';
import { readReport } from './control-client.ts';
import { lastLogLine, supervisorLog } from './launch.ts';
import { endSupervisor } from './stop.ts';

export interface AwaitOptions {
  readonly paths: OmniPaths;
  /** Starts a supervisor process. */
  readonly launch: () => ChildProcess;
  readonly report: (line: string) => void;
  /** Without any sign of progress; obtaining a binary reports every ten seconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const pollMs = 25;

/**
 * Polls the supervisor until it says ready, handing its notices on.
 *
 * @throws OB011, or what a part reported (OB012, OB013), when the stack cannot become ready; a supervisor
 *   that this call started is ended again
 */
export async function awaitReady(options: AwaitOptions): Promise<StackStatus> {
  let child: ChildProcess | null = null;
  let last: SupervisorReport | null = null;
  let seen = 0;
  let progressAt = performance.now();
  for (;;) {
    options.signal?.throwIfAborted();
    const report = await readReport(options.paths, { timeoutMs: 2_000 });
    if (report === null || report.stopping) {
      if (lockOwner(options.paths.state_dir, lockName) === null) child = relaunch(options, child);
    } else {
      last = report;
      for (const notice of report.notices.filter(({ seq }) => seq > seen)) {
        seen = notice.seq;
        progressAt = performance.now();
        options.report(notice.text);
      }
      if (report.status.state === 'ready') return report.status;
      if (report.failure !== null) {
        if (child !== null) await endSupervisor(options.paths);
        throw OmniBaseError.fromBody(report.failure);
      }
    }
    if (performance.now() - progressAt > options.timeoutMs) {
      const failure = timeoutFailure(options, last);
      if (child !== null) await endSupervisor(options.paths);
      throw failure;
    }
    await sleep(pollMs);
  }
}

/** Nobody holds the lock: start one, or find out why the one we started is gone. */
function relaunch(options: AwaitOptions, child: ChildProcess | null): ChildProcess {
  if (child === null || child.exitCode === 0) return options.launch();
  if (child.pid === undefined) throw launchFailure(options, `${process.execPath} cannot be started`);
  // Still loading: it takes the lock within its first 200 ms.
  if (child.exitCode === null && child.signalCode === null) return child;
  throw launchFailure(options, `the supervisor ended: ${lastLogLine(options.paths)}`);
}

function launchFailure({ paths }: AwaitOptions, reason: string): OmniBaseError {
  return new OmniBaseError('OB011', {
    message: `the local stack did not start: ${reason}`,
    details: { part: 'supervisor', log: supervisorLog(paths) },
    next: `read ${supervisorLog(paths)}, then run \`omnibase doctor\``,
  });
}

function timeoutFailure(options: AwaitOptions, last: SupervisorReport | null): OmniBaseError {
  const waiting = last?.status.parts.filter((part) => part.state !== 'ready' && part.state !== 'external') ?? [];
  const parts = waiting.map((part) => `${part.name} (${part.detail ?? part.state})`).join(', ');
  return new OmniBaseError('OB011', {
    message: `the local stack was not ready within ${options.timeoutMs} ms: ${parts === '' ? 'the supervisor does not answer' : parts}`,
    details: { part: waiting[0]?.name ?? 'supervisor', log: options.paths.log_dir },
    next: `read \`omnibase logs\` (${options.paths.log_dir}), then \`omnibase down\` and \`omnibase up\``,
  });
}
