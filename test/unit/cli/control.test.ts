/** How commands reach the control plane, as far as that is decided without one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configuredFormat } from '../../../cli/configured-format.ts';
import { limitStaleness } from '../../../cli/control/staleness.ts';
import { runChecks } from '../../../cli/doctor/check.ts';
import { diskCheck, gitCheck, nodeCheck } from '../../../cli/doctor/machine.ts';
import { projectFile } from '../../../cli/init/project-file.ts';
import { runCommandLine } from '../../../cli/run.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { Answer, RegistryApi } from '../../../contracts/registry.ts';
import { memoryIo } from './support/memory-io.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'omnibase-control-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const run = async (line: readonly string[], env: Record<string, string> = {}) => {
  const io = memoryIo({ cwd: home, env: { PATH: process.env['PATH'], HOME: home, OMNIBASE_HOME: home, ...env } });
  const code = await runCommandLine(line, io);
  return { code, out: io.out(), err: io.err() };
};

describe('without a stack', () => {
  it('a write that may not start one is refused as read-only', async () => {
    writeFileSync(
      path.join(home, 'a.yaml'),
      'uuid: 6f1d2a52-6f0a-4f6b-9d0e-3a1f0c5d7e11\nname: a\nversion: 1.0.0\ntype: tool\nentrypoint: ./a.js\n',
    );
    for (const line of [
      ['registry', 'add', 'a.yaml', '--no-autostart'],
      ['registry', 'add', 'a.yaml', '--offline'],
      ['registry', 'rm', 'a', '--reason', 'x', '--offline'],
    ]) {
      const { code, out, err } = await run(line);
      expect({ code, out }).toEqual({ code: 3, out: '' });
      expect(err).toMatch(
        /^RegistryReadOnlyError \[RG015\] the registry can only be read now: .*\nnext: omnibase up\n$/,
      );
    }
  });

  it('a bad document is told before anything is opened or started', async () => {
    writeFileSync(path.join(home, 'bad.yaml'), 'name: a\nversion: 1.0.0\ntype: tool\nentrypoint: ./a.js\n');
    const { code, out, err } = await run(['registry', 'add', 'bad.yaml', 'missing.yaml']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('MetadataValidationError [SC003] bad.yaml: uuid');
    expect(err).toContain('FileAccessError [FS001] there is no file missing.yaml');
  });

  it('a stage run that may not start one says how to', async () => {
    const { code, out, err } = await run(['orch', 'ls'], { OMNIBASE_AUTOSTART: '0' });
    expect({ code, out }).toEqual({ code: 6, out: '' });
    expect(err).toMatch(/^EngineUnavailableError \[OR060\] .*\nnext: omnibase up \(its log is in .*\)\n$/);
  });

  it('bad input starts nothing either', async () => {
    const { code, err } = await run(['orch', '--stage', 'pre-commit'], { GIT_CEILING_DIRECTORIES: path.dirname(home) });
    expect(code).toBe(2);
    expect(err).toContain('RepositoryError [OR010]');
  });

  it('status says so, with exit 6', async () => {
    const { code, out } = await run(['status', '--json']);
    expect(code).toBe(6);
    expect(JSON.parse(out)).toMatchObject({ schema_version: 1, state: 'stopped' });
  });

  it('there is no database to print', async () => {
    expect(await run(['db', 'url'])).toMatchObject({ code: 3, out: '' });
    expect(await run(['db', 'url'], { OMNIBASE_DATABASE_URL: 'postgres://u:p@h/d' })).toMatchObject({
      code: 0,
      out: 'postgres://u:p@h/d\n',
    });
  });

  it('metadata can be checked all the same, with a warning', async () => {
    writeFileSync(
      path.join(home, 'a.yaml'),
      'uuid: 6f1d2a52-6f0a-4f6b-9d0e-3a1f0c5d7e11\nname: a\nversion: 1.0.0\ntype: tool\nnamespace: x\nauthor: y\ncreated_at: 2026-01-01T00:00:00Z\nentrypoint: ./a.js\n',
    );
    const { code, out, err } = await run(['validate', 'metadata', 'a.yaml']);
    expect({ code, err }).toEqual({
      code: 0,
      err: 'warning: no registry answers: dependencies, cycles and duplicates are not checked\n',
    });
    expect(out).toContain('valid: true  a.yaml\n  component: tool:x.a@1.0.0\n');
  });
});

describe('with an address', () => {
  it('nobody there is exit 6 and names the address', async () => {
    const { code, err } = await run(['registry', 'ls', '--address', 'http://127.0.0.1:9']);
    expect(code).toBe(6);
    expect(err).toContain('EngineUnavailableError [OB010] the gateway at http://127.0.0.1:9 is not reachable');
  });

  it('another protocol is refused with both versions', async () => {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ protocol: 99, version: '9.9.9', node: '30', instance_id: 'i', host_id: 'h', pid: 1 }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, err } = await run(['orch', 'ls'], { OMNIBASE_URL: `http://127.0.0.1:${port}` });
    server.close();
    expect(code).toBe(6);
    expect(err).toContain('VersionMismatchError [OB017] the control plane has version 9.9.9 and protocol 99');
  });
});

describe('staleness', () => {
  const answer = {
    data: { items: [] },
    freshness: { source: 'cache', age_ms: 7_200_000 },
    warnings: [],
  } as unknown as Answer<never>;
  const registry = {
    search: () => Promise.resolve(answer),
    lookup: () => Promise.resolve(answer),
  } as unknown as RegistryApi;

  it.each([
    [undefined, {}, true],
    [3_600_000, {}, false],
    [10_000_000, {}, true],
    [undefined, { CI: 'true' }, false],
    [undefined, { CI: 'false' }, true],
    [10_000_000, { CI: 'true' }, true],
  ])('limit %s in %j', async (limit, env, allowed) => {
    const asked = limitStaleness(registry, limit, env).search({}, {} as never);
    if (allowed) await expect(asked).resolves.toBe(answer);
    else await expect(asked).rejects.toMatchObject({ code: 'RG019', exitCode: 3 });
  });
});

describe('the configured format', () => {
  it('is read from the nearest project file, and only where one names it', async () => {
    mkdirSync(path.join(home, '.git'));
    mkdirSync(path.join(home, 'deep/er'), { recursive: true });
    const io = memoryIo({ cwd: path.join(home, 'deep/er'), env: { HOME: home, OMNIBASE_HOME: home } });
    expect(await configuredFormat(io, undefined)).toBeNull();
    writeFileSync(path.join(home, 'omnibase.config.yaml'), 'stages: {}\n');
    expect(await configuredFormat(io, undefined)).toBeNull();
    writeFileSync(path.join(home, 'omnibase.config.yaml'), 'format: yaml\n');
    expect(await configuredFormat(io, undefined)).toBe('yaml');
    writeFileSync(path.join(home, 'omnibase.config.yaml'), '{"format": "jsonl"}\n');
    expect(await configuredFormat(io, undefined)).toBe('jsonl');
  });

  it('a file that is not valid is told, not ignored', async () => {
    writeFileSync(path.join(home, 'my.yaml'), 'format: pretty\n');
    const { code, err } = await run(['status', '--config', 'my.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('ConfigurationError [OB003]');
  });
});

describe('doctor', () => {
  it('turns whatever a check throws into a failed line with a mend', async () => {
    const lines = await runChecks([
      { name: 'fine', run: () => Promise.resolve({ status: 'ok', message: 'm', next: null }) },
      { name: 'known', run: () => Promise.reject(new OmniBaseError('OB015')) },
      { name: 'unknown', run: () => Promise.reject(new Error('boom')) },
    ]);
    expect(lines.map(({ name, status, message }) => `${status} ${name} ${message}`)).toEqual([
      'ok fine m',
      'fail known Postgres is not reachable',
      'fail unknown boom',
    ]);
    expect(lines[1]?.next).toContain('omnibase status');
  });

  it('looks at the machine', async () => {
    const env = { PATH: process.env['PATH'], OMNIBASE_HOME: home };
    const lines = await runChecks([
      nodeCheck('v20.0.0'),
      nodeCheck('v22.18.0'),
      nodeCheck('v24.1.0'),
      gitCheck(env),
      gitCheck({ PATH: home }),
      diskCheck(env),
    ]);
    expect(lines.map(({ status }) => status)).toEqual([
      'fail',
      'ok',
      'ok',
      'ok',
      'fail',
      expect.stringMatching(/ok|warn/),
    ]);
  });
});

describe('a new project file', () => {
  it.each([
    [['json', 'secrets', 'private-key'], 'required: [secrets]'],
    [['json', 'private-key', 'merge-conflict'], 'required: [private-key, merge-conflict]'],
    [['json'], 'required: []'],
  ])('for %j has %s', (names, expected) => {
    expect(projectFile(names.map((name) => ({ name })))).toContain(`\n    ${expected}\n`);
  });
});
