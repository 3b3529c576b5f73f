import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { externalParts } from '../../../local/external.ts';
import { resolveHostId } from '../../../local/host-id.ts';
import { createStateDirectories, resolvePaths } from '../../../local/paths.ts';
import { freePorts, isFree } from '../../../local/processes/ports.ts';
import { openRotatingLog } from '../../../local/processes/rotating-log.ts';
import { openPortBook } from '../../../local/supervisor/port-book.ts';
import { followLogs } from '../../../local/up/logs.ts';
import { purge } from '../../../local/up/purge.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'omnibase-state-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('host id', () => {
  it('is made once and kept', () => {
    const first = resolveHostId({}, directory);
    expect(first).toMatch(/^[a-z0-9][a-z0-9-]*-[0-9a-f]{8}$/);
    expect(resolveHostId({}, directory)).toBe(first);
    expect(readdirSync(directory)).toEqual(['host-id']);
  });

  it('is OMNIBASE_HOST_ID when that is set, and nothing is recorded', () => {
    expect(resolveHostId({ OMNIBASE_HOST_ID: 'ci-runner-7' }, directory)).toBe('ci-runner-7');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(['Has Capitals', '-leading', 'a'.repeat(64), 'a/b'])('refuses %j', (value) => {
    expect(() => resolveHostId({ OMNIBASE_HOST_ID: value }, directory)).toThrow(/OMNIBASE_HOST_ID/);
  });

  it('makes a new one in place of a damaged record', () => {
    writeFileSync(join(directory, 'host-id'), '../../etc\n');
    expect(resolveHostId({}, directory)).toMatch(/^[a-z0-9-]+$/);
  });
});

describe('port book', () => {
  it('gives the same ports again after a restart', async () => {
    const first = await openPortBook(directory, {}).claim(['api', 'temporal']);
    expect(await openPortBook(directory, {}).claim(['api', 'temporal'])).toEqual(first);
    expect(first.api).not.toBe(first.temporal);
  });

  it('replaces a recorded port that someone else took', async () => {
    const { api } = await openPortBook(directory, {}).claim(['api']);
    await withListener(api, async () => {
      expect((await openPortBook(directory, {}).claim(['api'])).api).not.toBe(api);
    });
  });

  it('refuses a requested port that is taken, by name', async () => {
    const [port = 0] = await freePorts(1);
    await withListener(port, async () => {
      const claim = openPortBook(directory, { api: port }).claim(['api']);
      await expect(claim).rejects.toMatchObject({ code: 'OB011', details: { part: 'api', port } });
    });
  });

  it('keeps out of the range of outgoing connections', async () => {
    for (const port of await freePorts(20)) expect(port).toBeLessThan(32_768);
  });
});

describe('rotating log', () => {
  it('keeps the current file and the asked number of old ones', () => {
    const path = join(directory, 'part.log');
    const log = openRotatingLog(path, { maxBytes: 10, keep: 2 });
    for (const line of ['first\n', 'second\n', 'third\n', 'fourth\n']) log.write(line);
    log.close();
    expect(readdirSync(directory).sort()).toEqual(['part.log', 'part.log.1', 'part.log.2']);
    expect(readFileSync(path, 'utf8')).toBe('fourth\n');
    expect(readFileSync(`${path}.2`, 'utf8')).toBe('second\n');
  });

  it('goes on where an earlier process stopped', () => {
    const path = join(directory, 'part.log');
    writeFileSync(path, 'before\n');
    const log = openRotatingLog(path);
    log.write('after\n');
    log.close();
    expect(readFileSync(path, 'utf8')).toBe('before\nafter\n');
  });
});

describe('reading logs', () => {
  const paths = () => resolvePaths({ OMNIBASE_HOME: directory });
  const collect = async (options: object) => {
    const texts: string[] = [];
    for await (const { text } of followLogs(paths(), { part: 'serve', ...options })) texts.push(text);
    return texts;
  };
  beforeEach(() => {
    createStateDirectories(paths());
    writeFileSync(join(paths().log_dir, 'serve.log'), 'one\ntwo\nthree\nunfinished');
  });

  it.each([
    [undefined, ['one', 'two', 'three']],
    [2, ['two', 'three']],
    [0, []],
  ])('shows the last %s complete lines', async (lines, expected) => {
    expect(await collect(lines === undefined ? {} : { lines })).toEqual(expected);
  });

  it('follows through a rotation, and puts a line together that was written in pieces', async () => {
    const path = join(paths().log_dir, 'serve.log');
    const abort = new AbortController();
    const seen: string[] = [];
    for await (const { text } of followLogs(paths(), { part: 'serve', follow: true, lines: 1, signal: abort.signal })) {
      seen.push(text);
      if (seen.length === 1) appendFileSync(path, ' no more \u00e4\n');
      if (seen.length === 2) {
        renameSync(path, `${path}.1`);
        writeFileSync(path, 'after\n');
      }
      if (seen.length === 3) abort.abort();
    }
    expect(seen).toEqual(['three', 'unfinished no more \u00e4', 'after']);
  });
});

describe('purge', () => {
  it('removes our names and nothing else', async () => {
    const paths = resolvePaths({ OMNIBASE_HOME: directory });
    mkdirSync(join(paths.state_dir, 'logs'), { recursive: true });
    mkdirSync(join(paths.state_dir, 'photos'));
    for (const name of ['ports.json', 'temporal.db', 'temporal.db-wal', 'supervisor.lock.3', 'notes.txt']) {
      writeFileSync(join(paths.state_dir, name), '');
    }
    await purge(paths);
    expect(readdirSync(paths.state_dir).sort()).toEqual(['notes.txt', 'photos']);
  });
});

describe('external parts', () => {
  it('are those the environment names', () => {
    const env = { HOME: directory, OMNIBASE_DATABASE_URL: 'postgresql://far/d', TEMPORAL_ADDRESS: 'far:7233' };
    expect(externalParts(env)).toEqual({ database: 'postgresql://far/d', temporal: 'far:7233' });
    expect(externalParts({ HOME: directory, TEMPORAL_CONFIG_FILE: join(directory, 'none.toml') })).toEqual({
      database: null,
      temporal: null,
    });
  });

  it('count an address in a TOML profile', () => {
    const file = join(directory, 'temporal.toml');
    writeFileSync(file, '[profile.default]\naddress = "cluster:7233"\n[profile.plain]\nnamespace = "n"\n');
    expect(externalParts({ TEMPORAL_CONFIG_FILE: file }).temporal).toBe('cluster:7233');
    expect(externalParts({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'plain' }).temporal).toBeNull();
  });

  it.each(['host=far dbname=d', 'mysql://far/d'])('refuses %j for a database URL', (url) => {
    expect(() => externalParts({ HOME: directory, OMNIBASE_DATABASE_URL: url })).toThrow(
      expect.objectContaining({ code: 'OB003' }),
    );
  });

  it('refuses a TOML file that cannot be read', () => {
    const file = join(directory, 'temporal.toml');
    writeFileSync(file, '[profile');
    expect(() => externalParts({ TEMPORAL_CONFIG_FILE: file })).toThrow(expect.objectContaining({ code: 'OB003' }));
  });
});

async function withListener(port: number, use: () => Promise<void>): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  try {
    expect(await isFree(port)).toBe(false);
    await use();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
