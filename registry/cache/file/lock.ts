/**
 * A lock between processes as a file (registry.md 8.2). Readers never take it. The file appears whole, by a hard
 * link, so nobody reads half of it; a lock whose process is gone, or that is older than 30 s, is broken.
 *
 * Breaking is the delicate step: two processes may judge the same lock stale, and the slower one could remove the
 * faster one's new lock. So a lock is moved away first and looked at again; a live one is put back.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from './folder.ts';

export interface LockOptions {
  /** Milliseconds to wait for the lock. */
  readonly waitMs: number;
  /** Milliseconds after which a lock is broken even if its process lives. */
  readonly staleMs: number;
}

export interface HeldLock {
  /** False when somebody broke the lock meanwhile: do not write. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly at: string;
  readonly token: string;
}

/** Null when the lock was not to be had within `waitMs`. The folder must exist. */
export async function acquireLock(path: string, { waitMs, staleMs }: LockOptions): Promise<HeldLock | null> {
  const token = randomUUID();
  const deadline = performance.now() + waitMs;
  for (;;) {
    if (await tryCreate(path, token)) return heldLock(path, token);
    const owner = await readOwner(path);
    if (owner !== null && isStale(owner, staleMs)) {
      await breakLock(path, owner);
      continue;
    }
    if (performance.now() >= deadline) return null;
    await sleep(5 + Math.random() * 15);
  }
}

async function tryCreate(path: string, token: string): Promise<boolean> {
  const own = `${path}.${token}`;
  const owner: Owner = { pid: process.pid, host: hostname(), at: new Date().toISOString(), token };
  await writeFile(own, JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Null when there is no lock (any more). A lock that cannot be read counts as one of unknown age: stale. */
async function readOwner(path: string): Promise<Owner | null> {
  try {
    return parseOwner(await readFile(path, 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

function parseOwner(text: string): Owner {
  const nobody: Owner = { pid: 0, host: '', at: new Date(0).toISOString(), token: text };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...nobody, ...value } : nobody;
  } catch {
    // Not written by this code; its age is unknown.
    return nobody;
  }
}

function isStale({ pid, host, at }: Owner, staleMs: number): boolean {
  const age = Date.now() - Date.parse(at);
  // A lock from the future comes from a clock that was set back; it would never grow old.
  if (!(age >= -staleMs && age <= staleMs)) return true;
  return host === hostname() && !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

async function breakLock(path: string, judged: Owner): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    const moved = parseOwner(await readFile(aside, 'utf8'));
    if (moved.token !== judged.token) await link(aside, path);
  } catch (error) {
    // Gone: somebody else broke it. Exists: somebody took the place of the live lock; its owner sees that it is lost.
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

function heldLock(path: string, token: string): HeldLock {
  const isHeld = async (): Promise<boolean> => (await readOwner(path))?.token === token;
  return {
    isHeld,
    release: async () => {
      if (await isHeld()) await rm(path, { force: true });
    },
  };
}
