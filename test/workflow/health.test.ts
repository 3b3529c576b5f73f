/** What a worker checks before it takes work, on a real server (architecture.md "Shared shapes"). */
import { randomUUID } from 'node:crypto';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectTemporal } from '../../client/connect.ts';
import { searchAttributes } from '../../contracts/search-attributes.ts';
import { pingTemporal, requireSearchAttributes } from '../../workers/health.ts';

let connection: NativeConnection;
beforeAll(async () => {
  connection = await NativeConnection.connect({ address: inject('temporalAddress') });
});
afterAll(() => connection.close());

async function newNamespace(): Promise<string> {
  const namespace = `ns-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  return namespace;
}

describe('requireSearchAttributes', () => {
  it('accepts a namespace that knows them all', async () => {
    await requireSearchAttributes(connection, 'default');
  });

  it('refuses one that does not with OB014, naming the commands', async () => {
    const namespace = await newNamespace();
    const refused = requireSearchAttributes(connection, namespace);
    await expect(refused).rejects.toMatchObject({ code: 'OB014', exitCode: 6 });
    const error = await refused.catch((thrown: Error) => thrown);
    for (const name of Object.keys(searchAttributes)) {
      expect(error?.message).toContain(
        `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type`,
      );
    }
  }, 30_000);
});

describe('reaching the server', () => {
  it('pings it', async () => {
    await pingTemporal(connection);
  });

  it('connects a client from the environment', async () => {
    const env = { TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_CONFIG_FILE: '/nowhere.toml' };
    const { client, settings, close } = await connectTemporal({ env });
    expect(settings.namespace).toBe('default');
    await expect(client.workflow.getHandle('stage/ci/none').describe()).rejects.toThrow();
    await close();
  });
});
