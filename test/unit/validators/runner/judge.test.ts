/** How an ended child becomes a result: every row of stages.md 7.2, 7.3 and 18 that concerns commands. */
import { describe, expect, it } from 'vitest';
import type { PlannedComponent, PlannedEntrypoint } from '../../../../contracts/stage.ts';
import { readAnswer } from '../../../../validators/runner/command/answer.ts';
import type { Ended } from '../../../../validators/runner/command/execute.ts';
import { judge } from '../../../../validators/runner/command/judge.ts';

const command: PlannedEntrypoint = {
  kind: 'command',
  program: 'tool',
  args: [],
  input: 'args',
  output: 'text',
  pass_codes: [0],
  fail_codes: [1, 3],
  parse: 'unix',
};
const protocol: PlannedEntrypoint = { ...command, input: 'stdin-json', output: 'json' };
const component = (entrypoint: PlannedEntrypoint): PlannedComponent => ({
  component: {
    uuid: '00000000-0000-4000-8000-000000000001',
    namespace: 'n',
    name: 'tool',
    version: '1.0.0',
    spec: null,
    lifecycle: 'active',
    source: 'api',
    fingerprint: 'f',
    implementation: null,
    selected_by: 'preset',
  },
  type: 'validator',
  enforcement: 'standard',
  entrypoint,
  scope: 'batch',
  mode: 'read',
  idempotent: true,
  attempts: 1,
  timeout_ms: 1000,
  resources: { memory_mb: 256, cpu: 1, disk_mb: 1024, pids: 64 },
  options: {},
  needs: [],
  rules: {},
  expected_result: null,
  environment: [],
  level: 0,
  weight: null,
});
const clean: Ended = {
  code: 0,
  signal: null,
  stdout: Buffer.alloc(0),
  stderr: '',
  stopped: null,
  startError: null,
  duration_ms: 1,
};
const missing = Object.assign(new Error('spawn tool ENOENT'), { code: 'ENOENT' });

function judged(ended: Partial<Ended>, entrypoint: PlannedEntrypoint = command) {
  const rules = { request_id: 'r1', knowsPath: (path: string) => path === 'a.txt' };
  return judge(
    { ...clean, ...ended },
    {
      component: component(entrypoint),
      timeout_ms: 1000,
      root: '/export',
      delivered: new Set(['a.txt']),
      readAnswer: (stdout) => readAnswer(stdout, rules),
    },
  );
}

const answer = (status: string, findings: object[] = []) =>
  Buffer.from(JSON.stringify({ protocol: 'omnibase.validator/1', request_id: 'r1', status, findings }));
const error = { rule: 'tool/x', severity: 'error', message: 'm' };

describe('any command', () => {
  it.each([
    ['missing program', { startError: missing }, 'NE006'],
    ['time', { stopped: 'timeout' }, 'NE004'],
    ['memory', { stopped: 'memory' }, 'NE008'],
    ['processes', { stopped: 'pids' }, 'NE009'],
    ['output', { stopped: 'output' }, 'NE003'],
    ['a signal of its own', { code: null, signal: 'SIGSEGV' }, 'NE001'],
  ] as const)('%s → %s', (_, ended, code) => {
    expect(judged(ended)).toMatchObject({ status: 'error', error: { code } });
    expect(judged(ended, protocol)).toMatchObject({ status: 'error', error: { code } });
  });

  it('quotes the end of standard error when it fails', () => {
    expect(judged({ code: 9, stderr: 'first\nlast line\n' }).messages).toEqual(['first\nlast line']);
  });
});

describe('a plain command', () => {
  it('passes and fails by its codes, anything else is a crash', () => {
    expect(judged({ code: 0 }).status).toBe('pass');
    expect(judged({ code: 3, stdout: Buffer.from('broken') }).status).toBe('fail');
    expect(judged({ code: 2 })).toMatchObject({ status: 'error', error: { code: 'NE001' } });
  });

  it.each([
    ['a.txt:3:5: error: wrong', { path: 'a.txt', line: 3, column: 5, severity: 'error', message: 'wrong' }],
    ['/export/a.txt:3: wrong', { path: 'a.txt', line: 3, severity: 'error', message: 'wrong' }],
    ['./a.txt:7:1: warning: unused', { path: 'a.txt', line: 7, column: 1, severity: 'warning', message: 'unused' }],
  ])('reads %s', (line, expected) => {
    expect(judged({ code: 1, stdout: Buffer.from(`${line}\n`) }).findings).toEqual([expect.objectContaining(expected)]);
  });

  it('is a warning when all it has to say are warnings', () => {
    expect(judged({ code: 1, stdout: Buffer.from('a.txt:1: warning: hm\n') }).status).toBe('warn');
  });

  it('makes one finding of output that names no delivered file', () => {
    const { findings } = judged({ code: 1, stdout: Buffer.from('other.txt:1: x\nsummary\n') });
    expect(findings).toEqual([{ rule: 'tool/failed', severity: 'error', message: 'other.txt:1: x\nsummary' }]);
  });

  it('keeps the last 40 lines of text', () => {
    const output = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
    const [finding] = judged({ code: 1, stdout: Buffer.from(output) }, { ...command, parse: 'text' }).findings;
    expect(finding?.message.split('\n')).toHaveLength(40);
    expect(finding?.message).toContain('line 99');
  });
});

describe('a protocol validator', () => {
  it.each([
    ['exit 0 and pass', { code: 0, stdout: answer('pass') }, 'pass', null],
    ['exit 0 and fail', { code: 0, stdout: answer('fail', [error]) }, 'fail', null],
    ['exit 1 and fail', { code: 1, stdout: answer('fail', [error]) }, 'fail', null],
    ['exit 1 and pass', { code: 1, stdout: answer('pass') }, 'error', 'NE001'],
    ['exit 1 and no answer', { code: 1 }, 'error', 'NE001'],
    ['exit 0 and garbage', { code: 0, stdout: Buffer.from('garbage') }, 'error', 'NE003'],
    ['exit 2 and an answer', { code: 2, stdout: answer('pass') }, 'error', 'NE001'],
    ['an error of its own', { code: 0, stdout: answer('error') }, 'error', 'NE001'],
  ] as const)('%s → %s %s', (_, ended, status, code) => {
    const judgement = judged(ended, protocol);
    expect(judgement.status).toBe(status);
    expect(judgement.error?.code ?? null).toBe(code);
  });

  it('quotes the first 512 bytes of garbage', () => {
    const { error } = judged({ code: 0, stdout: Buffer.from('x'.repeat(2000)) }, protocol);
    expect(error?.details?.['quote']).toBe('x'.repeat(512));
  });
});
