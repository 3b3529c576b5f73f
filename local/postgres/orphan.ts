/**
 * A postmaster left behind by a supervisor that died with its guardian, or the mark of one that is long gone.
 * Only one postmaster may own a cluster, so an orphan is stopped before a new one starts.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../processes/command.ts';
import { identityOf, isErrno, isRunning, type ProcessIdentity, signal } from '../processes/identity.ts';

/** Signals and how long each is given: fast shutdown, immediate shutdown, the end. */
const stopSequence = [
  { name: 'SIGINT', waitMs: 5_000 },
  { name: 'SIGQUIT', waitMs: 3_000 },
  { name: 'SIGKILL', waitMs: 3_000 },
] as const;

/** Stops an orphaned postmaster of this data directory and removes the mark of a dead one. */
export async function clearOrphan(data: string): Promise<void> {
  const markPath = join(data, 'postmaster.pid');
  const pid = await markedPid(markPath);
  if (pid === null) return;
  const identity = identityOf(pid);
  if (identity !== null && (await isPostmasterOf(pid, data))) {
    await stop(identity);
  }
  // Postgres would refuse to start when the number now belongs to an unrelated process.
  await rm(markPath, { force: true });
}

async function markedPid(path: string): Promise<number | null> {
  try {
    const pid = Number((await readFile(path, 'utf8')).split('\n')[0]);
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

async function isPostmasterOf(pid: number, data: string): Promise<boolean> {
  const result = await runCommand('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { timeoutMs: 10_000 });
  return result.code === 0 && result.output.includes('postgres') && result.output.includes(data);
}

async function stop(postmaster: ProcessIdentity): Promise<void> {
  for (const step of stopSequence) {
    signal(postmaster.pid, step.name);
    const deadline = Date.now() + step.waitMs;
    while (isRunning(postmaster) && Date.now() < deadline) await sleep(50);
    if (!isRunning(postmaster)) return;
  }
}
