import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { searchAttributes } from '../../../contracts/search-attributes.ts';
import { resolvePaths, userCacheDir } from '../../../local/paths.ts';
import { runCommand } from '../../../local/processes/command.ts';
import { identityOf, signal } from '../../../local/processes/identity.ts';
import { freePorts } from '../../../local/processes/ports.ts';
import { startServer } from '../../../local/processes/server.ts';
import { ensureSearchAttributes } from '../../../local/temporal/search-attributes.ts';
import { obtainTemporal, probeTemporal, startTemporal } from '../../../local/temporal.ts';
import { until } from './support/home.ts';

let directory: string;
let binary: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'omnibase-temporal-'));
  const cacheDirs = [resolvePaths().cache_dir, userCacheDir()];
  binary = (await obtainTemporal({ env: process.env, cacheDirs, report: () => undefined })).path;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const attributesOf = async (address: string): Promise<readonly string[]> => {
  const { output } = await runCommand(binary, ['operator', 'search-attribute', 'list', '--address', address], {
    timeoutMs: 20_000,
  });
  return [...output.matchAll(/\bOmni\w+/g)].map(([name]) => name).sort();
};

const all = Object.keys(searchAttributes).sort();

describe('the dev server', () => {
  it('knows every search attribute from the start', async () => {
    expect(await attributesOf(inject('temporalAddress'))).toEqual(all);
  });

  it('survives a SIGKILL with everything it acknowledged', async () => {
    const databaseFile = join(directory, 'temporal.db');
    const first = await startTemporal({ binary, databaseFile });
    const ids = Array.from({ length: 20 }, (_, index) => `kept-${index}`);
    await withClient(first.address, (client) =>
      Promise.all(ids.map((workflowId) => client.workflow.start('none', { taskQueue: 'nobody', workflowId }))),
    );
    signal(first.pid, 'SIGKILL');
    await until('ended', () => identityOf(first.pid) === null);
    const second = await startTemporal({ binary, databaseFile });
    const states = await withClient(second.address, (client) =>
      Promise.all(ids.map(async (id) => (await client.workflow.getHandle(id).describe()).status.name)),
    );
    await second.stop();
    expect(new Set(states)).toEqual(new Set(['RUNNING']));
  });

  it('learns attributes that its database, made by an older release, lacks', async () => {
    const [port = 0] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const flags = ['--headless', '--port', String(port), '--db-filename', join(directory, 'old.db')];
    const server = await startServer(
      'temporal',
      {
        file: binary,
        args: ['server', 'start-dev', ...flags],
        env: process.env,
        cwd: directory,
        stopSignal: 'SIGTERM',
      },
      { timeoutMs: 20_000, probe: () => probeTemporal(address, 1_000) },
    );
    try {
      expect(await attributesOf(address)).toEqual([]);
      await ensureSearchAttributes({ binary, address, stateDir: directory, isNew: false });
      expect(await attributesOf(address)).toEqual(all);
      // Recorded: the second time asks nobody.
      await ensureSearchAttributes({ binary: '/nonexistent', address, stateDir: directory, isNew: false });
    } finally {
      await server.stop();
    }
  });
});

describe('the health probe', () => {
  it('says yes to a server that serves, and no to everything else', async () => {
    expect(await probeTemporal(inject('temporalAddress'), 2_000)).toBe(true);
    const [closed] = await freePorts(1);
    expect(await probeTemporal(`127.0.0.1:${closed}`, 500)).toBe(false);
    const deaf = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => deaf.once('listening', resolve));
    const address = deaf.address();
    const started = performance.now();
    expect(await probeTemporal(`127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, 300)).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
    deaf.close();
  });
});
