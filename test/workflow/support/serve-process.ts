/**
 * The real serving process of this checkout, as the supervisor starts it: own database, own host id, own socket, the
 * run's Temporal server. It can be killed and started again; what it had is kept in its folder.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type ApiClient, createApiClient } from '../../../api/client/client.ts';
import type { ServeConfig } from '../../../contracts/gateway.ts';
import { testNamespace, uniqueName } from '../../support/temporal.ts';

const entry = join(import.meta.dirname, '../../../workers/serve-main.ts');

export interface ServeProcess extends AsyncDisposable {
  readonly directory: string;
  readonly hostId: string;
  readonly api: ApiClient;
  /** What the process wrote to its log, all starts together. */
  log(): string;
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with its exit code. */
  terminate(): Promise<number | null>;
  /** Closes the pipes of its log, as a supervisor that dies does; resolves with its exit code. */
  abandon(): Promise<number | null>;
  /** Names of the readiness checks, all of which hold. */
  ready(): Promise<string[]>;
  /** What `/metrics` says. */
  metrics(): Promise<string>;
}

export interface ServeOptions {
  readonly databaseUrl: string;
  readonly roles?: ServeConfig['roles'];
  /** Default: the run's server. */
  readonly temporalAddress?: string;
  /** Settings, e.g. `OMNIBASE_SWEEP_INTERVAL_MS`. */
  readonly env?: Readonly<Record<string, string>>;
}

export function serveProcess(options: ServeOptions): ServeProcess {
  const directory = mkdtempSync(join(tmpdir(), 'omnibase-test-serve-'));
  const socketPath = join(directory, 'gateway.sock');
  const hostId = uniqueName('host');
  const api = createApiClient({ socketPath });
  let child: ChildProcess | null = null;
  let log = '';

  const ended = async (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return running?.exitCode ?? null;
    const exit = once(running, 'exit');
    running.kill(signal);
    await exit;
    return running.exitCode;
  };

  return {
    directory,
    hostId,
    api,
    log: () => log,
    async start() {
      const config: ServeConfig = {
        roles: options.roles ?? ['control', 'api', 'host'],
        socket_path: socketPath,
        listen: null,
        state_dir: join(directory, 'state'),
        cache_dir: join(directory, 'cache'),
        host_id: hostId,
        instance_id: randomUUID(),
        log_level: 'info',
      };
      const started = spawn(process.execPath, [entry], {
        env: {
          PATH: process.env['PATH'],
          HOME: directory,
          OMNIBASE_DATABASE_URL: options.databaseUrl,
          TEMPORAL_ADDRESS: options.temporalAddress ?? inject('temporalAddress'),
          TEMPORAL_NAMESPACE: testNamespace,
          TEMPORAL_CONFIG_FILE: join(directory, 'none.toml'),
          ...options.env,
          OMNIBASE_SERVE_CONFIG: JSON.stringify(config),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
      }
      await servingOrDead(started, () => log.slice(-4000));
    },
    async kill() {
      await ended('SIGKILL');
    },
    terminate: () => ended('SIGTERM'),
    async abandon() {
      const running = child;
      child = null;
      if (running === null) return null;
      const exit = once(running, 'exit');
      running.stdout?.destroy();
      running.stderr?.destroy();
      // Any line will do: this call is logged.
      await api.stageRuns.list({}).catch(() => undefined);
      await exit;
      return running.exitCode;
    },
    async ready() {
      const { checks } = await api.ready();
      return checks
        .filter(({ ok }) => ok)
        .map(({ name }) => name)
        .toSorted();
    },
    metrics: () => get(socketPath, '/metrics'),
    async [Symbol.asyncDispose]() {
      api.close();
      await ended('SIGTERM');
      // A killed process leaves read-only exports, which only root can empty as they are.
      execFileSync('chmod', ['-R', 'u+rwX', directory]);
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    })
      .on('error', reject)
      .end();
  });
}

/** The process says `serving` once all its roles do. */
async function servingOrDead(child: ChildProcess, tail: () => string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes('"msg":"serving"')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${tail()}`)));
  });
}
