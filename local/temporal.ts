/**
 * The embedded Temporal dev server: SQLite file (or memory), Web UI, our search attributes and settings
 * (platform.md 2). The supervisor uses `prepareTemporal` and runs the process itself; tests and benches use
 * `startTemporal`.
 */
import { dirname } from 'node:path';
import type { ProcessSpec } from './processes/command.ts';
import { freePorts } from './processes/ports.ts';
import { type RunningServer, type StartLimits, startServer } from './processes/server.ts';
import { probeTemporal } from './temporal/health.ts';
import { pinnedVersion } from './temporal/release.ts';
import { serverArguments, type TemporalServerSettings } from './temporal/settings.ts';

export { probeTemporal } from './temporal/health.ts';
export { obtainTemporal } from './temporal/obtain.ts';

export interface TemporalOptions {
  /** Path of the `temporal` program. */
  readonly binary: string;
  /** SQLite file; null (default) keeps everything in memory. */
  readonly databaseFile?: string | null;
  /** Default true: no Web UI. */
  readonly headless?: boolean;
  /** Default true: our dynamic configuration and SQLite settings. */
  readonly tuned?: boolean;
  /** Of the binary, default the pinned one. */
  readonly version?: string;
}

export interface TemporalServer extends RunningServer {
  /** host:port of the frontend. */
  readonly address: string;
  readonly webUi: string | null;
}

const loopback = '127.0.0.1';

/** How to start a server with these settings. */
export function prepareTemporal(binary: string, settings: TemporalServerSettings): ProcessSpec {
  return {
    file: binary,
    args: serverArguments(settings),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: process.env['TMPDIR'] },
    cwd: settings.databaseFile === null ? '/' : dirname(settings.databaseFile),
    stopSignal: 'SIGTERM',
  };
}

/**
 * Starts a server on free loopback ports and waits until it serves. When another process takes a port in
 * between, other ports are tried.
 *
 * @throws OB011 when it does not serve within `timeoutMs` (default 30 s)
 */
export async function startTemporal(options: TemporalOptions & StartLimits): Promise<TemporalServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === 3 || !(error instanceof Error && error.message.includes('address already in use'))) throw error;
    }
  }
}

async function startOnce(options: TemporalOptions & StartLimits): Promise<TemporalServer> {
  const [port = 0, uiPort = 0, httpPort = 0, metricsPort = 0] = await freePorts(4);
  const headless = options.headless ?? true;
  const spec = prepareTemporal(options.binary, {
    ip: loopback,
    port,
    uiPort,
    httpPort,
    metricsPort,
    headless,
    databaseFile: options.databaseFile ?? null,
    tuned: options.tuned ?? true,
    version: options.version ?? pinnedVersion,
  });
  const address = `${loopback}:${port}`;
  const server = await startServer('temporal', spec, {
    timeoutMs: options.timeoutMs ?? 30_000,
    guardian: options.guardian,
    probe: () => probeTemporal(address, 1_000),
  });
  return { ...server, address, webUi: headless ? null : `http://${loopback}:${uiPort}` };
}
