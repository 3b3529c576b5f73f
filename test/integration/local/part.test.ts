import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Guardian, startGuardian } from '../../../local/processes/guardian.ts';
import { openRotatingLog, type RotatingLog } from '../../../local/processes/rotating-log.ts';
import { createPart, type Part, type PartDefinition, type Probe } from '../../../local/supervisor/part.ts';
import { isGone, until } from './support/home.ts';

let directory: string;
let guardian: Guardian;
let log: RotatingLog;
let notes: string[];
let part: Part | null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'omnibase-part-'));
  guardian = startGuardian();
  log = openRotatingLog(join(directory, 'part.log'));
  notes = [];
  part = null;
});
afterEach(async () => {
  await part?.stop();
  guardian.dismiss();
  log.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A part that runs a shell script. */
function run(script: string, more: Partial<PartDefinition> = {}): Part {
  const definition: PartDefinition = {
    name: 'shell',
    stopGraceMs: 500,
    prepare: async () => ({
      file: '/bin/sh',
      args: ['-c', script],
      env: process.env,
      cwd: directory,
      stopSignal: 'SIGTERM',
    }),
    probe: async () => ({ state: 'ready' }),
    ...more,
  };
  part = createPart(definition, { log, guardian, note: (line) => notes.push(line), onChange: () => undefined });
  void part.run();
  return part;
}

const ready = (wanted: Part) => until('ready', () => wanted.snapshot().state === 'ready');

describe('a supervised part', () => {
  it('that is frozen is left alone for a while, then replaced', async () => {
    let probe: Probe = { state: 'ready' };
    const frozen = run('exec sleep 60', { probe: async () => probe, frozenMs: 2_500 });
    await ready(frozen);
    const first = frozen.snapshot().pid ?? 0;
    probe = { state: 'silent', why: 'no answer' };
    await until('noticed', () => frozen.snapshot().detail === 'does not answer: no answer', 5_000).catch(() => null);
    expect(isGone(first)).toBe(false);
    await until('killed', () => isGone(first), 15_000);
    probe = { state: 'ready' };
    await ready(frozen);
    expect(frozen.snapshot().pid).not.toBe(first);
  });

  it('that answers but is busy is never killed', async () => {
    const busy = run('exec sleep 60', {
      probe: async () => ({ state: 'busy', why: 'recovering' }),
      startTimeoutMs: 100,
    });
    await until('told', () => busy.snapshot().detail === 'recovering');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(busy.snapshot()).toMatchObject({ state: 'starting', restarts: 0 });
  });

  it('that never answers is started again', async () => {
    const silent = run('exec sleep 60', {
      probe: async () => ({ state: 'silent', why: 'nothing' }),
      startTimeoutMs: 100,
    });
    await until('started again', () => silent.snapshot().restarts > 0);
  });

  it('waits longer from death to death and tells its last words', async () => {
    const dying = run('echo out of luck; exit 7', { probe: async () => ({ state: 'silent', why: 'nothing' }) });
    await until('four deaths', () => dying.snapshot().deaths >= 4);
    expect(notes.find((line) => line.includes('next start in 400 ms'))).toContain('exit code 7: out of luck');
  });

  it('that ignores the polite signal is killed with everything in its group', async () => {
    const stubborn = run('trap "" TERM; sleep 60 & echo $! > child; wait; sleep 60');
    await ready(stubborn);
    const pid = stubborn.snapshot().pid ?? 0;
    const childFile = join(directory, 'child');
    await until('the child runs', () => existsSync(childFile) && readFileSync(childFile, 'utf8') !== '');
    await stubborn.stop();
    expect(isGone(pid)).toBe(true);
    await until('its child ended', () => isGone(Number(readFileSync(childFile, 'utf8'))), 1_000);
    expect(stubborn.snapshot().state).toBe('stopped');
  });

  it('stops while it is still being prepared', async () => {
    const preparing = run('exit 1', {
      prepare: (abort) =>
        new Promise((_resolve, reject) => abort.addEventListener('abort', () => reject(new Error('given up')))),
    });
    await preparing.stop();
    expect(preparing.snapshot()).toMatchObject({ state: 'stopped', pid: null });
  });

  it('is not ready when what follows readiness fails', async () => {
    const halfway = run('exec sleep 60', {
      onReady: async () => {
        throw new Error('attributes refused');
      },
    });
    await until('told', () => halfway.snapshot().detail === 'attributes refused');
    expect(halfway.snapshot().state).toBe('starting');
  });
});
