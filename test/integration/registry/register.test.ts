import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditChain } from '../../../db/stores/audit/verify-chain.ts';
import { dependsOn, validatorDocument } from './support/documents.ts';
import { context, openTestRegistry, refusal, rowsOf, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;

beforeAll(async () => {
  test = await openTestRegistry();
});

afterAll(() => test.close());

const changesOf = (uuid: string) =>
  rowsOf<{ op: string; revision: number }>(
    test.database,
    'SELECT op, revision FROM registry_changes WHERE uuid = $1 ORDER BY seq',
    [uuid],
  );
const auditOf = (uuid: string) =>
  rowsOf<{ action: string; outcome: string; code: string | null }>(
    test.database,
    `SELECT action, outcome, code FROM audit_log WHERE subject = 'component/' || $1 ORDER BY seq`,
    [uuid],
  );

describe('register', () => {
  it('stores a component with its revision, change and audit row', async () => {
    const document = validatorDocument('stored', { tags: ['b', 'a'] });
    const { data, freshness, warnings } = await test.registry.register(document, { reason: 'first' }, context());
    expect(data).toMatchObject({ registered: true, created: true, unchanged: false, revision: 1, name: 'stored' });
    expect(data).not.toHaveProperty('would');
    expect(freshness).toMatchObject({ source: 'postgres', level: 'authority', stale: false });
    expect(warnings).toEqual([]);
    const { data: record } = await test.registry.lookup(document.uuid, {}, context());
    expect(record.metadata.tags).toEqual(['a', 'b']);
    expect(record.registry).toMatchObject({
      revision: 1,
      fingerprint: data.fingerprint,
      source: { kind: 'api', ref: '' },
    });
    expect(record.registry.registered_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await changesOf(document.uuid)).toEqual([{ op: 'registered', revision: 1 }]);
    expect(await auditOf(document.uuid)).toEqual([{ action: 'registry.register', outcome: 'allowed', code: null }]);
    const revisions = await rowsOf(
      test.database,
      'SELECT op, reason, principal, patch, raw FROM component_revisions WHERE uuid = $1',
      [document.uuid],
    );
    expect(revisions).toEqual([{ op: 'registered', reason: 'first', principal: 'tester', patch: null, raw: document }]);
  });

  it('writes nothing the second time', async () => {
    const document = validatorDocument('twice');
    await test.registry.register(document, {}, context());
    const spelled = {
      ...document,
      uuid: document.uuid.toUpperCase(),
      last_modified_at: '2026-02-02T00:00:00Z',
      hash: 'a'.repeat(64),
    };
    for (const again of [document, spelled]) {
      const { data } = await test.registry.register(again, {}, context());
      expect(data).toMatchObject({ registered: true, created: false, unchanged: true, revision: 1 });
    }
    expect(await changesOf(document.uuid)).toHaveLength(1);
    expect(await auditOf(document.uuid)).toHaveLength(1);
  });

  it('reports every problem of a document at once and stores nothing', async () => {
    const { uuid: _, ...document } = validatorDocument('broken', { version: 'one', lifecycle: 'ripe' });
    const error = await refusal(test.registry.register(document, {}, context()), 'SC003');
    expect(error.class).toBe('MetadataValidationError');
    expect(error.exitCode).toBe(2);
    expect(error.issues?.map(({ code }) => code).sort()).toEqual(['LC001', 'MD007', 'SC003']);
    expect(await rowsOf(test.database, `SELECT 1 FROM components WHERE name = 'broken'`)).toEqual([]);
  });

  it.each([
    ['text', 'just text'],
    ['a list', [1]],
    ['nothing', null],
  ])('refuses %s', async (_what, document) => {
    await refusal(test.registry.register(document, {}, context()), 'MD002');
  });

  it('refuses other content under the same uuid, naming what differs', async () => {
    const document = validatorDocument('changed');
    await test.registry.register(document, {}, context());
    const other = { ...document, description: 'something else', tags: ['new'] };
    const error = await refusal(test.registry.register(other, {}, context()), 'RG002');
    expect(error.details).toMatchObject({ uuid: document.uuid, revision: 1, paths: ['description', 'tags'] });
    expect(error.issues?.map(({ code, path }) => `${code} ${path}`)).toEqual(['MD009 description', 'MD009 tags']);
    expect(error.next).toContain(`registry update ${document.uuid}`);
    expect((await auditOf(document.uuid)).at(-1)).toEqual({
      action: 'registry.register',
      outcome: 'failed',
      code: 'RG002',
    });
  });

  it('counts operational fields as content', async () => {
    const document = validatorDocument('operational', { status: 'active' });
    await test.registry.register(document, {}, context());
    await refusal(test.registry.register({ ...document, status: 'inactive' }, {}, context()), 'RG002');
  });

  it('refuses taken coordinates, even by force', async () => {
    const document = validatorDocument('taken');
    await test.registry.register(document, {}, context());
    for (const version of ['1.0.0', '1.0.0+build.7']) {
      const other = { ...document, uuid: randomUUID(), version };
      const error = await refusal(test.registry.register(other, { force: true }, context()), 'RG002');
      expect(error.details).toMatchObject({ uuid: document.uuid });
    }
  });

  it('replaces by force, as a new revision', async () => {
    const document = validatorDocument('forced', { lifecycle: 'draft' });
    await test.registry.register(document, {}, context());
    const next = { ...document, description: 'better', lifecycle: 'active' };
    const { data } = await test.registry.register(
      next,
      { force: true, source: { kind: 'file', ref: 'x.yaml' } },
      context(),
    );
    expect(data).toMatchObject({ registered: true, created: false, unchanged: false, revision: 2 });
    expect(await changesOf(document.uuid)).toEqual([
      { op: 'registered', revision: 1 },
      { op: 'transitioned', revision: 2 },
    ]);
    const { data: record } = await test.registry.lookup(document.uuid, {}, context());
    expect(record.registry.source).toEqual({ kind: 'file', ref: 'x.yaml' });
    const [row] = await rowsOf<{ patch: unknown; raw: unknown }>(
      test.database,
      'SELECT patch, raw FROM component_revisions WHERE uuid = $1 AND revision = 2',
      [document.uuid],
    );
    expect(row).toEqual({ patch: { description: 'better', lifecycle: 'active' }, raw: next });
  });

  it('replaces frozen fields only by an administrator', async () => {
    const document = validatorDocument('frozen');
    await test.registry.register(document, {}, context());
    const next = { ...document, files: ['*.md'] };
    await refusal(test.registry.register(next, { force: true }, context(['registry.write'])), 'SX001');
    const { data } = await test.registry.register(next, { force: true }, context(['admin']));
    expect(data.revision).toBe(2);
  });

  it('never replaces what identifies a component', async () => {
    const document = validatorDocument('identity');
    await test.registry.register(document, {}, context());
    const error = await refusal(
      test.registry.register({ ...document, version: '2.0.0' }, { force: true }, context()),
      'RG012',
    );
    expect(error.details).toMatchObject({ fields: ['version'] });
  });

  it.each(['draft', 'experimental', 'canary', 'active'])('lets a component start as %s', async (lifecycle) => {
    const { data } = await test.registry.register(
      validatorDocument(`start-${lifecycle}`, { lifecycle }),
      {},
      context(),
    );
    expect(data.created).toBe(true);
  });

  it('lets no component start as archived', async () => {
    const document = validatorDocument('born-archived', { lifecycle: 'archived', archived_reason: 'old' });
    await refusal(test.registry.register(document, {}, context()), 'LC003');
  });

  it('wants the replacement of a deprecated component to exist', async () => {
    const deprecated = (name: string, deprecated_by: string) =>
      validatorDocument(name, { lifecycle: 'deprecated', deprecated_by });
    for (const missing of [randomUUID(), 'team.nothing']) {
      const error = await refusal(test.registry.register(deprecated('dep-1', missing), {}, context()), 'LC005');
      expect(error.issues?.[0]).toMatchObject({ path: 'deprecated_by' });
    }
    const replacement = validatorDocument('replacement');
    await test.registry.register(replacement, {}, context());
    for (const [index, by] of [replacement.uuid, 'team.replacement', 'validator:replacement@^1'].entries()) {
      const { data } = await test.registry.register(deprecated(`dep-ok-${index}`, by), {}, context());
      expect(data.created).toBe(true);
    }
    await test.registry.remove(replacement.uuid, { reason: 'gone', force: true }, context());
    await refusal(test.registry.register(deprecated('dep-3', replacement.uuid), {}, context()), 'LC005');
  });

  it('warns of required dependencies that nothing answers, and refuses them when strict', async () => {
    const dependencies = [
      dependsOn('missing-one', '^2.0.0'),
      dependsOn(randomUUID()),
      dependsOn('missing-optional', '*', { required: false }),
      dependsOn('twice'),
    ];
    const document = validatorDocument('needy', { dependencies });
    const { warnings } = await test.registry.register(document, {}, context());
    expect(warnings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'RG007 dependencies.0',
      'RG007 dependencies.1',
    ]);
    expect(warnings[0]?.message).toContain('missing-one@^2.0.0');
    const strict = { ...document, uuid: randomUUID(), version: '2.0.0' };
    const error = await refusal(test.registry.register(strict, { strict: true }, context()), 'SC003');
    expect(error.issues?.filter(({ code }) => code === 'RG007')).toHaveLength(2);
  });

  it('keeps unknown fields in raw and warns of them', async () => {
    const document = validatorDocument('unknown-field', { colour: 'blue' });
    const { warnings } = await test.registry.register(document, {}, context());
    expect(warnings.map(({ code }) => code)).toEqual(['SC010']);
    const [row] = await rowsOf<{ raw: Record<string, unknown> }>(
      test.database,
      'SELECT raw FROM components WHERE uuid = $1',
      [document.uuid],
    );
    expect(row?.raw['colour']).toBe('blue');
  });

  it('stores every relation as an edge', async () => {
    const document = validatorDocument('edges', {
      dependencies: [dependsOn('twice', '^1.0.0'), { name: 'left-pad', type: 'library', target: 'npm:left-pad' }],
      parent_id: randomUUID(),
      produced_by: randomUUID(),
    });
    await test.registry.register(document, {}, context());
    const edges = await rowsOf(
      test.database,
      `SELECT kind, ordinal, target_name, target_uuid IS NOT NULL AS by_uuid, external, version_spec
         FROM component_dependencies WHERE from_uuid = $1 ORDER BY kind, ordinal`,
      [document.uuid],
    );
    expect(edges).toEqual([
      { kind: 'depends_on', ordinal: 0, target_name: 'twice', by_uuid: false, external: false, version_spec: '^1.0.0' },
      { kind: 'depends_on', ordinal: 1, target_name: null, by_uuid: false, external: true, version_spec: '*' },
      { kind: 'generated_by', ordinal: 0, target_name: null, by_uuid: true, external: false, version_spec: '*' },
      { kind: 'inherits_from', ordinal: 0, target_name: null, by_uuid: true, external: false, version_spec: '*' },
    ]);
  });

  it('creates once when many register the same at once', async () => {
    const document = validatorDocument('race');
    const answers = await Promise.all(Array.from({ length: 8 }, () => test.registry.register(document, {}, context())));
    expect(answers.filter(({ data }) => data.created)).toHaveLength(1);
    expect(answers.filter(({ data }) => data.unchanged)).toHaveLength(7);
    expect(await changesOf(document.uuid)).toHaveLength(1);
  });

  it('lets one of several uuids have the same coordinates', async () => {
    const document = validatorDocument('coordinates-race');
    const answers = await Promise.allSettled(
      Array.from({ length: 6 }, () => test.registry.register({ ...document, uuid: randomUUID() }, {}, context())),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'RG002' });
  });

  it('leaves a chain that verifies', async () => {
    expect(await verifyAuditChain(test.database)).toMatchObject({ broken: null });
  });
});

describe('a dry run', () => {
  it('says what would happen and stores nothing', async () => {
    const document = validatorDocument('dry');
    const dry = (changed: object, force = false) =>
      test.registry.register({ ...document, ...changed }, { dry_run: true, force }, context());
    const created = await dry({});
    expect(created.data).toMatchObject({ registered: false, created: false, unchanged: false, would: 'create' });
    expect(await rowsOf(test.database, 'SELECT 1 FROM components WHERE uuid = $1', [document.uuid])).toEqual([]);
    await test.registry.register(document, {}, context());
    expect((await dry({})).data).toMatchObject({ registered: false, unchanged: true, would: 'unchanged' });
    const conflict = await dry({ description: 'other' });
    expect(conflict.data).toMatchObject({ registered: false, would: 'conflict' });
    expect(conflict.warnings.at(-1)).toMatchObject({ code: 'RG002' });
    expect((await dry({ uuid: randomUUID() })).data.would).toBe('conflict');
    expect((await dry({ description: 'other' }, true)).data).toMatchObject({ would: 'replace', revision: 2 });
    expect(await changesOf(document.uuid)).toHaveLength(1);
    expect((await test.registry.lookup(document.uuid, {}, context())).data.registry.revision).toBe(1);
  });

  it('refuses what cannot be registered, without an audit row', async () => {
    const { uuid } = validatorDocument('dry-bad');
    await refusal(test.registry.register({ uuid }, { dry_run: true }, context()), 'SC003');
    expect(await auditOf(uuid)).toEqual([]);
  });
});

describe('an idempotency key', () => {
  it('gives the first answer again', async () => {
    const document = validatorDocument('keyed');
    const options = { idempotency_key: 'key-1' };
    const first = await test.registry.register(document, options, context());
    await test.registry.update(document.uuid, { description: 'changed since' }, {}, context());
    const again = await test.registry.register(document, options, context());
    expect(again.data).toEqual(first.data);
    expect(again.data.created).toBe(true);
  });

  it('is refused for another request, and free for another caller', async () => {
    const options = { idempotency_key: 'key-2' };
    await test.registry.register(validatorDocument('keyed-2'), options, context());
    const other = validatorDocument('keyed-3');
    await refusal(test.registry.register(other, options, context()), 'RG020');
    const somebody = context(['*'], { principal: { id: 'somebody', kind: 'user', capabilities: ['*'] } });
    expect((await test.registry.register(other, options, somebody)).data.created).toBe(true);
  });

  it('is kept for an answer that wrote nothing', async () => {
    const document = validatorDocument('keyed-4');
    await test.registry.register(document, {}, context());
    const options = { idempotency_key: 'key-4' };
    expect((await test.registry.register(document, options, context())).data.unchanged).toBe(true);
    await refusal(test.registry.register(validatorDocument('keyed-5'), options, context()), 'RG020');
  });

  it('runs a request once when it comes several times at once', async () => {
    const document = validatorDocument('keyed-6', { lifecycle: 'draft' });
    const options = { idempotency_key: 'key-6' };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => test.registry.register(document, options, context())),
    );
    expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1);
    expect(answers[0]?.data.created).toBe(true);
  });

  it('is forgotten after a day', async () => {
    const options = { idempotency_key: 'key-7' };
    await test.registry.register(validatorDocument('keyed-7'), options, context());
    await test.database.pool.query(`UPDATE registry_requests SET at = now() - interval '25 hours' WHERE key = 'key-7'`);
    const { data } = await test.registry.register(validatorDocument('keyed-8'), options, context());
    expect(data.created).toBe(true);
  });

  it('is not used up by a dry run or a refusal', async () => {
    const options = { idempotency_key: 'key-9' };
    await test.registry.register(validatorDocument('keyed-9'), { ...options, dry_run: true }, context());
    await refusal(test.registry.register({}, options, context()), 'SC003');
    expect((await test.registry.register(validatorDocument('keyed-10'), options, context())).data.created).toBe(true);
  });
});
