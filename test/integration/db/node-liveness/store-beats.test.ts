import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { requestIntrospection } from '../../../../db/stores/node-liveness/request-introspection.ts';
import { storeBeats } from '../../../../db/stores/node-liveness/store-beats.ts';
import { createNodeReader, type NodeReader } from '../../../../db/stores/registration/reader.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { insertNode, insertNodes, nodeSeed } from '../registration-reader/seed.ts';
import { beatOf } from './beats.ts';

let created: TestDatabase;
let database: Database;
let reader: NodeReader;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'beats', max: 4 });
  reader = createNodeReader({ database });
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

const gateway = { path: 'gateway' } as const;

describe('a batch', () => {
  it('of nothing touches nothing', async () => {
    expect(await storeBeats(database, [], defaultNodeSettings, gateway)).toEqual([]);
  });

  it('is answered in its own order, unknown nodes included, and creates no row', async () => {
    const nodes = Array.from({ length: 20 }, () => nodeSeed());
    await insertNodes(database, nodes);
    const unknown = randomUUID();
    const ids = [
      ...nodes
        .map(({ row }) => row.entity_id)
        .sort()
        .reverse(),
      unknown,
    ];
    const stored = await storeBeats(
      database,
      ids.map((id) => beatOf(id)),
      defaultNodeSettings,
      gateway,
    );
    const attempts = new Map(nodes.map(({ row }) => [row.entity_id, row.attempt_id]));
    expect(stored.map(({ attempt_id }) => attempt_id)).toEqual(ids.map((id) => attempts.get(id) ?? null));
    expect(stored.at(-1)).toEqual({
      result: 'unknown_node',
      next: 'introspect',
      state: null,
      epoch: null,
      version: null,
      attempt_id: null,
      attempt_number: null,
      ack_deadline: null,
      ack_in_ms: null,
      retry_in_ms: null,
      interval_ms: null,
      edge: null,
      last_heartbeat_at: null,
    });
    expect(await reader.getLiveness(unknown)).toBeNull();
  });

  it('keeps one entity in two domains apart', async () => {
    const entity_id = randomUUID();
    await insertNodes(database, [
      nodeSeed({ entity_id, domain: 'a' }),
      nodeSeed({ entity_id, domain: 'b', current_state: 'rejected' }),
    ]);
    const stored = await storeBeats(
      database,
      ['b', 'a', 'c'].map((domain) => beatOf(entity_id, { domain })),
      defaultNodeSettings,
      gateway,
    );
    expect(stored.map(({ result }) => result)).toEqual(['ignored_terminal', 'accepted', 'unknown_node']);
  });

  it('is one statement on one table, whatever it holds', async () => {
    const nodes = Array.from({ length: 250 }, () => nodeSeed());
    await insertNodes(database, nodes);
    await database.pool.query(`
      CREATE TABLE writes (tab text, flush text);
      CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO writes VALUES (TG_TABLE_NAME, current_setting('synchronous_commit')); RETURN NULL; END $$;
      CREATE TRIGGER hot AFTER UPDATE ON node_liveness FOR EACH STATEMENT EXECUTE FUNCTION note_write();
      CREATE TRIGGER cold AFTER UPDATE ON registration_projections FOR EACH STATEMENT EXECUTE FUNCTION note_write();`);
    // The server of the tests flushes nothing; connections from here on do.
    await database.pool.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit TO on', current_database()); END $$`,
    );
    const one = openDatabase(created.url, { applicationName: 'one connection', max: 1 });
    try {
      await storeBeats(
        one,
        nodes.map(({ row }) => beatOf(row.entity_id)),
        defaultNodeSettings,
        gateway,
      );
      // The log need not be flushed for a beat; whoever has the connection next writes durably again.
      expect((await database.pool.query('SELECT * FROM writes')).rows).toEqual([
        { tab: 'node_liveness', flush: 'off' },
      ]);
      expect((await one.pool.query('SHOW synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }]);
    } finally {
      await one.close();
      await database.pool.query(`
        DROP TRIGGER hot ON node_liveness; DROP TRIGGER cold ON registration_projections;
        DROP FUNCTION note_write(); DROP TABLE writes;`);
    }
  });
});

describe('what a node tells', () => {
  it.each([
    ['more memory than a number has digits', { memory_usage_mb: Number.MAX_VALUE }, { memory_usage_mb: 3.4e38 }],
    ['less memory than can be counted', { memory_usage_mb: Number.MIN_VALUE }, { memory_usage_mb: 0 }],
    ['hardly any load', { cpu_usage_percent: 1e-300 }, { cpu_usage_percent: 0 }],
    ['an uptime without end', { uptime_seconds: Number.MAX_VALUE }, { uptime_seconds: Number.MAX_VALUE }],
    ['the largest numbers', { sequence: Number.MAX_SAFE_INTEGER, active_operations_count: 2_147_483_647 }, {}],
    ['an epoch far ahead', { epoch: Number.MAX_SAFE_INTEGER }, {}],
    [
      'a zone no server knows',
      { timestamp: '2026-01-01T00:00:00+23:59' },
      { node_clock_at: '2025-12-31T00:01:00.000Z' },
    ],
    ['the year 0', { timestamp: '0000-01-01T00:00:00Z' }, {}],
    ['the year 9999', { timestamp: '9999-12-31T23:59:59Z' }, { node_clock_at: '9999-12-31T23:59:59.000Z' }],
  ])('may be %s and fails nobody', async (_what, told, kept) => {
    const [odd, other] = [await insertNode(database), await insertNode(database)];
    const stored = await storeBeats(
      database,
      [beatOf(odd.row.entity_id, told), beatOf(other.row.entity_id)],
      defaultNodeSettings,
      gateway,
    );
    expect(stored.map(({ result }) => result)).toEqual(['accepted', 'accepted']);
    const live = await reader.getLiveness(odd.row.entity_id);
    expect({ ...live, memory_usage_mb: Math.fround(live?.memory_usage_mb ?? 0) }).toMatchObject({
      ...kept,
      ...('memory_usage_mb' in kept ? { memory_usage_mb: Math.fround(kept.memory_usage_mb ?? 0) } : {}),
    });
  });
});

describe('the receive time', () => {
  it('is that of arrival, and never goes back', async () => {
    const { row } = await insertNode(database);
    const beat = (age: number) =>
      storeBeats(database, [beatOf(row.entity_id)], defaultNodeSettings, { path: 'signal', ages_ms: [age] });
    const seen = async () => Date.parse((await reader.getLiveness(row.entity_id))?.last_heartbeat_at ?? '');
    await beat(20_000);
    const first = await seen();
    expect(Math.abs(Date.now() - 20_000 - first)).toBeLessThan(2_000);
    await beat(500_000);
    expect(await seen()).toBe(first);
    await beat(1_000);
    const second = await seen();
    expect(second).toBeGreaterThan(first + 15_000);
    await beat(-60_000);
    expect(await seen()).toBeLessThanOrEqual(Date.now() + 50);
  });

  it('is the clock of the database after the wait for the lock', async () => {
    const { row } = await insertNode(database);
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM node_liveness WHERE entity_id = $1 FOR UPDATE', [row.entity_id]);
    const waiting = storeBeats(database, [beatOf(row.entity_id)], defaultNodeSettings, gateway);
    await waitForLock(database);
    const { rows } = await holder.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    await holder.query('COMMIT');
    holder.release();
    const [stored] = await waiting;
    expect(Date.parse(stored?.last_heartbeat_at ?? '')).toBeGreaterThanOrEqual(rows[0]?.now.getTime() ?? Infinity);
  });
});

describe('a beat that waited for a step', () => {
  it('meets the row that the step left: no life for the dead, the offer for the awaited', async () => {
    const nodes = [nodeSeed(), nodeSeed({ current_state: 'pending_registration' }), nodeSeed({ epoch: 1 })];
    const [dying, offered, restarted] = nodes.map(({ row }) => row.entity_id);
    await insertNodes(database, nodes);
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query(
      `UPDATE registration_projections SET current_state = 'liveness_expired', liveness_timeout_emitted_at = now(),
              expiry_reason = 'missed_heartbeats', version = version + 1 WHERE entity_id = $1`,
      [dying],
    );
    await holder.query(`UPDATE node_liveness SET state = 'liveness_expired' WHERE entity_id = $1`, [dying]);
    await holder.query(
      `UPDATE registration_projections SET current_state = 'awaiting_ack', ack_deadline = now() + interval '30 s',
              version = 7 WHERE entity_id = $1`,
      [offered],
    );
    await holder.query(`UPDATE node_liveness SET state = 'awaiting_ack' WHERE entity_id = $1`, [offered]);
    await holder.query('UPDATE registration_projections SET epoch = 2 WHERE entity_id = $1', [restarted]);
    await holder.query('UPDATE node_liveness SET epoch = 2 WHERE entity_id = $1', [restarted]);
    const waiting = storeBeats(
      database,
      [beatOf(dying ?? ''), beatOf(offered ?? ''), beatOf(restarted ?? '', { epoch: 1 })],
      defaultNodeSettings,
      gateway,
    );
    await waitForLock(database);
    await holder.query('COMMIT');
    holder.release();
    const stored = await waiting;
    expect(stored.map(({ result, next }) => [result, next])).toEqual([
      ['ignored_terminal', 'introspect'],
      ['accepted', 'ack'],
      ['stale_epoch', 'stop'],
    ]);
    expect(stored[1]).toMatchObject({ version: 7, state: 'awaiting_ack' });
    expect(stored[1]?.ack_in_ms).toBeGreaterThan(20_000);
    expect((await reader.getLiveness(dying ?? ''))?.last_heartbeat_at).toBeNull();
  });
});

describe('the told interval', () => {
  it('is stored, widens the window at once, and narrows nothing', async () => {
    const { row } = await insertNode(database);
    const beat = (active_nodes: number) =>
      storeBeats(database, [beatOf(row.entity_id)], defaultNodeSettings, { path: 'gateway', active_nodes });
    expect((await beat(120_000))[0]?.interval_ms).toBe(120_000);
    expect(await reader.getLiveness(row.entity_id)).toMatchObject({ interval_ms: 120_000, window_ms: 360_000 });
    expect((await beat(10))[0]?.interval_ms).toBe(30_000);
    expect(await reader.getLiveness(row.entity_id)).toMatchObject({ interval_ms: 30_000, window_ms: 360_000 });
  });
});

describe('what is heard as `introspect`', () => {
  const nextOf = async (id: string, given: Parameters<typeof beatOf>[1] = {}) =>
    (await storeBeats(database, [beatOf(id, given)], defaultNodeSettings, gateway))[0]?.next;

  it('a request, once', async () => {
    const { row } = await insertNode(database);
    expect(await requestIntrospection(database, [row.entity_id, randomUUID()], 'registration')).toBe(1);
    expect([await nextOf(row.entity_id), await nextOf(row.entity_id)]).toEqual(['introspect', 'heartbeat']);
  });

  it('a request to a node in its handshake waits until it is active', async () => {
    const { row } = await insertNode(database, { current_state: 'awaiting_ack' });
    expect(await requestIntrospection(database, [row.entity_id], null)).toBe(1);
    expect(await nextOf(row.entity_id)).toBe('ack');
    await database.pool.query(`UPDATE node_liveness SET state = 'active' WHERE entity_id = $1`, [row.entity_id]);
    expect(await nextOf(row.entity_id)).toBe('introspect');
  });

  it('another version than the registered one, as long as it is told', async () => {
    const { row } = await insertNode(database, { node_version: '1.0.0' });
    const other = { node_version: '1.1.0' };
    expect([await nextOf(row.entity_id, other), await nextOf(row.entity_id, other)]).toEqual([
      'introspect',
      'introspect',
    ]);
    expect(await nextOf(row.entity_id, { node_version: '1.0.0' })).toBe('heartbeat');
  });

  it('everybody of a domain can be asked, those whose registration has ended excepted', async () => {
    const domain = `asked-${randomUUID()}`;
    await insertNodes(database, [
      nodeSeed({ domain }),
      nodeSeed({ domain, current_state: 'pending_registration' }),
      nodeSeed({ domain, current_state: 'rejected' }),
      nodeSeed({ domain, current_state: 'liveness_expired' }),
    ]);
    expect(await requestIntrospection(database, 'all', domain)).toBe(2);
    expect(await requestIntrospection(database, [], domain)).toBe(0);
    expect(await requestIntrospection(database, 'all', null)).toBeGreaterThan(2);
  });
});

/** Until some statement waits for a lock. */
async function waitForLock(database: Database): Promise<void> {
  await expect
    .poll(
      async () =>
        (
          await database.pool.query(
            `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          )
        ).rowCount,
      { timeout: 5_000, interval: 10 },
    )
    .toBeGreaterThan(0);
}
