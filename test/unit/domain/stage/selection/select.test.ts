import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComponentRecord } from '../../../../../contracts/component.ts';
import type { Stage, StageOptions, StageSettings } from '../../../../../contracts/stage.ts';
import { selectComponents } from '../../../../../domain/stage/selection/select.ts';
import type { Selection } from '../../../../../domain/stage/selection/selected.ts';
import { needs, noOptions, noSettings, record, uuidOf } from '../builders.ts';

interface Request {
  readonly stage?: Stage;
  readonly options?: Partial<StageOptions>;
  readonly settings?: Partial<StageSettings>;
}

function select(
  candidates: readonly ComponentRecord[],
  { stage = 'pre-commit', options, settings }: Request = {},
): Selection {
  return selectComponents({
    stage,
    candidates,
    options: { ...noOptions, ...options },
    settings: { ...noSettings, ...settings },
  });
}

/** `name@version` of what was selected. */
function names(selection: Selection): readonly string[] {
  return selection.selected.map(({ record: { metadata } }) => `${metadata.name}@${metadata.version}`);
}

/** Reference → reason of what was dropped. */
function reasons(selection: Selection): Readonly<Record<string, string>> {
  return Object.fromEntries(selection.skipped.map(({ ref, reason }) => [ref, reason]));
}

function codeOf(candidates: readonly ComponentRecord[], request: Request): string {
  try {
    select(candidates, request);
    return 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'another error';
  }
}

const zoo = [
  record('both'),
  record('pre', { tags: ['pre-commit'] }),
  record('ci', { tags: ['ci'] }),
  record('untagged', { tags: [] }),
  record('canary', { lifecycle: 'canary' }),
  record('deprecated', { lifecycle: 'deprecated', deprecated_by: 'both', end_of_life_date: '2027-01-01' }),
  record('experimental', { lifecycle: 'experimental' }),
  record('draft', { lifecycle: 'draft' }),
  record('archived', { lifecycle: 'archived' }),
  record('inactive', { status: 'inactive' }),
  record('pending', { status: 'pending_review' }),
  record('quarantined', {}, { quarantined: true }),
  record('wip', {}, { wip: true }),
  record('foreign', { entrypoint: { kind: 'foreign', runtime: 'python', target: 'x.py' } }),
  record('tool', { type: 'tool' }),
  record('test', { type: 'test', tags: [] }),
  record('citest', { type: 'test', tags: ['ci'] }),
];

describe('presets', () => {
  it('pre-commit takes tagged validators that are canary or active', () => {
    const selection = select(zoo);
    expect(names(selection)).toEqual(['both@1.0.0', 'canary@1.0.0', 'pre@1.0.0']);
    expect(reasons(selection)).toEqual({
      'local.ci@1.0.0': 'preset-tag',
      'local.untagged@1.0.0': 'preset-tag',
      'local.deprecated@1.0.0': 'lifecycle',
      'local.experimental@1.0.0': 'lifecycle',
      'local.draft@1.0.0': 'lifecycle',
      'local.archived@1.0.0': 'lifecycle',
      'local.inactive@1.0.0': 'status',
      'local.pending@1.0.0': 'status',
      'local.quarantined@1.0.0': 'quarantine',
      'local.wip@1.0.0': 'wip',
      'local.foreign@1.0.0': 'entrypoint',
    });
    expect(selection.skipped.every(({ by }) => by.length > 0)).toBe(true);
    expect(selection.selected.map(({ selected_by }) => selected_by)).toEqual(['preset', 'preset', 'preset']);
  });

  it('ci adds tagged tests and deprecated components with a warning', () => {
    const selection = select(zoo, { stage: 'ci' });
    expect(names(selection)).toEqual([
      'citest@1.0.0',
      'both@1.0.0',
      'canary@1.0.0',
      'ci@1.0.0',
      'deprecated@1.0.0',
      'pre@1.0.0',
    ]);
    expect(selection.messages).toEqual([
      {
        level: 'warning',
        text: 'local.deprecated@1.0.0 is deprecated; use both instead; it ends on 2027-01-01',
        code: 'LC007',
      },
    ]);
  });

  it('test takes every test', () => {
    expect(names(select(zoo, { stage: 'test' }))).toEqual(['citest@1.0.0', 'test@1.0.0']);
  });

  it('--no-preset drops the tags and nothing else', () => {
    const selection = select(zoo, { options: { no_preset: true } });
    expect(names(selection)).toEqual(['both@1.0.0', 'canary@1.0.0', 'ci@1.0.0', 'pre@1.0.0', 'untagged@1.0.0']);
    expect(selection.preset).toBe('pre-commit without tags');
  });

  it('--lifecycle experimental widens', () => {
    expect(names(select(zoo, { options: { lifecycle: ['experimental'] } }))).toContain('experimental@1.0.0');
    expect(names(select(zoo, { options: { lifecycle: ['active'] } }))).toEqual([
      'both@1.0.0',
      'canary@1.0.0',
      'pre@1.0.0',
    ]);
  });

  it('take the lifecycles and tags of the configuration instead', () => {
    expect(names(select(zoo, { settings: { lifecycle: ['active'] } }))).toEqual(['both@1.0.0', 'pre@1.0.0']);
    expect(names(select(zoo, { settings: { lifecycle: ['experimental'] } }))).toEqual(['experimental@1.0.0']);
    expect(
      names(select(zoo, { settings: { lifecycle: ['active'] }, options: { lifecycle: ['canary'] } })),
    ).toHaveLength(3);
    const byTags = select(zoo, { settings: { tags: ['ci', 'x'] } });
    expect(names(byTags)).toEqual(['both@1.0.0', 'canary@1.0.0', 'ci@1.0.0']);
    expect(byTags.preset).toBe('pre-commit with tags ci, x');
    expect(names(select(zoo, { stage: 'test', settings: { tags: ['ci'] } }))).toEqual(['citest@1.0.0']);
    expect(codeOf(zoo, { settings: { lifecycle: ['draft'] } })).toBe('OR001');
    expect(codeOf(zoo, { stage: 'ci', settings: { lifecycle: ['experimental'] } })).toBe('OR001');
  });

  it('names a canary even where the configuration has active ones only', () => {
    expect(names(select(zoo, { settings: { lifecycle: ['active'] }, options: { only: ['canary'] } }))).toEqual([
      'canary@1.0.0',
    ]);
  });

  it.each<[Stage, string]>([
    ['ci', 'experimental'],
    ['pre-commit', 'draft'],
    ['pre-commit', 'archived'],
    ['pre-commit', 'deprecated'],
    ['test', 'nonsense'],
  ])('%s refuses --lifecycle %s', (stage, lifecycle) => {
    expect(codeOf(zoo, { stage, options: { lifecycle: [lifecycle] } })).toBe('OR001');
  });

  it('refuses exec, which has none', () => {
    expect(codeOf(zoo, { stage: 'exec' })).toBe('OR001');
  });
});

describe('narrowing', () => {
  const tagged = [
    record('a', { tags: ['pre-commit', 'x'] }),
    record('b', { tags: ['pre-commit', 'x', 'y'] }),
    record('c', { tags: ['pre-commit', 'y', 'z'] }),
    record('d', { tags: ['x', 'y'] }),
  ];

  it.each<[Request, string[], Record<string, string>]>([
    [{ options: { tags: ['x'] } }, ['a', 'b'], { c: 'tags', d: 'preset-tag' }],
    [{ options: { tags: ['x', 'y'] } }, ['b'], { a: 'tags', c: 'tags', d: 'preset-tag' }],
    [{ options: { any_tag: ['y', 'z'] } }, ['b', 'c'], { a: 'any-tag', d: 'preset-tag' }],
    [{ options: { tags: ['x'], no_preset: true } }, ['a', 'b', 'd'], { c: 'tags' }],
  ])('%j', (request, selected, dropped) => {
    const selection = select(tagged, request);
    expect(names(selection)).toEqual(selected.map((name) => `${name}@1.0.0`));
    expect(reasons(selection)).toEqual(
      Object.fromEntries(Object.entries(dropped).map(([name, why]) => [`local.${name}@1.0.0`, why])),
    );
  });

  const profiled = [
    record('none'),
    record('fast', { profiles: ['fast'] }),
    record('ci', { profiles: ['ci'] }),
    record('full', { profiles: ['full'] }),
  ];

  it.each<['fast' | 'ci' | 'full' | null, string[]]>([
    ['fast', ['fast']],
    ['ci', ['ci', 'fast', 'none']],
    ['full', ['ci', 'fast', 'full', 'none']],
    [null, ['ci', 'fast', 'full', 'none']],
  ])('--profile %s', (profile, expected) => {
    expect(names(select(profiled, { options: { profile } }))).toEqual(expected.map((name) => `${name}@1.0.0`));
  });

  it('takes the profile of the configuration when no flag is given', () => {
    expect(names(select(profiled, { settings: { profile: 'fast' } }))).toEqual(['fast@1.0.0']);
    expect(names(select(profiled, { options: { profile: 'ci' }, settings: { profile: 'fast' } }))).toHaveLength(3);
  });
});

describe('--only', () => {
  it.each<[string]>([['both'], ['local.both'], ['validator:both'], ['both@^1.0.0'], [uuidOf('local.both@1.0.0')]])(
    '%s',
    (ref) => {
      const selection = select(zoo, { options: { only: [ref] } });
      expect(names(selection)).toEqual(['both@1.0.0']);
      expect(selection.selected[0]).toMatchObject({ selected_by: 'only', enforcement: 'standard' });
      expect(reasons(selection)).toMatchObject({ 'local.pre@1.0.0': 'only', 'local.ci@1.0.0': 'preset-tag' });
    },
  );

  it('takes a deprecated component with a warning', () => {
    const selection = select(zoo, { options: { only: ['deprecated'] } });
    expect(names(selection)).toEqual(['deprecated@1.0.0']);
    expect(selection.messages.map(({ code }) => code)).toEqual(['LC007']);
  });

  it('takes work in progress only by exact version', () => {
    expect(names(select(zoo, { options: { only: ['wip@1.0.0'] } }))).toEqual(['wip@1.0.0']);
    expect(codeOf(zoo, { options: { only: ['wip'] } })).toBe('OR005');
  });

  it.each<[string, Stage, string, RegExp, RegExp]>([
    ['draft', 'pre-commit', 'OR005', /lifecycle is draft/, /./],
    ['draft@1.0.0', 'pre-commit', 'OR005', /lifecycle is draft/, /./],
    ['archived', 'pre-commit', 'OR005', /lifecycle is archived/, /./],
    [uuidOf('local.archived@1.0.0'), 'pre-commit', 'OR005', /lifecycle is archived/, /./],
    ['experimental', 'pre-commit', 'OR005', /experimental/, /--lifecycle experimental/],
    ['experimental', 'ci', 'OR001', /never runs experimental/, /./],
    ['inactive', 'pre-commit', 'OR005', /status inactive/, /./],
    ['quarantined', 'pre-commit', 'OR005', /quarantined/, /./],
    ['foreign', 'pre-commit', 'OR005', /wrap it as a command/, /./],
    ['tool', 'pre-commit', 'OR005', /of type tool/, /./],
    ['test', 'pre-commit', 'OR005', /of type test/, /./],
    ['ci', 'pre-commit', 'OR005', /no tag pre-commit/, /--no-preset/],
    ['bohth', 'pre-commit', 'RG001', /bohth of --only/, /did you mean both/],
    ['zzzzzzzz', 'pre-commit', 'RG001', /zzzzzzzz/, /registry ls/],
    [uuidOf('nobody'), 'pre-commit', 'RG001', /of --only/, /./],
    ['both@^2', 'pre-commit', 'RG008', /there are 1\.0\.0 \(active\)/, /./],
    ['a b', 'pre-commit', 'QY003', /./, /./],
    ['both@x.y', 'pre-commit', 'QY002', /./, /./],
  ])('%s in %s: %s', (ref, stage, code, message, next) => {
    expect(() => select(zoo, { stage, options: { only: [ref] } })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message), next: expect.stringMatching(next) }),
    );
  });

  it('refuses a name that two namespaces share', () => {
    const twins = [record('a'), record('a', { namespace: 'team' })];
    expect(codeOf(twins, { options: { only: ['a'] } })).toBe('RG013');
    expect(names(select(twins, { options: { only: ['team.a'] } }))).toEqual(['a@1.0.0']);
  });

  it('says so when other flags leave the named one out', () => {
    const selection = select(zoo, { options: { only: ['both', 'pre'], tags: ['ci'] } });
    expect(names(selection)).toEqual(['both@1.0.0']);
    expect(reasons(selection)['local.pre@1.0.0']).toBe('tags');
    expect(selection.messages[0]?.text).toMatch(/pre@1\.0\.0 is named by --only but left out by tags ci/);
  });

  it('needs all references to one name to agree', () => {
    const versions = [record('a'), record('a', { version: '2.0.0' })];
    expect(names(select(versions, { options: { only: ['a', 'a@^1'] } }))).toEqual(['a@1.0.0']);
    expect(codeOf(versions, { options: { only: ['a@^1', 'a@^2'] } })).toBe('RG008');
  });
});

describe('versions', () => {
  const versions = [
    record('a', { version: '1.0.0' }),
    record('a', { version: '1.10.0' }),
    record('a', { version: '1.9.0' }),
    record('a', { version: '2.0.0-rc.1' }),
    record('a', { version: '3.0.0', lifecycle: 'draft' }),
  ];

  it('is the highest release that may run', () => {
    const selection = select(versions);
    expect(names(selection)).toEqual(['a@1.10.0']);
    expect(selection.selected[0]?.spec).toBeNull();
    expect(reasons(selection)).toEqual({
      'local.a@1.0.0': 'other-version',
      'local.a@1.9.0': 'other-version',
      'local.a@2.0.0-rc.1': 'other-version',
      'local.a@3.0.0': 'lifecycle',
    });
  });

  it.each<[Request, string, string | null]>([
    [{ settings: { components: { a: { version: '~1.9' } } } }, 'a@1.9.0', '~1.9'],
    [{ options: { only: ['a'] }, settings: { components: { 'local.a': { version: '1.0.0' } } } }, 'a@1.0.0', '1.0.0'],
    [{ options: { only: ['a@1.9.0'] }, settings: { components: { a: { version: '1.0.0' } } } }, 'a@1.9.0', '1.9.0'],
    [{ options: { only: ['a@2.0.0-rc.1'] } }, 'a@2.0.0-rc.1', '2.0.0-rc.1'],
    [{ options: { only: [uuidOf('local.a@2.0.0-rc.1')] } }, 'a@2.0.0-rc.1', null],
    [{ options: { only: ['a@latest'] } }, 'a@1.10.0', null],
    [{ options: { only: ['a@>=1.0.0,<1.10.0'] } }, 'a@1.9.0', '>=1.0.0,<1.10.0'],
  ])('%j', (request, name, spec) => {
    const selection = select(versions, request);
    expect([names(selection), selection.selected[0]?.spec]).toEqual([[name], spec]);
  });

  it('that nothing fits is an error', () => {
    expect(codeOf(versions, { settings: { components: { a: { version: '^9' } } } })).toBe('RG008');
    expect(codeOf(versions, { options: { only: ['a@3.0.0'] } })).toBe('OR005');
  });

  it('passes over a name that has only prereleases', () => {
    const selection = select([record('a', { version: '1.0.0-rc.1' }), record('b')]);
    expect(names(selection)).toEqual(['b@1.0.0']);
    expect(reasons(selection)).toEqual({ 'local.a@1.0.0-rc.1': 'prerelease' });
  });

  it('are chosen per type and namespace', () => {
    expect(names(select([record('a'), record('a', { namespace: 'team', version: '2.0.0' })]))).toEqual([
      'a@1.0.0',
      'a@2.0.0',
    ]);
  });
});

describe('required components', () => {
  const settings = { required: ['untagged'] };

  it('join whatever narrows the rest', () => {
    const selection = select(zoo, { settings, options: { only: ['both'], tags: ['ci'], profile: 'full' } });
    expect(names(selection)).toEqual(['both@1.0.0', 'untagged@1.0.0']);
    expect(selection.selected[1]).toMatchObject({ selected_by: 'required', enforcement: 'required' });
    expect(selection.required).toEqual(['untagged']);
  });

  it('stay required when --only names them too', () => {
    const selection = select(zoo, { settings, options: { only: ['untagged@1.0.0'] } });
    expect(selection.selected[0]).toMatchObject({ selected_by: 'required', enforcement: 'required', spec: '1.0.0' });
  });

  it('cannot be skipped by flag', () => {
    expect(() => select(zoo, { settings, options: { skip: ['untagged'] } })).toThrow(
      expect.objectContaining({ code: 'OR003', message: expect.stringContaining('local.untagged@1.0.0') }),
    );
  });

  it('run although the environment skips them, with a warning', () => {
    const selection = select(zoo, { settings, options: { env_skip: ['untagged', 'both'] } });
    expect(names(selection)).toEqual(['canary@1.0.0', 'pre@1.0.0', 'untagged@1.0.0']);
    expect(selection.messages).toEqual([
      { level: 'warning', code: 'OR003', text: expect.stringContaining('is required and runs') },
    ]);
  });

  it.each([
    ['nobody', 'RG001'],
    ['archived', 'OR005'],
    ['foreign', 'OR005'],
    ['tool', 'OR005'],
  ])('that cannot run are an error: %s', (ref, code) => {
    expect(codeOf(zoo, { settings: { required: [ref] } })).toBe(code);
  });

  it('take their settings from the policy side alone, by whatever name a change calls them', () => {
    const uuid = uuidOf('local.untagged@1.0.0');
    const weakened = { rules: { 'untagged/rule': 'off' }, exclude: ['**'], version: '0.0.1' } as const;
    const components = {
      untagged: weakened,
      'local.untagged': weakened,
      'validator:untagged': weakened,
      [uuid]: weakened,
      both: { timeout_ms: 1 },
    };
    const policy = { required: ['untagged'], components, policy_components: { untagged: { timeout_ms: 5 } } };
    const [both, , , untagged] = select(zoo, { settings: policy }).selected;
    expect([untagged?.settings, both?.settings]).toEqual([{ timeout_ms: 5 }, { timeout_ms: 1 }]);
    const [only] = select(zoo, {
      settings: { ...policy, policy_components: {} },
      options: { only: ['untagged'] },
    }).selected;
    expect(only?.settings).toEqual({});
  });

  it('are made by the configuration alone', () => {
    const [authored] = select([record('a', { enforcement: 'required' })]).selected;
    expect(authored?.enforcement).toBe('standard');
  });

  it.each<[Parameters<typeof record>[1], string]>([
    [{ enforcement: 'informational' }, 'informational'],
    [{ severity: 'warning' }, 'informational'],
    [{ severity: 'info' }, 'informational'],
    [{ severity: 'error' }, 'standard'],
    [{ enforcement: 'standard' }, 'standard'],
  ])('%j is %s', (metadata, enforcement) => {
    expect(select([record('a', metadata)]).selected[0]?.enforcement).toBe(enforcement);
  });
});

describe('skips', () => {
  it.each<[Partial<StageOptions>, string]>([
    [{ skip: ['both'] }, '--skip both'],
    [{ skip: ['local.both@^1'] }, '--skip local.both@^1'],
    [{ env_skip: ['both'] }, 'OMNIBASE_SKIP both'],
  ])('%j', (options, by) => {
    const selection = select(zoo, { options });
    expect(names(selection)).toEqual(['canary@1.0.0', 'pre@1.0.0']);
    expect(selection.skipped).toContainEqual({ ref: 'local.both@1.0.0', reason: 'skip', by });
  });

  it('skip nothing when only the version differs, and say nothing', () => {
    const selection = select(zoo, { options: { skip: ['both@^2'] } });
    expect([names(selection).length, selection.messages]).toEqual([3, []]);
  });

  it('warn of names that are not there', () => {
    const selection = select(zoo, { options: { skip: ['bohth'], env_skip: ['qqqqqqqqq', uuidOf('nobody')] } });
    expect(selection.messages.map(({ text }) => text)).toEqual([
      '--skip names bohth, which is not registered; did you mean both?',
      'OMNIBASE_SKIP names qqqqqqqqq, which is not registered',
      `OMNIBASE_SKIP names ${uuidOf('nobody')}, which is not registered`,
    ]);
  });

  it('skip every component of an ambiguous name', () => {
    const twins = [record('a'), record('a', { namespace: 'team' }), record('b')];
    expect(names(select(twins, { options: { skip: ['a'] } }))).toEqual(['b@1.0.0']);
  });
});

describe('dependencies', () => {
  const tool = record('helper', { type: 'tool', tags: [] });
  const needsTool: ReturnType<typeof needs> = {
    kind: 'depends_on',
    target: { type: 'tool', name: 'helper' },
    version_spec: '^1',
    required: true,
  };

  it('join, of whatever tags, with what they need themselves', () => {
    const selection = select([
      record('a', { dependencies: [needs('b')] }),
      record('b', { tags: [], dependencies: [needsTool] }),
      tool,
    ]);
    expect(
      selection.selected.map(({ record: { metadata }, selected_by, spec, depends_on }) => [
        metadata.name,
        selected_by,
        spec,
        depends_on,
      ]),
    ).toEqual([
      ['helper', 'dependency', '^1', []],
      ['a', 'preset', null, [uuidOf('local.b@1.0.0')]],
      ['b', 'dependency', '*', [uuidOf('local.helper@1.0.0')]],
    ]);
  });

  it('join by uuid whatever the version', () => {
    const rc = record('b', { tags: [], version: '2.0.0-rc.1' });
    const edge = { ...needs('b'), target: { uuid: rc.metadata.uuid } };
    expect(names(select([record('a', { dependencies: [edge] }), rc]))).toEqual(['a@1.0.0', 'b@2.0.0-rc.1']);
  });

  it('join by namespace and name', () => {
    const edge = { ...needs('b'), target: { namespace: 'team', name: 'b' } };
    expect(
      names(select([record('a', { dependencies: [edge] }), record('b', { namespace: 'team', tags: [] })])),
    ).toHaveLength(2);
  });

  it('take the highest version that fits', () => {
    const versions = ['1.0.0', '1.5.0', '2.0.0'].map((version) => record('b', { tags: [], version }));
    expect(names(select([record('a', { dependencies: [needs('b', '^1')] }), ...versions]))).toEqual([
      'a@1.0.0',
      'b@1.5.0',
    ]);
  });

  it.each<[string, ReturnType<typeof needs>]>([
    ['artifacts', { ...needs('data'), target: { type: 'artifact', name: 'data' } }],
    ['what has no type and is not here', { ...needs('data'), target: { name: 'data' } }],
    ['edges without a target', { ...needs('data'), target: {} }],
    ['external things', { ...needs('x'), target: {}, external: { type: 'library', target: 'left-pad' } }],
    ['parents', { ...needs('b'), kind: 'inherits_from' }],
    ['tests', { ...needs('t'), target: { name: 't' } }],
    ['what is optional', needs('b', '*', false)],
  ])('do not bring in %s', (_, edge) => {
    const others = [record('b', { tags: [] }), record('t', { type: 'test', tags: [] })];
    expect(names(select([record('a', { dependencies: [edge] }), ...others]))).toEqual(['a@1.0.0']);
  });

  it.each<[string, readonly ComponentRecord[], string, RegExp]>([
    ['missing', [], 'RG007', /local\.a@1\.0\.0 -> validator:b@\^1/],
    ['archived', [record('b', { lifecycle: 'archived' })], 'RG007', /b@1\.0\.0 \(lifecycle archived\)/],
    ['out of range', [record('b', { version: '2.0.0', tags: [] })], 'RG007', /\(outside \^1\)/],
    ['present in another version', [record('b', { version: '2.0.0' })], 'RG008', /does not fit local\.b@2\.0\.0/],
  ])('that are required and %s stop the run', (_, others, code, message) => {
    expect(() => select([record('a', { dependencies: [needs('b', '^1')] }), ...others])).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('name the whole chain of who asked', () => {
    const chain = [record('a', { dependencies: [needs('b')] }), record('b', { tags: [], dependencies: [needs('c')] })];
    expect(() => select(chain)).toThrow('local.a@1.0.0 -> validator:b@* -> validator:c@*');
  });

  it('refuse another uuid than the one present', () => {
    const edge = { ...needs('b'), target: { uuid: uuidOf('local.b@1.0.0') } };
    const both = [record('b'), record('b', { version: '2.0.0' })];
    expect(codeOf([record('a', { dependencies: [edge] }), ...both], {})).toBe('RG008');
  });

  it('of a skipped component stay out, and skipped dependencies leave', () => {
    const pair = [record('a', { dependencies: [needs('b')] }), record('b', { tags: [] }), record('c')];
    expect(names(select(pair, { options: { skip: ['a'] } }))).toEqual(['c@1.0.0']);
    const without = select(pair, { options: { skip: ['b'] } });
    expect(names(without)).toEqual(['a@1.0.0', 'c@1.0.0']);
    expect(without.selected[0]?.depends_on).toEqual([]);
    expect(reasons(without)).toEqual({ 'local.b@1.0.0': 'skip' });
  });

  it('may form a circle here: levels refuse it', () => {
    const circle = [record('a', { dependencies: [needs('b')] }), record('b', { dependencies: [needs('a')] })];
    expect(names(select(circle))).toHaveLength(2);
  });

  it('that are optional or asked for by `after` only order', () => {
    const selection = select([
      record('a', {
        dependencies: [needs('b', '*', false)],
        x_extensions: { omnibase: { after: ['c', 'b', 'nobody', 'a'] } },
      }),
      record('b'),
      record('c'),
    ]);
    expect(selection.selected[0]).toMatchObject({
      depends_on: [],
      after: [uuidOf('local.b@1.0.0'), uuidOf('local.c@1.0.0')],
    });
  });
});

describe('settings', () => {
  it('are those of every key that names the component, the more specific winning', () => {
    const components = {
      a: { timeout_ms: 1, options: { from: 'name' } },
      'validator:a': { files: ['x'] },
      'local.a': { timeout_ms: 2 },
      'a@^1': { exclude: ['y'] },
      'a@^2': { exclude: ['z'] },
      'test:a': { timeout_ms: 9 },
      [uuidOf('local.a@1.0.0')]: { timeout_ms: 3 },
      [uuidOf('other')]: { timeout_ms: 4 },
      b: { timeout_ms: 5 },
    };
    const [a, b, c] = select([record('a'), record('b'), record('c')], { settings: { components } }).selected;
    expect(a?.settings).toEqual({ timeout_ms: 3, options: { from: 'name' }, files: ['x'], exclude: ['y'] });
    expect(b?.settings).toEqual({ timeout_ms: 5 });
    expect(c?.settings).toEqual({});
  });

  it('refuse keys that are no references', () => {
    expect(codeOf([record('a')], { settings: { components: { 'a b': {} } } })).toBe('QY003');
  });
});

describe('an empty selection', () => {
  it.each<[Stage, Partial<StageOptions>, string]>([
    ['pre-commit', {}, 'none'],
    ['ci', {}, 'OR002'],
    ['test', {}, 'OR002'],
    ['ci', { allow_empty: true }, 'none'],
  ])('in %s with %j: %s', (stage, options, code) => {
    expect(codeOf([record('x', { type: 'tool' })], { stage, options })).toBe(code);
  });

  it('names the preset', () => {
    expect(select([]).messages).toEqual([
      {
        level: 'info',
        code: 'OR002',
        text: 'no registered component matches the preset pre-commit (validators tagged pre-commit) and the given options',
      },
    ]);
    expect(select([], { options: { no_preset: true } }).messages[0]?.text).toContain('pre-commit (validators)');
    expect(select([], { stage: 'test', options: { allow_empty: true } }).messages[0]?.text).toContain('test (tests)');
  });
});

describe('size', () => {
  it('is at most 200 components', () => {
    const many = Array.from({ length: 201 }, (_, index) => record(`v${index}`));
    expect(codeOf(many, {})).toBe('OR004');
    expect(names(select(many.slice(1)))).toHaveLength(200);
  });

  it('of the registry costs little', () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      record(`v${index}`, { tags: index % 100 === 0 ? ['pre-commit'] : [] }),
    );
    const started = performance.now();
    expect(names(select(many))).toHaveLength(100);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

it('notes that an output is not read as asked', () => {
  const entrypoint = { kind: 'command', program: 'x', args: [], parse: 'sarif' } as const;
  expect(select([record('a', { entrypoint })]).messages[0]?.text).toMatch(
    /local\.a@1\.0\.0: its output is shown as text/,
  );
});

describe('any selection', () => {
  const words = ['pre-commit', 'x', 'y'];
  const letters = ['a', 'b', 'c', 'd', 'e', 'f'];
  const records = fc
    .uniqueArray(
      fc.record({
        name: fc.constantFrom(...letters),
        type: fc.constantFrom('validator', 'test', 'tool'),
        lifecycle: fc.constantFrom('draft', 'experimental', 'canary', 'active', 'deprecated', 'archived'),
        status: fc.constantFrom('active', 'inactive'),
        tags: fc.subarray(words),
        profiles: fc.subarray(['fast', 'ci', 'full'] as const),
      }),
      { selector: ({ name }) => name },
    )
    .map((list) => list.map(({ name, ...metadata }) => record(name, metadata)));
  const options = fc.record({
    tags: fc.subarray(['x', 'y']),
    any_tag: fc.subarray(['x', 'y']),
    skip: fc.subarray(letters),
    profile: fc.constantFrom('fast', 'ci', 'full', null),
    no_preset: fc.boolean(),
  });

  it('equals what a naive reading of the rules gives', () => {
    fc.assert(
      fc.property(records, options, (candidates, chosen) => {
        const profiles = { fast: ['fast'], ci: ['fast', 'ci'], full: ['fast', 'ci', 'full'] };
        const expected = candidates
          .map(({ metadata }) => metadata)
          .filter(({ type }) => type === 'validator')
          .filter(({ lifecycle }) => lifecycle === 'canary' || lifecycle === 'active')
          .filter(({ status }) => status === 'active')
          .filter(({ tags }) => chosen.no_preset || tags.includes('pre-commit'))
          .filter(({ tags }) => chosen.tags.every((tag) => tags.includes(tag)))
          .filter(({ tags }) => chosen.any_tag.length === 0 || chosen.any_tag.some((tag) => tags.includes(tag)))
          .filter(({ profiles: own = [] }) => {
            if (chosen.profile === null) return true;
            const declared = own.length === 0 ? ['ci', 'full'] : own;
            return (
              chosen.profile === 'full' ||
              declared.some((profile) => profiles[chosen.profile ?? 'full'].includes(profile))
            );
          })
          .filter(({ name }) => !chosen.skip.includes(name))
          .map(({ name }) => `${name}@1.0.0`)
          .sort();
        const selection = select(candidates, { options: chosen });
        expect(names(selection)).toEqual(expected);
        // Every validator is accounted for exactly once.
        const validators = candidates.filter(({ metadata }) => metadata.type === 'validator');
        expect(selection.selected.length + selection.skipped.length).toBe(validators.length);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order of the records', () => {
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (candidates, dice) => {
        const shuffled = candidates
          .map((item) => ({ item, key: Number(dice.next().value) }))
          .sort((a, b) => a.key - b.key);
        expect(select(shuffled.map(({ item }) => item))).toEqual(select(candidates));
      }),
      { numRuns: 100 },
    );
  });
});
