/**
 * One owner per folder, proven by pid and start time, so that the lock of a dead process is simply the past.
 *
 * Files are named by a growing number, `<name>.<n>`, and the highest number decides. An owner is displaced
 * only by creating the next number, which exactly one contender can; a released lock keeps its file, emptied,
 * so that numbers never repeat. A contender that was paused for long may still create an old number that was
 * cleaned up meanwhile: it then sees the higher one beside it and withdraws. No step removes a lock that
 * another process may hold.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, isErrno, isRunning, type ProcessIdentity } from './identity.ts';

export type LockAttempt =
  | { readonly acquired: true; release(): void }
  | { readonly acquired: false; readonly owner: ProcessIdentity };

interface Held {
  readonly number: number;
  readonly owner: ProcessIdentity | null;
}

/** Takes the lock `name` in `directory` for this process, or tells who has it. */
export function tryLock(directory: string, name: string): LockAttempt {
  const self = identityOf(process.pid);
  if (self === null) throw new Error('this process cannot read its own start time');
  for (;;) {
    const current = highest(directory, name);
    if (current.owner !== null && isRunning(current.owner)) return { acquired: false, owner: current.owner };
    const mine = current.number + 1;
    if (!create(directory, name, mine, self)) continue;
    const now = highest(directory, name);
    if (now.number === mine) {
      removeBelow(directory, name, mine);
      return { acquired: true, release: () => truncateSync(join(directory, `${name}.${mine}`)) };
    }
    rmSync(join(directory, `${name}.${mine}`), { force: true });
  }
}

/** The running process that holds the lock, or null. */
export function lockOwner(directory: string, name: string): ProcessIdentity | null {
  const { owner } = highest(directory, name);
  return owner !== null && isRunning(owner) ? owner : null;
}

function highest(directory: string, name: string): Held {
  const number = Math.max(0, ...numbers(directory, name));
  return { number, owner: number === 0 ? null : readOwner(join(directory, `${name}.${number}`)) };
}

function numbers(directory: string, name: string): readonly number[] {
  const prefix = `${name}.`;
  try {
    return readdirSync(directory)
      .filter((entry) => entry.startsWith(prefix) && /^\d+$/.test(entry.slice(prefix.length)))
      .map((entry) => Number(entry.slice(prefix.length)));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function readOwner(path: string): ProcessIdentity | null {
  try {
    const text = readFileSync(path, 'utf8');
    if (text === '') return null;
    const parsed: unknown = JSON.parse(text);
    return isIdentity(parsed) ? parsed : null;
  } catch (error) {
    // Removed by a newer owner, or damaged by a crash of the file system: nobody holds it.
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return null;
    throw error;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'started' in value &&
    typeof value.started === 'string'
  );
}

/** Appears with its content or not at all. */
function create(directory: string, name: string, number: number, owner: ProcessIdentity): boolean {
  const partial = join(directory, `.${name}-${randomBytes(6).toString('hex')}`);
  writeFileSync(partial, JSON.stringify(owner), { mode: 0o600 });
  try {
    linkSync(partial, join(directory, `${name}.${number}`));
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(partial, { force: true });
  }
}

function removeBelow(directory: string, name: string, limit: number): void {
  for (const number of numbers(directory, name)) {
    if (number < limit) rmSync(join(directory, `${name}.${number}`), { force: true });
  }
}
