/**
 * Memory of a process and everything below it. On Linux the proportional share is summed, so that memory
 * shared by the processes of one server is counted once; elsewhere the resident size.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { runCommand } from './command.ts';
import { isErrno } from './identity.ts';

/** Bytes held by the process trees of these roots, by root; null when it cannot be told. */
export async function memoryOfTrees(roots: readonly number[]): Promise<ReadonlyMap<number, number | null>> {
  const processes = process.platform === 'linux' ? linuxProcesses() : await portableProcesses();
  return new Map(roots.map((root) => [root, sumTree(root, processes)]));
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** Read only for the processes that count. */
  memory(): number | null;
}

function sumTree(root: number, processes: readonly ProcessRow[]): number | null {
  const members = new Set([root]);
  // Children are not always listed after their parents.
  for (let before = 0; before !== members.size; ) {
    before = members.size;
    for (const row of processes) if (members.has(row.parent)) members.add(row.pid);
  }
  const sizes = processes.filter((row) => members.has(row.pid)).map((row) => row.memory());
  const known = sizes.filter((size) => size !== null);
  return known.length === 0 ? null : known.reduce((sum, size) => sum + size, 0);
}

function linuxProcesses(): readonly ProcessRow[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((name) => {
    const stat = readProc(`/proc/${name}/stat`);
    if (stat === null) return [];
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return [{ pid: Number(name), parent, memory: () => linuxMemory(name) }];
  });
}

function linuxMemory(pid: string): number | null {
  const share = /^Pss:\s+(\d+) kB/m.exec(readProc(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  const resident = share ?? /^VmRSS:\s+(\d+) kB/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1];
  return resident === undefined ? null : Number(resident) * 1024;
}

/** Processes come and go while we read; those of other users are closed to us. */
function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].some((code) => isErrno(error, code))) return null;
    throw error;
  }
}

async function portableProcesses(): Promise<readonly ProcessRow[]> {
  const result = await runCommand('ps', ['-A', '-o', 'pid=,ppid=,rss='], { timeoutMs: 5_000, env: process.env });
  return result.output
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0, kilobytes = 0]) => ({ pid, parent, memory: () => kilobytes * 1024 }));
}
