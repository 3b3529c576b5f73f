import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Ordering } from '../../../../contracts/node/projection.ts';
import { compareOrderings, modeOf, orderingKey } from '../../../../domain/registration/ordering.ts';
import { orderingValues, verdictSql } from '../../../../db/stores/registration/projector/ordering-sql.ts';
import { type Fleet, openFleet } from './support/fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet.close());

const pairs = 12_000;

// Few values, so that ties and incompatible pairs are common; the largest ones a number can hold exactly.
const count = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER),
);
const optional = fc.option(count);
const partition = fc.constantFrom('', '0', 'a', 'ä', 'A');
const ordering: fc.Arbitrary<Ordering> = fc.oneof(
  fc.record({ epoch: count, version: count }),
  fc.record({ sequence: count }),
  fc.record({ sequence: optional, offset: count, partition }),
  fc.record({ sequence: count, partition }),
  fc.record({ sequence: count, offset: count }),
);

/** The columns in which the projector keeps an ordering. */
function columnsOf(stored: Ordering) {
  const mode = modeOf(stored);
  return {
    ordering_mode: mode,
    epoch: mode === 'workflow' ? stored.epoch : 0,
    version: mode === 'workflow' ? stored.version : 0,
    last_applied_sequence: mode === 'workflow' ? null : (stored.sequence ?? null),
    last_applied_offset: mode === 'offset' ? stored.offset : 0,
    last_applied_partition: mode === 'offset' ? stored.partition : null,
  };
}

function verdictOf(stored: Ordering, given: Ordering): string {
  const verdict = compareOrderings(stored, given);
  return typeof verdict === 'string' ? verdict : verdict.incompatible;
}

it(`memory and SQL judge ${pairs} pairs alike`, { timeout: 60_000 }, async () => {
  const samples = fc.sample(fc.tuple(ordering, ordering), pairs);
  const inputs = samples.map(([stored, given]) => {
    const [mode, place, major, minor] = orderingValues(given);
    return { ...columnsOf(stored), g_mode: mode, g_partition: place, g_major: major, g_minor: minor };
  });
  // The expression as it is used, its parameters replaced by columns of the sample.
  const expression = ['g_mode', 'g_partition', 'g_major', 'g_minor'].reduce(
    (text, column, index) => text.replaceAll(`$${index + 1}::`, `p.${column}::`),
    verdictSql('p', 1),
  );
  const rows = await fleet.query<{ verdict: string }>(
    `SELECT ${expression} AS verdict
       FROM jsonb_to_recordset($1::jsonb) AS p(ordering_mode text, epoch bigint, version bigint,
         last_applied_sequence bigint, last_applied_offset bigint, last_applied_partition varchar(128),
         g_mode text, g_partition text, g_major bigint, g_minor bigint)`,
    [JSON.stringify(inputs)],
  );
  const differing = samples.flatMap(([stored, given], index) => {
    const sql = rows[index]?.verdict;
    return sql === verdictOf(stored, given) ? [] : [{ stored, given, sql, memory: verdictOf(stored, given) }];
  });
  expect(rows).toHaveLength(pairs);
  expect(differing).toEqual([]);
  // Every verdict was met, or the property says little.
  expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(
    new Set(['newer', 'duplicate', 'stale', 'mode', 'partition']),
  );
});

it('compares with a stored row by the same rule, and says when there is no order', async () => {
  const node = await fleet.active();
  const { projector } = fleet;
  const compare = (given: Ordering) => projector.compare(node.entity_id, node.domain, given);
  expect(await compare({ epoch: 1, version: 6 })).toBe('newer');
  expect(await compare({ epoch: 1, version: 5 })).toBe('duplicate');
  expect(await compare({ epoch: 0, version: 9 })).toBe('stale');
  expect(await projector.compare(randomUUID(), node.domain, { epoch: 1, version: 1 })).toBe('absent');
  await expect(compare({ sequence: 9 })).rejects.toMatchObject({ code: 'ND005' });
  await expect(compare({})).rejects.toMatchObject({ code: 'ND001' });
  const isStale = (given: Ordering) => projector.isStale(node.entity_id, node.domain, given);
  expect(await isStale({ epoch: 1, version: 4 })).toBe(true);
  expect(await isStale({ epoch: 1, version: 5 })).toBe(false);
  expect(await isStale({ epoch: 1, version: 6 })).toBe(false);
  expect(await projector.isStale(randomUUID(), node.domain, { epoch: 1, version: 4 })).toBe(false);
  await expect(isStale({ sequence: 1 })).rejects.toMatchObject({ code: 'ND005' });
});

it('knows the key of an ordering that the guard compares', () => {
  expect(orderingKey({ offset: 0, partition: '' })).toEqual({ mode: 'offset', partition: '', major: 0, minor: 0 });
});
