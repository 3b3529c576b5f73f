/** The registry contract on the service itself and on the client behind a gateway, on one real database each. */
import { describe, expect, it } from 'vitest';
import { createApiClient } from '../../../api/client/client.ts';
import { listenGateway } from '../../../api/listen.ts';
import { staticToken } from '../../../api/plugins/auth.ts';
import { createHash } from 'node:crypto';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { RegistryApi } from '../../../contracts/registry.ts';
import { testGateway, testToken } from '../../unit/api/support/gateway.ts';
import { validatorDocument } from '../registry/support/documents.ts';
import { context, openTestRegistry } from '../registry/support/registry.ts';
import { registryContract } from './registry-contract.ts';
import { socketHouse } from './support.ts';

registryContract('service', () => openTestRegistry());

registryContract('client over the unix socket', async () => {
  const test = await openTestRegistry();
  const house = await socketHouse();
  const { client } = await house.open({ deps: { registry: test.registry } });
  return {
    registry: client.registry,
    async close() {
      await house.dispose();
      await test.close();
    },
  };
});

describe('both sides', () => {
  it('refuse the same things with the same words', async () => {
    const test = await openTestRegistry();
    const house = await socketHouse();
    const { client } = await house.open({ deps: { registry: test.registry } });
    const known = validatorDocument('known');
    await test.registry.register(known, {}, context());
    const calls: ((registry: RegistryApi) => Promise<unknown>)[] = [
      (registry) => registry.register({ ...known, description: 'x' }, {}, context()),
      (registry) => registry.register({ name: 'x' }, {}, context()),
      (registry) => registry.register('text', {}, context()),
      (registry) => registry.register(validatorDocument('a', { lifecycle: 'ripe' }), { strict: true }, context()),
      (registry) => registry.lookup('knwon', {}, context()),
      (registry) => registry.lookup('a@@b', {}, context()),
      (registry) => registry.lookup('known', { version_spec: '>>1' }, context()),
      (registry) => registry.update(known.uuid, { name: 'other' }, {}, context()),
      (registry) => registry.update(known.uuid, {}, { if_revision: 5 }, context()),
      (registry) => registry.remove('nobody', { reason: 'r' }, context()),
      (registry) => registry.remove(known.uuid, {}, context()),
      (registry) => registry.search({ cursor: 'x' }, context()),
    ];
    for (const call of calls) {
      const [direct, remote] = await Promise.all([test.registry, client.registry].map(refusalOf(call)));
      expect(remote).toEqual(direct);
    }
    await house.dispose();
    await test.close();
  });

  it('deny the same things: capabilities are the registry’s to check, per component', async () => {
    const test = await openTestRegistry();
    const house = await socketHouse();
    const principal = {
      id: 'service:ci',
      kind: 'service',
      capabilities: ['registry.read:validator/team.*', 'stage.run'],
    } as const;
    const hash = createHash('sha256').update(testToken).digest('hex');
    const { gateway } = testGateway({ deps: { registry: test.registry, authenticate: staticToken(hash, principal) } });
    const { url } = await listenGateway(gateway, { socketPath: null, tcp: { host: '127.0.0.1', port: 0 } });
    const client = createApiClient({ url: url ?? '', token: testToken });
    const mine = validatorDocument('mine');
    const theirs = validatorDocument('theirs', { namespace: 'others' });
    for (const document of [mine, theirs]) await test.registry.register(document, {}, context());
    expect((await client.registry.lookup(mine.uuid, {}, context())).data.metadata.name).toBe('mine');
    expect(await refusalOf((registry) => registry.lookup(theirs.uuid, {}, context()))(client.registry)).toMatchObject({
      code: 'SX001',
    });
    expect(await refusalOf((registry) => registry.register(mine, {}, context()))(client.registry)).toMatchObject({
      code: 'SX001',
    });
    const { rows } = await test.database.pool.query(
      "SELECT principal, action FROM audit_log WHERE outcome = 'denied' ORDER BY action",
    );
    expect(rows).toEqual([
      { principal: 'service:ci', action: 'registry.lookup' },
      { principal: 'service:ci', action: 'registry.register' },
    ]);
    client.close();
    await gateway.close();
    await house.dispose();
    await test.close();
  });
});

function refusalOf(call: (registry: RegistryApi) => Promise<unknown>) {
  return async (registry: RegistryApi): Promise<unknown> => {
    try {
      await call(registry);
      return 'succeeded';
    } catch (error) {
      if (error instanceof OmniBaseError) return error.toBody();
      throw error;
    }
  };
}
