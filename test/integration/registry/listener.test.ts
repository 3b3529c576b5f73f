import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { notifyChange } from '../../../db/stores/changes/notify.ts';
import type { RegistryService } from '../../../registry/service/create-registry.ts';
import { validatorDocument } from './support/documents.ts';
import { context, openTestRegistry, refusal, rowsOf, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;
/** A long-lived service, and somebody else who writes. */
let service: RegistryService;
let writer: RegistryService;

const levelOf = async (uuid: string): Promise<string> => (await service.lookup(uuid, {}, context())).freshness.level;

/** Waits until the memory cache answers, which it does only while the service listens. */
const untilListening = async (uuid: string): Promise<void> => {
  await vi.waitFor(async () => {
    await levelOf(uuid);
    expect(await levelOf(uuid)).toBe('l1');
  });
};

beforeAll(async () => {
  test = await openTestRegistry();
  service = test.another({ listen: true });
  writer = test.registry;
});

afterAll(() => test.close());

describe('the memory cache of a service', () => {
  it('answers what was asked before', async () => {
    const document = validatorDocument('remembered');
    await writer.register(document, {}, context());
    await untilListening(document.uuid);
    const { data, freshness } = await service.lookup(document.uuid, {}, context());
    expect(data.metadata.name).toBe('remembered');
    expect(freshness).toMatchObject({ source: 'cache', level: 'l1', stale: false, complete: true });
    await service.search({ name_pattern: 'remembered' }, context());
    const again = await service.search({ name_pattern: 'remembered' }, context());
    expect(again.freshness.level).toBe('l1');
    expect((await service.cacheStats(context())).data.l1).toMatchObject({ enabled: true, entries: expect.any(Number) });
  });

  it('never answers a short-lived process', async () => {
    const document = validatorDocument('forgotten');
    await writer.register(document, {}, context());
    await writer.lookup(document.uuid, {}, context());
    expect((await writer.lookup(document.uuid, {}, context())).freshness.level).toBe('authority');
  });

  it('shows own writes at once', async () => {
    const document = validatorDocument('own-write', { lifecycle: 'draft' });
    await service.register(document, {}, context());
    await untilListening(document.uuid);
    for (const weight of [2, 3, 4]) {
      await service.update(document.uuid, { weight }, {}, context());
      expect((await service.lookup(document.uuid, {}, context())).data.metadata.weight).toBe(weight);
      const { data } = await service.search({ name_pattern: 'own-write' }, context());
      expect(data.items[0]?.metadata.weight).toBe(weight);
    }
    await service.remove(document.uuid, { hard: true }, context());
    await refusal(service.lookup(document.uuid, {}, context()), 'RG001');
  });

  it('drops what others changed, before its time to live', async () => {
    const document = validatorDocument('shared');
    await writer.register(document, {}, context());
    await untilListening(document.uuid);
    await service.search({ tags: ['shared'] }, context());
    await writer.update(document.uuid, { tags: ['shared'] }, {}, context());
    await vi.waitFor(async () => {
      expect((await service.lookup(document.uuid, {}, context())).data.metadata.tags).toEqual(['shared']);
      expect((await service.search({ tags: ['shared'] }, context())).data.items).toHaveLength(1);
    });
  });

  it('remembers that something does not exist until it does', async () => {
    const document = validatorDocument('later');
    await refusal(service.lookup(document.uuid, {}, context()), 'RG001');
    await refusal(service.lookup(document.uuid, {}, context()), 'RG001');
    await writer.register(document, {}, context());
    await vi.waitFor(async () => {
      expect((await service.lookup(document.uuid, {}, context())).data.metadata.name).toBe('later');
    });
  });

  it('checks the capability of whoever asks, not of whoever asked before', async () => {
    const document = validatorDocument('guarded');
    await writer.register(document, {}, context());
    await untilListening(document.uuid);
    await service.search({ name_pattern: 'guarded' }, context());
    const stranger = context(['registry.read:tool/*']);
    await refusal(service.lookup(document.uuid, {}, stranger), 'SX001');
    expect((await service.search({ name_pattern: 'guarded' }, stranger)).data.items).toEqual([]);
  });

  it('is emptied and passed by while nobody hears of changes', async () => {
    const document = validatorDocument('deaf');
    await writer.register(document, {}, context());
    await untilListening(document.uuid);
    const ended = await rowsOf<{ ended: boolean }>(
      test.database,
      `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
        WHERE query LIKE 'LISTEN %' AND datname = current_database()`,
    );
    expect(ended.map(({ ended }) => ended)).toEqual([true]);
    await vi.waitFor(async () => expect(await levelOf(document.uuid)).toBe('authority'), { interval: 5 });
    await untilListening(document.uuid);
    await writer.update(document.uuid, { weight: 42 }, {}, context());
    await vi.waitFor(async () => {
      expect((await service.lookup(document.uuid, {}, context())).data.metadata.weight).toBe(42);
    });
  });

  it('starts anew when the registry is restored from a backup', async () => {
    const document = validatorDocument('restored');
    await writer.register(document, {}, context());
    await untilListening(document.uuid);
    await test.database.pool.query(`UPDATE components SET document = document || '{"weight": 77}' WHERE uuid = $1`, [
      document.uuid,
    ]);
    await test.database.pool.query('UPDATE registry_meta SET epoch = epoch + 1');
    await notifyChange(test.database);
    await vi.waitFor(async () => {
      expect((await service.lookup(document.uuid, {}, context())).data.metadata.weight).toBe(77);
    });
    await untilListening(document.uuid);
  });

  it('sees a write even while another writer keeps its transaction open', async () => {
    const document = validatorDocument('behind');
    await writer.register(document, {}, context());
    await untilListening(document.uuid);
    const client = await test.database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_current_xact_id()');
      await writer.update(document.uuid, { weight: 11 }, {}, context());
      await vi.waitFor(async () => {
        expect((await service.lookup(document.uuid, {}, context())).data.metadata.weight).toBe(11);
      });
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  it('follows bursts of writes', async () => {
    const uuids = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const document = validatorDocument(`burst-${index}`);
        await writer.register(document, {}, context());
        await service.lookup(document.uuid, {}, context());
        return document.uuid;
      }),
    );
    await Promise.all(uuids.map((uuid) => writer.update(uuid, { weight: 5 }, {}, context())));
    await vi.waitFor(async () => {
      for (const uuid of uuids) expect((await service.lookup(uuid, {}, context())).data.metadata.weight).toBe(5);
    });
  });
});

it('a service fills the file cache when it starts', async () => {
  const fresh = await openTestRegistry({ cache: { file: true } });
  try {
    await fresh.database.pool.query('SELECT 1');
    const starting = fresh.another({ listen: true });
    await vi.waitFor(async () => {
      expect((await starting.cacheStats(context())).data.l3).toMatchObject({ complete: true, entries: 0 });
    });
    await refusal(starting.lookup(randomUUID(), {}, context()), 'RG001');
  } finally {
    await fresh.close();
  }
});

it('a service whose database is away starts all the same', async () => {
  const { openDatabase } = await import('../../../db/client.ts');
  const database = openDatabase('postgres://nobody@127.0.0.1:1/nothing', { applicationName: 'away' });
  const warnings: string[] = [];
  const logger = {
    info: () => undefined,
    error: () => undefined,
    warn: (_: object, message: string) => void warnings.push(message),
  };
  const lonely = test.another({ database, listen: true, logger, cacheDir: `${test.cacheDir}/lonely` });
  await refusal(lonely.search({}, context()), 'RG016');
  await vi.waitFor(() => expect(warnings.length).toBeGreaterThanOrEqual(2));
  await lonely.close();
  await database.close();
});
