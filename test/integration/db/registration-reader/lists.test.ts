import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from '../../../../contracts/node/query.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import { registrationStates } from '../../../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createNodeReader, type NodeReader } from '../../../../db/stores/registration/reader.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { emptyNodes, insertNode, insertNodes, nodeSeed, setPath } from './seed.ts';

let created: TestDatabase;
let database: Database;
let reader: NodeReader;
const warnings: unknown[] = [];

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'reader' });
  reader = createNodeReader({
    database,
    logger: { warn: (fields) => warnings.push(fields), error: (fields) => warnings.push(fields) },
  });
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

beforeEach(async () => {
  warnings.length = 0;
  await emptyNodes(database);
  await setPath(database, 'ingest', { upForMs: 3_600_000, seenAgoMs: 0 });
});

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const idsOf = (page: Page<NodeRow>) => page.items.map((row) => row.entity_id);

/** Every page of a list, one after the other. */
async function allPages(read: (cursor?: string) => Promise<Page<NodeRow>>): Promise<Page<NodeRow>[]> {
  const pages: Page<NodeRow>[] = [];
  for (let cursor: string | null | undefined; cursor !== null; cursor = pages.at(-1)?.next_cursor ?? null) {
    pages.push(await read(cursor));
  }
  return pages;
}

describe('one node', () => {
  it('is read as it was written, with its telemetry', async () => {
    const { row, live } = await insertNode(database, {
      node_name: 'ledger',
      capabilities: { read: true, extra: { nested: [1] } },
      capability_tags: ['a', 'b'],
      subscribe_topics: ['orders'],
      endpoints: { control: 'https://node.example/' },
      feature_flags: { fast: false },
      live: { uptime_seconds: 1.5, cpu_usage_percent: 12.5, node_sequence: 9_007_199_254_740_991 },
    });
    expect(await reader.getEntityState(row.entity_id)).toEqual(row);
    expect(await reader.getRegistrationStatus(row.entity_id.toUpperCase())).toBe('active');
    expect(await reader.getLiveness(row.entity_id)).toEqual(live);
  });

  it('is null in another domain and found in any', async () => {
    const { row } = await insertNode(database, { domain: 'edge' });
    expect(await reader.getEntityState(row.entity_id)).toBeNull();
    expect(await reader.getRegistrationStatus(row.entity_id)).toBeNull();
    expect(await reader.getLiveness(row.entity_id)).toBeNull();
    expect((await reader.getEntityState(row.entity_id, { domain: null }))?.domain).toBe('edge');
  });

  it('that is malformed is ND012, its state is still told', async () => {
    const { row } = await insertNode(database, { live: null });
    await database.pool.query(`UPDATE registration_projections SET endpoints = '[]'`);
    await expect(reader.getEntityState(row.entity_id)).rejects.toMatchObject({
      code: 'ND012',
      details: { path: 'endpoints' },
    });
    expect(await reader.getRegistrationStatus(row.entity_id)).toBe('active');
  });
});

describe('orders and pages', () => {
  it('H: newest change first, then entity and domain', async () => {
    await insertNodes(database, [
      nodeSeed({ entity_id: id(3), updated_at: at(1) }),
      nodeSeed({ entity_id: id(1), updated_at: at(1), domain: 'b' }),
      nodeSeed({ entity_id: id(1), updated_at: at(1), domain: 'a' }),
      nodeSeed({ entity_id: id(2), updated_at: at(2) }),
      nodeSeed({ entity_id: id(9), updated_at: at(0), current_state: 'rejected' }),
    ]);
    const wanted = [`${id(2)} registration`, `${id(1)} a`, `${id(1)} b`, `${id(3)} registration`];
    for (const limit of [1, 2, 3, 4, 100]) {
      const pages = await allPages((cursor) =>
        reader.getByState('active', { domain: null, limit, ...(cursor === undefined ? {} : { cursor }) }),
      );
      expect(pages.flatMap(({ items }) => items.map((row) => `${row.entity_id} ${row.domain}`))).toEqual(wanted);
      expect(pages.map((page) => page.has_more)).toEqual(pages.map((_, index) => index < pages.length - 1));
    }
  });

  it('S: by key, however often rows change meanwhile', async () => {
    await insertNodes(
      database,
      Array.from({ length: 7 }, (_, n) => nodeSeed({ entity_id: id(n), capability_tags: ['x'] })),
    );
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await reader.getByCapabilityTag('x', { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...idsOf(page));
      await database.pool.query('UPDATE registration_projections SET updated_at = now()');
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(Array.from({ length: 7 }, (_, n) => id(n)));
  });

  it('D: by deadline, then key', async () => {
    const past = (ms: number) => new Date(Date.now() - ms).toISOString();
    const overdue = (n: number, deadline: string) =>
      nodeSeed({
        entity_id: id(n),
        state_entered_at: past(900_000),
        liveness_deadline: deadline,
        live: { state_entered_at: past(900_000) },
      });
    const [late, later] = [past(500_000), past(400_000)];
    await insertNodes(database, [
      overdue(1, later),
      overdue(3, late),
      overdue(2, late),
      nodeSeed({ entity_id: id(4) }),
    ]);
    const pages = await allPages((cursor) =>
      reader.getOverdueLivenessRegistrations({ limit: 1, ...(cursor === undefined ? {} : { cursor }) }),
    );
    expect(pages.flatMap(idsOf)).toEqual([id(2), id(3), id(1)]);
  });

  it('an infinite time is malformed, and the page goes on behind it', async () => {
    await insertNodes(
      database,
      [1, 2, 3].map((n) => nodeSeed({ entity_id: id(n), updated_at: at(n) })),
    );
    await database.pool.query(`UPDATE registration_projections SET updated_at = 'infinity' WHERE entity_id = $1`, [
      id(1),
    ]);
    const pages = await allPages((cursor) => reader.list({ limit: 1, ...(cursor === undefined ? {} : { cursor }) }));
    expect(pages.map((page) => [idsOf(page), page.malformed.map(({ path }) => path)])).toEqual([
      [[], ['updated_at']],
      [[id(3)], []],
      [[id(2)], []],
    ]);
  });
});

describe('malformed rows', () => {
  it('are told and logged, and fail nothing else', async () => {
    await insertNodes(
      database,
      [1, 2, 3].map((n) => nodeSeed({ entity_id: id(n), capability_tags: ['x'] })),
    );
    await database.pool.query(
      `UPDATE registration_projections SET subscribe_topics = '{"secret": 1}' WHERE entity_id = $1`,
      [id(2)],
    );
    const page = await reader.getByCapabilityTag('x');
    expect(idsOf(page)).toEqual([id(1), id(3)]);
    expect(page.malformed).toEqual([{ entity_id: id(2), domain: 'registration', path: 'subscribe_topics' }]);
    expect(warnings).toMatchObject([{ code: 'registration.reader.malformed_rows', method: 'getByCapabilityTag' }]);
    expect(JSON.stringify([page, warnings])).not.toContain('secret');
  });
});

describe('filters of list', () => {
  const seeds = [
    nodeSeed({ entity_id: id(1), node_type: 'compute', node_name: 'ledger-1', component_ref: 'ledger@1.0.0' }),
    nodeSeed({ entity_id: id(2), node_name: 'ledger%2', component_id: id(77), current_state: 'rejected' }),
    nodeSeed({ entity_id: id(3), node_name: 'Ledger', updated_at: at(0) }),
    nodeSeed({
      entity_id: id(4),
      current_state: 'awaiting_ack',
      flapping_until: new Date(Date.now() + 60_000).toISOString(),
    }),
    nodeSeed({ entity_id: id(5), domain: 'edge', flapping_until: new Date(Date.now() - 60_000).toISOString() }),
  ];
  const cases: [string, Parameters<NodeReader['list']>[0], number[]][] = [
    ['nothing given', {}, [1, 2, 3, 4]],
    ['all domains', { domain: null }, [1, 2, 3, 4, 5]],
    ['one domain', { domain: 'edge' }, [5]],
    ['one state', { state: ['rejected'] }, [2]],
    ['states', { state: ['rejected', 'awaiting_ack', 'rejected'] }, [2, 4]],
    ['type', { node_type: 'compute' }, [1]],
    ['component by reference', { component: 'ledger@1.0.0' }, [1]],
    ['component by id', { component: id(77).toUpperCase() }, [2]],
    ['name prefix, case-sensitive', { name_prefix: 'ledger' }, [1, 2]],
    ['name prefix without wildcards', { name_prefix: 'ledger%' }, [2]],
    ['name prefix without underscore as a wildcard', { name_prefix: 'ledger_' }, []],
    ['flapping', { flapping: true, domain: null }, [4]],
    ['not flapping', { flapping: false, domain: null }, [1, 2, 3, 5]],
    ['updated since, with a zone', { updated_since: '2026-01-02T00:00:00+02:00' }, [1, 2, 4]],
    ['several together', { state: ['active'], name_prefix: 'L', node_type: 'effect' }, [3]],
    ['not overdue', { overdue: false }, [1, 2, 3, 4]],
    ['overdue', { overdue: true }, []],
  ];

  it.each(cases)('%s', async (_what, query, wanted) => {
    await insertNodes(database, seeds);
    expect(idsOf(await reader.list(query)).sort()).toEqual(wanted.map(id));
  });
});

describe('capability queries', () => {
  const seeds = [
    nodeSeed({
      entity_id: id(1),
      capability_tags: ['http.transport', 'node.effect'],
      intent_types: ['http.get'],
      protocols: ['EventBus'],
      contract_type: 'effect',
      capabilities: { read: true, config: { pool: 4, mode: 'a' } },
      subscribe_topics: ['orders'],
    }),
    nodeSeed({
      entity_id: id(2),
      current_state: 'rejected',
      capability_tags: ['node.effect'],
      intent_types: ['http.get', 'http.post'],
      contract_type: 'unknown',
      publish_topics: ['orders', 'o"\\'],
    }),
    nodeSeed({ entity_id: id(3), capability_tags: ['Node.effect'], capabilities: { read: false } }),
  ];
  const cases: [string, (reader: NodeReader) => Promise<Page<NodeRow>>, number[]][] = [
    ['tag', (r) => r.getByCapabilityTag('node.effect'), [1, 2]],
    ['tag in a state', (r) => r.getByCapabilityTag('node.effect', { state: 'active' }), [1]],
    ['tag in state null = all', (r) => r.getByCapabilityTag('node.effect', { state: null }), [1, 2]],
    ['tag of nobody', (r) => r.getByCapabilityTag('node'), []],
    ['intent', (r) => r.getByIntentType('http.post'), [2]],
    ['any intent, no duplicates', (r) => r.getByIntentTypes(['http.get', 'http.post', 'http.get']), [1, 2]],
    ['protocol', (r) => r.getByProtocol('EventBus'), [1]],
    ['any tag', (r) => r.getByCapabilityTagsAny(['Node.effect', 'http.transport']), [1, 3]],
    ['all tags', (r) => r.getByCapabilityTagsAll(['node.effect', 'http.transport']), [1]],
    ['contract type', (r) => r.getByContractType('unknown'), [2]],
    ['capability', (r) => r.getByCapability({ read: true }), [1]],
    ['nested capability', (r) => r.getByCapability({ config: { pool: 4 } }), [1]],
    ['the empty fragment is contained in all', (r) => r.getByCapability({}), [1, 2, 3]],
    ['subscribers of a topic', (r) => r.getByTopic('orders', 'subscribe'), [1]],
    ['publishers of a topic', (r) => r.getByTopic('orders', 'publish'), [2]],
    ['a topic with quotes', (r) => r.getByTopic('o"\\', 'publish'), [2]],
    ['list: either direction', (r) => r.list({ topic: 'orders' }), [1, 2]],
    [
      'list: tag with a state and a type',
      (r) => r.list({ tag: 'node.effect', state: ['active'], node_type: 'effect' }),
      [1],
    ],
    ['list: two capabilities hold together', (r) => r.list({ tag: 'node.effect', intent: 'http.post' }), [2]],
    ['find: active by default', (r) => r.find({ capability: 'node.effect' }), [1]],
    ['find: in another state', (r) => r.find({ intent_types: ['http.post'], state: 'rejected' }), [2]],
    ['find: with a contract', (r) => r.find({ protocol: 'EventBus', contract_type: 'compute' }), []],
    ['find: only the first given', (r) => r.find({ capability: 'node.effect', protocol: 'nobody' }), [1]],
    ['find: an empty list', (r) => r.find({ intent_types: [] }), []],
  ];

  it.each(cases)('%s', async (_what, read, wanted) => {
    await insertNodes(database, seeds);
    expect(idsOf(await read(reader))).toEqual(wanted.map(id));
  });
});

it('counts all eight states and their total', async () => {
  expect(await reader.countByState()).toEqual({
    ...Object.fromEntries(registrationStates.map((state) => [state, 0])),
    total: 0,
  });
  await insertNodes(
    database,
    [...registrationStates, 'active' as const].map((state) => nodeSeed({ current_state: state })),
  );
  await insertNode(database, { domain: 'edge' });
  expect(await reader.countByState()).toMatchObject({ active: 2, rejected: 1, total: 9 });
  expect(await reader.countByState('edge')).toMatchObject({ active: 1, rejected: 0, total: 1 });
  expect(await reader.countByState(null)).toMatchObject({ active: 3, total: 10 });
});

it('lists the transitions of one node, newest first', async () => {
  const insert = (entity: string, domain: string, version: number) =>
    database.pool.query(
      `INSERT INTO registration_transitions (entity_id, domain, epoch, version, kind, from_state, to_state, event_id, actor, occurred_at)
       VALUES ($1, $2, 1, $3, 'refresh', 'active', 'active', gen_random_uuid(), 'system', now())`,
      [entity, domain, version],
    );
  for (const version of [1, 2, 3, 4, 5]) await insert(id(1), 'registration', version);
  await insert(id(2), 'registration', 1);
  await insert(id(1), 'edge', 1);
  const first = await reader.getTransitions(id(1), { limit: 2 });
  expect(first.items.map(({ version }) => version)).toEqual([5, 4]);
  const second = await reader.getTransitions(id(1), { limit: 2, cursor: first.next_cursor ?? '' });
  expect(second.items.map(({ version }) => version)).toEqual([3, 2]);
  expect(second.has_more).toBe(true);
  const known = second.items[0]?.id ?? 0;
  expect((await reader.getTransitions(id(1), { since_id: known })).items.map(({ version }) => version)).toEqual([5, 4]);
  expect((await reader.getTransitions(id(1), { domain: null })).items).toHaveLength(6);
  expect((await reader.getTransitions(id(9))).items).toEqual([]);
});
