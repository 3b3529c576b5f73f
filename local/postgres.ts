/**
 * The embedded Postgres: a real Postgres 18 with its own data directory, reached by a unix socket (and by a
 * loopback port when one is asked for), with a generated password (platform.md 2). The supervisor uses
 * `preparePostgres` and runs the process itself; tests and benches use `startPostgres`.
 */
import { postgresAccount } from './postgres/account.ts';
import { findPostgresBinaries } from './postgres/binaries.ts';
import { prepareCluster, readPassword, serverEnvironment } from './postgres/cluster.ts';
import { clearOrphan } from './postgres/orphan.ts';
import { placePostgres, recordedPlacement } from './postgres/placement.ts';
import { ensureDatabase } from './postgres/probe.ts';
import { serverArguments } from './postgres/settings.ts';
import { databaseUrl } from './postgres/url.ts';
import type { ProcessSpec } from './processes/command.ts';
import { type RunningServer, type StartLimits, startServer } from './processes/server.ts';

export { withoutPassword } from './postgres/url.ts';

export interface PostgresOptions {
  /** Holds password, record and (where the server may enter) the cluster. Must exist. */
  readonly stateDir: string;
  /** Short folder for the socket when the state directory's path is too long. */
  readonly socketDir?: string;
  /** Loopback TCP port beside the socket; default none. */
  readonly port?: number | null;
  /** Default true. False trades durability for speed in throw-away test clusters. */
  readonly durable?: boolean;
}

/** A cluster ready to be served. */
export interface PreparedPostgres {
  readonly spec: ProcessSpec;
  /** With the password; database `omnibase`. */
  readonly url: string;
}

export interface PostgresServer extends RunningServer {
  readonly url: string;
}

/**
 * Makes or mends the cluster and tells how to start its server. Must not run twice at once on one state
 * directory: the caller holds a lock or owns the folder.
 *
 * @throws OB011 when the cluster cannot be made
 */
export async function preparePostgres(options: PostgresOptions): Promise<PreparedPostgres> {
  const account = await postgresAccount();
  const binaries = await findPostgresBinaries(account);
  const placement = await placePostgres(options.stateDir, options.socketDir ?? options.stateDir, account);
  await clearOrphan(placement.data);
  const durable = options.durable ?? true;
  const port = options.port ?? null;
  const password = await prepareCluster({ stateDir: options.stateDir, placement, binaries, account, durable });
  return {
    url: databaseUrl(placement.socket, port, password),
    spec: {
      file: binaries.postgres,
      args: serverArguments({ dataDir: placement.data, socketDir: placement.socket, port, durable }),
      env: serverEnvironment(),
      cwd: placement.base,
      account,
      // Fast shutdown: sessions are ended, everything acknowledged is on disk.
      stopSignal: 'SIGINT',
    },
  };
}

/** The URL of the embedded database of a state directory, or null when it was never made. */
export async function embeddedDatabaseUrl(stateDir: string, port: number | null): Promise<string | null> {
  const [placement, password] = await Promise.all([recordedPlacement(stateDir), readPassword(stateDir)]);
  return placement === null || password === null ? null : databaseUrl(placement.socket, port, password);
}

/**
 * Starts a server and waits until its database answers.
 *
 * @throws OB011 when it ends or is not ready within `timeoutMs` (default 30 s)
 */
export async function startPostgres(options: PostgresOptions & StartLimits): Promise<PostgresServer> {
  const prepared = await preparePostgres(options);
  const server = await startServer('postgres', prepared.spec, {
    timeoutMs: options.timeoutMs ?? 30_000,
    guardian: options.guardian,
    probe: async () => (await ensureDatabase(prepared.url, 2_000)) === 'ready',
  });
  return { ...server, url: prepared.url };
}
