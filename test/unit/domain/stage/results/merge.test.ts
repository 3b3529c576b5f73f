import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../../contracts/error.ts';
import type { ComponentStepResult, PlannedStep, StagePlan } from '../../../../../contracts/stage.ts';
import { type Ending, mergeResults } from '../../../../../domain/stage/results/merge.ts';
import { compareFindings } from '../../../../../domain/stage/results/order.ts';
import { finding, plan, planned, record, result, uuidOf } from '../builders.ts';

const json = uuidOf('local.json@1.0.0');
const completed: Ending = {
  state: 'completed',
  completed_at: '2026-01-01T00:01:00.000Z',
  failed_steps: {},
  skipped_steps: {},
};
const crash = new OmniBaseError('NE001', { details: { component: 'json', reason: 'worker-lost' } }).toBody();
const denied = new OmniBaseError('NE010', { details: { component: 'json', paths: 'x' } }).toBody();

function step(id: string, ...uuids: string[]): PlannedStep {
  return {
    id,
    kind: 'builtins',
    level: 0,
    batch: 1,
    batches: 1,
    files: Object.fromEntries(uuids.map((uuid) => [uuid, [0]])),
    timeout_ms: 1000,
    attempts: 1,
    idempotent: true,
  };
}

type Merged = Pick<StagePlan, 'components' | 'steps' | 'deadline_ms'>;
const one: Merged = { components: [planned('json')], steps: [step('s1', json)], deadline_ms: 60_000 };
const two: Merged = { ...one, steps: [step('s1', json), step('s2', json)] };

function merge(from: Merged, results: readonly ComponentStepResult[], changes: Partial<Ending> = {}) {
  const [merged] = mergeResults(from, results, { ...completed, ...changes });
  if (merged === undefined) throw new Error('nothing was merged');
  return merged;
}

describe('results of one component', () => {
  it('are those of its only step', () => {
    const only = result('json', { findings: [finding()], messages: ['a'], output: { n: 1 }, attempts: 2 });
    expect(merge(one, [only])).toMatchObject({
      status: 'fail',
      steps: ['s1'],
      duration_ms: 10,
      attempts: 2,
      cached: 'none',
      files_checked: 2,
      findings: [finding()],
      findings_total: 1,
      truncated: false,
      messages: ['a'],
      output: { n: 1 },
      exit_status: null,
      isolation: only.isolation,
      produced_at: '2026-01-01T00:00:01.000Z',
    });
  });

  it('add up over batches', () => {
    const first = result('json', {
      findings: [finding({ path: 'b' })],
      messages: ['same', 'x'],
      exit_status: { code: 1, signal: null },
      output: 1,
    });
    const second = result('json', {
      step_id: 's2',
      findings: [finding({ path: 'a' })],
      messages: ['same'],
      exit_status: { code: 0, signal: null },
      output: 2,
      duration_ms: 5,
      attempts: 3,
      truncated: true,
      findings_total: 7,
      produced_at: '2026-01-01T00:00:09.000Z',
    });
    expect(merge(two, [second, first])).toMatchObject({
      status: 'fail',
      steps: ['s1', 's2'],
      duration_ms: 15,
      attempts: 3,
      files_checked: 4,
      findings: [{ path: 'a' }, { path: 'b' }],
      findings_total: 8,
      truncated: true,
      messages: ['same', 'x'],
      output: [1, 2],
      exit_status: { code: 1, signal: null },
      produced_at: '2026-01-01T00:00:09.000Z',
    });
  });

  it('claim only the isolation that held in every step', () => {
    const strong = result('json', {
      isolation: {
        tier: 'process',
        namespaces: ['pid'],
        limits_by: 'rlimit',
        sweep: 'token',
        enforced: { fs_read: 'yes', fs_write: 'yes', network: 'yes', processes: 'yes', memory: 'yes' },
      },
    });
    const weak = result('json', { step_id: 's2' });
    expect(merge(two, [strong, weak]).isolation).toEqual(weak.isolation);
  });

  it('keep at most 5,000 findings and say so', () => {
    const findings = Array.from({ length: 6000 }, (_, line) => finding({ line: line + 1 }));
    const merged = merge(one, [result('json', { findings })]);
    expect([merged.findings.length, merged.findings_total, merged.truncated]).toEqual([5000, 6000, true]);
  });

  it('take a signal for the worse end', () => {
    const killed = result('json', { exit_status: { code: null, signal: 'SIGKILL' } });
    const fine = result('json', { step_id: 's2', exit_status: { code: 0, signal: null } });
    expect(merge(two, [fine, killed]).exit_status).toEqual({ code: null, signal: 'SIGKILL' });
    expect(merge(one, [fine]).exit_status).toBeNull();
    expect(merge(two, [fine, result('json')]).exit_status).toEqual({ code: 0, signal: null });
  });

  it('of a stranger or another run are ignored', () => {
    expect(merge(one, [result('json'), result('yaml'), result('json', { step_id: 's9' })]).steps).toEqual(['s1']);
  });
});

describe('missing results', () => {
  const warned = result('json', { status: 'warn', findings: [finding({ severity: 'warning' })] });
  const failed = result('json', { findings: [finding()] });
  const cases: readonly [string, Merged, readonly ComponentStepResult[], Partial<Ending>, object][] = [
    ['no files', { ...one, steps: [] }, [], {}, { status: 'skip', skipped_reason: 'no-files', errors: [] }],
    [
      'skipped without a word',
      one,
      [result('json', { status: 'skip' })],
      {},
      { status: 'skip', skipped_reason: 'unspecified' },
    ],
    [
      'skipped with a word',
      one,
      [result('json', { status: 'skip', skipped_reason: 'empty' })],
      {},
      { status: 'skip', skipped_reason: 'empty' },
    ],
    ['completed and lost', one, [], {}, { status: 'error', errors: [{ code: 'NE001' }], skipped_reason: null }],
    ['step failed', one, [], { failed_steps: { s1: crash } }, { status: 'error', errors: [crash] }],
    [
      'both steps failed alike',
      two,
      [],
      { failed_steps: { s1: crash, s2: crash } },
      { status: 'error', errors: [crash] },
    ],
    ['fail-fast', one, [], { skipped_steps: { s1: 'fail-fast' } }, { status: 'skip', skipped_reason: 'fail-fast' }],
    [
      'upstream',
      one,
      [],
      { skipped_steps: { s1: 'upstream-failed' } },
      { status: 'skip', skipped_reason: 'upstream-failed' },
    ],
    ['cancelled', one, [], { state: 'cancelled' }, { status: 'skip', skipped_reason: 'cancelled' }],
    ['engine lost', one, [], { state: 'errored' }, { status: 'skip', skipped_reason: 'engine' }],
    [
      'deadline',
      one,
      [],
      { state: 'timed_out' },
      { status: 'error', errors: [{ code: 'NE004', details: { timeout_ms: 60_000 } }] },
    ],
    [
      'deadline by step',
      one,
      [],
      { skipped_steps: { s1: 'deadline' } },
      { status: 'error', errors: [{ code: 'NE004' }] },
    ],
    [
      'half passed, then cancelled',
      two,
      [result('json')],
      { state: 'cancelled' },
      { status: 'skip', skipped_reason: 'cancelled' },
    ],
    ['half warned, then cancelled', two, [warned], { state: 'cancelled' }, { status: 'skip', findings_total: 1 }],
    ['half failed, then cancelled', two, [failed], { state: 'cancelled' }, { status: 'fail', skipped_reason: null }],
    ['half passed, then timed out', two, [result('json')], { state: 'timed_out' }, { status: 'error' }],
    [
      'half crashed, then cancelled',
      two,
      [result('json', { status: 'error', errors: [crash] })],
      { state: 'cancelled' },
      { status: 'error' },
    ],
  ];

  it.each(cases)('%s', (_, from, results, changes, expected) => {
    expect(merge(from, results, changes)).toMatchObject(expected);
  });

  const note = { ...one, components: [planned('json', { enforcement: 'informational', severity_limit: 'warning' })] };
  it.each<[string, Merged, Partial<Ending>, string]>([
    ['a time-out', note, { state: 'timed_out' }, 'warn'],
    ['a crash', note, { failed_steps: { s1: crash } }, 'warn'],
    ['a violation', note, { failed_steps: { s1: denied } }, 'error'],
  ])('%s of an informational component is %4$s', (_, from, changes, status) => {
    expect(merge(from, [], changes).status).toBe(status);
  });

  it('have the time of the end and promise no isolation', () => {
    const merged = merge(one, [], { state: 'cancelled' });
    expect(merged.produced_at).toBe(completed.completed_at);
    expect(new Set(Object.values(merged.isolation.enforced))).toEqual(new Set(['no']));
    expect(merged.isolation.tier).toBe('thread');
    const command = planned('json', {
      entrypoint: {
        kind: 'command',
        program: 'x',
        args: [],
        input: 'args',
        output: 'text',
        pass_codes: [0],
        fail_codes: [1],
        parse: 'text',
      },
    });
    expect(merge({ ...one, components: [command] }, [], { state: 'cancelled' }).isolation.tier).toBe('process');
  });
});

describe('order', () => {
  it('of results is level, then name, namespace and uuid', () => {
    const made = plan([record('b'), record('a'), record('a', { namespace: 'z' }), record('a', { namespace: 'y' })]);
    const merged = mergeResults({ ...made, components: made.components.toReversed() }, [], completed);
    expect(merged.map(({ component }) => `${component.namespace}.${component.name}`)).toEqual([
      'local.a',
      'y.a',
      'z.a',
      'local.b',
    ]);
  });

  it('of findings is path bytes, line, column, rule, whatever they came in', () => {
    const sorted = [
      finding({ path: 'B' }),
      finding({ path: 'a', line: 2 }),
      finding({ path: 'a', line: 10, column: 3 }),
      finding({ path: 'a', line: 10, column: 20 }),
      finding({ path: 'a', line: 10, column: 20, rule: 'x/y' }),
      finding({ path: 'a', line: 10, column: 20, rule: 'x/y', message: 'z' }),
      finding({ path: 'a', line: 10, column: 20, rule: 'x/y', message: 'z', fingerprint: 'f'.repeat(32) }),
      finding({ path: '\uFFFF' }),
      finding({ path: '\u{10000}' }),
    ];
    const { path: _, line: __, column: ___, ...nowhere } = finding();
    const all = [nowhere, ...sorted];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(shuffled.toSorted(compareFindings)).toEqual(all);
      }),
      { numRuns: 50 },
    );
  });
});
