import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../db/client.ts';
import { countChanges } from '../../../db/stores/changes/count-changes.ts';
import { type ChangeCursor, decodeCursor, encodeCursor } from '../../../db/stores/changes/cursor.ts';
import { readHorizon, readIdentity } from '../../../db/stores/changes/identity.ts';
import { readChanges } from '../../../db/stores/changes/read-changes.ts';
import { readSnapshot } from '../../../db/stores/changes/read-snapshot.ts';
import { countByType } from '../../../db/stores/components/count-by-type.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { refusal } from '../registry/support/registry.ts';
import { seedComponents } from './components/seed.ts';

let created: TestDatabase;
let database: Database;

beforeEach(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'change log' });
});

afterEach(async () => {
  await database.close();
  await created.drop();
});

const start: ChangeCursor = { epoch: 1, txid: 0, seq: 0 };

const insert = `INSERT INTO registry_changes (epoch, op, uuid, revision, type, namespace, name, version, principal, correlation_id)
                VALUES (1, 'updated', $1, $2, 'validator', 'team', 'x', '1.0.0', 'p', 'c')`;

describe('the change log', () => {
  it('shows a change only when none can appear before it', async () => {
    const slow = await database.pool.connect();
    const [first, second] = [randomUUID(), randomUUID()];
    await slow.query('BEGIN');
    await slow.query(insert, [first, 1]);
    await database.pool.query(insert, [second, 1]);
    const meanwhile = await readChanges(database, start, { limit: 10 });
    expect(meanwhile.changes).toEqual([]);
    expect(meanwhile.complete).toBe(true);
    const eager = await readChanges(database, start, { limit: 10, provisional: true });
    expect(eager.changes.map(({ uuid }) => uuid)).toEqual([second]);
    expect(eager.next).toEqual(meanwhile.next);
    await slow.query('COMMIT');
    slow.release();
    const after = await readChanges(database, meanwhile.next, { limit: 10 });
    expect(after.changes.map(({ uuid }) => uuid)).toEqual([first, second]);
    expect((await readChanges(database, after.next, { limit: 10 })).changes).toEqual([]);
  });

  it('is read in pages that neither repeat nor skip', async () => {
    const uuids = Array.from({ length: 25 }, () => randomUUID());
    for (const uuid of uuids.slice(0, 5)) await database.pool.query(insert, [uuid, 1]);
    const client = await database.pool.connect();
    await client.query('BEGIN');
    for (const uuid of uuids.slice(5)) await client.query(insert, [uuid, 1]);
    await client.query('COMMIT');
    client.release();
    const seen: string[] = [];
    let cursor = start;
    for (let complete = false; !complete; ) {
      const batch = await readChanges(database, cursor, { limit: 4 });
      seen.push(...batch.changes.map(({ uuid }) => uuid));
      ({ next: cursor, complete } = batch);
    }
    expect(seen).toEqual(uuids);
    expect(await countChanges(database, start)).toBe(25);
    expect(await countChanges(database, cursor)).toBe(0);
    expect(await countChanges(database, { ...cursor, epoch: 9 })).toBeNull();
  });

  it('never lets a cursor go back', async () => {
    const horizon = await readHorizon(database);
    const slow = await database.pool.connect();
    await slow.query('BEGIN');
    await slow.query('SELECT pg_current_xact_id()');
    await database.pool.query(insert, [randomUUID(), 1]);
    const ahead = { ...horizon, seq: 5 };
    expect((await readChanges(database, ahead, { limit: 10 })).next).toEqual(ahead);
    await slow.query('ROLLBACK');
    slow.release();
  });

  it('refuses cursors that mean nothing here', async () => {
    for (const cursor of [
      { ...start, epoch: 2 },
      { ...start, txid: 2 ** 50 },
    ]) {
      const error = await refusal(readChanges(database, cursor, { limit: 10 }), 'RG017');
      expect(error.details).toMatchObject({ resync: true, cursor: encodeCursor(cursor) });
    }
  });

  it('continues where a snapshot ends', async () => {
    await seedComponents(database, 50);
    await database.pool.query('DELETE FROM registry_changes');
    const snapshot = await readSnapshot(database, 7);
    expect(snapshot.records).toHaveLength(50);
    expect(new Set(snapshot.records.map(({ metadata }) => metadata.name)).size).toBe(50);
    expect(snapshot.identity).toEqual(await readIdentity(database));
    expect((await readChanges(database, snapshot.cursor, { limit: 10 })).changes).toEqual([]);
    const uuid = randomUUID();
    await database.pool.query(insert, [uuid, 1]);
    expect((await readChanges(database, snapshot.cursor, { limit: 10 })).changes).toEqual([
      { op: 'updated', uuid, revision: 1 },
    ]);
    expect(await countByType(database)).toEqual([{ type: 'validator', lifecycle: 'active', count: 50 }]);
  });

  it('snapshots a page that ends exactly at the end', async () => {
    await seedComponents(database, 10);
    expect((await readSnapshot(database, 5)).records).toHaveLength(10);
    await database.pool.query('DELETE FROM components');
    expect((await readSnapshot(database, 5)).records).toEqual([]);
  });
});

describe('a cursor', () => {
  it('is read back as it was written', () => {
    const cursor = { epoch: 3, txid: 123_456_789_012, seq: 42 };
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  });

  it.each(['', '1.2', '1.2.3.4', 'a.b.c', '-1.2.3', '1.2.99999999999999999'])('%j is none', async (text) => {
    await refusal(
      Promise.resolve().then(() => decodeCursor(text)),
      'RG017',
    );
  });
});
