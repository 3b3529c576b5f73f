/** A second process with worker and gateway beside that of a stack, on the same database and engine, without a supervisor. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ApiClient, createApiClient } from '../../../api/client/client.ts';
import type { ServeConfig } from '../../../contracts/gateway.ts';
import { cleanEnvironment, waitFor } from '../../support/cli.ts';
import type { ChaosStack } from './chaos-stack.ts';

const entry = path.resolve(import.meta.dirname, '../../../dist/serve.js');

export interface SecondProcess extends AsyncDisposable {
  readonly api: ApiClient;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Resolves when it serves. */
export async function startSecondProcess(stack: ChaosStack): Promise<SecondProcess> {
  const directory = await mkdtemp(path.join(tmpdir(), 'omnibase-second-'));
  const socketPath = path.join(directory, 'api.sock');
  const config: ServeConfig = {
    roles: ['control', 'api'],
    socket_path: socketPath,
    listen: null,
    state_dir: path.join(directory, 'state'),
    cache_dir: path.join(directory, 'cache'),
    host_id: `second-${randomUUID()}`,
    instance_id: randomUUID(),
    log_level: 'warn',
  };
  const child = spawn(process.execPath, [entry], {
    env: cleanEnvironment({
      ...stack.settings,
      OMNIBASE_DATABASE_URL: stack.databaseUrl,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      TEMPORAL_NAMESPACE: 'default',
      OMNIBASE_SERVE_CONFIG: JSON.stringify(config),
    }),
    stdio: 'ignore',
  });
  const gone = once(child, 'exit');
  const api = createApiClient({ socketPath });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  const dispose = async (): Promise<void> => {
    await kill();
    api.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await waitFor('the second process to serve', () => isReady(api), 30_000);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { api, kill, [Symbol.asyncDispose]: dispose };
}

async function isReady(api: ApiClient): Promise<true | undefined> {
  try {
    return (await api.ready()).checks.every(({ ok }) => ok) || undefined;
  } catch {
    return undefined;
  }
}
