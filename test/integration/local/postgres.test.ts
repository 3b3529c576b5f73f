import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, isRunning, signal } from '../../../local/processes/identity.ts';
import { freePorts } from '../../../local/processes/ports.ts';
import { clearOrphan } from '../../../local/postgres/orphan.ts';
import { recordedPlacement, removePlacement } from '../../../local/postgres/placement.ts';
import { probePostgres } from '../../../local/postgres/probe.ts';
import { embeddedDatabaseUrl, startPostgres, withoutPassword } from '../../../local/postgres.ts';
import { until } from './support/home.ts';

const isRoot = process.getuid?.() === 0;

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'omnibase-pg-'));
  chmodSync(stateDir, 0o711);
});
afterEach(async () => {
  await removePlacement(stateDir);
  rmSync(stateDir, { recursive: true, force: true });
});

const start = (more = {}) => startPostgres({ stateDir, durable: false, ...more });

async function show(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return Object.values((await client.query(text)).rows[0])[0];
  } finally {
    await client.end();
  }
}

describe('the embedded Postgres', () => {
  it('is an 18 in UTF-8 with the C.UTF-8 locale, checksums and UTC', async () => {
    const server = await start();
    try {
      expect(await show(server.url, 'SHOW server_version')).toMatch(/^18\./);
      expect(await show(server.url, 'SHOW server_encoding')).toBe('UTF8');
      expect(await show(server.url, 'SHOW timezone')).toBe('UTC');
      expect(await show(server.url, 'SHOW data_checksums')).toBe('on');
      const locale = "SELECT datlocale FROM pg_database WHERE datname = 'omnibase'";
      expect(await show(server.url, locale)).toBe('C.UTF-8');
      expect(await show(server.url, "SELECT upper('äß') || initcap('éa')")).toBe('ÄßÉa');
    } finally {
      await server.stop();
    }
  });

  it('runs under an account that is not root', async () => {
    const server = await start();
    const owner = statSync(join((await recordedPlacement(stateDir))?.data ?? '', 'PG_VERSION')).uid;
    await server.stop();
    expect(owner).not.toBe(0);
  });

  it('wants the password, and listens on no network unless asked', async () => {
    const server = await start();
    try {
      const wrong = new URL(server.url);
      wrong.password = 'guess';
      await expect(show(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
      expect(await show(server.url, 'SHOW listen_addresses')).toBe('');
    } finally {
      await server.stop();
    }
  });

  it('listens on a loopback port when asked', async () => {
    const [port = 0] = await freePorts(1);
    const server = await start({ port });
    try {
      const tcp = new URL(server.url);
      tcp.searchParams.delete('host');
      expect(tcp.port).toBe(String(port));
      expect(await show(tcp.href, 'SELECT 1')).toBe(1);
      expect(await embeddedDatabaseUrl(stateDir, port)).toBe(server.url);
    } finally {
      await server.stop();
    }
  });

  it('survives a SIGKILL of the postmaster with what was committed', async () => {
    const first = await startPostgres({ stateDir });
    await show(first.url, "CREATE TABLE kept AS SELECT 'yes' AS answer; SELECT 1").catch(() => null);
    signal(first.pid, 'SIGKILL');
    await until('the postmaster ended', () => identityOf(first.pid) === null);
    const second = await startPostgres({ stateDir });
    expect(await show(second.url, 'SELECT answer FROM kept')).toBe('yes');
    await second.stop();
  });

  it('lies elsewhere when the account of the server cannot enter the state directory', async () => {
    const hidden = join(stateDir, 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    const server = await startPostgres({ stateDir: hidden, durable: false });
    const placement = await recordedPlacement(hidden);
    expect(placement?.base.startsWith(hidden)).toBe(!isRoot);
    await server.stop();
    await removePlacement(hidden);
    expect(existsSync(placement?.base ?? '/')).toBe(false);
  });

  it('finds a short place for its socket when the path is too long for one', async () => {
    const deep = join(stateDir, 'd'.repeat(120));
    mkdirSync(deep, { mode: 0o711 });
    const server = await startPostgres({ stateDir: deep, socketDir: stateDir, durable: false });
    expect(await probePostgres(server.url, 2_000)).toBe('ready');
    await server.stop();
    await removePlacement(deep);
  });
});

describe('what an earlier life left', () => {
  it('a half-made cluster is made again', async () => {
    const child = spawnMaker();
    const base = () => join(stateDir, 'postgres');
    await until(
      'initdb began',
      () => existsSync(base()) && readdirSync(base()).some((name) => name.startsWith('data.init-')),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(join(base(), 'data'))).toBe(false);
    const server = await start();
    expect(await probePostgres(server.url, 2_000)).toBe('ready');
    await server.stop();
    expect(readdirSync(base()).sort()).toEqual(['data', 'socket', 'state-directory']);
  });

  it('an orphaned postmaster is ended', async () => {
    const server = await start();
    const orphan = identityOf(server.pid);
    await clearOrphan((await recordedPlacement(stateDir))?.data ?? '');
    expect(orphan !== null && isRunning(orphan)).toBe(false);
  });

  it('an unrelated process with the number of an old postmaster is left alone', async () => {
    const server = await start();
    const { data = '' } = (await recordedPlacement(stateDir)) ?? {};
    await server.stop();
    const bystander = spawn('sleep', ['60']);
    writeFileSync(join(data, 'postmaster.pid'), `${bystander.pid}\n${data}\n`);
    const again = await start();
    expect(identityOf(bystander.pid ?? 0)).not.toBeNull();
    bystander.kill('SIGKILL');
    await again.stop();
  });

  it('a cluster of another major version is refused, not touched', async () => {
    await (await start()).stop();
    const { data = '' } = (await recordedPlacement(stateDir)) ?? {};
    rmSync(data, { recursive: true });
    mkdirSync(data);
    writeFileSync(join(data, 'PG_VERSION'), '14\n');
    await expect(start()).rejects.toThrow(/made by Postgres 14/);
    expect(readdirSync(data)).toEqual(['PG_VERSION']);
  });
});

it('withoutPassword hides the password and nothing else', () => {
  expect(withoutPassword('postgresql://u:secret@h:1/d?host=%2Fx')).toBe('postgresql://u@h:1/d?host=%2Fx');
});

/** A process that makes the cluster in this state directory. */
function spawnMaker() {
  const module = join(import.meta.dirname, '../../../local/postgres.ts');
  const script = `
    const { preparePostgres } = await import(${JSON.stringify(module)});
    await preparePostgres({ stateDir: ${JSON.stringify(stateDir)} });`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
}
