import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileCache, type FileCacheProblem } from '../../../registry/cache/file/file-cache.ts';
import { type CacheLocation, cacheLocation } from '../../../registry/cache/file/location.ts';
import { acquireLock } from '../../../registry/cache/file/lock.ts';
import { identity, recordOf } from './support/records.ts';

let cacheDir: string;
let location: CacheLocation;
let problems: FileCacheProblem[];

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'omnibase-cache-'));
  location = cacheLocation(cacheDir, 'test');
  problems = [];
});

afterEach(() => rm(cacheDir, { recursive: true, force: true }));

const open = (lockWaitMs = 5_000): FileCache =>
  new FileCache({ location, lockWaitMs, onProblem: (problem) => void problems.push(problem) });

const header = {
  ...identity,
  complete: true,
  last_sync_at: '2026-01-01T00:00:00.000Z',
  last_full_sync_at: null,
  watermark: '1.5.0',
};

/** Revisions by number of component, removed ones negative. */
async function contentOf(cache: FileCache): Promise<Record<string, number>> {
  const loaded = await cache.load();
  if (loaded.kind !== 'state') throw new Error(loaded.kind);
  const records = [...loaded.state.records].map(([uuid, { registry }]) => [uuid, registry.revision] as const);
  const removed = [...loaded.state.tombstones].map(([uuid, revision]) => [uuid, -revision] as const);
  return Object.fromEntries([...records, ...removed].map(([uuid, revision]) => [Number(uuid.slice(-12)), revision]));
}

const put = (cache: FileCache, number: number, revision: number) =>
  cache.writeThrough(identity, { kind: 'record', record: recordOf(number, revision) });

describe('the file cache', () => {
  it('keeps what is written, for others and for a later process', async () => {
    const [one, other] = [open(), open()];
    expect(await put(one, 1, 1)).toBe('needs_sync');
    await one.replace(() => ({ header, records: [recordOf(1), recordOf(2)] }));
    expect(await contentOf(other)).toEqual({ 1: 1, 2: 1 });
    expect(await put(one, 2, 3)).toBe('written');
    await one.writeThrough(identity, { kind: 'tombstone', uuid: recordOf(1).metadata.uuid, revision: 2 });
    expect(await contentOf(other)).toEqual({ 1: -2, 2: 3 });
    expect(await contentOf(open())).toEqual({ 1: -2, 2: 3 });
    expect(await put(other, 2, 2)).toBe('written');
    expect(await contentOf(one)).toEqual({ 1: -2, 2: 3 });
    expect(problems).toEqual([]);
  });

  it('is readable by its owner only', async () => {
    await open().replace(() => ({ header, records: [] }));
    await open().markDirty();
    const modes = await Promise.all(
      [location.directory, location.components, location.dirty].map(async (path) => (await stat(path)).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o600, 0o600]);
  });

  it('takes concurrent writes of one process in one go', async () => {
    const cache = open();
    await cache.replace(() => ({ header, records: [] }));
    const results = await Promise.all(Array.from({ length: 50 }, (_, index) => put(cache, index, 1)));
    expect(new Set(results)).toEqual(new Set(['written']));
    expect(Object.keys(await contentOf(open()))).toHaveLength(50);
    await cache.settled();
  });

  it('asks for a sync when the file is of another registry or epoch', async () => {
    const cache = open();
    await cache.replace(() => ({ header, records: [] }));
    for (const other of [
      { ...identity, epoch: 2 },
      { ...identity, registry_id: 'another' },
    ]) {
      expect(await cache.writeThrough(other, { kind: 'record', record: recordOf(1) })).toBe('needs_sync');
    }
    expect(await contentOf(cache)).toEqual({});
  });

  it('asks for a sync when it has grown', async () => {
    const cache = open();
    await cache.replace(() => ({ header, records: [] }));
    const big = recordOf(1, 1, { x_extensions: { padding: 'x'.repeat(60_000) } });
    let written = 0;
    while ((await cache.writeThrough(identity, { kind: 'record', record: big })) === 'written') written++;
    expect(written * 60_000).toBeGreaterThan(3_900_000);
    expect(written * 60_000).toBeLessThan(4_300_000);
  });

  it('ignores an unfinished last line and cuts it at the next write', async () => {
    const cache = open();
    await cache.replace(() => ({ header, records: [recordOf(1)] }));
    await put(cache, 2, 1);
    await appendFile(location.components, '{"k":"c","uuid":"00000000-');
    expect(await contentOf(cache)).toEqual({ 1: 1, 2: 1 });
    expect(await contentOf(open())).toEqual({ 1: 1, 2: 1 });
    await put(open(), 3, 1);
    expect(await contentOf(cache)).toEqual({ 1: 1, 2: 1, 3: 1 });
    expect(await contentOf(open())).toEqual({ 1: 1, 2: 1, 3: 1 });
    expect(problems).toEqual([]);
  });

  it('cuts an unfinished line longer than it reads at a time', async () => {
    await open().replace(() => ({ header, records: [] }));
    await appendFile(location.components, 'x'.repeat(200_000));
    await put(open(), 1, 1);
    expect(await contentOf(open())).toEqual({ 1: 1 });
  });

  it('sets a damaged line aside, once, and is incomplete from then on', async () => {
    const cache = open();
    await cache.replace(() => ({ header, records: [recordOf(1), recordOf(2)] }));
    await put(cache, 3, 1);
    const text = await readFile(location.components, 'utf8');
    await writeFile(
      location.components,
      text.replace('revision 1 of 3', 'revision 9 of 3').replace('revision 1 of 1', 'Revision 1 of 1'),
    );
    for (const reader of [open(), open()]) {
      const loaded = await reader.load();
      expect(loaded.kind === 'state' && loaded.state.complete).toBe(false);
      expect(await contentOf(reader)).toEqual({ 2: 1 });
      expect(await reader.quarantinedLines()).toBe(2);
    }
    expect(problems.map(({ kind }) => kind)).toEqual(['quarantined', 'quarantined']);
  });

  it('notices a damaged line that is appended while it runs', async () => {
    const cache = open();
    await cache.replace(() => ({ header, records: [recordOf(1)] }));
    expect(await contentOf(cache)).toEqual({ 1: 1 });
    await appendFile(location.components, '{"k":"c"}\nnot json\n{"k":"x","uuid":"u","revision":1}\n');
    expect(await contentOf(cache)).toEqual({ 1: 1 });
    expect(await cache.quarantinedLines()).toBe(3);
    expect(await contentOf(cache)).toEqual({ 1: 1 });
    expect(problems).toHaveLength(1);
  });

  it.each([
    ['an empty file', () => ''],
    ['no header', (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['a cut header', (text: string) => text.slice(0, 40)],
    ['a header that is no JSON', (text: string) => text.replace('{', '[')],
    ['a header without its members', (text: string) => text.replace('"watermark"', '"watermarc"')],
    ['a header with a wrong hash', (text: string) => text.replace(/"sha256":"[0-9a-f]{4}/, '"sha256":"ffff')],
    ['a snapshot cut short', (text: string) => text.slice(0, -50)],
  ])('moves a file with %s away', async (_what, damage) => {
    const cache = open();
    await cache.replace(() => ({ header, records: [recordOf(1), recordOf(2)] }));
    expect(await contentOf(cache)).toEqual({ 1: 1, 2: 1 });
    await writeFile(location.components, damage(await readFile(location.components, 'utf8')));
    expect((await cache.load()).kind).toBe('corrupt');
    expect((await open().load()).kind).toBe('corrupt');
    const names = await readdir(location.directory);
    expect(names.filter((name) => /^components\.corrupt-\d+\.jsonl$/.test(name))).toHaveLength(1);
    expect(names).not.toContain('components.jsonl');
    await cache.replace(() => ({ header, records: [recordOf(1)] }));
    expect(await contentOf(open())).toEqual({ 1: 1 });
    expect((await readdir(location.directory)).sort()).toEqual(['components.jsonl']);
  });

  it('replaces a damaged file without losing it to another reader', async () => {
    const cache = open();
    await cache.replace(() => ({ header, records: [recordOf(1)] }));
    await writeFile(location.components, 'damaged\n');
    let seen: unknown = 'not called';
    await cache.replace((current) => {
      seen = current;
      return { header, records: [recordOf(2)] };
    });
    expect(seen).toBeNull();
    expect(await contentOf(open())).toEqual({ 2: 1 });
  });

  it('reads a file that was replaced by one of the same size', async () => {
    const cache = open();
    await cache.replace(() => ({ header, records: [recordOf(1)] }));
    expect(await contentOf(cache)).toEqual({ 1: 1 });
    for (const number of [2, 3, 4]) {
      await open().replace(() => ({ header, records: [recordOf(number)] }));
      expect(await contentOf(cache)).toEqual({ [number]: 1 });
    }
  });

  it('leaves the file alone when there is nothing to change', async () => {
    const cache = open();
    expect(await cache.replace(() => null)).toBe(true);
    expect((await cache.load()).kind).toBe('none');
  });

  it('removes what killed writers left behind', async () => {
    const cache = open();
    await cache.replace(() => ({ header, records: [] }));
    await writeFile(`${location.components}.00000000.tmp`, 'half');
    await cache.replace(() => ({ header, records: [] }));
    expect(await readdir(location.directory)).toEqual(['components.jsonl']);
  });

  it('reports a folder that cannot be written, and goes on', async () => {
    await writeFile(join(cacheDir, 'registry'), 'a file in the way');
    const cache = open();
    expect(await put(cache, 1, 1)).toBe('failed');
    expect(await cache.replace(() => ({ header, records: [] }))).toBe(false);
    await cache.markDirty();
    expect((await cache.load()).kind).toBe('none');
    expect(problems.map(({ kind }) => kind)).toEqual(['write_failed', 'write_failed', 'write_failed', 'read_failed']);
  });
});

describe('the lock', () => {
  const lockFile = (more: object): Promise<void> =>
    writeFile(
      location.lock,
      JSON.stringify({ pid: process.pid, host: hostname(), at: new Date().toISOString(), token: 't', ...more }),
    );
  const now = { waitMs: 0, staleMs: 30_000 };

  beforeEach(() => open().replace(() => ({ header, records: [] })));

  it('lets one holder in at a time', async () => {
    const held = await acquireLock(location.lock, now);
    expect(await held?.isHeld()).toBe(true);
    expect(await acquireLock(location.lock, now)).toBeNull();
    await held?.release();
    const next = await acquireLock(location.lock, now);
    expect(next).not.toBeNull();
    await held?.release();
    expect(await next?.isHeld()).toBe(true);
    await next?.release();
    expect(await readdir(location.directory)).toEqual(['components.jsonl']);
  });

  it.each([
    ['of a process that is gone', { pid: 2_147_483_646 }],
    ['older than 30 seconds', { at: new Date(Date.now() - 31_000).toISOString() }],
    ['from the future', { at: new Date(Date.now() + 60_000).toISOString() }],
    ['with a time that is none', { at: 'yesterday' }],
  ])('is broken when it is one %s', async (_what, more) => {
    await lockFile(more);
    const held = await acquireLock(location.lock, now);
    expect(await held?.isHeld()).toBe(true);
    await held?.release();
  });

  it('is broken when it cannot be read', async () => {
    for (const text of ['', '{', '42', 'null']) {
      await writeFile(location.lock, text);
      await (await acquireLock(location.lock, { waitMs: 1_000, staleMs: 30_000 }))?.release();
      expect(await readdir(location.directory)).toEqual(['components.jsonl']);
    }
  });

  it.each([
    ['of a living process', {}],
    ['of another host', { host: 'elsewhere', pid: 2_147_483_646 }],
  ])('is respected when it is one %s', async (_what, more) => {
    await lockFile(more);
    expect(await acquireLock(location.lock, now)).toBeNull();
    const cache = open(60);
    expect(await put(cache, 1, 1)).toBe('failed');
    expect(problems.map(({ kind }) => kind)).toEqual(['lock_timeout']);
  });

  it('is held by one of many that break it at once', async () => {
    for (let round = 0; round < 10; round++) {
      await lockFile({ pid: 2_147_483_646, token: `stale-${round}` });
      const held = await Promise.all(Array.from({ length: 8 }, () => acquireLock(location.lock, now)));
      const holding = await Promise.all(held.map(async (lock) => (await lock?.isHeld()) === true));
      expect(holding.filter(Boolean).length).toBeLessThanOrEqual(1);
      await Promise.all(held.map(async (lock) => lock?.release()));
      await rm(location.lock, { force: true });
    }
  });

  it('lost to another is noticed before the file is replaced', async () => {
    const cache = open();
    const replaced = cache.replace(() => {
      void lockFile({ token: 'somebody else' });
      return { header, records: [recordOf(1)] };
    });
    await replaced;
    // Either the thief came after the check, or nothing was written; never a file of both.
    expect(['state']).toContain((await open().load()).kind);
  });
});

const writer = join(import.meta.dirname, 'support/cache-writer.ts');

function startWriter(
  first: number,
  seed: number,
): { child: ChildProcess; acknowledged: Map<string, number>; errors: string[] } {
  const child = spawn(process.execPath, [writer, cacheDir, String(first), String(seed)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const acknowledged = new Map<string, number>();
  const errors: string[] = [];
  let rest = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [uuid = '', revision = '0'] = line.split(' ');
      acknowledged.set(uuid, Number(revision));
    }
  });
  child.stderr?.on('data', (bytes: Buffer) => void errors.push(bytes.toString()));
  return { child, acknowledged, errors };
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** Whatever was acknowledged is there, in that revision or a later one. */
async function expectAll(acknowledged: ReadonlyMap<string, number>): Promise<void> {
  const loaded = await open().load();
  if (loaded.kind !== 'state') throw new Error(`${loaded.kind}: ${JSON.stringify(problems)}`);
  const { records, tombstones, broken } = loaded.state;
  expect(broken).toEqual([]);
  for (const [uuid, revision] of acknowledged) {
    const known = Math.max(records.get(uuid)?.registry.revision ?? 0, tombstones.get(uuid) ?? 0);
    expect(known).toBeGreaterThanOrEqual(Math.abs(revision));
    if (known === Math.abs(revision)) expect(records.has(uuid)).toBe(revision > 0);
  }
}

describe('a writer that is killed', () => {
  it('at any moment leaves everything it acknowledged, readable at once', async () => {
    await open().replace(() => ({ header, records: [] }));
    let total = 0;
    for (let round = 1; round <= 12; round++) {
      const { child, acknowledged, errors } = startWriter(0, round * 7919);
      while (acknowledged.size === 0 && child.exitCode === null) await sleep(5);
      await sleep(Math.random() * 60);
      await kill(child);
      expect(errors).toEqual([]);
      total += acknowledged.size;
      await expectAll(acknowledged);
      expect(problems).toEqual([]);
      // Each writer counts its revisions from 1: the next one starts with a clean slate, over the dead one's lock.
      expect(await open().replace(() => ({ header, records: [] }))).toBe(true);
    }
    expect(total).toBeGreaterThan(12);
  });

  it('is no trouble for another one that goes on', async () => {
    await open().replace(() => ({ header, records: [] }));
    const survivor = startWriter(100, 3);
    const reader = open();
    for (let round = 1; round <= 4; round++) {
      const victim = startWriter(200 + round * 10, round);
      while (victim.acknowledged.size === 0) {
        expect((await reader.load()).kind).toBe('state');
        await sleep(5);
      }
      await kill(victim.child);
      await expectAll(victim.acknowledged);
    }
    const before = new Map(survivor.acknowledged);
    while ([...survivor.acknowledged].every(([uuid, revision]) => before.get(uuid) === revision)) await sleep(5);
    await kill(survivor.child);
    expect(survivor.errors).toEqual([]);
    await expectAll(survivor.acknowledged);
    expect(problems).toEqual([]);
  });
});

it('two processes writing at once lose nothing', async () => {
  await open().replace(() => ({ header, records: [] }));
  const writers = [startWriter(300, 11), startWriter(400, 13)];
  while (writers.some(({ acknowledged }) => acknowledged.size < 4)) await sleep(5);
  await Promise.all(writers.map(({ child }) => kill(child)));
  for (const { acknowledged, errors } of writers) {
    expect(errors).toEqual([]);
    await expectAll(acknowledged);
  }
  // A file whose times do not move is still followed by its size.
  const cache = open();
  const before = await contentOf(cache);
  const { atime, mtime } = await stat(location.components);
  await put(open(), 999, 1);
  await utimes(location.components, atime, mtime);
  expect(await contentOf(cache)).toEqual({ ...before, 999: 1 });
});
