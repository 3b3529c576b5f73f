import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Document, validatorDocument } from './support/documents.ts';
import { context, openTestRegistry, refusal, type TestRegistry } from './support/registry.ts';

let test: TestRegistry;

/** The same lookups are asked of Postgres and of the file cache: both must answer alike. */
let online: TestRegistry['registry'];
let offline: TestRegistry['registry'];

const documents: Record<string, Document> = {};

beforeAll(async () => {
  test = await openTestRegistry();
  online = test.registry;
  offline = test.another({ offline: 'always' });
  const add = async (key: string, name: string, more: Record<string, unknown> = {}): Promise<void> => {
    const document = validatorDocument(name, more);
    documents[key] = document;
    await online.register(document, {}, context());
  };
  await add('v1', 'parser');
  await add('v1.2', 'parser', { version: '1.2.0' });
  await add('v2-rc', 'parser', { version: '2.0.0-rc.1' });
  await add('v3-draft', 'parser', { version: '3.0.0', lifecycle: 'draft' });
  await add('v4-inactive', 'parser', { version: '4.0.0', status: 'inactive' });
  await add('deprecated', 'old-parser', {
    lifecycle: 'deprecated',
    deprecated_by: 'team.parser',
    end_of_life_date: '2030-01-01',
  });
  await add('archived', 'gone', { lifecycle: 'experimental' });
  await online.remove(String(documents['archived']?.uuid), { reason: 'unused' }, context());
  await add('twin-a', 'twin', { namespace: 'left' });
  await add('twin-b', 'twin', { namespace: 'right' });
  await add('dotted', 'c', { namespace: 'a.b' });
  await add('dotted-name', 'b.c', { namespace: 'z' });
  await add('prerelease-only', 'early', { version: '0.1.0-alpha.1' });
  await add('reachable by uuid only', 'white space');
});

afterAll(() => test.close());

const uuidOf = (key: string): string => String(documents[key]?.uuid);

describe.each([
  ['Postgres', () => online],
  ['the file cache', () => offline],
])('lookup in %s', (_where, registry) => {
  const lookup = (ref: string, options = {}) => registry().lookup(ref, options, context());

  it.each([
    ['parser', {}, 'v1.2'],
    ['team.parser', {}, 'v1.2'],
    ['validator:parser', {}, 'v1.2'],
    ['parser@latest', {}, 'v1.2'],
    ['parser@1.0.0', {}, 'v1'],
    ['parser@v1_0_0', {}, 'v1'],
    ['parser@~1.0', {}, 'v1'],
    ['parser@^1', {}, 'v1.2'],
    ['validator://team.parser@^1', {}, 'v1.2'],
    ['parser', { version_spec: '1.0.0' }, 'v1'],
    ['parser', { version_spec: '>=1.0.0', include_prerelease: true }, 'v2-rc'],
    ['parser@2.0.0-rc.1', {}, 'v2-rc'],
    ['parser@3.0.0', {}, 'v3-draft'],
    ['gone@1.0.0', {}, 'archived'],
    ['gone', { include_archived: true }, 'archived'],
    ['left.twin', {}, 'twin-a'],
    ['a.b.c', {}, 'dotted'],
    ['a.b', {}, 'dotted'],
    ['b.c', {}, 'dotted-name'],
    ['early@0.1.0-alpha.1', {}, 'prerelease-only'],
  ])('%s %o is %s', async (ref, options, key) => {
    const { data } = await lookup(ref, options);
    expect(data.metadata.uuid).toBe(uuidOf(key));
  });

  it.each(['v1', 'v3-draft', 'v4-inactive', 'archived', 'reachable by uuid only'])(
    'a uuid is exact: %s',
    async (key) => {
      expect((await lookup(uuidOf(key).toUpperCase())).data.metadata.uuid).toBe(uuidOf(key));
    },
  );

  it('a version spec beside a uuid must accept its version', async () => {
    expect((await lookup(uuidOf('v1'), { version_spec: '^1' })).data.metadata.version).toBe('1.0.0');
    expect((await lookup(`${uuidOf('v4-inactive')}@4.x`)).data.metadata.version).toBe('4.0.0');
    const error = await refusal(lookup(uuidOf('v1'), { version_spec: '^2' }), 'RG008');
    expect(error.exitCode).toBe(3);
  });

  it('warns of what is deprecated or archived', async () => {
    const deprecated = await lookup('old-parser');
    expect(deprecated.warnings[0]?.message).toMatch(/deprecated.*team\.parser.*2030-01-01/);
    expect((await lookup(uuidOf('archived'))).warnings.map(({ code }) => code)).toEqual(['LC007']);
    expect((await lookup('parser')).warnings).toEqual([]);
  });

  it('explains why no version fits', async () => {
    const error = await refusal(lookup('parser@^4'), 'RG008');
    expect(error.details?.['dropped']).toEqual([
      expect.objectContaining({ version: '4.0.0', reason: 'status' }),
      expect.objectContaining({ version: '3.0.0', reason: 'range' }),
      expect.objectContaining({ version: '2.0.0-rc.1', reason: 'range' }),
      expect.objectContaining({ version: '1.2.0', reason: 'range' }),
      expect.objectContaining({ version: '1.0.0', reason: 'range' }),
    ]);
    expect(error.next).toContain('4.0.0 (status is inactive)');
    expect((await refusal(lookup('early'), 'RG008')).next).toContain('0.1.0-alpha.1');
    await refusal(lookup('gone'), 'RG008');
  });

  it('lists the candidates of an ambiguous name', async () => {
    const error = await refusal(lookup('twin'), 'RG013');
    expect(error.details).toMatchObject({ candidates: ['validator:left.twin', 'validator:right.twin'] });
    expect(error.exitCode).toBe(3);
  });

  it('suggests near names', async () => {
    const error = await refusal(lookup('validator:team.parsr@^1'), 'RG001');
    expect(error.details).toMatchObject({ near: ['parser'] });
    expect(error.next).toContain('did you mean parser');
    expect(error.exitCode).toBe(3);
    expect((await refusal(lookup('tool:parser'), 'RG001')).details).toHaveProperty('near');
    expect((await refusal(lookup('nothing-like-it-at-all'), 'RG001')).details).toMatchObject({ near: [] });
    await refusal(lookup(randomUUID()), 'RG001');
  });

  it.each([
    ['', 'QY003'],
    ['two words', 'QY003'],
    ['validater:parser', 'QY003'],
    ['parser@not a version', 'QY002'],
    ['validator://parser', 'QY003'],
  ] as const)('refuses the reference %j', async (ref, code) => {
    expect((await refusal(lookup(ref), code)).exitCode).toBe(2);
  });

  it('refuses two version specs that differ', async () => {
    await refusal(lookup('parser@^1', { version_spec: '^2' }), 'QY003');
    expect((await lookup('parser@^1', { version_spec: ' ^1 ' })).data.metadata.version).toBe('1.2.0');
  });
});

it('says where the answer came from', async () => {
  const here = (await online.lookup('parser', {}, context())).freshness;
  expect(here).toMatchObject({ source: 'postgres', level: 'authority', stale: false, complete: true, age_ms: 0 });
  const there = (await offline.lookup('parser', {}, context())).freshness;
  expect(there).toMatchObject({
    source: 'cache',
    level: 'l3',
    stale: false,
    complete: true,
    offline_reason: 'offline mode',
  });
});

it('warns of work in progress', async () => {
  const document = validatorDocument('half-done');
  await online.register(document, {}, context());
  await test.database.pool.query('UPDATE components SET wip = true WHERE uuid = $1', [document.uuid]);
  const { warnings } = await online.lookup('half-done@1.0.0', {}, context());
  expect(warnings.map(({ code }) => code)).toEqual(['RG010']);
  await refusal(online.lookup('half-done', {}, context()), 'RG008');
});
