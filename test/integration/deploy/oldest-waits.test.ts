/** The gauges behind the alerts on stuck registrations tell how long the first in line has really waited. */
import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../db/client.ts';
import { readOldestWaits } from '../../../db/stores/sweep/oldest-waits.ts';
import { measureWaits } from '../../../workers/metrics/wait-metrics.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { clearFleet, insertNodes, type NodeFixture } from '../sweep/fleet.ts';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { applicationName: 'test' });
});
beforeEach(() => clearFleet(database));
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const pending = (entered: number): NodeFixture => ({ state: 'pending_registration', entered, hot: { beat: null } });
const receipt = (age: number): NodeFixture => ({ state: 'awaiting_ack', hot: { beat: null, receipt: age } });

describe('the oldest waits', () => {
  it('are 0 where nobody waits', async () => {
    await insertNodes(database, [{}, { state: 'awaiting_ack', hot: { beat: null } }, { state: 'rejected' }]);
    expect(await readOldestWaits(database)).toEqual({ pending: 0, receipt: 0 });
  });

  it('are those of the first in line, over all domains', async () => {
    await insertNodes(database, [
      pending(10_000),
      { ...pending(75_000), domain: 'other' },
      receipt(20_000),
      { ...receipt(45_000), state: 'accepted' },
    ]);
    const waits = await readOldestWaits(database);
    expect(waits.pending).toBeGreaterThanOrEqual(75);
    expect(waits.pending).toBeLessThan(80);
    expect(waits.receipt).toBeGreaterThanOrEqual(45);
    expect(waits.receipt).toBeLessThan(50);
  });

  it('pass over receipts that were applied, or belong to an attempt before this one', async () => {
    const [id] = await insertNodes(database, [receipt(45_000), { ...receipt(45_000), state: 'active' }]);
    await database.pool.query('UPDATE node_liveness SET attempt_id = $2 WHERE entity_id = $1', [id, randomUUID()]);
    expect(await readOldestWaits(database)).toMatchObject({ receipt: 0 });
  });

  it('pass over nodes of feeds, which no workflow decides on', async () => {
    await insertNodes(database, [
      { ...pending(75_000), ordering_mode: 'sequence' },
      { ...receipt(45_000), ordering_mode: 'sequence' },
    ]);
    expect(await readOldestWaits(database)).toEqual({ pending: 0, receipt: 0 });
  });

  it('are never below 0 when clocks were set back', async () => {
    await insertNodes(database, [pending(-60_000), receipt(-60_000)]);
    expect(await readOldestWaits(database)).toEqual({ pending: 0, receipt: 0 });
  });

  it('reach the gauges of a process, and stay when the database goes', async () => {
    await insertNodes(database, [pending(75_000)]);
    const registry = new Registry();
    const measured = measureWaits(registry, database);
    await measured.close();
    const [, seconds] = /^omnibase_registration_oldest_pending_seconds (\S+)$/m.exec(await registry.metrics()) ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(75);
    expect(await registry.metrics()).toMatch(/^omnibase_registration_oldest_receipt_seconds 0$/m);

    const away = openDatabase('postgres://127.0.0.1:1/none', { applicationName: 'test' });
    await measureWaits(new Registry(), away).close();
    await away.close();
  });
});
