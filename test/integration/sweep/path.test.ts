/** The rows of the two heartbeat paths on real Postgres (registration.md 6.4). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../db/client.ts';
import { readPaths, refreshPath } from '../../../db/stores/liveness/path.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { clearFleet, setPaths } from './fleet.ts';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(() => clearFleet(database));

describe('a path', () => {
  it('is unknown before its first refresh, and up since then', async () => {
    const before = await readPaths(database);
    expect(before).toMatchObject({ ingest: null, sweep: null });
    await refreshPath(database, 'ingest');
    const { now, ingest, sweep } = await readPaths(database);
    expect(sweep).toBeNull();
    expect(ingest?.up_since).toBeGreaterThanOrEqual(before.now);
    expect(ingest?.last_seen).toBeLessThanOrEqual(now);
    expect(Math.abs(now - Date.now())).toBeLessThan(5_000);
  });

  it.each([
    [9_500, 'stays up'],
    [10_500, 'has come back'],
  ])('refreshed after %i ms: %s', async (seen, verdict) => {
    await setPaths(database, { sweep: { seen, up: 60_000 } });
    await refreshPath(database, 'sweep');
    const { now, sweep } = await readPaths(database);
    expect(now - (sweep?.last_seen ?? 0)).toBeLessThan(2_000);
    const upFor = now - (sweep?.up_since ?? 0);
    expect(upFor > 30_000).toBe(verdict === 'stays up');
  });

  it('is refreshed by many at once without ever going back', async () => {
    await setPaths(database, { ingest: { seen: 20_000, up: 60_000 } });
    await Promise.all(Array.from({ length: 40 }, () => refreshPath(database, 'ingest')));
    const { now, ingest } = await readPaths(database);
    expect(ingest?.last_seen).toBeGreaterThanOrEqual(ingest?.up_since ?? Number.POSITIVE_INFINITY);
    expect(now - (ingest?.up_since ?? 0)).toBeLessThan(10_000);
  });

  it('keeps a time that lies ahead: a database restored from the future is no outage', async () => {
    await setPaths(database, { ingest: { seen: -60_000, up: 60_000 } });
    const before = await readPaths(database);
    await refreshPath(database, 'ingest');
    expect((await readPaths(database)).ingest).toEqual(before.ingest);
  });
});
