import { describe, expect, it } from 'vitest';
import { edgesOf } from '../../../../domain/component/edges.ts';
import { normalise } from '../../../../domain/component/normalise.ts';
import { changed, documentA, documentB, issuesOf, modelOf, otherUuid, ownUuid } from './documents.ts';

function edge(target: object, more: object = {}): object {
  return { kind: 'depends_on', target, version_spec: '*', required: true, ...more };
}

describe('a dependency', () => {
  it.each([
    [{ id: otherUuid.toUpperCase() }, edge({ uuid: otherUuid })],
    [
      { id: otherUuid, type: 'testcase', version_spec: ' ^1 ', required: false },
      edge({ uuid: otherUuid, type: 'test' }, { version_spec: '^1', required: false }),
    ],
    [{ id: 'core.lint' }, edge({ name: 'core.lint' })],
    [{ id: 'tool:core.lint@~1.2', type: 'tool' }, edge({ type: 'tool', name: 'core.lint' }, { version_spec: '~1.2' })],
    [{ id: 'core.lint@^1', version_spec: '^1' }, edge({ name: 'core.lint' }, { version_spec: '^1' })],
    [{ id: 'core.lint', version_spec: '' }, edge({ name: 'core.lint' })],
    [{ id: 'core.lint', optional: true }, edge({ name: 'core.lint' }, { required: false })],
    [{ id: 'core.lint', optional: false, required: true }, edge({ name: 'core.lint' })],
    [
      { id: 'core.lint', binding: 'injection', protocol_required: 'p', description: 'd' },
      edge({ name: 'core.lint' }, { binding: 'injection', protocol_required: 'p', description: 'd' }),
    ],
    [{ name: 'alias', type: 'onex_node', target: 'core.lint' }, edge({ name: 'core.lint' })],
    [
      { name: 'alias', type: 'onex_node', target: 'validator://core.lint@>=1,<2', optional: true },
      edge({ type: 'validator', name: 'core.lint' }, { version_spec: '>=1,<2', required: false }),
    ],
    [{ name: 'alias', type: 'validator', target: 'core.lint' }, edge({ type: 'validator', name: 'core.lint' })],
    [{ name: 'alias', type: 'composite', target: otherUuid }, edge({ type: 'pipeline', uuid: otherUuid })],
    [
      { name: 'requests', type: 'library', target: 'pypi:requests>=2', binding: 'runtime_lookup' },
      edge(
        {},
        { external: { type: 'library', name: 'requests', target: 'pypi:requests>=2' }, binding: 'runtime_lookup' },
      ),
    ],
    [
      { type: 'external_service', target: 'https://api.example.org', optional: true },
      edge({}, { external: { type: 'external_service', target: 'https://api.example.org' }, required: false }),
    ],
    ['tool://core.lint@^1.2', edge({ type: 'tool', name: 'core.lint' }, { version_spec: '^1.2' })],
    ['TestCase://core.lint@1.0.0@x', null],
    [`tool://${otherUuid}@latest`, edge({ uuid: otherUuid }, { version_spec: 'latest' })],
    [edge({ type: 'tool', namespace: 'core', name: 'lint' }), edge({ type: 'tool', namespace: 'core', name: 'lint' })],
    [{ target: { name: 'core.lint' } }, edge({ name: 'core.lint' })],
  ])('%j is %j', (given, kept) => {
    for (const document of [documentA, documentB]) {
      const { metadata } = normalise(changed(document, { dependencies: [given] }));
      expect(metadata?.dependencies[0] ?? null).toEqual(kept);
      if (metadata === null) continue;
      expect(modelOf(changed(document, { dependencies: metadata.dependencies })).dependencies).toEqual([kept]);
    }
  });

  it('that is other text is kept as external, with a warning', () => {
    const { metadata, issues } = normalise(changed(documentA, { dependencies: ['left-pad 1.0'] }));
    expect(metadata?.dependencies).toEqual([edge({}, { external: { type: 'unknown', target: 'left-pad 1.0' } })]);
    expect(issues).toMatchObject([{ code: 'SC002', severity: 'warning', path: 'dependencies.0' }]);
    expect(issuesOf(changed(documentA, { dependencies: metadata?.dependencies }))).toEqual([]);
  });

  it.each([
    [5, 'SC004 dependencies.0'],
    ['', 'SC006 dependencies.0'],
    ['x'.repeat(3000), 'SC006 dependencies.0'],
    ['tool://core.lint', 'SC007 dependencies.0'],
    ['tool://@^1', 'SC007 dependencies.0'],
    ['://core.lint@^1', 'SC007 dependencies.0'],
    ['tool://core.lint@nope', 'SC007 dependencies.0'],
    ['tol://core.lint@^1', 'SC005 dependencies.0'],
    ['https://example.org/x@1', 'SC005 dependencies.0'],
    [{}, 'SC003 dependencies.0.id'],
    [{ name: 'x', type: 'library' }, 'SC003 dependencies.0.id'],
    [{ name: 'x', target: 'core.lint' }, 'SC003 dependencies.0.type'],
    [{ name: 'x', type: 'libary', target: 'y' }, 'SC005 dependencies.0.type'],
    [{ name: 'x', type: 'library', target: '' }, 'SC006 dependencies.0.target'],
    [{ name: 'x', type: 'library', target: 'y', binding: 'magic' }, 'SC005 dependencies.0.binding'],
    [{ id: 5 }, 'SC004 dependencies.0.id'],
    [{ id: 'a b' }, 'SC007 dependencies.0.id'],
    [{ id: 'core.lint', type: 'nope' }, 'SC005 dependencies.0.type'],
    [{ id: 'tool:core.lint', type: 'agent' }, 'SC002 dependencies.0.type'],
    [{ type: 'agent', target: 'tool:core.lint' }, 'SC002 dependencies.0.type'],
    [{ id: 'core.lint', target: 'core.lint', type: 'tool' }, 'SC002 dependencies.0.target'],
    [{ id: 'core.lint@^1', version_spec: '^2' }, 'SC002 dependencies.0.version_spec'],
    [{ id: 'core.lint', version_spec: 'nope' }, 'SC007 dependencies.0.version_spec'],
    [{ id: 'core.lint', version_spec: 1 }, 'SC004 dependencies.0.version_spec'],
    [{ id: 'core.lint', required: 'yes' }, 'SC004 dependencies.0.required'],
    [{ id: 'core.lint', optional: 'no' }, 'SC004 dependencies.0.optional'],
    [{ id: 'core.lint', optional: true, required: true }, 'SC002 dependencies.0.optional'],
    [{ type: 'onex_node', target: 5 }, 'SC004 dependencies.0.target'],
    [edge({ uuid: 'x' }), 'MD004 dependencies.0.target.uuid'],
    [edge({}), 'SC003 dependencies.0.target'],
    [edge({ uuid: otherUuid }, { external: { type: 'library', target: 'x' } }), 'SC002 dependencies.0.target'],
    [edge({ uuid: otherUuid }, { kind: 'inherits_from' }), 'SC005 dependencies.0.kind'],
    [edge({ uuid: otherUuid }, { external: { type: 'library' } }), 'SC003 dependencies.0.external.target'],
    [{ id: ownUuid }, 'RG006 dependencies.0'],
    [{ id: 'core.check' }, 'RG006 dependencies.0'],
    ['test://core.check@^1', 'RG006 dependencies.0'],
    [edge({ namespace: 'core', name: 'check' }), 'RG006 dependencies.0'],
  ])('%j is %s', (given, issue) => {
    expect(issuesOf(changed(documentA, { dependencies: [given] }))).toContain(issue);
  });

  it.each([['test://core.check@^2'], ['tool://core.check@*'], [{ id: 'check' }], [{ id: otherUuid }]])(
    '%j is not the component itself',
    (given) => {
      expect(issuesOf(changed(documentA, { dependencies: [given] }))).toEqual([]);
    },
  );

  it('leaves out members it does not know', () => {
    expect(issuesOf(changed(documentA, { dependencies: [{ id: 'core.lint', versionspec: '1' }] }))).toEqual([
      'SC010W dependencies.0.versionspec',
    ]);
  });

  it('suggests the nearest type', () => {
    const { issues } = normalise(changed(documentA, { dependencies: ['tol://core.lint@^1', 'zzzzzz://core.lint@1'] }));
    expect(issues.map(({ hint }) => hint)).toEqual(['did you mean tool?', undefined]);
  });
});

describe('edgesOf', () => {
  it('lists dependencies, then parents, then makers', () => {
    const model = modelOf(
      changed(documentA, {
        dependencies: ['tool://core.lint@^1'],
        parent_id: otherUuid,
        produced_by: otherUuid,
        child_ids: [otherUuid],
      }),
    );
    expect(edgesOf(model)).toEqual([
      edge({ type: 'tool', name: 'core.lint' }, { version_spec: '^1' }),
      { kind: 'inherits_from', target: { uuid: otherUuid }, version_spec: '*', required: false },
      { kind: 'generated_by', target: { uuid: otherUuid }, version_spec: '*', required: false },
    ]);
    expect(edgesOf(modelOf(documentA))).toEqual([]);
  });
});
