/**
 * Which server processes run, on disk: a supervisor that died together with its guardian leaves them behind,
 * and the next one ends them before it starts its own.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno, isRunning, type ProcessIdentity, signal } from '../processes/identity.ts';

/** How long a graceful end may take. */
const graceMs = 5_000;

/** Written at every start and end of a server. */
export function writePartRecord(stateDir: string, running: readonly ProcessIdentity[]): void {
  const partial = `${recordPath(stateDir)}.${process.pid}`;
  writeFileSync(partial, JSON.stringify(running), { mode: 0o600 });
  renameSync(partial, recordPath(stateDir));
}

/** The servers that were running when the record was last written. */
export function readPartRecord(stateDir: string): readonly ProcessIdentity[] {
  try {
    const parsed: unknown = JSON.parse(readFileSync(recordPath(stateDir), 'utf8'));
    return Array.isArray(parsed) ? (parsed as readonly ProcessIdentity[]) : [];
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Ends recorded servers that still run; the caller holds the supervisor's lock. */
export async function stopOrphans(stateDir: string, note: (line: string) => void): Promise<void> {
  const orphans = readPartRecord(stateDir).filter(isRunning);
  for (const { pid } of orphans) {
    note(`ending process ${pid}, left behind by an earlier supervisor`);
    // SIGINT is a graceful end to all three.
    signal(pid, 'SIGINT');
    signal(pid, 'SIGCONT');
  }
  const deadline = Date.now() + graceMs;
  while (orphans.some(isRunning) && Date.now() < deadline) await sleep(20);
  for (const { pid } of orphans.filter(isRunning)) signal(-pid, 'SIGKILL');
  while (orphans.some(isRunning)) await sleep(20);
}

function recordPath(stateDir: string): string {
  return join(stateDir, 'parts.json');
}
