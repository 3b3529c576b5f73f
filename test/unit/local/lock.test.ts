import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, isRunning } from '../../../local/processes/identity.ts';
import { lockOwner, tryLock } from '../../../local/processes/lock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'omnibase-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lockModule = join(import.meta.dirname, '../../../local/processes/lock.ts');

/** A process that tries the lock once, tells the outcome and stays until it is killed. */
function contender() {
  const script = `
    const { tryLock } = await import(${JSON.stringify(lockModule)});
    process.stdout.write(tryLock(${JSON.stringify(directory)}, 'l').acquired ? 'won' : 'lost');
    setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function outcome(child: ReturnType<typeof contender>): Promise<string> {
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return chunk.toString('utf8');
}

async function kill(child: ReturnType<typeof contender>): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('lock', () => {
  it('has one owner until it is released', () => {
    const first = tryLock(directory, 'l');
    expect(first.acquired).toBe(true);
    expect(lockOwner(directory, 'l')?.pid).toBe(process.pid);
    expect(tryLock(directory, 'l')).toMatchObject({ acquired: false, owner: { pid: process.pid } });
    if (first.acquired) first.release();
    expect(lockOwner(directory, 'l')).toBeNull();
    expect(tryLock(directory, 'l').acquired).toBe(true);
  });

  it('is free again when its owner was killed', async () => {
    const child = contender();
    expect(await outcome(child)).toBe('won');
    expect(tryLock(directory, 'l').acquired).toBe(false);
    await kill(child);
    expect(tryLock(directory, 'l').acquired).toBe(true);
  });

  it('is not held by an unrelated process that got the same number', () => {
    writeFileSync(join(directory, 'l.4'), JSON.stringify({ pid: process.pid, started: 'another boot/1' }));
    expect(lockOwner(directory, 'l')).toBeNull();
    expect(tryLock(directory, 'l').acquired).toBe(true);
    expect(readdirSync(directory)).toEqual(['l.5']);
  });

  it.each(['', '{', 'null', '{"pid":"x"}'])('is not held by a damaged file: %j', (text) => {
    writeFileSync(join(directory, 'l.1'), text);
    expect(tryLock(directory, 'l').acquired).toBe(true);
  });

  it('lets exactly one of many contenders win, over a stale lock too', async () => {
    writeFileSync(join(directory, 'l.1'), JSON.stringify({ pid: 999_999, started: 'gone' }));
    const children = Array.from({ length: 6 }, contender);
    const outcomes = await Promise.all(children.map(outcome));
    await Promise.all(children.map(kill));
    expect(outcomes.filter((text) => text === 'won')).toHaveLength(1);
  });
});

describe('process identity', () => {
  it('ends with the process, also while it is a zombie', async () => {
    const child = contender();
    await outcome(child);
    const identity = identityOf(child.pid ?? 0);
    expect(identity !== null && isRunning(identity)).toBe(true);
    await kill(child);
    expect(identity !== null && isRunning(identity)).toBe(false);
    expect(identityOf(-1)).toBeNull();
  });
});
