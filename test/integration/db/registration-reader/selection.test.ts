import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { selectionStrategies } from '../../../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createNodeReader, type NodeReader } from '../../../../db/stores/registration/reader.ts';
import { compareKeys, selectNode } from '../../../../domain/registration/selection.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { emptyNodes, insertNode, insertNodes, type NodeSeed, nodeSeed, setPath } from './seed.ts';

let created: TestDatabase;
let database: Database;
let reader: NodeReader;
const warnings: unknown[] = [];

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'selection', max: 8 });
  reader = createNodeReader({ database, logger: { warn: (fields) => warnings.push(fields), error: () => undefined } });
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
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const pool = (ids: readonly number[], seed: NodeSeed = {}) =>
  ids.map((n) => nodeSeed({ entity_id: id(n), capability_tags: ['x'], ...seed }));
const chosen = async (strategy: 'first' | 'random' | 'round_robin' | 'least_loaded', exclude: readonly string[] = []) =>
  (await reader.select({ capability: 'x', strategy, exclude }))?.node.entity_id;

describe('candidates', () => {
  it.each(selectionStrategies)('%s: only who is active, in time, not flapping and not excluded', async (strategy) => {
    const silent = { state_entered_at: ago(200_000), liveness_deadline: ago(1_000) };
    await insertNodes(database, [
      ...pool([1], { current_state: 'awaiting_ack' }),
      ...pool([2], { flapping_until: ago(-60_000) }),
      ...pool([3], silent),
      ...pool([4], { ...silent, live: { beats_since_active: 1, last_heartbeat_at: ago(100_000) } }),
      ...pool([5], { capability_tags: ['X'] }),
      ...pool([6], { domain: 'edge' }),
      ...pool([7]),
      ...pool([8], {
        ...silent,
        flapping_until: ago(1),
        live: { beats_since_active: 1, last_heartbeat_at: ago(60_000) },
      }),
    ]);
    const request = { capability: 'x', strategy, exclude: [id(7).toUpperCase()] };
    expect(await reader.select(request)).toMatchObject({ node: { entity_id: id(8) }, strategy, candidates: 1 });
    expect(await reader.select({ ...request, domain: null })).toMatchObject({ candidates: 2 });
    expect(await reader.select({ ...request, exclude: [id(7), id(8)] })).toBeNull();
    expect(await reader.select({ ...request, capability: 'nobody' })).toBeNull();
  });

  it('while a path is down nobody is overdue, so nobody is withheld', async () => {
    await insertNodes(database, pool([1], { state_entered_at: ago(900_000), liveness_deadline: ago(800_000) }));
    expect(await chosen('first')).toBeUndefined();
    await setPath(database, 'ingest', null);
    expect(await chosen('first')).toBe(id(1));
  });

  it('that cannot be read are passed over, and logged', async () => {
    await insertNodes(database, pool([1, 2, 3]));
    await database.pool.query(`UPDATE registration_projections SET endpoints = '7' WHERE entity_id <> $1`, [id(3)]);
    for (const strategy of selectionStrategies) expect(await chosen(strategy)).toBe(id(3));
    expect(warnings).not.toEqual([]);
    await database.pool.query(`UPDATE registration_projections SET endpoints = '7'`);
    expect(await chosen('first')).toBeUndefined();
  });

  it('by intent, protocol and contract; of several needs the first given is used', async () => {
    await insertNodes(database, [
      nodeSeed({ entity_id: id(1), intent_types: ['a'], contract_type: 'effect' }),
      nodeSeed({ entity_id: id(2), intent_types: ['b'], protocols: ['p'], contract_type: 'compute' }),
    ]);
    const select = async (request: Parameters<NodeReader['select']>[0]) =>
      (await reader.select(request))?.node.entity_id;
    expect(await select({ intent_types: ['b', 'a'] })).toBe(id(1));
    expect(await select({ intent_types: ['b', 'a'], contract_type: 'compute' })).toBe(id(2));
    expect(await select({ protocol: 'p' })).toBe(id(2));
    expect(await select({ intent_types: ['a'], protocol: 'p' })).toBe(id(1));
    expect(await select({ capability: 'none', protocol: 'p' })).toBeUndefined();
  });
});

describe('resolve', () => {
  const dependency = { name: 'store', type: 'node', strategy: 'first' } as const;

  it('names one node, or null', async () => {
    await insertNodes(database, pool([1, 2]));
    expect((await reader.resolve({ ...dependency, capability: 'x' }))?.entity_id).toBe(id(1));
    expect(await reader.resolve({ ...dependency, intent_types: [] })).toBeNull();
    expect(await reader.resolve({ ...dependency, protocol: 'none' })).toBeNull();
    expect((await reader.resolve({ ...dependency, capability: 'x' }, { exclude: [id(1)] }))?.entity_id).toBe(id(2));
    expect(await reader.resolve({ ...dependency, capability: 'x' }, { domain: 'edge' })).toBeNull();
  });

  it('in another state than active, whoever is late for that state excepted', async () => {
    await insertNodes(database, [
      ...pool([1], { current_state: 'awaiting_ack', ack_deadline: ago(1_000) }),
      ...pool([2], { current_state: 'awaiting_ack' }),
    ]);
    expect((await reader.resolve({ ...dependency, capability: 'x', state: 'awaiting_ack' }))?.entity_id).toBe(id(2));
  });
});

describe('the strategies in SQL and in memory', () => {
  it('choose the same', async () => {
    const load = fc.option(fc.integer({ min: 0, max: 2 }), { nil: null });
    const node = fc.record({ domain: fc.constantFrom('a', 'b', 'B', 'a-b'), operations: load, cpu: load });
    await fc.assert(
      fc.asyncProperty(
        fc.array(node, { maxLength: 12 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat({ max: 12 }),
        async (given, random, turns) => {
          await emptyNodes(database);
          const nodes = given.map(({ domain, operations, cpu }, index) =>
            nodeSeed({
              entity_id: id(index >> 1),
              domain: `${domain}${index & 1}`,
              capability_tags: ['x'],
              live: { active_operations_count: operations, cpu_usage_percent: cpu },
            }),
          );
          await insertNodes(database, nodes);
          const candidates = nodes
            .map(({ row, live }) => ({
              entity_id: row.entity_id,
              domain: row.domain,
              active_operations_count: live?.active_operations_count ?? null,
              cpu_usage_percent: live?.cpu_usage_percent ?? null,
            }))
            .sort(compareKeys);
          const key = (row: { entity_id: string; domain: string } | undefined | null) =>
            row ? [row.entity_id, row.domain] : null;
          for (const strategy of ['first', 'random', 'least_loaded'] as const) {
            const selection = await reader.select(
              { capability: 'x', strategy, domain: null },
              { random: () => random },
            );
            expect(key(selection?.node)).toEqual(
              key(selectNode(strategy, candidates, { random: () => random, last: null })),
            );
            expect(selection?.candidates ?? 0).toBe(candidates.length);
          }
          const turnsOf = `turns-${randomUUID()}`;
          let last: { entity_id: string; domain: string } | null = null;
          for (let turn = 0; turn < turns; turn++) {
            const request = { capability: 'x', strategy: 'round_robin', key: turnsOf, domain: null } as const;
            const selection = await reader.select(request);
            last = selectNode('round_robin', candidates, { random: Math.random, last });
            expect(key(selection?.node)).toEqual(key(last));
          }
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  });
});

describe('round robin', () => {
  it('is fair over processes that select at the same time', async () => {
    await insertNodes(database, pool([1, 2, 3, 4, 5]));
    const processes = [1, 2, 3].map((n) =>
      openDatabase(created.url, { applicationName: `process ${n}`, max: 8, poolTimeoutMs: 20_000 }),
    );
    try {
      const counts = new Map<string, number>();
      await Promise.all(
        processes.flatMap((process) => {
          const its = createNodeReader({ database: process });
          return Array.from({ length: 100 }, async () => {
            const selection = await its.select({ capability: 'x', strategy: 'round_robin' });
            const chosen = selection?.node.entity_id ?? 'none';
            counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
          });
        }),
      );
      expect(counts).toEqual(new Map([1, 2, 3, 4, 5].map((n) => [id(n), 60])));
    } finally {
      await Promise.all(processes.map((process) => process.close()));
    }
  });

  it('survives nodes that come and go', async () => {
    await insertNodes(database, pool([2, 4, 6]));
    const turns = async (count: number) => {
      const seen: (string | undefined)[] = [];
      for (let turn = 0; turn < count; turn++) seen.push(await chosen('round_robin'));
      return seen;
    };
    expect(await turns(2)).toEqual([id(2), id(4)]);
    await database.pool.query('DELETE FROM registration_projections WHERE entity_id = $1', [id(4)]);
    await insertNodes(database, pool([5]));
    expect(await turns(4)).toEqual([id(5), id(6), id(2), id(5)]);
    await database.pool.query('DELETE FROM registration_projections');
    expect(await turns(1)).toEqual([undefined]);
    await insertNodes(database, pool([9]));
    expect(await turns(2)).toEqual([id(9), id(9)]);
  });

  it('takes turns per key; without one, per need and domain', async () => {
    await insertNodes(database, [...pool([1, 2]), ...pool([1, 2], { domain: 'edge' })]);
    const next = async (given: object) =>
      (await reader.select({ capability: 'x', strategy: 'round_robin', ...given }))?.node.entity_id;
    expect([await next({ key: 'a' }), await next({ key: 'b' }), await next({ key: 'a' })]).toEqual([
      id(1),
      id(1),
      id(2),
    ]);
    expect([await next({}), await next({ domain: 'edge' }), await next({})]).toEqual([id(1), id(1), id(2)]);
    const intents = (list: string[]) => reader.select({ intent_types: list, strategy: 'round_robin' });
    await insertNode(database, { entity_id: id(7), intent_types: ['i', 'j'] });
    await insertNode(database, { entity_id: id(8), intent_types: ['i', 'j'] });
    expect((await intents(['i', 'j']))?.node.entity_id).toBe(id(7));
    expect((await intents(['j', 'i', 'j']))?.node.entity_id).toBe(id(8));
  });
});

it('random reaches every candidate', async () => {
  await insertNodes(database, pool([1, 2, 3]));
  const reached = new Set<string | undefined>();
  for (let n = 0; n < 60 && reached.size < 3; n++) reached.add(await chosen('random'));
  expect(reached.size).toBe(3);
});
