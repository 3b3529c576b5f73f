import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createNodeReader, type NodeReader } from '../../../../db/stores/registration/reader.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { insertNodes, nodeSeed } from './seed.ts';

let created: TestDatabase;
let database: Database;
let reader: NodeReader;
let cursor: string;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'cursors' });
  reader = createNodeReader({ database });
  await insertNodes(
    database,
    [1, 2, 3].map(() => nodeSeed({ capability_tags: ['a', 'b'], intent_types: ['i'] })),
  );
  cursor = (await reader.list({ limit: 1, state: ['active'] })).next_cursor ?? '';
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

it('goes on with another page size', async () => {
  expect((await reader.list({ limit: 50, state: ['active'], cursor })).items).toHaveLength(2);
});

describe('a cursor is bound to its method and filters', () => {
  const others: [string, () => Promise<unknown>][] = [
    ['other filters', () => reader.list({ state: ['accepted'], cursor })],
    ['more filters', () => reader.list({ state: ['active'], node_type: 'effect', cursor })],
    ['no filters', () => reader.list({ cursor })],
    ['another domain', () => reader.list({ state: ['active'], domain: null, cursor })],
    ['another method', () => reader.getByState('active', { cursor })],
    ['another order', () => reader.list({ state: ['active'], tag: 'a', cursor })],
    ['transitions', () => reader.getTransitions('00000000-0000-4000-8000-000000000001', { cursor })],
  ];
  it.each(others)('%s', async (_what, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'ND002', details: { member: 'cursor' } });
  });

  it('methods of the same filter among themselves', async () => {
    const page = await reader.getByCapabilityTag('a', { limit: 1 });
    await expect(reader.getByCapabilityTag('b', { cursor: page.next_cursor ?? '' })).rejects.toMatchObject({
      code: 'ND002',
    });
    await expect(reader.getByCapabilityTagsAny(['a'], { cursor: page.next_cursor ?? '' })).rejects.toMatchObject({
      code: 'ND002',
    });
  });
});

it('whatever is sent as a cursor, it is understood or ND002', async () => {
  const [, binding] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
  const keys = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.uuid(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.constantFrom(
      'infinity',
      '2026-99-99T99:99:99.000Z',
      '0000-01-01T00:00:00.000Z',
      '0001-01-01T00:00:00.000Z',
      "x'; drop table",
      'registration',
      'a\0b',
    ),
  );
  const forged = fc.oneof(
    fc.string(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc
      .array(keys, { maxLength: 4 })
      .map((list) => Buffer.from(JSON.stringify([1, binding, ...list])).toString('base64url')),
  );
  await fc.assert(
    fc.asyncProperty(forged, async (text) => {
      const answer = await reader.list({ limit: 1, state: ['active'], cursor: text }).catch((error: unknown) => error);
      if (answer instanceof Error) expect(answer).toMatchObject({ code: 'ND002' });
    }),
    { numRuns: 300 },
  );
});
