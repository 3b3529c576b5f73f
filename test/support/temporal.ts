/**
 * The run's Temporal dev server for tests: a native connection for workers, a client, and a task queue name
 * of one's own so that test files do not see each other's work.
 */
import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';

export interface TestClient {
  readonly client: Client;
  close(): Promise<void>;
}

export const testNamespace = 'default';

/** A client of the run's server. Close it in `afterAll`. */
export async function connectTestClient(): Promise<TestClient> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  return {
    client: new Client({ connection, namespace: testNamespace }),
    close: () => connection.close(),
  };
}

/** A name nobody else in this run uses, e.g. for a task queue or a workflow id. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}
