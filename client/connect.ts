/**
 * Reaching the Temporal server. Settings are Temporal's own (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, TLS, API key,
 * TOML profiles; platform.md 3), read by its environment configuration. Loading the client costs some 120 ms, so it
 * happens at the first connection, not at import.
 */
import type { Client } from '@temporalio/client';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import { OmniBaseError } from '../contracts/error.ts';

export interface TemporalSettings {
  /** host:port, for messages. */
  readonly address: string;
  readonly namespace: string;
  /** Options for `Connection.connect` and `NativeConnection.connect`. */
  readonly connection: ClientConnectConfig['connectionOptions'];
}

export interface TemporalSettingsSource {
  /** Default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Profile of the TOML file; default `default` or `TEMPORAL_PROFILE`. */
  readonly profile?: string;
  /** How long a server may take to answer, ms; default 5,000. */
  readonly timeoutMs?: number;
}

export interface TemporalClient {
  readonly client: Client;
  readonly settings: TemporalSettings;
  close(): Promise<void>;
}

const defaultAddress = 'localhost:7233';
const defaultNamespace = 'default';
/** A server that has not answered by then is not there. */
const defaultTimeoutMs = 5_000;

/**
 * Reads the connection settings.
 *
 * @throws OB003 when the TOML file or a value in it cannot be read
 */
export async function loadTemporalSettings(source: TemporalSettingsSource = {}): Promise<TemporalSettings> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({
      overrideEnvVars: definedOf(source.env ?? process.env),
      ...(source.profile === undefined ? {} : { profile: source.profile }),
    });
    return {
      address: connectionOptions.address ?? defaultAddress,
      namespace: namespace ?? defaultNamespace,
      connection: { ...connectionOptions, address: connectionOptions.address ?? defaultAddress },
    };
  } catch (cause) {
    const message = `the Temporal connection settings cannot be read: ${textOf(cause)}`;
    throw new OmniBaseError('OB003', { message, cause });
  }
}

/**
 * Connects a client of its own, for processes that are no workers.
 *
 * @throws OB003 for unreadable settings, OB010 naming the address when no server answers in time
 */
export async function connectTemporal(source: TemporalSettingsSource = {}): Promise<TemporalClient> {
  const settings = await loadTemporalSettings(source);
  const { Client, Connection } = await import('@temporalio/client');
  const { correlationInterceptor } = await import('./correlation-interceptor.ts');
  const { limitedDataConverter } = await import('./payload-limit.ts');
  try {
    const connection = await Connection.connect({
      ...settings.connection,
      connectTimeout: source.timeoutMs ?? defaultTimeoutMs,
    });
    return {
      client: new Client({
        connection,
        namespace: settings.namespace,
        dataConverter: limitedDataConverter,
        interceptors: { workflow: [correlationInterceptor] },
      }),
      settings,
      close: () => connection.close(),
    };
  } catch (cause) {
    throw engineUnavailable(settings.address, cause);
  }
}

/** OB010 with the address that was tried. */
export function engineUnavailable(address: string, cause: unknown): OmniBaseError {
  return new OmniBaseError('OB010', {
    message: `no Temporal server answers at ${address}: ${textOf(cause)}`,
    details: { address },
    cause,
  });
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
