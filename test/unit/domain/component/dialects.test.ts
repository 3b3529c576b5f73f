import { describe, expect, it } from 'vitest';
import { normalise } from '../../../../domain/component/normalise.ts';
import { changed, documentA, documentB, issuesOf, modelOf, otherUuid, ownUuid, shortly } from './documents.ts';

const minimalA = { uuid: ownUuid, type: 'tool', name: 'x', version: '1.0.0', entrypoint: 'x', description: 'd' };

describe('dialect A', () => {
  it.each(['uuid', 'name', 'entrypoint'])('requires %s', (field) => {
    expect(issuesOf(changed(documentA, { [field]: undefined }))).toEqual([`SC003 ${field}`]);
  });

  it('requires version with a code of its own', () => {
    expect(issuesOf(changed(documentA, { version: undefined }))).toEqual(['MD006 version']);
  });

  it('is chosen by the key type, even without a value', () => {
    expect(issuesOf(changed(documentA, { type: null }))).toEqual(['SC003 type']);
  });

  it('warns of what is missing but not required', () => {
    expect(issuesOf(minimalA)).toEqual(['SC003W namespace', 'SC003W author', 'SC003W created_at']);
    expect(modelOf(minimalA).namespace).toBe('local');
  });

  it('takes null for absent', () => {
    expect(issuesOf(changed(documentA, { uuid: null, owner: null, tags: null }))).toEqual(['SC003 uuid']);
  });
});

describe('dialect B', () => {
  it.each(['uuid', 'name', 'namespace', 'author', 'created_at', 'last_modified_at', 'hash', 'entrypoint'])(
    'requires %s',
    (field) => {
      expect(issuesOf(changed(documentB, { [field]: undefined }))).toEqual([`SC003 ${field}`]);
    },
  );

  it('takes version 1.0.0 with a warning, and the type tool', () => {
    const document = changed(documentB, { version: undefined, meta_type: undefined });
    expect(issuesOf(document)).toEqual(['MD006W version']);
    expect(modelOf(document)).toMatchObject({ version: '1.0.0', type: 'tool' });
  });

  it('tells who may have forgotten `type`', () => {
    const { issues } = normalise({ uuid: ownUuid, name: 'x', version: '1.0.0', entrypoint: 'x' });
    expect(issues.filter(({ code }) => code === 'SC003').map(({ path, hint }) => [path, hint === undefined])).toEqual([
      ['namespace', false],
      ['author', false],
      ['created_at', false],
      ['last_modified_at', false],
      ['hash', false],
    ]);
  });

  it('accepts every field of A, and A those of B', () => {
    const rich = {
      child_ids: [otherUuid],
      idempotent: true,
      dependencies: ['tool://core.x@*', { name: 'y', type: 'library', target: 'z' }],
      inputs: ['a'],
    };
    expect(modelOf(changed(documentB, rich))).toMatchObject({ child_ids: [otherUuid], idempotent: true });
    expect(issuesOf(changed(documentA, { ...rich, meta_type: 'test', hash: '0'.repeat(64) }))).toEqual([]);
  });
});

describe('second names', () => {
  it.each([
    [{ type: 'test', meta_type: 'test' }, []],
    [{ type: 'test', meta_type: 'testcase' }, []],
    [{ meta_type: 'test_case', type: 'test' }, []],
    [{ type: 'test', meta_type: 'tool' }, ['SC002 meta_type']],
    [{ type: 5, meta_type: 'tool' }, ['SC002 meta_type', 'SC004 type']],
    [{ x_extensions: {}, 'x-extensions': {} }, ['SC002 x-extensions']],
    [{ 'x-extensions': { a: 1 } }, []],
    [{ files: ['a'], include: ['a'] }, ['SC002 include']],
    [{ timeout: '1s', timeout_ms: 1000 }, ['SC002 timeout_ms']],
    [{ retries: 0, retry: { max_attempts: 1 } }, ['SC002 retry']],
    [{ profile: 'ci', profiles: ['ci'] }, ['SC002 profiles']],
    [{ files: ['a'], include: null }, []],
    [{ licence: 'MIT' }, ['SC009W licence']],
    [{ licence: 'MIT', license: 'MIT' }, ['SC002 license', 'SC009W licence']],
    [{ entry_point: 'x', entrypoint: undefined }, ['SC009W entry_point']],
  ])('%j: %j', (members, issues) => {
    expect(issuesOf(changed({ ...documentA, type: undefined }, { type: 'test', ...members })).sort()).toEqual(
      [...issues].sort(),
    );
  });

  it('an old name is read under the new one', () => {
    const { metadata, issues } = normalise(changed(documentA, { licence: ' MIT ' }));
    expect(metadata?.license).toBe('MIT');
    expect(issues).toMatchObject([{ code: 'SC009', hint: 'write license' }]);
  });
});

describe('unknown fields', () => {
  it('are left out, kept in raw, and named with the nearest field', () => {
    const document = changed(documentA, { lifecyle: 'draft', whatever_this_is: { a: 1 } });
    const { metadata, raw, issues } = normalise(document);
    expect(raw).toEqual(document);
    expect(metadata).toEqual(modelOf(documentA));
    expect(issues).toMatchObject([
      { code: 'SC010', severity: 'warning', path: 'lifecyle', hint: 'did you mean lifecycle?' },
      { code: 'SC010', severity: 'warning', path: 'whatever_this_is' },
    ]);
    expect(issues[1]).not.toHaveProperty('hint');
  });

  it('raw keeps the words of the author', () => {
    const { metadata, raw } = normalise(changed(documentA, { lifecycle: 'stable' }));
    expect(metadata?.lifecycle).toBe('active');
    expect(raw).toMatchObject({ lifecycle: 'stable' });
  });
});

describe('strict mode', () => {
  // Every warning of registry.md 2.10 that a document alone can cause.
  it.each([
    [changed(documentA, { author: undefined }), 'SC003 author'],
    [changed(documentA, { name: 'my check' }), 'SC007 name'],
    [changed(documentA, { licence: 'MIT' }), 'SC009 licence'],
    [changed(documentA, { nope: 1 }), 'SC010 nope'],
    [changed(documentB, { version: undefined }), 'MD006 version'],
    [changed(documentA, { description: undefined }), 'LC002 description'],
  ])('refuses %j: %s', (document, issue) => {
    expect(issuesOf(document)).toEqual([issue.replace(' ', 'W ')]);
    const { metadata, issues } = normalise(document, { strict: true });
    expect([metadata, shortly(issues)]).toEqual([null, [issue]]);
  });

  it.each([
    [{ metadata_version: '1.0.0' }, 'MD010W metadata_version'],
    [{ schema_version: '2.0.0' }, 'SC008W schema_version'],
    [{ state_contract: 'x' }, 'ST001W state_contract'],
    [{ dependencies: ['x'] }, 'SC002W dependencies.0'],
  ])('still accepts %j: %s', (members, issue) => {
    expect(issuesOf(changed(documentA, members), { strict: true })).toEqual([issue]);
  });
});

describe('dotted keys', () => {
  it.each([
    [
      { entrypoint: undefined, 'entrypoint.type': 'cli', 'entrypoint.target': 'x' },
      { entrypoint: { kind: 'command', program: 'x', args: [] } },
    ],
    [
      { resources: { cpu: 2 }, 'resources.memory_mb': 512 },
      { resources: { cpu: 2, memory_mb: 512, disk_mb: 1024, pids: 64 } },
    ],
    [
      { 'execution_constraints.a.b': 1, 'execution_constraints.a.c': 2 },
      { execution_constraints: { a: { b: 1, c: 2 } } },
    ],
    [{ testing: null, 'testing.minimum_coverage_percentage': 90 }, { testing: { minimum_coverage_percentage: 90 } }],
    [{ x_extensions: { 'a.b': 1 } }, { x_extensions: { 'a.b': 1 } }],
  ])('%j become %j', (members, kept) => {
    expect(modelOf(changed(documentA, members))).toMatchObject(kept);
  });

  it.each([
    [{ 'entrypoint.type': 'cli' }, ['SC002 entrypoint.type']],
    [{ resources: { cpu: 2 }, 'resources.cpu': 3 }, ['SC002 resources.cpu']],
    [{ 'resources.cpu': 2, 'resources.cpu.x': 3 }, ['SC002 resources.cpu.x']],
    [{ 'security_context.__proto__.x': 1 }, ['SC002 security_context.__proto__.x']],
    [{ [`security_context${'.a'.repeat(40)}`]: 1 }, [`SC006 security_context${'.a'.repeat(32)}…`]],
    [{ 'entrypoint..x': 1 }, ['SC010W entrypoint..x']],
    [{ 'x_extensions.a': 1 }, ['SC010W x_extensions.a']],
    [{ 'tools.f': {} }, ['SC010W tools.f']],
    [{ 'name.x': 1 }, ['SC010W name.x']],
  ])('%j: %j', (members, issues) => {
    expect(issuesOf(changed(documentA, members))).toEqual(issues);
  });
});

describe('the normalised model', () => {
  it('is the same from both dialects', () => {
    const shared = { tags: ['b', 'a'], dependencies: [{ id: 'tool:core.lint@^1' }] };
    const a = modelOf(
      changed(documentA, {
        ...shared,
        type: 'tool',
        entrypoint: 'check',
        hash: '0'.repeat(64),
        last_modified_at: '2026-01-31T13:00:00+01:00',
      }),
    );
    const b = modelOf(
      changed(documentB, {
        ...shared,
        dependencies: [{ name: 'lint', type: 'onex_node', target: 'tool://core.lint@^1' }],
      }),
    );
    expect(a).toEqual(b);
  });
});
