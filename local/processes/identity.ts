/**
 * Telling a process from a later one with the same number: a pid alone is reused, a pid with its start time
 * is not. Lock files and part records carry both.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque start mark: boot id and clock ticks on Linux, the start date elsewhere. */
  readonly started: string;
}

/** The identity of a running process, or null when there is none with that number. */
export function identityOf(pid: number): ProcessIdentity | null {
  const started = startMark(pid);
  return started === null ? null : { pid, started };
}

/** Whether exactly this process still runs. A zombie does not. */
export function isRunning(identity: ProcessIdentity): boolean {
  return startMark(identity.pid) === identity.started;
}

/** Sends a signal; false when the process (or group, for a negative pid) is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (isErrno(error, 'ESRCH') || isErrno(error, 'EPERM')) return false;
    throw error;
  }
}

/** Whether an unknown error is a system error with this code. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function startMark(pid: number): string | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return process.platform === 'linux' ? linuxStartMark(pid) : portableStartMark(pid);
}

function linuxStartMark(pid: number): string | null {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is the command in parentheses and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  const bootId = readIfThere('/proc/sys/kernel/random/boot_id') ?? '';
  return `${bootId.trim()}/${fields[19] ?? ''}`;
}

function portableStartMark(pid: number): string | null {
  try {
    const output = execFileSync('ps', ['-o', 'lstart=,stat=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    }).trim();
    const [, date, state] = /^(.*\d{4})\s+(\S+)$/.exec(output) ?? [];
    return date === undefined || state === undefined || state.startsWith('Z') ? null : date;
  } catch {
    // ps exits 1 when the process is gone.
    return null;
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // ESRCH: the process ended between open and read.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return null;
    throw error;
  }
}
