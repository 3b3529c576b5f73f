import { describe, expect, it } from 'vitest';
import { MemoryCache, type MemoryCacheOptions } from '../../../registry/cache/memory-cache.ts';
import { recordOf } from '../../integration/registry/support/records.ts';

function open(options: MemoryCacheOptions = {}) {
  const counters = { hits: 0, misses: 0, evictions: 0, errors: 0 };
  const cache = new MemoryCache(options, counters);
  cache.resume();
  return { cache, counters };
}

const uuid = recordOf(1).metadata.uuid;
const revisionIn = (cache: MemoryCache): number | null | undefined => {
  const found = cache.record(uuid);
  return found === undefined ? undefined : (found.value?.registry.revision ?? null);
};

describe('records', () => {
  it('are given back until something newer is known', () => {
    const { cache, counters } = open();
    expect(revisionIn(cache)).toBeUndefined();
    cache.store(recordOf(1, 2));
    expect(revisionIn(cache)).toBe(2);
    cache.store(recordOf(1, 1));
    expect(revisionIn(cache)).toBe(2);
    cache.store(recordOf(1, 3));
    expect(revisionIn(cache)).toBe(3);
    expect(counters).toMatchObject({ hits: 3, misses: 1 });
  });

  it('that changed elsewhere are not brought back by a slow reader', () => {
    const { cache } = open();
    cache.store(recordOf(1, 1));
    cache.invalidate(uuid, 2);
    expect(revisionIn(cache)).toBeUndefined();
    cache.store(recordOf(1, 1));
    expect(revisionIn(cache)).toBeUndefined();
    cache.store(recordOf(1, 2));
    expect(revisionIn(cache)).toBe(2);
    cache.invalidate(uuid, 2);
    expect(revisionIn(cache)).toBe(2);
  });

  it('that were removed stay away, and come back only as a later revision', () => {
    const { cache } = open();
    cache.storeRemoved(uuid, 4);
    cache.store(recordOf(1, 3));
    expect(revisionIn(cache)).toBeNull();
    cache.store(recordOf(1, 5));
    expect(revisionIn(cache)).toBe(5);
  });

  it('that do not exist are known not to, for a short while', async () => {
    const { cache } = open({ missingTtlSeconds: 0.02 });
    cache.storeMissing(uuid);
    expect(revisionIn(cache)).toBeNull();
    await expect.poll(() => revisionIn(cache)).toBeUndefined();
    cache.store(recordOf(1, 1));
    cache.storeMissing(uuid);
    expect(revisionIn(cache)).toBe(1);
  });

  it('leave when their time is over', async () => {
    const { cache } = open({ ttlSeconds: 0.02 });
    cache.store(recordOf(1, 1));
    await expect.poll(() => revisionIn(cache)).toBeUndefined();
  });

  it('leave when there are too many or they are too big, least recently used first', () => {
    const { cache, counters } = open({ records: 2 });
    for (const number of [1, 2, 3]) cache.store(recordOf(number));
    expect(revisionIn(cache)).toBeUndefined();
    expect(counters.evictions).toBe(1);
    expect(cache.size()).toMatchObject({ entries: 2, max: 2 });
    const size = JSON.stringify(recordOf(1)).length;
    const small = open({ maxBytes: size * 4 + 100 });
    for (const number of [1, 2, 3, 4]) small.cache.store(recordOf(number));
    expect(small.cache.size().entries).toBe(2);
    expect(small.cache.size().bytes).toBeLessThanOrEqual(size * 2 + 50);
  });
});

describe('pages', () => {
  it('are given back until anything changes', () => {
    const { cache } = open();
    const page = { items: [] };
    cache.storePage('key', page, cache.generation);
    expect(cache.page('key')?.value).toBe(page);
    cache.invalidate(uuid, 1);
    expect(cache.page('key')).toBeUndefined();
  });

  it('read before a change are not stored after it', () => {
    const { cache } = open();
    const { generation } = cache;
    cache.invalidate(uuid, 1);
    cache.storePage('key', {}, generation);
    expect(cache.page('key')).toBeUndefined();
  });
});

describe('while nobody hears of changes', () => {
  it('nothing is stored and nothing is known', () => {
    const { cache, counters } = open();
    cache.store(recordOf(1));
    cache.storePage('key', {}, cache.generation);
    cache.suspend();
    expect(cache.live).toBe(false);
    cache.store(recordOf(1));
    cache.storePage('key', {}, cache.generation);
    expect(cache.record(uuid)).toBeUndefined();
    expect(cache.page('key')).toBeUndefined();
    expect(cache.size().entries).toBe(0);
    expect(counters).toMatchObject({ hits: 0, misses: 0 });
    cache.resume();
    expect(cache.record(uuid)).toBeUndefined();
  });
});
