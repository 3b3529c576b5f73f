import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../../contracts/error.ts';
import type { PlannedComponent, Status } from '../../../../../contracts/stage.ts';
import { judge, type Observation } from '../../../../../domain/stage/results/judge.ts';
import { applySeverity } from '../../../../../domain/stage/results/severity.ts';
import { finding, planned } from '../builders.ts';

const error = finding();
const warning = finding({ rule: 'json/style', severity: 'warning' });
const info = finding({ rule: 'json/hint', severity: 'info' });
const inline = finding({ suppressed: { by: 'inline' } });
const crash = new OmniBaseError('NE001', { details: { component: 'json', reason: 'exit 3' } }).toBody();
const violation = new OmniBaseError('NE003', { details: { component: 'json', reason: 'no answer' } }).toBody();

function observed(status: Status, changes: Partial<Observation> = {}): Observation {
  const findings = changes.findings ?? [];
  return { status, skipped_reason: null, findings, findings_total: findings.length, errors: [], ...changes };
}

const informational = { enforcement: 'informational', severity_limit: 'warning' } as const;
const statusCases: readonly [string, Partial<PlannedComponent>, Observation, Status][] = [
  ['pass', {}, observed('pass'), 'pass'],
  ['info only', {}, observed('pass', { findings: [info] }), 'pass'],
  ['warning', {}, observed('warn', { findings: [warning] }), 'warn'],
  ['error', {}, observed('fail', { findings: [error, warning] }), 'fail'],
  ['skip', {}, observed('skip', { skipped_reason: 'nothing to do' }), 'skip'],
  ['crash', {}, observed('error', { errors: [crash] }), 'error'],
  ['fail without findings', {}, observed('fail'), 'fail'],
  ['warn without findings', {}, observed('warn'), 'warn'],
  ['fail with only suppressed findings', {}, observed('fail', { findings: [inline] }), 'pass'],
  ['pass with suppressed findings', {}, observed('pass', { findings: [inline] }), 'pass'],

  ['informational error finding', informational, observed('fail', { findings: [error] }), 'warn'],
  [
    'informational at info',
    { ...informational, severity_limit: 'info' },
    observed('fail', { findings: [error] }),
    'pass',
  ],
  ['informational fail without findings', informational, observed('fail'), 'warn'],
  ['informational crash', informational, observed('error', { errors: [crash] }), 'warn'],
  ['informational protocol violation', informational, observed('error', { errors: [violation] }), 'error'],

  ['rule off', { rules: { 'json/syntax': 'off' } }, observed('fail', { findings: [error] }), 'pass'],
  [
    'one of two rules off',
    { rules: { 'json/syntax': 'off' } },
    observed('fail', { findings: [error, finding({ rule: 'json/other' })] }),
    'fail',
  ],
  ['rule lowered', { rules: { 'json/syntax': 'warning' } }, observed('fail', { findings: [error] }), 'warn'],
  ['rule lowered to info', { rules: { 'json/syntax': 'info' } }, observed('fail', { findings: [error] }), 'pass'],
  ['rule raised', { rules: { 'json/style': 'error' } }, observed('warn', { findings: [warning] }), 'fail'],
  ['severities mapped', { severity_map: { error: 'warning' } }, observed('fail', { findings: [error] }), 'warn'],
  ['severities raised', { severity_map: { warning: 'error' } }, observed('warn', { findings: [warning] }), 'fail'],
  ['mapped fail without findings', { severity_map: { error: 'warning' } }, observed('fail'), 'warn'],
  ['mapped warn without findings', { severity_map: { warning: 'info' } }, observed('warn'), 'pass'],
  [
    'cut off findings keep the fail',
    { rules: { 'json/syntax': 'info' } },
    observed('fail', { findings: [error], findings_total: 9000 }),
    'fail',
  ],
];

describe('status in the run', () => {
  it.each(statusCases)('%s', (_, changes, seen, expected) => {
    expect(judge(planned('json', changes), seen).status).toBe(expected);
  });
});

describe('findings in the run', () => {
  it('keep their severity without a policy', () => {
    expect(applySeverity([error, warning], { rules: {} })).toEqual([error, warning]);
  });

  it('take that of their rule before that of the map, and never one above the limit', () => {
    const policy = {
      rules: { 'json/style': 'error' },
      severity_map: { error: 'info', warning: 'info' },
      severity_limit: 'warning',
    } as const;
    expect(applySeverity([error, warning, info], policy).map(({ severity }) => severity)).toEqual([
      'info',
      'warning',
      'info',
    ]);
  });

  it('of a rule that is off are kept as suppressed', () => {
    const policy = { rules: { 'json/syntax': 'off' } } as const;
    expect(applySeverity([error, inline], policy).map(({ suppressed }) => suppressed)).toEqual([
      { by: 'config', reason: 'rule json/syntax is off' },
      { by: 'inline' },
    ]);
  });

  it('are not looked up on the prototype of the table', () => {
    expect(applySeverity([finding({ rule: 'toString' })], { rules: {} })[0]?.severity).toBe('error');
  });
});

describe('a test', () => {
  const passes = observed('pass');
  const fails = observed('fail', { findings: [error] });
  const skips = observed('skip', { skipped_reason: 'no network' });
  const warns = observed('warn', { findings: [warning] });
  const cases: readonly [PlannedComponent['expected_result'], Observation, Status, string | null][] = [
    [null, passes, 'pass', null],
    ['pass', passes, 'pass', null],
    ['pass', fails, 'fail', 'expected pass, observed fail'],
    ['pass', skips, 'fail', 'expected pass, observed skip'],
    ['pass', warns, 'fail', 'expected pass, observed warn'],
    ['fail', fails, 'pass', null],
    ['fail', passes, 'fail', 'expected fail, observed pass'],
    ['skip', skips, 'pass', null],
    ['skip', fails, 'fail', 'expected skip, observed fail'],
    ['fail', observed('error', { errors: [crash] }), 'error', null],
  ];

  it.each(cases)('that expects %s', (expected_result, seen, status, message) => {
    const judged = judge(planned('t', { type: 'test', expected_result }), seen);
    const unexpected = judged.findings.filter(({ rule }) => rule === 'test/unexpected-result');
    expect([judged.status, unexpected.map((found) => found.message)]).toEqual([
      status,
      message === null ? [] : [message],
    ]);
    expect(judged.skipped_reason).toBeNull();
    expect(judged.findings_total).toBe(seen.findings_total + unexpected.length);
  });

  it('that fails as expected has no open findings', () => {
    const judged = judge(
      planned('t', { type: 'test', expected_result: 'fail' }),
      observed('fail', { findings: [error, inline] }),
    );
    expect(judged.findings.map(({ suppressed }) => suppressed)).toEqual([
      { by: 'config', reason: 'expected by the test' },
      { by: 'inline' },
    ]);
  });

  it('that passes as expected keeps its hints', () => {
    const judged = judge(
      planned('t', { type: 'test', expected_result: 'pass' }),
      observed('pass', { findings: [info] }),
    );
    expect(judged.findings).toEqual([info]);
  });

  it('has a fingerprint of 32 hex digits that stays the same', () => {
    const [unexpected] = judge(planned('t', { type: 'test', expected_result: 'fail' }), passes).findings;
    expect(unexpected?.fingerprint).toMatch(/^[0-9a-f]{32}$/);
  });
});
