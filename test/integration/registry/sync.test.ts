import { readFile, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readState } from '../../../registry/cache/file/read-state.ts';
import type { RegistryService } from '../../../registry/service/create-registry.ts';
import { validatorDocument } from './support/documents.ts';
import { context, openTestRegistry, rowsOf, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;
/** Writes to the same database from another machine: its caches lie elsewhere. */
let elsewhere: RegistryService;

beforeEach(async () => {
  test = await openTestRegistry();
  elsewhere = test.another({ cacheDir: `${test.cacheDir}/elsewhere` });
});

afterEach(() => test.close());

const sync = async (full = false) => (await test.registry.sync({ full }, context())).data;

/** Revisions by name, as the file holds them. */
async function cached(): Promise<Record<string, number>> {
  const result = readState(await readFile(test.location.components));
  if (result.kind !== 'state') throw new Error(result.kind);
  const records = [...result.state.records.values()];
  return Object.fromEntries(records.map(({ metadata, registry }) => [metadata.name, registry.revision]));
}

describe('sync', () => {
  it('is full the first time and incremental after that', async () => {
    await elsewhere.register(validatorDocument('one'), {}, context());
    expect(await sync()).toMatchObject({ kind: 'full', applied: 1, removed: 0 });
    expect(await sync()).toMatchObject({ kind: 'incremental', applied: 0, removed: 0 });
    const two = validatorDocument('two', { lifecycle: 'draft' });
    await elsewhere.register(two, {}, context());
    await elsewhere.update('one', { weight: 3 }, {}, context());
    expect(await sync()).toMatchObject({ kind: 'incremental', applied: 2, removed: 0 });
    expect(await cached()).toEqual({ one: 2, two: 1 });
    await elsewhere.remove(two.uuid, { hard: true }, context());
    expect(await sync()).toMatchObject({ kind: 'incremental', applied: 0, removed: 1 });
    expect(await cached()).toEqual({ one: 2 });
  });

  it('is full when asked, and reports what went away', async () => {
    const gone = validatorDocument('gone', { lifecycle: 'draft' });
    await test.registry.register(gone, {}, context());
    await test.registry.register(validatorDocument('kept'), {}, context());
    await elsewhere.remove(gone.uuid, { hard: true }, context());
    expect(await sync(true)).toMatchObject({ kind: 'full', applied: 1, removed: 1 });
  });

  it('tells how far behind the file is', async () => {
    await sync();
    const lag = async () => (await test.registry.cacheStats(context())).data.l3.watermark_lag;
    expect(await lag()).toBe(0);
    await elsewhere.register(validatorDocument('a'), {}, context());
    await elsewhere.register(validatorDocument('b'), {}, context());
    expect(await lag()).toBe(2);
    await sync();
    expect(await lag()).toBe(0);
  });

  it('moves the time of the last sync even when nothing changed', async () => {
    await sync();
    const before = (await test.registry.cacheStats(context())).data.l3.last_sync_at ?? '';
    await sync();
    const after = (await test.registry.cacheStats(context())).data.l3;
    expect(Date.parse(after.last_sync_at ?? '')).toBeGreaterThanOrEqual(Date.parse(before));
    expect((await readFile(test.location.components, 'utf8')).trimEnd().split('\n').at(-1)).toContain('"k":"w"');
  });

  it('waits for writers that are not done: nothing is skipped', async () => {
    await sync();
    const client = await test.database.pool.connect();
    await client.query('BEGIN');
    // Takes a transaction number before the write that commits first.
    await client.query('SELECT pg_current_xact_id()');
    const late = validatorDocument('late');
    await elsewhere.register(validatorDocument('early'), {}, context());
    await sync();
    await client.query(
      `INSERT INTO registry_changes (epoch, op, uuid, revision, type, namespace, name, version, principal, correlation_id)
       VALUES (1, 'updated', $1, 1, 'validator', 'team', 'late', '1.0.0', 'p', 'c')`,
      [late.uuid],
    );
    await client.query('COMMIT');
    client.release();
    await elsewhere.register(late, {}, context());
    await sync();
    expect(await cached()).toEqual({ early: 1, late: 1 });
  });

  it('reads long logs in pages', async () => {
    await sync();
    const document = validatorDocument('busy', { lifecycle: 'draft' });
    await elsewhere.register(document, {}, context());
    await test.database.pool.query(
      `INSERT INTO registry_changes (epoch, op, uuid, revision, type, namespace, name, version, principal, correlation_id)
       SELECT 1, 'updated', $1, 1, 'validator', 'team', 'busy', '1.0.0', 'p', 'c' FROM generate_series(1, 2500)`,
      [document.uuid],
    );
    expect(await sync()).toMatchObject({ kind: 'incremental', applied: 1 });
  });

  it('repairs a file that misses components', async () => {
    await sync();
    await elsewhere.register(validatorDocument('unnoticed'), {}, context());
    await test.database.pool.query('DELETE FROM registry_changes');
    expect(await sync()).toMatchObject({ kind: 'full', applied: 1 });
    expect(await cached()).toEqual({ unnoticed: 1 });
  });

  it('starts anew in another epoch and in another registry', async () => {
    await test.registry.register(validatorDocument('one'), {}, context());
    await test.database.pool.query('UPDATE registry_meta SET epoch = epoch + 1');
    expect((await sync()).kind).toBe('full');
    expect((await sync()).kind).toBe('incremental');
    await test.database.pool.query('UPDATE registry_meta SET registry_id = gen_random_uuid()');
    expect((await sync()).kind).toBe('full');
  });

  it('raises the epoch when the data came from a server that was further on', async () => {
    await test.registry.register(validatorDocument('moved'), {}, context());
    await test.database.pool.query('UPDATE registry_changes SET txid = txid + 1000000');
    expect((await sync()).kind).toBe('full');
    expect(await rowsOf(test.database, 'SELECT epoch FROM registry_meta')).toEqual([{ epoch: 2 }]);
    await elsewhere.register(validatorDocument('afterwards'), {}, context());
    expect(await sync()).toMatchObject({ kind: 'incremental', applied: 1 });
    expect(await rowsOf(test.database, 'SELECT epoch FROM registry_meta')).toEqual([{ epoch: 2 }]);
  });

  it('does not trust a watermark that is none', async () => {
    await sync();
    const { writeFile } = await import('node:fs/promises');
    const text = await readFile(test.location.components, 'utf8');
    for (const watermark of ['"soon"', '"1.999999999999.0"', 'null']) {
      await writeFile(test.location.components, text.replace(/"watermark":"[^"]*"/, `"watermark":${watermark}`));
      expect((await sync()).kind).toBe('full');
    }
  });

  it('is run once when several ask at once', async () => {
    const reports = await Promise.all([sync(), sync(), sync()]);
    expect(new Set(reports.map(({ watermark }) => watermark)).size).toBe(1);
  });

  it('by several processes that find no file leaves every record', async () => {
    const documents = Array.from({ length: 6 }, (_, index) => validatorDocument(`start-${index}`));
    // Each service has its own view of the same folder, as processes have.
    await Promise.all(documents.map((document) => test.another().register(document, {}, context())));
    expect(Object.keys(await cached()).sort()).toEqual(documents.map(({ name }) => name).sort());
    await rm(test.location.components);
    await Promise.all([1, 2, 3].map(() => test.another().sync({}, context())));
    expect(Object.keys(await cached())).toHaveLength(6);
  });
});

describe('the counters', () => {
  it('of processes that ended are added up', async () => {
    await sync();
    for (let count = 0; count < 3; count++) {
      const process = test.another({ offline: 'always' });
      await process.search({}, context());
      await process.close();
    }
    const { l3 } = (await test.registry.cacheStats(context())).data;
    expect(l3).toMatchObject({ hits: 3, misses: 0, hit_ratio: 1 });
  });
});
