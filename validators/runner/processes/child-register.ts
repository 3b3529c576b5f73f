/**
 * The list of living children: told to the reaper, and kept as one small file each, so that whatever dies in whatever
 * order, someone finds what was left: the reaper at once, or the next host worker at its start.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { entryPath } from './entry.ts';
import { killGroup, type ProcessGroup } from './stop.ts';

export interface ChildRegister {
  /** Before the child may do anything that matters. */
  add(target: ProcessGroup): Promise<void>;
  /** After its group and its token were swept. */
  remove(target: ProcessGroup): Promise<void>;
  /** Ends what earlier host workers of this state directory left running. */
  sweepLeftovers(): Promise<number>;
  /** Lets the reaper go; children still on the list are stopped by it. */
  close(): void;
}

/**
 * @param directory folder for the files of living children, made when missing
 * @param entryDirectory folder of the built entries, see `entryPath`
 */
export function createChildRegister(directory: string, entryDirectory?: string): ChildRegister {
  const live = new Map<string, ProcessGroup>();
  let reaper: ChildProcess | null = null;
  const fileOf = ({ token }: ProcessGroup): string => path.join(directory, token);

  function tell(line: string): void {
    if (reaper === null || reaper.exitCode !== null || reaper.signalCode !== null) {
      reaper = startReaper(entryDirectory);
      for (const target of live.values()) reaper.stdin?.write(`+ ${target.group} ${target.token}\n`);
    }
    reaper.stdin?.write(line);
  }

  return {
    async add(target) {
      live.set(target.token, target);
      tell(`+ ${target.group} ${target.token}\n`);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(fileOf(target), String(target.group), { mode: 0o600 });
    },
    async remove(target) {
      live.delete(target.token);
      tell(`- ${target.group} ${target.token}\n`);
      await rm(fileOf(target), { force: true });
    },
    async sweepLeftovers() {
      const left = (await leftovers(directory)).filter(({ token }) => !live.has(token));
      // Only by token: the number of the group may belong to somebody else by now.
      await Promise.all(left.map((target) => killGroup({ ...target, group: 0 })));
      await Promise.all(left.map((target) => rm(fileOf(target), { force: true })));
      return left.length;
    },
    close() {
      reaper?.stdin?.end();
      reaper = null;
    },
  };
}

async function leftovers(directory: string): Promise<ProcessGroup[]> {
  const tokens = await readdir(directory).catch(() => []);
  return Promise.all(
    tokens.map(async (token) => ({
      token,
      group: Number(await readFile(path.join(directory, token), 'utf8').catch(() => '0')),
    })),
  );
}

/** In a session of its own, so that signals meant for the worker's group do not reach it. */
function startReaper(entryDirectory: string | undefined): ChildProcess {
  const entry = entryPath('reaper', entryDirectory);
  const child = spawn(process.execPath, [entry], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} });
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  child.unref();
  if (child.stdin !== null && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}
