import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { reportedStatuses } from '../../../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { storeBeats } from '../../../../db/stores/node-liveness/store-beats.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { insertNodes, nodeSeed } from '../registration-reader/seed.ts';
import { beatOf } from './beats.ts';

let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'heap only' });
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

/** A beat touches no index (registration.md 6.2): the new version of its row stays on the page of the old one. */
it('beats are heap-only updates, round after round', async () => {
  const nodes = Array.from({ length: 1_000 }, () => nodeSeed());
  await insertNodes(database, nodes);
  const updates = async () => {
    await database.pool.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await database.pool.query<{ updated: string; hot: string; size: string }>(
      `SELECT n_tup_upd AS updated, n_tup_hot_upd AS hot, pg_relation_size('node_liveness') AS size
         FROM pg_stat_user_tables WHERE relname = 'node_liveness'`,
    );
    const [row] = rows;
    return { updated: Number(row?.updated), hot: Number(row?.hot), size: Number(row?.size) };
  };
  // One connection, so that its counts are there when they are asked for.
  const one = openDatabase(created.url, { applicationName: 'beats', max: 1 });
  const before = await updates();
  for (let round = 0; round < 15; round++) {
    const beats = nodes.map(({ row }) =>
      beatOf(row.entity_id, {
        uptime_seconds: round,
        sequence: round,
        status: reportedStatuses[round % 3] ?? 'healthy',
        memory_usage_mb: round * 3,
        node_version: '1.0.0',
      }),
    );
    for (let at = 0; at < beats.length; at += 250) {
      await storeBeats(one, beats.slice(at, at + 250), defaultNodeSettings, { path: 'gateway' });
    }
  }
  await one.pool.query('SELECT pg_stat_force_next_flush()');
  await one.close();
  const after = await updates();
  expect(after.updated - before.updated).toBe(15_000);
  expect((after.hot - before.hot) / (after.updated - before.updated)).toBeGreaterThan(0.95);
  expect(after.size / before.size).toBeLessThan(2);
});
