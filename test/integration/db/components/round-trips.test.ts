import { connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createRegistry, type RegistryService } from '../../../../registry/service/create-registry.ts';
import { dependsOn, validatorDocument } from '../../registry/support/documents.ts';
import { context, openTestRegistry, type TestRegistry } from '../../registry/support/registry.ts';

let test: TestRegistry;
let server: Server;
let database: Database;
let registry: RegistryService;

/** Times the client spoke after the server had: what each costs is the distance to the server. */
let trips = 0;

beforeAll(async () => {
  test = await openTestRegistry();
  const target = new URL(test.url);
  server = createServer((client) => {
    const folder = target.searchParams.get('host');
    const remote =
      folder === null ? connect(Number(target.port), target.hostname) : connect(`${folder}/.s.PGSQL.${target.port}`);
    let serverSpoke = true;
    client.on('data', (bytes) => {
      if (serverSpoke) trips++;
      serverSpoke = false;
      remote.write(bytes);
    });
    remote.on('data', (bytes) => {
      serverSpoke = true;
      client.write(bytes);
    });
    for (const socket of [client, remote]) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => (socket === client ? remote : client).destroy());
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const url = new URL(test.url);
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' && address !== null ? address.port : 0);
  database = openDatabase(url.href, { applicationName: 'round trips', max: 1 });
  // The caches and the wake-up are not what is counted.
  registry = createRegistry({ database, cacheDir: test.cacheDir, databaseKey: 'counted', cache: { file: false } });
});

afterAll(async () => {
  await registry.close();
  await database.close();
  server.close();
  await test.close();
});

/** Trips of one call, once its statements are prepared. The wake-up, which nobody waits for, is let pass first. */
async function tripsOf(work: () => Promise<unknown>): Promise<number> {
  await new Promise((done) => setTimeout(done, 40));
  trips = 0;
  await work();
  return trips;
}

describe('a write takes', () => {
  it('two round trips to register', async () => {
    await registry.register(validatorDocument('warm'), {}, context());
    expect(await tripsOf(() => registry.register(validatorDocument('new'), {}, context()))).toBeLessThanOrEqual(2);
  });

  it('two round trips to find nothing to do', async () => {
    const document = validatorDocument('same');
    await registry.register(document, {}, context());
    expect(await tripsOf(() => registry.register(document, {}, context()))).toBeLessThanOrEqual(2);
  });

  it('two round trips with dependencies, three when something points to it', async () => {
    const register = (name: string, target: string) => () =>
      registry.register(validatorDocument(name, { dependencies: [dependsOn(target)] }), {}, context());
    await register('warm-edges', 'new')();
    expect(await tripsOf(register('edges', 'later'))).toBeLessThanOrEqual(2);
    expect(await tripsOf(register('later', 'new'))).toBeLessThanOrEqual(3);
  });

  it('two round trips to update', async () => {
    const document = validatorDocument('updated');
    await registry.register(document, {}, context());
    await registry.update(document.uuid, { weight: 2 }, {}, context());
    expect(await tripsOf(() => registry.update(document.uuid, { weight: 3 }, {}, context()))).toBeLessThanOrEqual(2);
  });

  it('three round trips under an idempotency key', async () => {
    await registry.register(validatorDocument('warm-key'), { idempotency_key: 'a' }, context());
    const keyed = () => registry.register(validatorDocument('keyed'), { idempotency_key: 'b' }, context());
    expect(await tripsOf(keyed)).toBeLessThanOrEqual(3);
  });
});

describe('a read takes', () => {
  it('one round trip by uuid or for a page, two by name', async () => {
    const document = validatorDocument('read');
    await registry.register(document, {}, context());
    const byUuid = () => registry.lookup(document.uuid, {}, context());
    const byName = () => registry.lookup('read', {}, context());
    const page = () => registry.search({ tags: ['x'] }, context());
    await Promise.all([byUuid(), byName(), page()]);
    expect(await tripsOf(byUuid)).toBe(1);
    expect(await tripsOf(byName)).toBe(2);
    expect(await tripsOf(page)).toBe(1);
  });
});
