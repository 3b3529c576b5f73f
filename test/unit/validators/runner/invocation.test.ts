/** What is executed, and what it sees of the environment. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { locateProgram, prepareInvocation } from '../../../../validators/runner/command/arguments.ts';
import { childEnvironment } from '../../../../validators/runner/command/environment.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'omnibase-invocation-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const base = { root: '/export', config: '/scratch/config.json', scratch };

describe('arguments', () => {
  it('fills the placeholders, one argument per file', async () => {
    const files = [{ path: 'a b.txt' }, { path: "it's" }, { path: '-rf' }, { path: 'new\nline' }];
    const invocation = await prepareInvocation({
      ...base,
      program: 'tool',
      args: ['--root={root}', '{config}', '{files}'],
      files,
    });
    expect(invocation).toEqual({
      program: 'tool',
      args: ['--root=/export', '/scratch/config.json', 'a b.txt', "it's", './-rf', 'new\nline'],
    });
  });

  it('carries names that are not UTF-8 byte by byte', async () => {
    const name = Buffer.from([0x66, 0xff, 0x27, 0x0a, 0x6f]);
    const files = [{ path: 'f\ufffd', path_bytes: name.toString('base64') }, { path: '$(reboot)' }];
    const { program, args } = await prepareInvocation({
      ...base,
      program: 'printf',
      args: [String.raw`%s\0`, '{files}'],
      files,
    });
    const printed = execFileSync(program, [...args]);
    expect(printed).toEqual(Buffer.concat([name, Buffer.from('\0$(reboot)\0')]));
  });

  it.each([
    ['sh', 'sh'],
    ['rules/check.sh', '/export/rules/check.sh'],
    ['./check.sh', '/export/check.sh'],
    ['/usr/bin/env', '/usr/bin/env'],
  ])('program %s is %s', (program, expected) => {
    expect(locateProgram(program, '/export')).toBe(expected);
  });
});

describe('environment of a child', () => {
  const host = {
    PATH: '/bin',
    LANG: 'C',
    LC_ALL: 'C',
    HOME: '/root',
    GIT_DIR: '/x',
    OMNIBASE_TOKEN: 'omb_1',
    AWS_SECRET: 's',
    NODE_OPTIONS: '--require x',
    LD_PRELOAD: 'x',
    MINE: 'm',
  };
  const request = {
    host,
    names: ['MINE', 'GIT_DIR', 'NODE_OPTIONS', 'LD_PRELOAD'],
    scratch: { home: '/h', temporary: '/t' },
    token: 'tok',
    run: { id: 'r', stage: 'ci', correlation_id: 'c' },
  };

  it('is an allow-list plus the names it asked for, and never what would undo the isolation', () => {
    expect(childEnvironment(request)).toEqual({
      PATH: '/bin',
      LANG: 'C',
      LC_ALL: 'C',
      MINE: 'm',
      NO_COLOR: '1',
      TERM: 'dumb',
      HOME: '/h',
      TMPDIR: '/t',
      OMNIBASE_RUN_ID: 'r',
      OMNIBASE_STAGE: 'ci',
      OMNIBASE_CORRELATION_ID: 'c',
      OMNIBASE_STEP_TOKEN: 'tok',
    });
  });
});
