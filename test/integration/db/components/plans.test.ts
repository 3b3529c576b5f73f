import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { compileSearch } from '../../../../db/stores/components/compile-search.ts';
import { selectByPath } from '../../../../db/stores/components/find-by-path.ts';
import { dependentsOnOnly, pointingTo } from '../../../../db/stores/components/find-dependents.ts';
import { findCircle } from '../../../../db/stores/components/find-circle.ts';
import { readPointedTo, readSurroundings } from '../../../../db/stores/components/read-for-write.ts';
import type { Statement } from '../../../../db/transaction.ts';
import type { SearchQuery } from '../../../../contracts/registry.ts';
import { criteriaOf } from '../../../../domain/search/criteria.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { seedComponents } from './seed.ts';

let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'plans', statementTimeoutMs: 60_000 });
  await seedComponents(database, 20_000);
}, 60_000);

afterAll(async () => {
  await database.close();
  await created.drop();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** The plan Postgres takes for these values (`custom`), or for any values once a statement was prepared (`generic`). */
async function planOf({ text, values = [] }: Statement, kind: 'custom' | 'generic'): Promise<Plan[]> {
  const client = await database.pool.connect();
  try {
    await client.query(`SET plan_cache_mode = force_${kind}_plan`);
    const { rows } = await client.query({ name: '', text: `EXPLAIN (FORMAT JSON) ${text}`, values: [...values] });
    const [{ Plan: plan }] = rows[0]['QUERY PLAN'] as [{ Plan: Plan }];
    return nodesOf(plan);
  } finally {
    client.release(true);
  }
}

const search = (query: SearchQuery): Statement => compileSearch(criteriaOf(query), { limit: 100, after: null });
const uuid = '00000000-0000-0000-0000-000000000100';
const at = { type: 'validator', namespace: 'team-16', name: 'component-256', version_key: 'a1a0a0~' };
const edge = {
  from_uuid: uuid,
  ordinal: 0,
  kind: 'depends_on',
  target_uuid: null,
  target_type: null,
  target_namespace: null,
  target_name: 'component-9',
  version_spec: '*',
  ranges: [],
  required: true,
  external: false,
  detail: {},
} as const;

const served: [string, Statement, readonly string[]][] = [
  ['search by tag', search({ tags: ['tag-7'] }), ['components_tags']],
  ['search by any tag', search({ any_tag: ['tag-7', 'tag-9'] }), ['components_tags']],
  ['search by text', search({ text: 'component-1234' }), ['components_search_text']],
  ['the first page of a list', search({}), ['components_name']],
  [
    'a later page of a list',
    compileSearch(criteriaOf({}), { limit: 100, after: ['component-5', 'a1a0a0~', uuid] }),
    ['components_name'],
  ],
  ['newest first', search({ sort: [{ key: 'updated_at', order: 'desc' }] }), ['components_updated_at']],
  [
    'lookup by path',
    selectByPath('component-77', undefined),
    ['components_name', 'components_path', 'components_namespace'],
  ],
  [
    'who needs only this',
    dependentsOnOnly(uuid),
    ['component_dependencies_target_uuid', 'component_dependencies_target_name'],
  ],
  ['who points to a uuid', pointingTo(uuid), ['component_dependencies_target_uuid']],
  [
    'whether anything points here',
    readPointedTo(uuid, at),
    ['component_dependencies_target_uuid', 'component_dependencies_target_name'],
  ],
  ['the surroundings of a write', readSurroundings(uuid, at, [edge]), ['components_name', 'components_path']],
  [
    'the search for a circle',
    findCircle(uuid),
    ['component_dependencies_position', 'components_pkey', 'components_path'],
  ],
];

describe.each(['custom', 'generic'] as const)('with %s plans', (kind) => {
  it.each(served)('%s reads no table from end to end', async (_what, statement, indexes) => {
    const nodes = await planOf(statement, kind);
    const scanned = nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);
    expect(scanned).toEqual([]);
    const used = new Set(nodes.map((node) => node['Index Name']));
    for (const index of indexes) expect([...used]).toContain(index);
  });
});

it('a word too short for trigrams does not force its way through their index', async () => {
  const nodes = await planOf(search({ text: 'x1' }), 'custom');
  expect(nodes.map((node) => node['Index Name'])).not.toContain('components_search_text');
});
