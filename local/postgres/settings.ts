/**
 * Server settings for a developer's machine, given on the command line so that an upgrade of OmniBase takes
 * effect on an existing cluster. Durability stays on: what was acknowledged survives a power cut.
 */

export interface ServerSettings {
  readonly dataDir: string;
  readonly socketDir: string;
  /** TCP port on 127.0.0.1 beside the unix socket; null for the socket alone. */
  readonly port: number | null;
  /** False only for throw-away test clusters. */
  readonly durable: boolean;
}

/** The number in the socket's name when there is no TCP port. */
export const defaultSocketPort = 5432;

/** Arguments of the `postgres` program. */
export function serverArguments(settings: ServerSettings): readonly string[] {
  const values: Record<string, string> = {
    listen_addresses: settings.port === null ? '' : '127.0.0.1',
    port: String(settings.port ?? defaultSocketPort),
    unix_socket_directories: quoteListElement(settings.socketDir),
    unix_socket_permissions: '0700',
    cluster_name: 'omnibase',
    max_connections: '200',
    shared_buffers: '64MB',
    // One process less per worker; reads of a small database come from memory anyway.
    io_method: 'sync',
    // No replicas locally: half the log volume.
    wal_level: 'minimal',
    max_wal_senders: '0',
    // Short queries only; compiling them costs more than it gives.
    jit: 'off',
    random_page_cost: '1.1',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    fsync: settings.durable ? 'on' : 'off',
    synchronous_commit: settings.durable ? 'on' : 'off',
    full_page_writes: settings.durable ? 'on' : 'off',
  };
  return ['-D', settings.dataDir, ...Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Postgres splits this setting at commas unless the element is quoted. */
function quoteListElement(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}
