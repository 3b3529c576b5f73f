import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../../contracts/error.ts';
import type { RunReport, StagePlan } from '../../../../../contracts/stage.ts';
import { buildReport, type ReportInput } from '../../../../../domain/stage/report/build-report.ts';
import {
  commandRecord,
  finding,
  needs,
  noOptions,
  noSettings,
  plan,
  record,
  result,
  snapshot,
  uuidOf,
} from '../builders.ts';

/** The block of stages.md 11, as published. */
const schemaText = readFileSync(new URL('../../../../fixtures/run-report.schema.json', import.meta.url), 'utf8');
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(JSON.parse(schemaText));

function problems(report: unknown): unknown {
  validate(JSON.parse(JSON.stringify(report)));
  return validate.errors ?? [];
}

const made = plan([record('json'), record('yaml'), record('toml', { files: ['*.toml'] })]);

function report(changes: Partial<ReportInput> = {}): RunReport {
  return buildReport({
    input: {
      run_id: '0199c7a0-0000-7000-8000-000000000001',
      stage: 'pre-commit',
      correlation_id: 'c-1',
      requested_at: '2026-01-01T00:00:00.000Z',
      snapshot,
      options: noOptions,
    },
    workflow: { id: 'stage/pre-commit/0199c7a0-0000-7000-8000-000000000001', namespace: 'default' },
    plan: made,
    results: [result('json', { findings: [finding({ fixable: true })] }), result('yaml')],
    state: 'completed',
    reason: null,
    error: null,
    failed_steps: {},
    skipped_steps: {},
    completed_at: '2026-01-01T00:00:02.500Z',
    environment: { version: '0.1.0', node: 'v24.0.0', git: '2.40.0', platform: 'linux-x64', host_id: 'h1', cpus: 2 },
    ...changes,
  });
}

describe('the report of a completed run', () => {
  const completed = report();

  it('holds verdict, exit code and times', () => {
    expect(completed).toMatchObject({
      schema_version: '1.0',
      state: 'completed',
      verdict: 'fail',
      exit_code: 1,
      started_at: '2026-01-01T00:00:00.000Z',
      completed_at: '2026-01-01T00:00:02.500Z',
      execution_time_ms: 2500,
      // Two built-ins of 10 ms each, one after the other in one step.
      timings: { overhead_ms: 2480 },
      errors: [],
      replay_of: null,
    });
  });

  it('counts', () => {
    expect(completed.summary).toEqual({
      total: 3,
      passed: 1,
      failed: 1,
      warned: 0,
      skipped: 1,
      errored: 0,
      findings: { error: 1, warning: 0, info: 0, suppressed: 0, fixable: 1 },
      cache: { hits: 0, misses: 2 },
    });
    expect(completed.plan).toEqual({
      plan_hash: made.plan_hash,
      steps: 1,
      levels: 1,
      concurrency: 4,
      fail_fast: false,
    });
    expect(completed.inputs).toEqual(made.inputs);
  });

  it('names what ran and what did not', () => {
    expect(completed.selection).toEqual({
      preset: 'pre-commit',
      tags: [],
      filter: null,
      selected: ['local.json@1.0.0', 'local.toml@1.0.0', 'local.yaml@1.0.0'],
      skipped: [],
      required: [],
      empty: false,
    });
    expect(
      completed.results.map(({ component, status, skipped_reason }) => [component.name, status, skipped_reason]),
    ).toEqual([
      ['json', 'fail', null],
      ['toml', 'skip', 'no-files'],
      ['yaml', 'pass', null],
    ]);
    expect(completed.repo).toMatchObject({ id: 'repo-1', root: '/repo', source: 'index', branch: 'main' });
  });

  it('is valid by the published schema', () => {
    expect(problems(completed)).toEqual([]);
  });

  it('does not depend on the order of the results', () => {
    const results = [result('yaml'), result('json', { findings: [finding({ fixable: true })] })];
    expect(JSON.stringify(report({ results }))).toBe(JSON.stringify(completed));
  });
});

describe('every kind of report is valid by the published schema', () => {
  const deadline = new OmniBaseError('OR040', { details: { deadline_ms: 60_000 } }).toBody();
  const unmerged = new OmniBaseError('OR011', { details: { paths: ['a'] } }).toBody();
  const engine = new OmniBaseError('OR062').toBody();
  const violation = new OmniBaseError('NE003', { details: { component: 'yaml', reason: 'no answer' } }).toBody();
  const full = finding({
    path_bytes: '/w==',
    end_line: 2,
    end_column: 3,
    suggestion: 'close the brace',
    doc_url: 'https://example.org/json',
    related: [{ path: 'b', line: 1, message: 'opened here' }],
    suppressed: { by: 'inline', reason: 'known' },
  });
  const cases: readonly [string, Partial<ReportInput>, Partial<RunReport>][] = [
    [
      'cancelled',
      { state: 'cancelled', reason: 'SIGTERM', results: [result('yaml')] },
      { verdict: null, exit_code: 143 },
    ],
    [
      'timed out',
      { state: 'timed_out', error: deadline, results: [] },
      { verdict: 'error', exit_code: 124, errors: [deadline] },
    ],
    ['engine lost', { state: 'errored', error: engine, results: [] }, { verdict: null, exit_code: 6 }],
    [
      'without a plan',
      { state: 'errored', error: unmerged, plan: null, results: [] },
      { verdict: null, exit_code: 2, resolved: [] },
    ],
    ['cancelled in planning', { state: 'cancelled', plan: null, results: [] }, { exit_code: 130, results: [] }],
    [
      'protocol violation',
      { results: [result('json'), result('yaml', { status: 'error', errors: [violation] })] },
      { verdict: 'error', exit_code: 4 },
    ],
    [
      'all fields of a finding',
      { results: [result('json', { findings: [full] }), result('yaml')] },
      { verdict: 'pass', exit_code: 0 },
    ],
    [
      'output and exit status',
      { results: [result('json', { output: [1], exit_status: { code: 0, signal: null } }), result('yaml')] },
      { verdict: 'pass' },
    ],
    ['nothing selected', { plan: plan([]), results: [] }, { verdict: 'skip', exit_code: 0 }],
    ['measured', { timings: { plan_ms: 4, execution_ms: 20 } }, {}],
    ['failed step', { results: [result('json')], failed_steps: { s1: violation } }, { exit_code: 4 }],
    [
      'fail-fast',
      { results: [result('json', { findings: [finding()] })], skipped_steps: { s1: 'fail-fast' } },
      { exit_code: 1 },
    ],
  ];

  it.each(cases)('%s', (_, changes, expected) => {
    const made = report(changes);
    expect(problems(made)).toEqual([]);
    expect(made).toMatchObject(expected);
  });

  it('which refuses what is not one', () => {
    expect(problems({ ...report(), state: 'done' })).not.toEqual([]);
    expect(problems({ ...report(), run_id: 'x' })).not.toEqual([]);
  });
});

describe('parts of the report', () => {
  it('take messages of plan and run, or the snapshot when there was no plan', () => {
    const messages = [{ level: 'info' as const, text: 'late' }];
    const shallow = { ...snapshot, warnings: ['shallow'] };
    const planned = plan([record('json')], { snapshot: shallow });
    expect(report({ plan: planned, results: [result('json')], messages }).messages.map(({ text }) => text)).toEqual([
      'shallow',
      'late',
    ]);
    const input = {
      run_id: uuidOf('run'),
      stage: 'ci' as const,
      correlation_id: 'c',
      requested_at: '2026-01-01T00:00:00.000Z',
      snapshot: shallow,
      options: { ...noOptions, tags: ['x'], fail_fast: true, fail_on: ['warning' as const] },
    } satisfies ReportInput['input'];
    const unplanned = report({ input, plan: null, results: [], state: 'cancelled' });
    expect(unplanned.messages.map(({ text }) => text)).toEqual(['shallow']);
    expect(unplanned).toMatchObject({
      selection: { preset: 'ci', tags: ['x'], empty: true },
      plan: { plan_hash: '', steps: 0, levels: 0, concurrency: 0, fail_fast: true },
      policy: { fail_on: ['warning'] },
      registry: { source: 'postgres', stale: false },
    });
  });

  it('name the profile in effect, by flag or by configuration', () => {
    const fast = [record('json', { profiles: ['fast'] })];
    const configured = plan(fast, { settings: { ...noSettings, profile: 'fast' } });
    expect(report({ plan: configured, results: [result('json')] }).profile).toBe('fast');
    expect(report().profile).toBeNull();
  });

  it('leave out the root of a bare repository', () => {
    const input = {
      run_id: uuidOf('run'),
      stage: 'ci' as const,
      correlation_id: 'c',
      requested_at: '2026-01-01T00:00:00.000Z',
      snapshot: { ...snapshot, work_tree: null },
      options: noOptions,
    } as const;
    expect(report({ input })).not.toHaveProperty('repo.root');
  });

  it.each<[string, StagePlan['fail_on'], number]>([
    ['warning', ['warning'], 1],
    ['deprecated', ['deprecated'], 0],
  ])('--fail-on %s', (_, fail_on, exit_code) => {
    const warned = [result('json', { status: 'warn', findings: [finding({ severity: 'warning' })] }), result('yaml')];
    expect(report({ plan: { ...made, fail_on }, results: warned })).toMatchObject({
      verdict: 'warn',
      exit_code,
      summary: { warned: 1, findings: { warning: 1 } },
    });
  });

  it('--fail-on deprecated looks at what was selected', () => {
    const options = { ...noOptions, only: ['old'], fail_on: ['deprecated' as const] };
    const old = plan([record('old', { lifecycle: 'deprecated' })], { options });
    expect(report({ plan: old, results: [result('old')] })).toMatchObject({ verdict: 'pass', exit_code: 1 });
  });

  it('count overhead as what is left beside the longest chain of steps', () => {
    const chain = plan([commandRecord('a', { dependencies: [needs('b')] }), commandRecord('b'), commandRecord('c')], {
      settings: noSettings,
    });
    const timed = (name: string, step_id: string, duration_ms: number) => result(name, { step_id, duration_ms });
    const results = [timed('b', 's1', 100), timed('c', 's2', 700), timed('a', 's3', 300)];
    expect(report({ plan: chain, results, timings: { execution_ms: 1000 } }).timings).toEqual({
      execution_ms: 1000,
      overhead_ms: 1500,
    });
    expect(report({ plan: chain, results: [timed('b', 's1', 9000)] }).timings.overhead_ms).toBe(0);
  });

  it('have no negative time when clocks disagree', () => {
    expect(report({ completed_at: '2025-12-31T23:59:59.000Z' }).execution_time_ms).toBe(0);
  });

  it('build fast enough for ten thousand findings', () => {
    const findings = Array.from({ length: 5000 }, (_, index) =>
      finding({ path: `src/${index % 97}.json`, line: index + 1 }),
    );
    const results = [result('json', { findings }), result('yaml', { findings })];
    const started = performance.now();
    const large = report({ results });
    expect(large.summary.findings.error).toBe(10_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
