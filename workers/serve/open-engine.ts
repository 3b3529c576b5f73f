/**
 * The connection to Temporal of a serving process. Workers and client share one native connection: only then can the
 * server hand the first task of a run to this process within the answer to its start (stages.md 6.8).
 */
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { engineUnavailable, loadTemporalSettings } from '../../client/connect.ts';
import { correlationInterceptor } from '../../client/correlation-interceptor.ts';
import { limitedDataConverter } from '../../client/payload-limit.ts';
import { requireSearchAttributes } from '../health.ts';

export interface Engine {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  close(): Promise<void>;
}

/** @throws OB003 unreadable settings, OB010 naming the address, OB014 with the commands to run */
export async function openEngine(env: NodeJS.ProcessEnv): Promise<Engine> {
  const [settings, { NativeConnection }, { Client }] = await Promise.all([
    loadTemporalSettings({ env }),
    import('@temporalio/worker'),
    import('@temporalio/client'),
  ]);
  const { address, namespace } = settings;
  const connection = await NativeConnection.connect(settings.connection).catch((cause: unknown) => {
    throw engineUnavailable(address, cause);
  });
  try {
    await requireSearchAttributes(connection, namespace);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const interceptors = { workflow: [correlationInterceptor] };
  const client = new Client({ connection, namespace, dataConverter: limitedDataConverter, interceptors });
  return { connection, client, address, namespace, close: () => connection.close() };
}
