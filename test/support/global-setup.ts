/**
 * One Postgres and one Temporal dev server for a whole vitest run, obtained the way `omnibase up` obtains
 * them, in a folder of their own. Tests read `inject('databaseUrl')` and `inject('temporalAddress')`.
 *
 * Several projects of one run share the servers. They end with the run; a guardian ends them when the run
 * itself is killed.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { resolvePaths, userCacheDir } from '../../local/paths.ts';
import { startGuardian } from '../../local/processes/guardian.ts';
import { removePlacement } from '../../local/postgres/placement.ts';
import { startPostgres } from '../../local/postgres.ts';
import { obtainTemporal, startTemporal } from '../../local/temporal.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser URL of a throw-away server; `createTestDatabase()` gives a migrated database of its own. */
    readonly databaseUrl: string;
    /** host:port of the dev server, namespace `default`, all search attributes registered. */
    readonly temporalAddress: string;
  }
}

interface Servers {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  stop(): Promise<void>;
}

/** Projects load this module separately, so the shared servers hang on the process. */
const shared = globalThis as { omnibaseTestServers?: { users: number; servers: Promise<Servers> } };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.omnibaseTestServers ??= { users: 0, servers: startServers() };
  const entry = shared.omnibaseTestServers;
  entry.users += 1;
  const servers = await entry.servers;
  project.provide('databaseUrl', servers.databaseUrl);
  project.provide('temporalAddress', servers.temporalAddress);
  return async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    delete shared.omnibaseTestServers;
    await servers.stop();
  };
}

async function startServers(): Promise<Servers> {
  const directory = await mkdtemp(join(tmpdir(), 'omnibase-test-'));
  // Entered by the database's account when the tests run as root.
  await chmod(directory, 0o711);
  const guardian = startGuardian();
  const [postgres, temporal] = await Promise.allSettled([
    startPostgres({ stateDir: directory, durable: false, guardian }),
    obtainTestTemporal().then((binary) => startTemporal({ binary, guardian })),
  ]);
  const stop = async (): Promise<void> => {
    const running = [postgres, temporal].filter((result) => result.status === 'fulfilled');
    await Promise.all(running.map((result) => result.value.stop()));
    guardian.dismiss();
    await removePlacement(directory);
    await rm(directory, { recursive: true, force: true });
  };
  if (postgres.status === 'fulfilled' && temporal.status === 'fulfilled') {
    return { databaseUrl: postgres.value.url, temporalAddress: temporal.value.address, stop };
  }
  await stop();
  throw [postgres, temporal].find((result) => result.status === 'rejected')?.reason;
}

async function obtainTestTemporal(): Promise<string> {
  const cacheDirs = [...new Set([resolvePaths(process.env).cache_dir, userCacheDir(process.env)])];
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  return (await obtainTemporal({ env: process.env, cacheDirs, report })).path;
}
