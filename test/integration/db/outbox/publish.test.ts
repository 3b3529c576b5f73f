/** Numbers are given after commit, in order, without gaps, whoever writes and whenever they commit. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { readHead, readPublished } from '../../../../db/stores/outbox/read.ts';
import { relayOnce, tryRelayLock } from '../../../../db/stores/outbox/relay.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { publishAll, writeEvent } from './fixtures.ts';

let test: TestDatabase;
let database: Database;
const clients: pg.Client[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  database = openDatabase(test.url, { applicationName: 'outbox test', max: 30 });
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await database.close();
  await test.drop();
});

async function connection(pipeline = true): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: test.url, pipeline });
  await client.connect();
  clients.push(client);
  return client;
}

async function readAll(after: string): Promise<string[]> {
  const seen: string[] = [];
  for (let position = after; ; ) {
    const page = await readPublished(database.pool, { after: position, limit: 7 });
    seen.push(...page.events.map(({ pub_seq }) => pub_seq));
    if (page.complete) return seen;
    position = page.next;
  }
}

describe('publishing', () => {
  it('numbers events in the order of their ids and says how many', async () => {
    const relay = await connection();
    const ids = [];
    for (let count = 0; count < 5; count += 1) ids.push(await writeEvent(database.pool));
    expect(await relayOnce(relay, 3)).toEqual({ published: 3, last: '3' });
    expect(await relayOnce(relay, 3)).toEqual({ published: 2, last: '5' });
    expect(await relayOnce(relay, 3)).toEqual({ published: 0, last: null });
    const { events } = await readPublished(database.pool, { after: '0' });
    expect(events.map(({ event_id }) => event_id)).toEqual(ids);
    expect(events.map(({ pub_seq }) => pub_seq)).toEqual(['1', '2', '3', '4', '5']);
    expect(Math.abs(Date.now() - Date.parse(events[0]?.published_at ?? ''))).toBeLessThan(60_000);
  });

  it('leaves signals alone', async () => {
    await database.pool.query(
      `INSERT INTO outbox (class, topic, type, subject_kind, subject_id, payload) VALUES ('signal', 'runs', 'x', 'run', 'r', '{}')`,
    );
    expect(await publishAll(test.url)).toBe(0);
  });

  it('tells the streams, with the last number, when it has committed', async () => {
    const listener = await connection(false);
    const heard: (string | undefined)[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload));
    await listener.query('LISTEN omnibase_published');
    await writeEvent(database.pool);
    await publishAll(test.url);
    const head = await readHead(database.pool);
    await expect.poll(() => heard).toEqual([head]);
  });

  it('gives no number to what is not committed, and a higher one to what commits late', async () => {
    const early = await connection();
    await early.query('BEGIN');
    const late = await writeEvent(early);
    const quick = await writeEvent(database.pool);
    const head = BigInt(await readHead(database.pool));
    await publishAll(test.url);
    await early.query('COMMIT');
    await publishAll(test.url);
    const { events } = await readPublished(database.pool, { after: String(head) });
    expect(events.map(({ event_id, pub_seq }) => [event_id, pub_seq])).toEqual([
      [quick, String(head + 1n)],
      [late, String(head + 2n)],
    ]);
  });

  it('leaves no gap and no half batch when it fails in the middle', async () => {
    const head = BigInt(await readHead(database.pool));
    for (let count = 0; count < 3; count += 1) await writeEvent(database.pool);
    const relay = await connection();
    // A row that somebody holds makes the statement run into its timeout after others were numbered.
    const holder = await connection();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM outbox WHERE pub_seq IS NULL ORDER BY id DESC LIMIT 1 FOR UPDATE');
    await relay.query('SET statement_timeout = 100');
    await expect(relayOnce(relay)).rejects.toMatchObject({ code: '57014' });
    expect(BigInt(await readHead(database.pool))).toBe(head);
    await holder.query('ROLLBACK');
    expect(await relayOnce(relay)).toEqual({ published: 3, last: String(head + 3n) });
  });

  it('has one holder of the lock, until its connection ends', async () => {
    const [first, second] = [await connection(), await connection()];
    expect(await tryRelayLock(first)).toBe(true);
    expect(await tryRelayLock(second)).toBe(false);
    await first.end();
    await expect.poll(() => tryRelayLock(second)).toBe(true);
    await second.end();
  });

  it('gives each number once even if two publish at the same time', async () => {
    const start = await readHead(database.pool);
    for (let count = 0; count < 60; count += 1) await writeEvent(database.pool);
    const relays = [await connection(), await connection(), await connection()];
    const totals = await Promise.all(
      relays.map(async (relay) => {
        let total = 0;
        for (let count = 0; count < 30; count += 1) total += (await relayOnce(relay, 4)).published;
        return total;
      }),
    );
    expect(totals.reduce((a, b) => a + b)).toBe(60);
    expect(await readAll(start)).toEqual(
      Array.from({ length: 60 }, (_, index) => String(BigInt(start) + BigInt(index) + 1n)),
    );
  });

  it('finds what waits by its index among many that are published', async () => {
    await database.pool.query(
      `INSERT INTO outbox (class, topic, type, subject_kind, subject_id, payload)
       SELECT 'event', 'nodes', 'filler', 'node', 'filler-' || n, '{}' FROM generate_series(1, 20000) n`,
    );
    await publishAll(test.url, 5_000);
    await database.pool.query('VACUUM ANALYZE outbox');
    await writeEvent(database.pool);
    const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT id FROM outbox WHERE pub_seq IS NULL AND class = 'event' ORDER BY id LIMIT 500`,
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('outbox_unpublished_idx');
  });
});

describe('order', () => {
  /** Each writer keeps the lock of its entity from before the id is taken until the commit, as a projector does. */
  async function writeAbout(entity: string, nth: number, holdMs: number): Promise<void> {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [entity]);
      await writeEvent(client, { subject: entity, payload: { nth } });
      if (holdMs > 0) await sleep(holdMs);
      await client.query(nth % 7 === 3 ? 'ROLLBACK' : 'COMMIT');
    } finally {
      client.release();
    }
  }

  it('holds for a reader that follows while many write and commit late', async () => {
    const writes = fc.array(
      fc.record({ entity: fc.integer({ min: 0, max: 4 }), holdMs: fc.integer({ min: 0, max: 8 }) }),
      {
        minLength: 20,
        maxLength: 60,
      },
    );
    await fc.assert(
      fc.asyncProperty(writes, fc.integer({ min: 1, max: 9 }), async (plan, batch) => {
        await publishAll(test.url);
        const start = await readHead(database.pool);
        const entities = Array.from({ length: 5 }, () => randomUUID());
        const relay = await connection();
        let writing = true;
        const publishing = (async () => {
          for (;;) {
            const last = !writing;
            const { published } = await relayOnce(relay, batch);
            if (last && published === 0) return;
            if (published === 0) await sleep(1);
          }
        })();
        const seen: { pub_seq: string; subject_id: string; nth: unknown }[] = [];
        let published = false;
        const following = (async () => {
          for (let position = start; ; ) {
            const last = published;
            const page = await readPublished(database.pool, { after: position, limit: 5 });
            seen.push(
              ...page.events.map(({ pub_seq, subject_id, payload }) => ({ pub_seq, subject_id, nth: payload['nth'] })),
            );
            position = page.next;
            if (last && page.complete) return;
            if (page.complete) await sleep(1);
          }
        })();
        // Writes about one entity come in turn, those about different ones side by side.
        const lanes = entities.map((entity, lane) => ({
          entity,
          writes: plan.filter((write) => write.entity === lane),
        }));
        await Promise.all(
          lanes.map(async ({ entity, writes: own }) => {
            for (const [nth, { holdMs }] of own.entries()) await writeAbout(entity, nth, holdMs);
          }),
        );
        writing = false;
        await publishing;
        published = true;
        await following;
        await relay.end();
        const expected = lanes.map(({ writes: own }) => own.map((_, nth) => nth).filter((nth) => nth % 7 !== 3));
        expect(
          entities.map((entity) => seen.filter(({ subject_id }) => subject_id === entity).map(({ nth }) => nth)),
        ).toEqual(expected);
        expect(seen.map(({ pub_seq }) => pub_seq)).toEqual(
          Array.from({ length: expected.flat().length }, (_, index) => String(BigInt(start) + BigInt(index) + 1n)),
        );
      }),
      { numRuns: 12 },
    );
  });
});
