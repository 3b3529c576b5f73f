import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { identityOf, isRunning, signal } from '../../../local/processes/identity.ts';
import { until } from './support/home.ts';

interface Started {
  readonly watched: readonly number[];
  readonly forgotten: number;
}

/** A process with a guardian that watches two sleepers, one of them deaf, and was told to forget a third. */
const script = `
  const { startGuardian } = await import(${JSON.stringify(join(import.meta.dirname, '../../../local/processes/guardian.ts'))});
  const { spawn } = await import('node:child_process');
  const sleeper = (text) => spawn('/bin/sh', ['-c', text], { detached: true, stdio: 'ignore' }).pid;
  const guardian = startGuardian();
  const watched = [sleeper('exec sleep 60'), sleeper('trap "" TERM QUIT; sleep 60; sleep 60')];
  const forgotten = sleeper('exec sleep 60');
  for (const pid of [...watched, forgotten]) guardian.add(pid, 'SIGTERM');
  guardian.remove(forgotten);
  process.stdout.write(JSON.stringify({ watched, forgotten }));
  setInterval(() => {}, 1000);`;

async function startOwner() {
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(owner.stdout, 'data')) as [Buffer];
  return { owner, started: JSON.parse(chunk.toString('utf8')) as Started };
}

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'ends what it watches within five seconds of a %s of its owner',
  async (name) => {
    const { owner, started } = await startOwner();
    const identities = started.watched.map(identityOf).filter((identity) => identity !== null);
    expect(identities).toHaveLength(2);
    owner.kill(name);
    await until('all ended', () => !identities.some(isRunning), 5_000);
    expect(identityOf(started.forgotten)).not.toBeNull();
    signal(started.forgotten, 'SIGKILL');
  },
);

it('is replaced when it is killed, and the new one knows everything', async () => {
  const { owner, started } = await startOwner();
  const own = await childrenOf(owner.pid ?? 0);
  const guardian = own.filter((pid) => !started.watched.includes(pid) && pid !== started.forgotten);
  expect(guardian).toHaveLength(1);
  for (const pid of guardian) signal(pid, 'SIGKILL');
  await until('a new one', async () => (await childrenOf(owner.pid ?? 0)).some((pid) => !own.includes(pid)));
  const identities = started.watched.map(identityOf).filter((identity) => identity !== null);
  owner.kill('SIGKILL');
  await until('all ended', () => !identities.some(isRunning), 5_000);
  signal(started.forgotten, 'SIGKILL');
});

async function childrenOf(parent: number): Promise<readonly number[]> {
  const listing = spawn('ps', ['-A', '-o', 'pid=,ppid=']);
  let output = '';
  listing.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  await once(listing, 'close');
  const rows = output
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return rows.filter(([, ppid]) => ppid === parent).map(([pid = 0]) => pid);
}
