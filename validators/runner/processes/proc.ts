/**
 * What Linux tells about processes, read from `/proc`: group members, memory, and who carries a step token. On other
 * systems every answer is empty and the report says `sweep: group`.
 */
import { readdir, readFile } from 'node:fs/promises';

export interface ProcessFacts {
  readonly pid: number;
  /** Process group and session. */
  readonly group: number;
  readonly session: number;
  readonly residentBytes: number;
}

const pageBytes = 4096;

/** Environment variable every child of a step inherits, whatever it does with groups and sessions. */
export const tokenVariable = 'OMNIBASE_STEP_TOKEN';

/** Whether processes can be found by their token here. */
export const canSweepTokens = process.platform === 'linux';

/** Living processes of a group or of the session it leads; zombies do not count. */
export async function membersOf(group: number): Promise<ProcessFacts[]> {
  const all = await Promise.all((await livePids()).map(factsOf));
  return all.filter((facts) => facts !== null).filter((facts) => facts.group === group || facts.session === group);
}

/** Pids of living processes that carry the token. */
export async function carriersOf(token: string): Promise<number[]> {
  const mark = `${tokenVariable}=${token}`;
  const pids = await livePids();
  const carries = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readQuietly(`/proc/${pid}/environ`);
      return environment.split('\0').includes(mark) && (await factsOf(pid)) !== null;
    }),
  );
  return pids.filter((_, index) => carries[index]);
}

async function livePids(): Promise<number[]> {
  if (!canSweepTokens) return [];
  const names = await readdir('/proc');
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Fields behind the command name, which may itself contain blanks and parentheses; null for zombies and the gone. */
async function factsOf(pid: number): Promise<ProcessFacts | null> {
  const stat = await readQuietly(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , group, session] = fields;
  if (state === undefined || group === undefined || state === 'Z' || state === 'X') return null;
  return { pid, group: Number(group), session: Number(session), residentBytes: Number(fields[21] ?? 0) * pageBytes };
}

/** A process may end, or belong to someone else, while it is being read: then it says nothing. */
async function readQuietly(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
