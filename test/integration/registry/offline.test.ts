import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../db/client.ts';
import type { RegistryDependencies, RegistryService } from '../../../registry/service/create-registry.ts';
import { validatorDocument } from './support/documents.ts';
import { type Outage, openOutage } from './support/outage.ts';
import { context, openTestRegistry, refusal, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;
let outage: Outage;
const databases: Database[] = [];

/** A registry whose way to Postgres can be closed. */
function behindTheDoor(more: Partial<RegistryDependencies> = {}): RegistryService {
  const database = openDatabase(outage.url, {
    applicationName: 'outage tests',
    connectTimeoutMs: 300,
    poolTimeoutMs: 600,
    statementTimeoutMs: 500,
  });
  databases.push(database);
  return test.another({ database, ...more });
}

beforeEach(async () => {
  test = await openTestRegistry();
  outage = await openOutage(test.url);
});

afterEach(async () => {
  await outage.serve();
  await Promise.all(databases.splice(0).map((database) => database.close()));
  await outage.close();
  await test.close();
});

describe('while Postgres is away', () => {
  it('reads are answered from the file cache, with their age', async () => {
    const registry = behindTheDoor();
    const document = validatorDocument('cached', { tags: ['ci'] });
    await registry.register(document, {}, context());
    const before = await registry.search({ tags: ['ci'] }, context());
    await outage.refuse();
    const found = await registry.search({ tags: ['ci'] }, context());
    expect(found.data).toEqual(before.data);
    expect(found.freshness).toMatchObject({ source: 'cache', level: 'l3', stale: false, complete: true });
    expect(found.freshness.offline_reason).toMatch(/^Postgres is away since \d{4}/);
    expect(found.freshness.age_ms).toBeGreaterThanOrEqual(0);
    const looked = await registry.lookup('cached', {}, context());
    expect(looked.data.metadata.uuid).toBe(document.uuid);
    await refusal(registry.lookup(randomUUID(), {}, context()), 'RG001');
  });

  it('writes are refused, saying since when', async () => {
    const registry = behindTheDoor();
    const document = validatorDocument('known');
    await registry.register(document, {}, context());
    await outage.refuse();
    const refused = [
      () => registry.register(validatorDocument('new'), {}, context()),
      () => registry.update(document.uuid, { weight: 2 }, {}, context()),
      () => registry.remove(document.uuid, { reason: 'x' }, context()),
    ];
    for (const work of refused) {
      const error = await refusal(work(), 'RG015');
      expect(error).toMatchObject({ class: 'RegistryReadOnlyError', exitCode: 3, httpStatus: 503, retryable: false });
      expect(error.details?.['since']).toMatch(/^\d{4}-/);
    }
    await refusal(registry.sync({}, context()), 'RG016');
  });

  it('a wrong document is still told what is wrong with it', async () => {
    const registry = behindTheDoor();
    await outage.refuse();
    await refusal(registry.register({ type: 'validator' }, {}, context()), 'SC003');
  });

  it('nothing can be read without a snapshot', async () => {
    const registry = behindTheDoor();
    await outage.refuse();
    for (const work of [() => registry.search({}, context()), () => registry.lookup('x', {}, context())]) {
      const error = await refusal(work(), 'RG016');
      expect(error).toMatchObject({ class: 'RegistryUnavailableError', exitCode: 3, retryable: true });
    }
  });

  it('it is left alone after three failures, and found again when it is back', async () => {
    let now = 0;
    const registry = behindTheDoor({ availability: { now: () => now } });
    await registry.register(validatorDocument('back'), {}, context());
    outage.hang();
    const start = performance.now();
    for (let count = 0; count < 3; count++) await registry.search({}, context());
    const asked = performance.now() - start;
    expect(asked).toBeGreaterThan(400);
    const skipping = performance.now();
    for (let count = 0; count < 20; count++) expect((await registry.search({}, context())).freshness.level).toBe('l3');
    expect(performance.now() - skipping).toBeLessThan(asked / 2);
    await refusal(registry.register(validatorDocument('no'), {}, context()), 'RG015');
    await outage.refuse();
    await outage.serve();
    now = 5_001;
    expect((await registry.search({}, context())).freshness.source).toBe('postgres');
    expect((await registry.register(validatorDocument('yes'), {}, context())).data.created).toBe(true);
  });

  it('a connection that breaks in the middle of a write leaves nothing half done', async () => {
    const registry = behindTheDoor();
    await registry.register(validatorDocument('first'), {}, context());
    const document = validatorDocument('torn');
    const writing = registry.register(document, {}, context());
    await outage.refuse();
    const outcome = await Promise.allSettled([writing]);
    await outage.serve();
    const again = await test.registry.register(document, {}, context());
    expect(again.data.registered).toBe(true);
    if (outcome[0].status === 'rejected') expect(outcome[0].reason).toMatchObject({ code: 'RG015' });
    else expect(again.data.unchanged).toBe(true);
  });

  it('statistics are still told', async () => {
    const registry = behindTheDoor();
    await registry.register(validatorDocument('counted'), {}, context());
    await outage.refuse();
    await registry.search({}, context());
    await refusal(registry.lookup('not-there', {}, context()), 'RG001');
    const { data } = await registry.cacheStats(context());
    expect(data.l3).toMatchObject({
      enabled: true,
      entries: 1,
      hits: 1,
      misses: 1,
      hit_ratio: 0.5,
      watermark_lag: null,
      complete: true,
    });
    expect(data.l2.enabled).toBe(false);
  });

  it('a schema that is missing is not an outage', async () => {
    const registry = behindTheDoor();
    await registry.register(validatorDocument('schema'), {}, context());
    await test.database.pool.query('ALTER TABLE components RENAME TO elsewhere');
    const error = await refusal(registry.search({}, context()), 'RG016');
    expect(error.message).toContain('schema');
    await test.database.pool.query('ALTER TABLE elsewhere RENAME TO components');
  });
});

describe('the age of a snapshot', () => {
  const aged = async (seconds: number): Promise<void> => {
    const [header = '', ...lines] = (await readFile(test.location.components, 'utf8')).split('\n');
    const last_sync_at = new Date(Date.now() - seconds * 1000).toISOString();
    await writeFile(
      test.location.components,
      [JSON.stringify({ ...JSON.parse(header), last_sync_at }), ...lines].join('\n'),
    );
  };

  it('makes it stale beyond the time to live', async () => {
    await test.registry.register(validatorDocument('old'), {}, context());
    const offline = test.another({ offline: 'always', cache: { ttlSeconds: 60 } });
    expect((await offline.search({}, context())).freshness.stale).toBe(false);
    await aged(61);
    const { freshness } = await offline.search({}, context());
    expect(freshness.stale).toBe(true);
    expect(freshness.age_ms).toBeGreaterThanOrEqual(61_000);
    expect((await offline.cacheStats(context())).data.l3).toMatchObject({ stale: true, age_s: 61 });
  });

  it('is refused beyond what the caller takes', async () => {
    await test.registry.register(validatorDocument('old'), {}, context());
    await aged(10);
    const offline = test.another({ offline: 'always' });
    await expect(offline.lookup('old', { max_stale_ms: 60_000 }, context())).resolves.toBeDefined();
    const error = await refusal(offline.lookup('old', { max_stale_ms: 5_000 }, context()), 'RG019');
    expect(error.details?.['age_ms']).toBeGreaterThanOrEqual(10_000);
    expect(error.exitCode).toBe(3);
  });

  it('decides who answers when the cache is preferred', async () => {
    await test.registry.register(validatorDocument('preferred'), {}, context());
    const registry = test.another({ readPreference: 'cache', cache: { ttlSeconds: 60 } });
    expect((await registry.search({}, context())).freshness).toMatchObject({ level: 'l3', stale: false });
    await aged(61);
    expect((await registry.search({}, context())).freshness.source).toBe('postgres');
    await registry.sync({}, context());
    expect((await registry.search({}, context())).freshness.level).toBe('l3');
    const without = test.another({ readPreference: 'cache', cache: { file: false } });
    expect((await without.search({}, context())).freshness.source).toBe('postgres');
  });
});

describe('offline mode', () => {
  it('always: never asks Postgres', async () => {
    await test.registry.register(validatorDocument('here'), {}, context());
    const offline = test.another({ offline: 'always' });
    expect((await offline.lookup('here', {}, context())).freshness.offline_reason).toBe('offline mode');
    const error = await refusal(offline.register(validatorDocument('x'), {}, context()), 'RG015');
    expect(error.message).toContain('offline mode');
    await refusal(offline.sync({}, context()), 'RG016');
  });

  it('never: no cache stands in', async () => {
    const registry = behindTheDoor({ offline: 'never' });
    await registry.register(validatorDocument('here'), {}, context());
    await outage.refuse();
    await refusal(registry.lookup('here', {}, context()), 'RG016');
  });

  it('without a database: reads what there is, writes nothing', async () => {
    await test.registry.register(validatorDocument('here'), {}, context());
    const registry = test.another({ database: null, listen: true });
    expect((await registry.search({}, context())).data.items).toHaveLength(1);
    await refusal(registry.register(validatorDocument('x'), {}, context()), 'RG015');
    await refusal(registry.sync({}, context()), 'RG016');
  });

  it('without a file cache: nothing stands in and nothing is written', async () => {
    const registry = behindTheDoor({ cache: { file: false } });
    await registry.register(validatorDocument('uncached'), {}, context());
    await expect(readFile(test.location.components)).rejects.toThrow('ENOENT');
    expect((await registry.cacheStats(context())).data.l3).toMatchObject({ enabled: false, path: '' });
    await refusal(registry.sync({}, context()), 'RG016');
    await outage.refuse();
    await refusal(registry.search({}, context()), 'RG016');
  });
});

describe('an incomplete snapshot', () => {
  it('answers what it holds and does not say "not found"', async () => {
    const known = validatorDocument('known');
    const lost = validatorDocument('lost');
    await test.registry.register(known, {}, context());
    await test.registry.register(lost, {}, context());
    const lines = (await readFile(test.location.components, 'utf8')).trimEnd().split('\n');
    const damaged = lines.map((line) =>
      line.includes(`"k":"c","uuid":"${lost.uuid}"`) ? line.replace('lost', 'xxxx') : line,
    );
    await writeFile(test.location.components, `${damaged.join('\n')}\n`);
    const offline = test.another({ offline: 'always' });
    const { data, freshness } = await offline.search({}, context());
    expect(data.items.map(({ metadata }) => metadata.name)).toEqual(['known']);
    expect(freshness.complete).toBe(false);
    for (const ref of [lost.uuid, 'lost']) {
      expect((await refusal(offline.lookup(ref, {}, context()), 'RG016')).message).toContain('incomplete');
    }
    expect((await offline.cacheStats(context())).data.l3).toMatchObject({
      complete: false,
      quarantined_lines: 1,
      healthy: false,
    });
    expect((await test.registry.sync({}, context())).data.kind).toBe('full');
    expect((await offline.lookup('lost', {}, context())).freshness.complete).toBe(true);
  });

  it('is rebuilt when its header is damaged; offline it is refused until then', async () => {
    await test.registry.register(validatorDocument('kept'), {}, context());
    const text = await readFile(test.location.components, 'utf8');
    await writeFile(test.location.components, text.replace('{"format":1', '{"format":'));
    const offline = test.another({ offline: 'always' });
    for (let count = 0; count < 2; count++) {
      const error = await refusal(offline.search({}, context()), 'RG009');
      expect(error).toMatchObject({ class: 'CacheCorruptionError', exitCode: 3 });
    }
    expect((await test.registry.search({}, context())).data.items).toHaveLength(1);
    await test.registry.register(validatorDocument('after'), {}, context());
    expect((await offline.search({}, context())).data.items).toHaveLength(2);
  });

  it('is discarded when another release wrote it', async () => {
    await test.registry.register(validatorDocument('future'), {}, context());
    await writeFile(test.location.components, '{"format":2}\n');
    const offline = test.another({ offline: 'always' });
    await refusal(offline.search({}, context()), 'RG016');
    await test.registry.sync({}, context());
    expect((await offline.search({}, context())).data.items).toHaveLength(1);
  });

  it('says so when a write did not reach it', async () => {
    await test.registry.register(validatorDocument('one'), {}, context());
    const lock = {
      pid: process.pid,
      host: (await import('node:os')).hostname(),
      at: new Date().toISOString(),
      token: 'somebody',
    };
    await writeFile(test.location.lock, JSON.stringify(lock));
    const impatient = test.another({ cache: { lockWaitMs: 50 } });
    expect((await impatient.register(validatorDocument('two'), {}, context())).data.created).toBe(true);
    const stats = (await impatient.cacheStats(context())).data.l3;
    expect(stats).toMatchObject({ dirty: true, healthy: false, complete: false, entries: 1 });
    expect(stats.errors).toBeGreaterThan(0);
    expect(stats.last_error).toContain('locked');
    expect((await impatient.sync({}, context())).data.skipped).toBeDefined();
    await rm(test.location.lock);
    await impatient.sync({}, context());
    expect((await impatient.cacheStats(context())).data.l3).toMatchObject({ dirty: false, complete: true, entries: 2 });
  });
});
