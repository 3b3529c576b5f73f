/**
 * The three parts of the local stack as the supervisor sees them: how each is prepared, probed and stopped.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServeConfig } from '../../contracts/gateway.ts';
import type { ExternalParts } from '../external.ts';
import { resolveHostId } from '../host-id.ts';
import { type OmniPaths, userCacheDir } from '../paths.ts';
import type { Guardian } from '../processes/guardian.ts';
import { ensureDatabase, probePostgres } from '../postgres/probe.ts';
import { preparePostgres } from '../postgres.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { obtainTemporal, prepareTemporal, probeTemporal } from '../temporal.ts';
import { type Addresses, childEnvironment, withCompileCache } from './environment.ts';
import { probeServe } from './serve-probe.ts';
import type { SupervisorOptions } from './options.ts';
import type { PartDefinition } from './part.ts';
import type { PortBook } from './port-book.ts';

export interface PartsContext {
  readonly env: NodeJS.ProcessEnv;
  readonly paths: OmniPaths;
  readonly options: SupervisorOptions;
  readonly external: ExternalParts;
  readonly ports: PortBook;
  /** Written by the parts as they learn their addresses, read by `serve`. */
  readonly addresses: Addresses;
  /** Ends when the database and the engine served for the first time. */
  readonly whenDependenciesServe: (signal: AbortSignal) => Promise<void>;
  /** The engine got another address than before: `serve` must learn it. */
  readonly onTemporalMoved: () => void;
  readonly guardian: Guardian;
  /** A line for the person who waits for `up`. */
  readonly report: (line: string) => void;
}

const probeTimeoutMs = 2_000;
const loopback = '127.0.0.1';

export function postgresPart(context: PartsContext): PartDefinition {
  const { paths, addresses } = context;
  let hasDatabase = false;
  return {
    name: 'postgres',
    stopGraceMs: 10_000,
    async prepare() {
      // Asked for once, the port stays: it is recorded like the others.
      const port = context.ports.get('postgres') === null ? null : (await context.ports.claim(['postgres'])).postgres;
      const prepared = await preparePostgres({ stateDir: paths.state_dir, socketDir: paths.socket_dir, port });
      addresses.database = prepared.url;
      return prepared.spec;
    },
    async probe() {
      const ask = hasDatabase ? probePostgres : ensureDatabase;
      const state = await ask(addresses.database ?? '', probeTimeoutMs);
      hasDatabase ||= state === 'ready';
      return state === 'ready'
        ? { state }
        : { state, why: state === 'busy' ? 'recovering' : 'no answer on its socket' };
    },
  };
}

export function temporalPart(context: PartsContext): PartDefinition {
  const { paths, addresses, options } = context;
  const databaseFile = join(paths.state_dir, 'temporal.db');
  let binary = '';
  let isNew = false;
  return {
    name: 'temporal',
    stopGraceMs: 10_000,
    async prepare(signal) {
      const cacheDirs = [...new Set([paths.cache_dir, userCacheDir(context.env)])];
      const { env, report, guardian } = context;
      const obtained = await obtainTemporal({ env, cacheDirs, report, guardian, signal });
      binary = obtained.path;
      isNew = !existsSync(databaseFile);
      const names = ['temporal', 'web_ui', 'temporal_http', 'temporal_metrics'] as const;
      const ports = await context.ports.claim(names);
      const before = addresses.temporal;
      addresses.temporal = `${loopback}:${ports.temporal}`;
      if (before !== null && before !== addresses.temporal) context.onTemporalMoved();
      addresses.webUi = options.headless ? null : `http://${loopback}:${ports.web_ui}`;
      writeClientProfile(paths.state_dir, addresses.temporal);
      return prepareTemporal(binary, {
        ip: loopback,
        port: ports.temporal,
        uiPort: ports.web_ui,
        httpPort: ports.temporal_http,
        metricsPort: ports.temporal_metrics,
        headless: options.headless,
        databaseFile,
        tuned: true,
        version: obtained.version,
      });
    },
    async probe() {
      const address = addresses.temporal ?? '';
      const serves = await probeTemporal(address, probeTimeoutMs);
      return serves ? { state: 'ready' } : { state: 'silent', why: `no answer at ${address}` };
    },
    async onReady() {
      const address = addresses.temporal ?? '';
      await ensureSearchAttributes({ binary, address, stateDir: paths.state_dir, isNew });
    },
  };
}

export function servePart(context: PartsContext): PartDefinition {
  const { paths, addresses, options } = context;
  const [program = process.execPath, ...args] = options.serve_command;
  return {
    name: 'serve',
    // Stage runs get up to 30 s to finish (stages.md 6.1).
    stopGraceMs: 30_000,
    async prepare(signal) {
      await context.whenDependenciesServe(signal);
      // Left by a process that was killed; only one `serve` of this state directory can run.
      rmSync(paths.socket_path, { force: true });
      const { api } = await context.ports.claim(['api']);
      addresses.api = `http://${loopback}:${api}`;
      const config: ServeConfig = {
        roles: ['control', 'api', 'host'],
        socket_path: paths.socket_path,
        listen: { host: loopback, port: api },
        state_dir: paths.state_dir,
        cache_dir: paths.cache_dir,
        host_id: resolveHostId(context.env, paths.state_dir),
        // New for each process: event numbers start anew with it.
        instance_id: randomUUID(),
        log_level: context.env['OMNIBASE_LOG_LEVEL'] || 'info',
      };
      return {
        file: program,
        args,
        cwd: paths.state_dir,
        env: {
          ...withCompileCache(
            childEnvironment(context.env, context.external, addresses, paths.state_dir),
            paths.cache_dir,
          ),
          OMNIBASE_SERVE_CONFIG: JSON.stringify(config),
        },
        stopSignal: 'SIGTERM',
      };
    },
    probe: () => probeServe(paths.socket_path, probeTimeoutMs, (checks) => (addresses.checks = checks)),
  };
}

/** Lets the `temporal` program reach the local server: `TEMPORAL_CONFIG_FILE=<state>/temporal.toml temporal …`. */
function writeClientProfile(stateDir: string, address: string): void {
  const text = `[profile.default]\naddress = "${address}"\nnamespace = "default"\n`;
  writeFileSync(join(stateDir, 'temporal.toml'), text, { mode: 0o600 });
}
