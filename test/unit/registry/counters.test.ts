import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CacheCounters } from '../../../registry/cache/file/counters.ts';
import { type CacheLocation, cacheLocation } from '../../../registry/cache/file/location.ts';

let cacheDir: string;
let location: CacheLocation;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'omnibase-counters-'));
  location = cacheLocation(cacheDir, 'test');
});

afterEach(() => rm(cacheDir, { recursive: true, force: true }));

it('are added up over processes that end', async () => {
  for (let count = 1; count <= 3; count++) {
    const counters = new CacheCounters(location);
    counters.l1.hits += count;
    counters.l3.misses += 1;
    await counters.flush();
    await counters.flush();
  }
  const counters = new CacheCounters(location);
  counters.l1.hits += 10;
  expect(await counters.totals()).toMatchObject({ l1: { hits: 16, misses: 0 }, l3: { misses: 3 }, last_error: null });
});

it('lose nothing when several processes end at once', async () => {
  const all = Array.from({ length: 10 }, () => new CacheCounters(location));
  for (const counters of all) counters.l3.hits += 1;
  await Promise.all(all.map((counters) => counters.flush()));
  expect((await new CacheCounters(location).totals()).l3.hits).toBe(10);
});

it('remember the last failure', async () => {
  const counters = new CacheCounters(location);
  counters.failed('the disk is full');
  await counters.flush();
  const totals = await new CacheCounters(location).totals();
  expect(totals.last_error).toMatch(/^\d{4}-.* the disk is full$/);
  expect(totals.l3.errors).toBe(1);
});

it('write nothing when nothing was counted', async () => {
  await new CacheCounters(location).flush();
  await expect(readFile(location.stats)).rejects.toThrow('ENOENT');
});

it('start again when their file is damaged', async () => {
  await mkdir(location.directory, { recursive: true });
  for (const text of ['', 'null', '{"l1": 5}', '{"l1": {"hits": -1, "misses": "many"}, "last_error": 4}', '{']) {
    await writeFile(location.stats, text);
    expect(await new CacheCounters(location).totals()).toEqual({
      l1: { hits: 0, misses: 0, evictions: 0, errors: 0 },
      l3: { hits: 0, misses: 0, evictions: 0, errors: 0 },
      last_error: null,
    });
  }
});

it('give up on a busy lock and keep what they have', async () => {
  const counters = new CacheCounters(location);
  counters.l1.hits = 1;
  await mkdir(location.directory, { recursive: true });
  const lock = { pid: process.pid, host: hostname(), at: new Date().toISOString(), token: 'other' };
  await writeFile(location.statsLock, JSON.stringify(lock));
  await counters.flush();
  expect(counters.l1.hits).toBe(1);
  await rm(location.statsLock);
  await counters.flush();
  expect(counters.l1.hits).toBe(0);
});

it('end with the process when there is no file cache', async () => {
  const counters = new CacheCounters(null);
  counters.l1.hits = 2;
  await counters.flush();
  expect((await counters.totals()).l1.hits).toBe(2);
});
