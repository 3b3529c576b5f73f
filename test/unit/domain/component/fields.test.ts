import { describe, expect, it } from 'vitest';
import { componentTypes, typeSynonyms } from '../../../../contracts/component-values.ts';
import { fieldNames } from '../../../../domain/component/fields/table.ts';
import { normalise } from '../../../../domain/component/normalise.ts';
import { accepted, refused } from './corpus.ts';
import { changed, documentA, issuesOf, modelOf, otherUuid } from './documents.ts';

describe('each field', () => {
  it.each(accepted)('%s: %j is kept as %j', (field: string, given: unknown, kept: unknown) => {
    expect(Reflect.get(modelOf(changed(documentA, { [field]: given })), field)).toEqual(kept);
  });

  it.each(refused.map(([field, given, issue]) => [field, given, issue] as const))(
    '%s: %j is %s',
    (field: string, given: unknown, issue: string) => {
      const { metadata, issues } = normalise(changed(documentA, { [field]: given }));
      expect(metadata).toBeNull();
      expect(
        issues.filter(({ severity }) => severity === 'error').map(({ code, path }) => `${code} ${path}`),
      ).toContain(issue);
    },
  );

  it('has cases for every field of the model', () => {
    const covered = new Set([...accepted, ...refused].map(([field]) => field));
    expect(fieldNames.filter((name) => !covered.has(name))).toEqual([]);
  });

  it('is absent or has its default when it is not given', () => {
    const { uuid, type, name, version, entrypoint } = documentA;
    expect(modelOf({ uuid, type, name, version, entrypoint })).toEqual({
      uuid,
      type,
      namespace: 'local',
      name,
      version,
      metadata_version: '0.2.1',
      protocol_version: '1.1.0',
      schema_version: '1.1.0',
      state_contract: 'state_contract://default',
      lifecycle: 'active',
      status: 'active',
      tags: [],
      provides: [],
      capabilities_required: [],
      protocols_supported: [],
      base_class: [],
      subgraph: [],
      os_requirements: [],
      compliance_profiles: [],
      dependencies: [],
      entrypoint: { kind: 'builtin', id: 'check' },
      idempotent: false,
      inputs: [],
      outputs: [],
      environment: [],
      execution_mode: 'sync',
      test_type: 'unit',
      expected_result: 'pass',
      files: ['**'],
      exclude: [],
      types: [],
      types_any: [],
      accepts: [],
      needs: [],
      scope: 'batch',
      mode: 'read',
      profiles: [],
      severity: 'error',
      enforcement: 'standard',
      performance: 'standard',
      weight: 1,
      priority: 50,
      retries: 0,
      resources: { memory_mb: 256, cpu: 1, disk_mb: 1024, pids: 64 },
      x_extensions: {},
    });
  });

  it('keeps the order of the model', () => {
    const names = Object.keys(modelOf(changed({ x_extensions: {} }, documentA)));
    expect(names).toEqual(fieldNames.filter((name) => names.includes(name)));
  });
});

describe('a type', () => {
  it.each([...componentTypes, ...Object.keys(typeSynonyms)])('%s is known', (type) => {
    const model = modelOf(changed(documentA, { type }));
    expect(model.type).toBe(Object.hasOwn(typeSynonyms, type) ? Reflect.get(typeSynonyms, type) : type);
  });

  it.each(componentTypes)('%s has the fields of 2.4 that it may have', (type) => {
    const issues = issuesOf(changed(documentA, { type, mode: 'fix', timeout_ms: 500, expected_result: 'fail' }));
    const checking = ['validator', 'test'].includes(type);
    const executable = ['validator', 'tool', 'test', 'agent', 'node', 'plugin'].includes(type);
    const outOfPlace = [
      ...(type === 'test' ? [] : ['SC010W expected_result']),
      ...(checking ? [] : ['SC010W mode']),
      ...(executable ? [] : ['SC010W timeout_ms']),
    ];
    expect(issues).toEqual(outOfPlace);
    const model = modelOf(changed(documentA, { type, mode: 'fix', timeout_ms: 500, expected_result: 'fail' }));
    expect([model.mode, model.timeout_ms, model.expected_result]).toEqual([
      checking ? 'fix' : undefined,
      executable ? 500 : undefined,
      type === 'test' ? 'fail' : undefined,
    ]);
  });

  it.each(componentTypes)('%s needs an entrypoint if it can be run', (type) => {
    const executable = ['validator', 'tool', 'test', 'agent', 'node', 'plugin'].includes(type);
    expect(issuesOf(changed(documentA, { type, entrypoint: undefined }))).toEqual(
      executable ? ['SC003 entrypoint'] : [],
    );
  });
});

describe('warnings', () => {
  it.each([
    ['metadata_version', '1.0.0', 'MD010W metadata_version'],
    ['protocol_version', '2.0.0', 'SC008W protocol_version'],
    ['schema_version', '0.1.0', 'SC008W schema_version'],
    ['state_contract', '/etc/state.yaml', 'ST001W state_contract'],
    ['state_contract', 'state_contract://a/b', 'ST001W state_contract'],
    ['state_contract', 'state.txt', 'ST001W state_contract'],
    ['name', 'my check', 'SC007W name'],
    ['name', '_x', 'SC007W name'],
    ['description', undefined, 'LC002W description'],
  ])('%s: %j is %s and is accepted', (field, given, issue) => {
    expect(issuesOf(changed(documentA, { [field]: given }))).toEqual([issue]);
  });

  it.each(['draft', 'experimental'])('a %s component needs no description', (lifecycle) => {
    expect(issuesOf(changed(documentA, { lifecycle, description: undefined }))).toEqual([]);
  });
});

describe('derived values', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    [' 1.5 s ', 1500],
  ])('timeout %j is timeout_ms %i', (timeout, milliseconds) => {
    expect(modelOf(changed(documentA, { timeout })).timeout_ms).toBe(milliseconds);
  });

  it.each([
    [{ idempotent: true }, 2],
    [{ idempotent: false }, 0],
    [{ idempotent: true, retries: 0 }, 0],
    [{ idempotent: true, retry: { max_attempts: 10 } }, 9],
    [{ retry: { max_attempts: 1 } }, 0],
  ])('%j gives %i retries', (members, retries) => {
    expect(modelOf(changed(documentA, members)).retries).toBe(retries);
  });

  it.each([
    ['fast', ['fast']],
    [
      ['full', 'ci'],
      ['ci', 'full'],
    ],
  ])('profile %j', (profile, profiles) => {
    expect(modelOf(changed(documentA, { profile })).profiles).toEqual(profiles);
  });

  it('include is files', () => {
    expect(modelOf(changed(documentA, { include: ['a'] })).files).toEqual(['a']);
  });

  it('splits capabilities into permissions and offers', () => {
    const members = {
      capabilities: ['lint', 'EXTERNAL_COMMAND', 'file.read:a:b', 'lint'],
      provides: ['format'],
      capabilities_required: ['admin'],
    };
    expect(modelOf(changed(documentA, members))).toMatchObject({
      provides: ['format', 'lint'],
      capabilities_required: ['admin', 'file.read:a:b', 'process.execute'],
    });
    expect(modelOf(changed(documentA, { capabilities: ['lint'] }))).toMatchObject({
      provides: ['lint'],
      capabilities_required: [],
    });
    expect(modelOf(changed(documentA, { capabilities: ['admin'] }))).toMatchObject({
      provides: [],
      capabilities_required: ['admin'],
    });
  });
});

describe('rules between fields', () => {
  it.each([
    [{ lifecycle: 'deprecated' }, ['LC005 deprecated_by']],
    [{ lifecycle: 'deprecated', deprecated_by: otherUuid }, []],
    [{ lifecycle: 'archived' }, ['LC006 archived_reason']],
    [{ lifecycle: 'archived', archived_reason: 'old' }, []],
    [{ retries: 1, idempotent: true }, []],
    [{ lifecycle: 'nope', description: undefined }, ['LC001 lifecycle']],
  ])('%j: %j', (members, issues) => {
    expect(issuesOf(changed(documentA, members))).toEqual(issues);
  });

  it.each([
    ['core', ['*'], []],
    ['core', ['core', 'team.*'], []],
    ['team.a.b', ['core', 'team.*'], []],
    ['teams', ['core', 'team.*'], ['MD008 namespace']],
    ['ab', ['a?'], []],
    ['a', ['a?'], ['MD008 namespace']],
    ['a.b.c.d', ['a*c*d'], []],
    ['a.b.c.e', ['a*c*d'], ['MD008 namespace']],
    ['core', [], ['MD008 namespace']],
  ])('the namespace %s where %j are allowed: %j', (namespace, namespaces, issues) => {
    expect(issuesOf(changed(documentA, { namespace }), { namespaces })).toEqual(issues);
  });

  it('compares namespaces with hostile globs in linear time', () => {
    const start = performance.now();
    issuesOf(changed(documentA, { namespace: 'a'.repeat(255) }), { namespaces: [`${'*a'.repeat(5000)}b`] });
    expect(performance.now() - start).toBeLessThan(500);
  });

  it.each([
    ['builtin:check', []],
    ['builtin:chekc', ['SC005 entrypoint.id']],
    ['./x.js', []],
  ])('the entrypoint %s where only the built-in check exists: %j', (entrypoint, issues) => {
    expect(issuesOf(changed(documentA, { entrypoint }), { builtins: ['check'] })).toEqual(issues);
  });

  it('suggests the nearest built-in', () => {
    const { issues } = normalise(changed(documentA, { entrypoint: 'builtin:chekc' }), { builtins: ['check'] });
    expect(issues[0]?.hint).toBe('did you mean check?');
    expect(
      normalise(changed(documentA, { entrypoint: 'builtin:zzz' }), { builtins: ['check'] }).issues[0]?.hint,
    ).toBeUndefined();
  });
});

describe('hints', () => {
  it.each([
    ['capabilities_required', ['file.raed:src'], 'did you mean file.read?'],
    ['capabilities_required', ['zzz'], undefined],
    ['version', 'v1_2', 'write 1.2.0'],
    ['version', 'latest', undefined],
    ['version', 3, 'write it in quotes: "3.0.0"'],
    ['version', -1, 'write it in quotes: "1.0.0"'],
    ['created_at', '2026-01-31', 'write 2026-01-31T00:00:00Z'],
    ['tags', 'a', 'write it as a list: [ … ]'],
    ['idempotent', 'yes', 'write true or false without quotes'],
    ['idempotent', 'perhaps', undefined],
    ['enforcement', 'recomended', 'did you mean standard?'],
    ['timeout', 30, 'write "30s" or "30ms", or use timeout_ms'],
  ])('for %s: %j: %s', (field, given, hint) => {
    const { issues } = normalise(changed(documentA, { [field]: given }));
    expect(issues.find(({ severity }) => severity === 'error')?.hint).toBe(hint);
  });
});
