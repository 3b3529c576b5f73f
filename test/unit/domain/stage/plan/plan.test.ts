import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComponentMetadata, ComponentRecord } from '../../../../../contracts/component.ts';
import type { PlannedStep, StagePlan } from '../../../../../contracts/stage.ts';
import { buildPlan, type PlanInput } from '../../../../../domain/stage/plan/build-plan.ts';
import { summarisePlan } from '../../../../../domain/stage/plan/summary.ts';
import {
  commandRecord,
  entry,
  needs,
  noOptions,
  noSettings,
  plan,
  planInput,
  record,
  snapshot,
  uuidOf,
} from '../builders.ts';

function files(count: number, size = 100): readonly ReturnType<typeof entry>[] {
  return Array.from({ length: count }, (_, index) => entry(`f${String(index).padStart(7, '0')}`, { size }));
}

/** `names × files` of each step. */
function outline(made: StagePlan): readonly string[] {
  const names = new Map(made.components.map(({ component }) => [component.uuid, component.name]));
  return made.steps.map((step) => {
    const parts = Object.entries(step.files).map(([uuid, indexes]) => `${names.get(uuid)}×${indexes.length}`);
    return `${step.id} L${step.level} ${step.kind} ${step.batch}/${step.batches} ${parts.join(' ')}`;
  });
}

describe('levels', () => {
  it('put everything after what it needs or follows', () => {
    const made = plan([
      record('a', { dependencies: [needs('b'), needs('c')] }),
      record('b', { dependencies: [needs('c')] }),
      record('c'),
      record('d', { x_extensions: { omnibase: { after: ['b'] } } }),
    ]);
    expect(made.components.map(({ component, level }) => [component.name, level])).toEqual([
      ['c', 0],
      ['b', 1],
      ['a', 2],
      ['d', 2],
    ]);
    expect(made.levels).toEqual([['s1'], ['s2'], ['s3', 's4']]);
  });

  it('refuse a circle and print it', () => {
    const circle = [
      record('a', { dependencies: [needs('b')] }),
      record('b', { dependencies: [needs('c')] }),
      record('c', { dependencies: [needs('b')] }),
    ];
    expect(() => plan(circle)).toThrow(
      expect.objectContaining({
        code: 'RG006',
        message: expect.stringContaining('local.b@1.0.0 -> local.c@1.0.0 -> local.b@1.0.0'),
      }),
    );
  });

  it('without files stay as empty lists', () => {
    const made = plan([record('a', { dependencies: [needs('b')] }), record('b', { files: ['nothing'] })]);
    expect(made.levels).toEqual([[], ['s1']]);
    expect(summarisePlan(made).needs).toEqual({});
  });
});

describe('steps', () => {
  it('of built-ins are shared, others stand alone', () => {
    const made = plan([
      record('json', { files: ['*.json'] }),
      record('eol'),
      commandRecord('eslint'),
      record('none', { files: ['x'] }),
    ]);
    expect(outline(made)).toEqual(['s1 L0 builtins 1/1 eol×2 json×1', 's2 L0 command 1/1 eslint×2']);
    expect(made.components.map(({ component }) => component.name)).toEqual(['eol', 'eslint', 'json', 'none']);
  });

  it('go required first, then by class, priority and name', () => {
    const made = plan(
      [
        commandRecord('b'),
        commandRecord('a'),
        commandRecord('low', { priority: 10 }),
        commandRecord('high', { priority: 90 }),
        commandRecord('fast', { performance: 'fast' }),
        commandRecord('heavy', { performance: 'heavy', priority: 100 }),
        commandRecord('must', { performance: 'heavy', priority: 0 }),
      ],
      { settings: { ...noSettings, required: ['must'] } },
    );
    const names = new Map(made.components.map(({ component }) => [component.uuid, component.name]));
    const order = made.steps.map(({ files: step }) => names.get(Object.keys(step)[0] ?? ''));
    expect(order).toEqual(['must', 'fast', 'high', 'a', 'b', 'low', 'heavy']);
  });

  it('keep a built-in apart that others wait for, and those that wait for different ones', () => {
    const made = plan([
      record('up1'),
      record('up2'),
      record('free'),
      record('x', { dependencies: [needs('up1')] }),
      record('y', { dependencies: [needs('up1')] }),
      record('z', { dependencies: [needs('up2')] }),
    ]);
    expect(outline(made)).toEqual([
      's1 L0 builtins 1/1 free×2',
      's2 L0 builtins 1/1 up1×2',
      's3 L0 builtins 1/1 up2×2',
      's4 L1 builtins 1/1 x×2 y×2',
      's5 L1 builtins 1/1 z×2',
    ]);
    expect(summarisePlan(made).needs).toEqual({ s4: ['s2'], s5: ['s3'] });
  });

  it('take the sum of their time-outs, at most the deadline', () => {
    const [both] = plan([record('a', { timeout_ms: 3000 }), record('b', { timeout_ms: 4000 })]).steps;
    expect(both?.timeout_ms).toBe(7000);
    const options = { ...noOptions, timeout_ms: 5000 };
    expect(plan([record('a'), record('b')], { options }).steps[0]?.timeout_ms).toBe(5000);
  });

  it('are repeated only when every member may be', () => {
    const attempts = (...records: ComponentRecord[]) =>
      plan(records).steps.map((step) => [step.attempts, step.idempotent]);
    expect(attempts(record('a'), record('b', { retries: 4 }))).toEqual([[5, true]]);
    expect(attempts(record('a'), record('b', { idempotent: false }))).toEqual([[1, false]]);
    expect(attempts(commandRecord('c'))).toEqual([[1, false]]);
    expect(attempts(commandRecord('c', { idempotent: true, retries: 0 }))).toEqual([[1, true]]);
  });
});

describe('batches', () => {
  it('hold at most 2,000 files', () => {
    const made = plan([record('a'), record('b', { files: ['f0000*'] })], { entries: files(4500) });
    expect(outline(made)).toEqual([
      's1 L0 builtins 1/3 a×2000 b×1000',
      's2 L0 builtins 2/3 a×2000',
      's3 L0 builtins 3/3 a×500',
    ]);
  });

  it('hold at most 16 MiB, and a larger file by itself', () => {
    const mib = 1024 * 1024;
    const sizes = [10, 5, 2, 20, 1].map((size, index) => entry(`f${index}`, { size: size * mib }));
    expect(outline(plan([record('a')], { entries: sizes })).map((line) => line.slice(-1))).toEqual([
      '2',
      '1',
      '1',
      '1',
    ]);
  });

  it('keep command lines below 96 KiB where names are passed on them', () => {
    const long = Array.from({ length: 1000 }, (_, index) =>
      entry(`${'x'.repeat(195)}${String(index).padStart(4, '0')}`),
    );
    const byArgs = plan([commandRecord('c')], { entries: long });
    expect(byArgs.steps).toHaveLength(3);
    const entrypoint = { kind: 'command', program: 'c', args: [], protocol: 'omnibase.validator/1' } as const;
    expect(plan([commandRecord('c', { entrypoint })], { entries: long }).steps).toHaveLength(1);
  });

  it('never split a component of project scope', () => {
    const project = record('whole', { scope: 'project' });
    expect(outline(plan([record('a'), project], { entries: files(100) }))).toEqual([
      's1 L0 builtins 1/1 a×100 whole×100',
    ]);
    expect(outline(plan([record('a'), project], { entries: files(3000) }))).toEqual([
      's1 L0 builtins 1/2 a×2000',
      's2 L0 builtins 2/2 a×1000',
      's3 L0 builtins 1/1 whole×3000',
    ]);
    expect(outline(plan([project], { entries: files(3000) }))).toEqual(['s1 L0 builtins 1/1 whole×3000']);
  });

  it('grow so that a run has at most 400 steps', () => {
    const many = Array.from({ length: 150 }, (_, index) =>
      commandRecord(`c${index}`, { entrypoint: { kind: 'command', program: 'c', args: [] } }),
    );
    const made = plan(many, { entries: files(10_000, 1) });
    expect(made.steps.length).toBe(300);
    expect(Math.max(...made.steps.map(({ files: step }) => Object.values(step).flat().length))).toBe(8000);
  });

  it('grow so that the summary fits into workflow history', () => {
    const entrypoint = { kind: 'command', program: 'c', args: [] } as const;
    const upstream = Array.from({ length: 60 }, (_, index) => commandRecord(`up${index}`, { entrypoint }));
    const dependencies = upstream.map(({ metadata }) => needs(metadata.name));
    const dependents = Array.from({ length: 60 }, (_, index) =>
      commandRecord(`down${index}`, { entrypoint, dependencies }),
    );
    // Of normal size it would be 240 steps, but each of 120 steps would name 120 others it needs.
    const made = plan([...upstream, ...dependents], { entries: files(2001, 1) });
    expect(made.steps).toHaveLength(120);
    expect(JSON.stringify(summarisePlan(made)).length).toBeLessThan(96 * 1024);
  });

  it('refuse a run that no size of batch makes small enough', () => {
    const many = Array.from({ length: 200 }, (_, index) => commandRecord(`c${index}`));
    const long = Array.from({ length: 800 }, (_, index) => entry(`${`${'x'.repeat(250)}/`.repeat(12)}${index}`));
    expect(() => plan(many, { entries: long })).toThrow(expect.objectContaining({ code: 'OR004' }));
  });

  it('cover every file of every component exactly once, in order', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 20_000_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, (list) => {
        const entries = list.map((size, index) => entry(`f${String(index).padStart(3, '0')}`, { size }));
        const made = plan([record('a'), record('b', { files: ['f*1'] }), record('c', { scope: 'project' })], {
          entries,
        });
        for (const { component } of made.components) {
          const covered = made.steps.flatMap((step: PlannedStep) => step.files[component.uuid] ?? []);
          const expected = entries.flatMap(({ path }, index) =>
            component.name !== 'b' || path.endsWith('1') ? [index] : [],
          );
          expect(covered).toEqual(expected);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('planned components', () => {
  const plannedAs = (metadata: Partial<ComponentMetadata>, changes: Partial<PlanInput> = {}) =>
    plan([record('a', metadata)], changes).components[0];

  it('carry what a runner needs', () => {
    expect(plannedAs({})).toEqual({
      component: {
        uuid: uuidOf('local.a@1.0.0'),
        namespace: 'local',
        name: 'a',
        version: '1.0.0',
        spec: null,
        lifecycle: 'active',
        source: 'file:a.yml',
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        implementation: null,
        selected_by: 'preset',
      },
      type: 'validator',
      enforcement: 'standard',
      entrypoint: { kind: 'builtin', id: 'a' },
      scope: 'batch',
      mode: 'read',
      idempotent: true,
      attempts: 3,
      timeout_ms: 10_000,
      resources: { memory_mb: 256, cpu: 1, disk_mb: 1024, pids: 64 },
      options: {},
      needs: [],
      rules: {},
      expected_result: null,
      environment: [],
      level: 0,
      weight: null,
      depends_on: [],
      performance: 'standard',
    });
  });

  it('take settings from the configuration', () => {
    const settings = {
      ...noSettings,
      components: {
        a: { options: { max: 1 }, rules: { 'a/b': 'off' }, severity: { error: 'warning' }, files: ['*.yaml'] },
      },
    } as const;
    const made = plan([record('a')], { settings });
    expect(made.components[0]).toMatchObject({
      options: { max: 1 },
      rules: { 'a/b': 'off' },
      severity_map: { error: 'warning' },
    });
    expect(made.steps[0]?.files).toEqual({ [uuidOf('local.a@1.0.0')]: [1] });
  });

  it.each<[Partial<ComponentMetadata>, number | undefined, PlanInput['stage'], number]>([
    [{}, undefined, 'pre-commit', 10_000],
    [{ timeout_ms: 500 }, undefined, 'pre-commit', 500],
    [{ timeout_ms: 3_600_000 }, undefined, 'pre-commit', 10_000],
    [{ timeout_ms: 3_600_000 }, undefined, 'ci', 600_000],
    [{}, undefined, 'ci', 60_000],
    [{}, 20_000, 'pre-commit', 20_000],
    [{ timeout_ms: 500 }, 7_200_000, 'pre-commit', 3_600_000],
  ])('time out after %j, configured %j, in %s: %d ms', (metadata, timeout_ms, stage, expected) => {
    const settings = { ...noSettings, components: { a: { timeout_ms } } };
    expect(plannedAs(metadata, { stage, settings })?.timeout_ms).toBe(expected);
  });

  it.each<[Partial<ComponentMetadata>, string | undefined]>([
    [{}, undefined],
    [{ severity: 'error' }, undefined],
    [{ severity: 'warning' }, 'warning'],
    [{ severity: 'info' }, 'info'],
    [{ enforcement: 'informational' }, 'warning'],
    [{ enforcement: 'informational', severity: 'info' }, 'info'],
  ])('of %j keep at most severity %s', (metadata, limit) => {
    expect(plannedAs(metadata)?.severity_limit).toBe(limit);
  });

  it('of type test expect to pass unless they say otherwise', () => {
    const test = { type: 'test', tags: ['ci'] } as const;
    expect(plannedAs(test, { stage: 'ci' })).toMatchObject({ type: 'test', expected_result: 'pass' });
    expect(plannedAs({ ...test, expected_result: 'fail' }, { stage: 'ci' })?.expected_result).toBe('fail');
  });

  it('of type tool keep their type', () => {
    const edge = { ...needs('t'), target: { type: 'tool', name: 't' } } as const;
    const made = plan([record('a', { dependencies: [edge] }), record('t', { type: 'tool' })]);
    expect(made.components.map(({ type }) => type)).toEqual(['tool', 'validator']);
  });

  it('name the hash of their code where it is known', () => {
    expect(
      plannedAs({}, { implementationOf: ({ metadata }) => `hash of ${metadata.name}` })?.component.implementation,
    ).toBe('hash of a');
  });

  it('that nothing can start are refused, should they come this far', () => {
    const input = planInput([record('a')]);
    const foreign = record('a', { entrypoint: { kind: 'foreign', runtime: 'python', target: 'x.py' } });
    const selected = input.selection.selected.map((component) => ({ ...component, record: foreign }));
    expect(() => buildPlan({ ...input, selection: { ...input.selection, selected } })).toThrow(
      expect.objectContaining({ code: 'OR005' }),
    );
  });
});

describe('the plan', () => {
  it('counts its inputs', () => {
    const made = plan([], {
      entries: [entry('b', { size: 5 }), entry('a', { status: 'deleted', size: 7 })],
      tooLarge: 3,
    });
    expect(made.inputs).toEqual({ files: 1, bytes: 5, deleted: 1, too_large: 3 });
    expect(made.entries.map(({ path }) => path)).toEqual(['a', 'b']);
    expect([made.steps, made.levels]).toEqual([[], []]);
  });

  it('takes flags before configuration before defaults', () => {
    const settings = { ...noSettings, fail_fast: true, timeout_ms: 5000, concurrency: 2 };
    const chosen = { ...noOptions, fail_fast: false, timeout_ms: 7000, concurrency: 1, fail_on: ['warning' as const] };
    expect(plan([record('a')])).toMatchObject({ fail_fast: false, deadline_ms: 60_000, concurrency: 4, fail_on: [] });
    expect(plan([record('a')], { settings })).toMatchObject({ fail_fast: true, deadline_ms: 5000, concurrency: 2 });
    expect(plan([record('a')], { settings, options: chosen })).toMatchObject({
      fail_fast: false,
      deadline_ms: 7000,
      concurrency: 1,
      fail_on: ['warning'],
    });
  });

  it('collects what is to be said', () => {
    const made = plan([], {
      snapshot: { ...snapshot, warnings: ['shallow'] },
      messages: [{ level: 'info', text: 'first' }],
    });
    expect(made.messages.map(({ text }) => text)).toEqual([
      'first',
      'shallow',
      expect.stringContaining('no registered component'),
    ]);
  });
});

describe('the plan hash', () => {
  const records = [
    record('a', { dependencies: [needs('b')] }),
    record('b'),
    record('c', { files: ['*1', '*2'] }),
    commandRecord('d'),
    record('e', { scope: 'project' }),
  ];
  const entries = [...files(30), entry('\u{10000}'), entry('\uFFFF'), entry('x', { path_bytes: '/w==' })];

  it('stays the same however the inputs are shuffled', () => {
    const expected = plan(records, { entries });
    const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });
    fc.assert(
      fc.property(shuffled(records), shuffled(entries), (someRecords, someEntries) => {
        expect(plan(someRecords, { entries: someEntries })).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('does not tell machines apart', () => {
    const elsewhere = plan(records, {
      entries,
      cores: 64,
      snapshot: {
        ...snapshot,
        git_dir: '/elsewhere/.git',
        work_tree: null,
        object_directories: ['/x'],
        branch: 'other',
      },
      registry: { source: 'cache', stale: true, age_s: 99 },
      messages: [{ level: 'info', text: 'hello' }],
    });
    expect(elsewhere.plan_hash).toBe(plan(records, { entries }).plan_hash);
  });

  const hash = (changes: Partial<PlanInput>) => plan(records, { entries, ...changes }).plan_hash;
  it.each<[string, Partial<PlanInput>]>([
    ['the content', { entries: [entry('f0000000', { blob: 'f'.repeat(40) }), ...entries.slice(1)] }],
    ['a mode', { entries: [entry('f0000000', { mode: '100755' }), ...entries.slice(1)] }],
    ['the tree', { snapshot: { ...snapshot, target_tree: 'd'.repeat(40) } }],
    ['an option', { settings: { ...noSettings, components: { a: { options: { x: 1 } } } } }],
    ['fail-fast', { options: { ...noOptions, fail_fast: true } }],
    ['the code', { implementationOf: () => 'other' }],
    ['the policy', { policy: { side: 'base', config_hash: 'x' } }],
  ])('changes with %s', (_, changes) => {
    expect(hash(changes)).not.toBe(hash({}));
  });
});

describe('the summary', () => {
  it('says what each step does', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => record(name));
    expect(summarisePlan(plan(many)).steps[0]).toEqual({
      id: 's1',
      level: 0,
      summary: 'a, b, +3 on 2 files, batch 1/1',
      local: true,
      timeout_ms: 50_000,
      attempts: 3,
      components: many.map(({ metadata }) => metadata.uuid),
    });
    const three = summarisePlan(plan(many.slice(2), { entries: [entry('x')] }));
    expect(three.steps[0]?.summary).toBe('c, d, e on 1 file, batch 1/1');
    const long = summarisePlan(plan([record('x'.repeat(255))]));
    expect(long.steps[0]?.summary).toBe(`${'x'.repeat(39)}… on 2 files, batch 1/1`);
  });

  it('calls a step local only when it is short work of built-ins', () => {
    const locals = (records: readonly ComponentRecord[], entries = files(200, 6000)) =>
      summarisePlan(plan(records, { entries })).steps.map(({ local }) => local);
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => record(name));
    expect(locals(five)).toEqual([true]);
    expect(locals([record('a', { performance: 'heavy' })])).toEqual([false]);
    expect(locals([commandRecord('c')])).toEqual([false]);
    expect(locals(five, files(2000, 8000))).toEqual([false]);
  });

  it('carries limits and levels', () => {
    const made = plan([record('a')], { options: { ...noOptions, fail_fast: true, timeout_ms: 9000 } });
    expect(summarisePlan(made)).toMatchObject({
      plan_hash: made.plan_hash,
      files: 2,
      components: 1,
      concurrency: 4,
      fail_fast: true,
      deadline_ms: 9000,
      levels: [['s1']],
      needs: {},
    });
  });

  it('needs every batch of what a step waits for', () => {
    const made = plan([commandRecord('a', { dependencies: [needs('b')] }), commandRecord('b')], {
      entries: files(2500, 1),
    });
    expect(summarisePlan(made).needs).toEqual({ s3: ['s1', 's2'], s4: ['s1', 's2'] });
  });
});

it('plans ten thousand files for the built-ins quickly', () => {
  const records = Array.from({ length: 22 }, (_, index) => record(`v${index}`, { files: ['*.json', 'src/**/*.ts'] }));
  const entries = Array.from({ length: 10_000 }, (_, index) => entry(`src/folder${index % 100}/file${index}.ts`));
  const started = performance.now();
  const made = plan(records, { entries });
  expect(made.steps).toHaveLength(5);
  expect(performance.now() - started).toBeLessThan(5000);
});
