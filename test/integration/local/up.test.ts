import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StackStatus } from '../../../contracts/gateway.ts';
import { Connection } from '@temporalio/client';
import { recordedPlacement } from '../../../local/postgres/placement.ts';
import { signal } from '../../../local/processes/identity.ts';
import { readLogs, restartPart, stackStatus, stopStack, wasStoppedByUser } from '../../../local/up.ts';
import { createHome, isGone, pidOf, standIn, type TestHome, until } from './support/home.ts';

/** Postgres, Temporal, stand-in. */
const parts = ['postgres', 'temporal', 'api'] as const;

describe('a stack that is up', () => {
  let shared: TestHome;
  let status: StackStatus;
  beforeAll(async () => {
    shared = createHome();
    status = await shared.up({ env: { ...shared.env, GIT_DIR: '/somewhere/.git' } });
  });
  afterAll(() => shared.remove());

  it('has all its parts ready', async () => {
    expect(status.state).toBe('ready');
    expect(status.parts.map((part) => [part.name, part.state])).toEqual([
      ['postgres', 'ready'],
      ['temporal', 'ready'],
      ['control', 'ready'],
      ['host', 'ready'],
      ['api', 'ready'],
    ]);
    expect(await query(shared, 'SELECT current_user AS name')).toEqual([{ name: 'omnibase' }]);
    const connection = await Connection.connect({ address: status.urls.temporal ?? '' });
    await connection.close();
  });

  it('is found by the next up, within a second', async () => {
    const started = performance.now();
    const second = await shared.up();
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(parts.map((part) => pidOf(second, part))).toEqual(parts.map((part) => pidOf(status, part)));
  });

  it('tells memory, uptime and addresses, and no password', async () => {
    const told = await stackStatus({ env: shared.env });
    for (const part of told.parts) expect(part.rss_bytes, part.name).toBeGreaterThan(1_000_000);
    expect(told.urls.database).toMatch(/^postgresql:\/\/omnibase@localhost/);
    const password = readFileSync(join(shared.paths.state_dir, 'postgres.password'), 'utf8').trim();
    expect(JSON.stringify(told)).not.toContain(password);
  });

  it('keeps passwords and sockets to the user', () => {
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect(mode(shared.paths.state_dir)).toBe(0o700);
    expect(mode(shared.paths.control_socket_path)).toBe(0o600);
    expect(mode(join(shared.paths.state_dir, 'postgres.password'))).toBe(0o600);
  });

  it('did not inherit the git variables of its caller', () => {
    expect(shared.starts()[0]?.GIT_DIR).toBeUndefined();
  });

  it('shows and follows the logs of its parts', async () => {
    const abort = new AbortController();
    const seen: string[] = [];
    for await (const line of readLogs({ env: shared.env, follow: true, part: 'api', signal: abort.signal })) {
      seen.push(`${line.part}: ${line.text}`);
      if (seen.length === 1) await restartPart('serve', shared.env);
      if (seen.length === 2) abort.abort();
    }
    expect(seen).toEqual(['serve: stand-in serves', 'serve: stand-in serves']);
    await expect(readLogs({ env: shared.env, part: 'kitchen' }).next()).rejects.toMatchObject({ code: 'OB002' });
  });
});

let home: TestHome;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());

async function query(of: TestHome, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: of.starts().at(-1)?.OMNIBASE_DATABASE_URL });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('up and down', () => {
  it('leaves nothing running', async () => {
    const status = await home.up();
    expect(await stopStack({ env: home.env })).toEqual({ was_running: true });
    for (const part of parts) expect(isGone(pidOf(status, part)), part).toBe(true);
    expect((await stackStatus({ env: home.env })).state).toBe('stopped');
    expect(existsSync(home.paths.control_socket_path)).toBe(false);
  });

  it('keeps data, password, ports and host id over a second round', async () => {
    const first = await home.up();
    await query(home, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await stopStack({ env: home.env });
    const second = await home.up();
    expect(await query(home, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(second.urls).toEqual(first.urls);
    const [one, two] = home.starts();
    expect(two?.OMNIBASE_DATABASE_URL).toBe(one?.OMNIBASE_DATABASE_URL);
    expect(two?.config.host_id).toBe(one?.config.host_id);
    expect(two?.config.instance_id).not.toBe(one?.config.instance_id);
  });

  it('gives one stack to callers who come at once', async () => {
    const stacks = await Promise.all([home.up(), home.up(), home.up()]);
    const pids = stacks.map((status) => parts.map((part) => pidOf(status, part)).join());
    expect(new Set(pids).size).toBe(1);
    expect(home.starts()).toHaveLength(1);
  });

  it('remembers that a person stopped it, until it is started again', async () => {
    expect(wasStoppedByUser(home.paths)).toBe(false);
    await home.up();
    await stopStack({ env: home.env });
    expect(wasStoppedByUser(home.paths)).toBe(true);
    await home.up();
    expect(wasStoppedByUser(home.paths)).toBe(false);
  });

  it('removes all data with purge', async () => {
    await home.up();
    const placement = await recordedPlacement(home.paths.state_dir);
    await stopStack({ env: home.env, purge: true });
    expect(existsSync(join(home.paths.state_dir, 'temporal.db'))).toBe(false);
    expect(existsSync(placement?.base ?? '/')).toBe(false);
    await home.up();
    await expect(query(home, 'SELECT 1 FROM kept')).rejects.toThrow(/does not exist/);
  });

  it('ends with its caller when asked to', async () => {
    const script = `
      const { ensureStack } = await import(${JSON.stringify(join(import.meta.dirname, '../../../local/up.ts'))});
      const status = await ensureStack({ inline: true, headless: true, serveCommand: ${JSON.stringify(standIn)} });
      process.stdout.write(JSON.stringify(status));`;
    const caller = spawn(process.execPath, ['--input-type=module', '-e', script], { env: home.env });
    let output = '';
    caller.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    const code = await new Promise((resolve) => caller.once('close', resolve));
    expect(code).toBe(0);
    const status = JSON.parse(output) as Awaited<ReturnType<TestHome['up']>>;
    await until('everything ended', () => parts.every((part) => isGone(pidOf(status, part))));
  });
});

describe('a part that dies', () => {
  it.each(parts)('%s is started again', async (name) => {
    const before = await home.up();
    signal(pidOf(before, name), 'SIGKILL');
    await until('another process', async () => {
      const now = await stackStatus({ env: home.env });
      return now.state === 'ready' && pidOf(now, name) !== pidOf(before, name);
    });
    const after = await stackStatus({ env: home.env });
    expect(after.parts.find((part) => part.name === name)?.restarts).toBe(1);
    expect(after.urls).toEqual(before.urls);
    for (const other of parts) if (other !== name) expect(pidOf(after, other), other).toBe(pidOf(before, other));
  });

  it('and keeps dying makes up fail with the reason, and leaves nothing running', async () => {
    const failure = home.up({ env: { ...home.env, STAND_IN: 'dies' } });
    await expect(failure).rejects.toMatchObject({ code: 'OB011', details: { part: 'serve' } });
    await expect(failure).rejects.toThrow(/exit code 3/);
    expect(home.supervisorPid()).toBe(0);
  });

  it('and is never ready makes up fail in time, naming what it waited for', async () => {
    // The slow first start is over before the clock runs.
    await home.up();
    await stopStack({ env: home.env });
    const failure = home.up({ env: { ...home.env, STAND_IN: 'never-ready' }, timeoutMs: 5_000 });
    await expect(failure).rejects.toThrow(/not ready: host/);
    expect(home.supervisorPid()).toBe(0);
  });
});

describe('after a SIGKILL of the supervisor', () => {
  it('nothing is left within five seconds, and the next up has the data', async () => {
    const before = await home.up();
    await query(home, 'CREATE TABLE kept AS SELECT 42 AS answer');
    signal(home.supervisorPid(), 'SIGKILL');
    await until('everything ended', () => parts.every((part) => isGone(pidOf(before, part))), 5_000);
    expect((await stackStatus({ env: home.env })).state).toBe('stopped');
    const after = await home.up();
    expect(await query(home, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(after.urls).toEqual(before.urls);
  });

  it('an up that comes before the parts have ended waits for them', async () => {
    const before = await home.up();
    signal(home.supervisorPid(), 'SIGKILL');
    const after = await home.up();
    expect(after.state).toBe('ready');
    for (const part of parts) expect(isGone(pidOf(before, part)), part).toBe(true);
  });

  it('parts that outlived the guardian too are ended by the next up', async () => {
    const before = await home.up();
    const guardian = guardianOf(home.supervisorPid());
    signal(home.supervisorPid(), 'SIGSTOP');
    signal(guardian, 'SIGKILL');
    signal(home.supervisorPid(), 'SIGKILL');
    await until('the supervisor ended', () => home.supervisorPid() === 0);
    for (const part of parts) expect(isGone(pidOf(before, part)), part).toBe(false);
    const after = await home.up();
    for (const part of parts) expect(isGone(pidOf(before, part)), part).toBe(true);
    expect(after.state).toBe('ready');
  });
});

describe('leftovers', () => {
  it('of an earlier boot are mended: lock, sockets, records', async () => {
    await home.up();
    await stopStack({ env: home.env });
    const { state_dir, control_socket_path, socket_path } = home.paths;
    writeFileSync(join(state_dir, 'supervisor.lock.99'), JSON.stringify({ pid: process.pid, started: 'before' }));
    writeFileSync(join(state_dir, 'parts.json'), JSON.stringify([{ pid: process.pid, started: 'before' }]));
    writeFileSync(control_socket_path, '');
    writeFileSync(socket_path, '');
    const placement = await recordedPlacement(state_dir);
    writeFileSync(join(placement?.data ?? '', 'postmaster.pid'), `${process.pid}\n${placement?.data}\n`);
    expect((await home.up()).state).toBe('ready');
  });

  it('of a database password that was lost are mended', async () => {
    await home.up();
    await query(home, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await stopStack({ env: home.env });
    writeFileSync(join(home.paths.state_dir, 'postgres.password'), '');
    await home.up();
    expect(await query(home, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });
});

describe('a frozen supervisor', () => {
  it('does not hang status, and down ends it', async () => {
    const before = await home.up();
    const pid = home.supervisorPid();
    signal(pid, 'SIGSTOP');
    const started = performance.now();
    const status = await stackStatus({ env: home.env, timeoutMs: 500 });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(status.state).toBe('degraded');
    expect(status.parts[0]?.detail).toContain(String(pid));
    await stopStack({ env: home.env });
    for (const part of parts) expect(isGone(pidOf(before, part)), part).toBe(true);
  });
});

/** The shell that is the supervisor's child. */
function guardianOf(supervisor: number): number {
  const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  const guardian = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('omnibase-guardian'));
  return guardian ?? 0;
}
