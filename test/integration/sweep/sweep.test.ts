/** The sweep on real Postgres: who is poked, in which order, and who is left alone (registration.md 9 "Sweeper", 13.9). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createNodeSweep } from '../../../activities/sweep/nodes.ts';
import { performSweep } from '../../../activities/sweep/perform-sweep.ts';
import type { Poke } from '../../../contracts/node/messages.ts';
import { defaultNodeSettings, type NodeSettings } from '../../../contracts/node/settings.ts';
import type { SweepReport } from '../../../contracts/node/sweep.ts';
import { type Database, openDatabase } from '../../../db/client.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { clearFleet, insertNodes, setPaths } from './fleet.ts';

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
beforeEach(async () => {
  await clearFleet(database);
  await setPaths(database);
});

const fleetMode: NodeSettings = { ...defaultNodeSettings, deadlines: { mode: 'fleet', backstop_ms: 1_800_000 } };

interface Sent extends Poke {
  readonly entity_id: string;
  readonly domain: string;
}

/** A sweeper of its own process: what it remembers stays between its sweeps. */
function sweeper(options: { settings?: NodeSettings; failing?: (entityId: string) => boolean } = {}) {
  const sent: Sent[] = [];
  const failed: string[] = [];
  const changes: string[] = [];
  const subject = createNodeSweep({
    database,
    poke: ({ entity_id, domain }, poke) => {
      if (options.failing?.(entity_id) === true) {
        failed.push(entity_id);
        return Promise.reject(new Error('no'));
      }
      sent.push({ ...poke, entity_id, domain });
      return Promise.resolve();
    },
    counted: () => undefined,
    incidentChanged: (change) => changes.push(change),
  });
  const sweep = (): Promise<SweepReport> =>
    performSweep(
      {
        database,
        settings: () => options.settings ?? fleetMode,
        subjects: [subject],
        observer: { poked: () => undefined, pokeFailed: () => undefined, swept: () => undefined },
      },
      { beat: () => undefined, signal: new AbortController().signal },
    );
  return { sweep, sent, failed, changes };
}

const kinds = (sent: readonly Sent[]) => sent.map(({ kind }) => kind);
const second = 1_000;
const silent = { liveness_deadline: 5 * second, copied_beat: 95 * second, hot: { beat: 95 * second } };

describe('liveness', () => {
  it('pokes a silent node once, with its epoch', async () => {
    const [id] = await insertNodes(database, [{ ...silent, epoch: 7 }, {}]);
    const { sweep, sent } = sweeper();
    expect(await sweep()).toMatchObject({ monitored: 2, overdue: 1, renewed: 0, poked: { liveness: 1 } });
    expect(sent).toEqual([{ kind: 'liveness', epoch: 7, incident_id: null, entity_id: id, domain: 'registration' }]);
    expect(await sweep()).toMatchObject({ overdue: 1, poked: { liveness: 0 } });
    expect(sent).toHaveLength(1);
  });

  it('pokes again once the rest has passed', async () => {
    await insertNodes(database, [{ ...silent, hot: { beat: 95 * second, poked: 29 * second } }]);
    const { sweep, sent } = sweeper();
    await sweep();
    expect(sent).toHaveLength(0);
    await database.pool.query(`UPDATE node_liveness SET last_poked_at = now() - interval '31 s'`);
    await sweep();
    expect(sent).toHaveLength(1);
  });

  it('leaves a node alone that beat, whatever the coarse column says, and renews the column', async () => {
    const [id] = await insertNodes(database, [
      { liveness_deadline: 5 * second, copied_beat: 95 * second, hot: { beat: 10 * second } },
    ]);
    const { sweep, sent } = sweeper();
    expect(await sweep()).toMatchObject({ overdue: 0, renewed: 1 });
    expect(sent).toHaveLength(0);
    const { rows } = await database.pool.query(
      `SELECT p.liveness_deadline = h.last_heartbeat_at + interval '90 s' AS exact,
              p.last_heartbeat_at = h.last_heartbeat_at AS copied, p.updated_at < now() - interval '50 min' AS still
         FROM registration_projections p JOIN node_liveness h USING (entity_id, domain) WHERE entity_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ exact: true, copied: true, still: true }]);
    expect(await sweep()).toMatchObject({ renewed: 0 });
  });

  it('narrows a stretched window together with the copy, and only then', async () => {
    const wide = { window_ms: 180_000, interval_ms: 30_000 };
    await insertNodes(database, [
      {
        entity_id: '00000000-0000-4000-8000-000000000001',
        liveness_deadline: 5_000,
        copied_beat: 185_000,
        hot: { beat: 10_000, ...wide },
      },
      {
        entity_id: '00000000-0000-4000-8000-000000000002',
        liveness_deadline: -5_000,
        copied_beat: 175_000,
        hot: { beat: 10_000, ...wide },
      },
      {
        entity_id: '00000000-0000-4000-8000-000000000003',
        liveness_deadline: 5_000,
        copied_beat: 185_000,
        hot: { beat: 10_000, window_ms: 180_000, interval_ms: 50_000 },
      },
    ]);
    expect(await sweeper().sweep()).toMatchObject({ renewed: 2 });
    const { rows } = await database.pool.query(
      `SELECT h.window_ms, extract(epoch FROM p.liveness_deadline - h.last_heartbeat_at)::int AS granted
         FROM registration_projections p JOIN node_liveness h USING (entity_id, domain) ORDER BY entity_id`,
    );
    expect(rows).toEqual([
      { window_ms: 90_000, granted: 90 },
      { window_ms: 180_000, granted: 15 },
      { window_ms: 150_000, granted: 150 },
    ]);
  });

  it('does not take the first copy from the step of the first beat', async () => {
    await insertNodes(database, [{ liveness_deadline: 5_000, copied_beat: null, hot: { beat: 8_000, beats: 2 } }]);
    expect(await sweeper().sweep()).toMatchObject({ renewed: 0, overdue: 0 });
  });

  it('grants firstLiveness to a node that never beat', async () => {
    await insertNodes(database, [
      { entered: 59 * second, liveness_deadline: -second, copied_beat: null, hot: { beat: null } },
      { entered: 61 * second, liveness_deadline: second, copied_beat: null, hot: { beat: null } },
    ]);
    const { sweep, sent } = sweeper();
    expect(await sweep()).toMatchObject({ overdue: 1 });
    expect(kinds(sent)).toEqual(['liveness']);
  });

  it('waits for 10 s in precise mode, where timers act', async () => {
    await insertNodes(database, [
      { ...silent, liveness_deadline: 9 * second, hot: { beat: 99 * second } },
      { ...silent, liveness_deadline: 11 * second, hot: { beat: 101 * second } },
    ]);
    const { sweep, sent } = sweeper({ settings: defaultNodeSettings });
    expect(await sweep()).toMatchObject({ overdue: 2, poked: { liveness: 1 } });
    expect(sent).toHaveLength(1);
  });

  it('finds nodes without a hot row by what the projection says', async () => {
    await insertNodes(database, [
      { liveness_deadline: 3_000_000, entered: 3_600_000, copied_beat: 3_100_000, hot: null },
    ]);
    expect(await sweeper().sweep()).toMatchObject({ overdue: 1, poked: { liveness: 1 } });
  });

  it('ignores rows of feeds and states without liveness', async () => {
    await insertNodes(database, [
      { ...silent, ordering_mode: 'sequence' },
      { ...silent, state: 'liveness_expired' },
      { state: 'rejected' },
    ]);
    expect(await sweeper().sweep()).toMatchObject({ monitored: 0, overdue: 0, poked: { liveness: 0, stuck: 0 } });
  });
});

describe('a path that is down or back for less than a window', () => {
  const both = [silent, { state: 'awaiting_ack', ack_deadline: 5_000, entered: 35_000 }] as const;

  it.each([
    ['down', { seen: 10_500, up: 7_200_000 }, 0, 0],
    ['unknown', null, 0, 0],
    ['in amnesty for both', { seen: 0, up: 20_000 }, 0, 0],
    ['back for longer than an offer lives', { seen: 0, up: 31_000 }, 0, 1],
    ['back for a window', { seen: 0, up: 91_000 }, 1, 1],
  ])('%s', async (_, ingest, liveness, ack) => {
    await insertNodes(database, both);
    await setPaths(database, { ingest });
    expect(await sweeper().sweep()).toMatchObject({ overdue: liveness, poked: { liveness, ack } });
  });

  it('still has receipts, edges and what is stuck poked', async () => {
    await insertNodes(database, [
      { state: 'awaiting_ack', ack_deadline: -5_000, hot: { beat: null, receipt: 11_000 } },
      { hot: { beat: 11_000, status: 'degraded' } },
      { state: 'pending_registration', entered: 61_000 },
    ]);
    await setPaths(database, { ingest: null });
    const { sweep, sent } = sweeper();
    await sweep();
    expect(kinds(sent).toSorted()).toEqual(['edge', 'receipt', 'stuck']);
  });

  it('is the sweep itself for nodes that signal: a pause gives them a full window', async () => {
    await insertNodes(database, [{ ...silent, path: 'signal' }, silent]);
    await setPaths(database, { sweep: { seen: 300_000, up: 7_200_000 } });
    const { sweep, sent } = sweeper();
    expect(await sweep()).toMatchObject({ overdue: 1 });
    expect(sent).toHaveLength(1);
    await database.pool.query(
      `UPDATE component_liveness SET up_since = now() - interval '91 s' WHERE component = 'sweep'`,
    );
    expect(await sweep()).toMatchObject({ overdue: 2 });
    expect(sent).toHaveLength(2);
  });
});

describe('acks and receipts', () => {
  const offered = { state: 'awaiting_ack', entered: 35_000 } as const;

  it('pokes overdue offers, in both states that wait', async () => {
    await insertNodes(database, [
      { ...offered, ack_deadline: 1_000 },
      { ...offered, state: 'accepted', ack_deadline: 1_000 },
      { ...offered, ack_deadline: -1_000 },
    ]);
    const { sweep, sent } = sweeper();
    await sweep();
    expect(kinds(sent)).toEqual(['ack', 'ack']);
  });

  it('pokes for a receipt after 10 s, and never for the time-out it prevents', async () => {
    await insertNodes(database, [
      { ...offered, ack_deadline: 1_000, hot: { beat: null, receipt: 11_000 } },
      { ...offered, ack_deadline: 1_000, hot: { beat: null, receipt: 2_000 } },
      // Too late to count: the time-out is due.
      { ...offered, ack_deadline: 9_000, hot: { beat: null, receipt: 2_000 } },
    ]);
    const { sweep, sent } = sweeper();
    await sweep();
    expect(kinds(sent).toSorted()).toEqual(['ack', 'receipt']);
  });

  it('ignores a receipt of another attempt', async () => {
    const [id] = await insertNodes(database, [
      { ...offered, ack_deadline: -5_000, hot: { beat: null, receipt: 11_000 } },
    ]);
    await database.pool.query('UPDATE registration_projections SET attempt_id = $2 WHERE entity_id = $1', [
      id,
      randomUUID(),
    ]);
    const { sweep, sent } = sweeper();
    await sweep();
    expect(sent).toHaveLength(0);
  });
});

describe('edges', () => {
  it('pokes for a lost first beat and a lost status', async () => {
    const ids = await insertNodes(database, [
      { copied_beat: null, hot: { beat: 11_000, beats: 1 } },
      { status: 'healthy', hot: { beat: 11_000, status: 'unhealthy' } },
      { status: 'healthy', hot: { beat: 11_000, status: 'healthy' } },
    ]);
    const { sweep, sent } = sweeper();
    await sweep();
    expect(sent.map(({ kind, entity_id }) => `${kind} ${entity_id}`).toSorted()).toEqual(
      ids
        .slice(0, 2)
        .map((id) => `edge ${id}`)
        .toSorted(),
    );
  });

  it('gives a fresh one time to arrive, also of a node that beats all the time', async () => {
    const [id] = await insertNodes(database, [{ hot: { beat: 500, status: 'degraded' } }]);
    const { sweep, sent } = sweeper();
    const clock = performance.now.bind(performance);
    let ahead = 0;
    performance.now = () => clock() + ahead;
    try {
      await sweep();
      ahead = 6_000;
      await database.pool.query('UPDATE node_liveness SET last_heartbeat_at = now()');
      await sweep();
      expect(sent).toHaveLength(0);
      ahead = 11_000;
      await database.pool.query('UPDATE node_liveness SET last_heartbeat_at = now()');
      await sweep();
      expect(sent).toMatchObject([{ kind: 'edge', entity_id: id }]);
    } finally {
      performance.now = clock;
    }
  });
});

describe('what is stuck', () => {
  it.each([
    ['pending_registration', { entered: 61_000 }, { entered: 59_000 }],
    ['ack_received', { entered: 11_000 }, { entered: 9_000 }],
    ['ack_timed_out', { retry: 31_000 }, { retry: 29_000 }],
    ['ack_timed_out', { retry: 31_000 }, {}],
  ] as const)('%s', async (state, late, early) => {
    const [id] = await insertNodes(database, [
      { state, ...late },
      { state, ...early },
    ]);
    const { sweep, sent } = sweeper();
    await sweep();
    expect(sent).toMatchObject([{ kind: 'stuck', entity_id: id }]);
  });
});

describe('pace and order', () => {
  const settings: NodeSettings = {
    ...fleetMode,
    sweep: { ...fleetMode.sweep, interval_ms: 1_000, batch: 100, pokes_per_second: 60, mass_minimum: 100_000 },
  };
  const overdueFor = (ms: number) => ({ ...silent, liveness_deadline: ms, hot: { beat: 90_000 + ms } });

  it('takes the oldest deadlines first and leaves the rest to the next sweeps', async () => {
    const ids = await insertNodes(
      database,
      Array.from({ length: 150 }, (_, index) => overdueFor(1_000 + index * 10)),
    );
    const { sweep, sent } = sweeper({ settings });
    expect(await sweep()).toMatchObject({ overdue: 150, poked: { liveness: 60 } });
    expect(new Set(sent.map(({ entity_id }) => entity_id))).toEqual(new Set(ids.slice(90)));
    await sweep();
    await sweep();
    expect(new Set(sent.map(({ entity_id }) => entity_id))).toEqual(new Set(ids));
    expect(sent).toHaveLength(150);
  });

  it('sends at most the given number per second, and keeps its own row fresh', async () => {
    await insertNodes(
      database,
      Array.from({ length: 150 }, () => silent),
    );
    const { sweep, sent } = sweeper({ settings: { ...settings, sweep: { ...settings.sweep, interval_ms: 3_000 } } });
    const started = performance.now();
    await sweep();
    expect(sent).toHaveLength(150);
    expect(performance.now() - started).toBeGreaterThanOrEqual(2_000);
    expect(performance.now() - started).toBeLessThan(3_500);
    const { rows } = await database.pool.query<{ fresh: boolean }>(
      `SELECT last_seen_at > now() - interval '1 s' AS fresh FROM component_liveness WHERE component = 'sweep'`,
    );
    expect(rows).toEqual([{ fresh: true }]);
  });

  it('never lets a head that fails for ever keep those behind from their turn', async () => {
    const head = await insertNodes(
      database,
      Array.from({ length: 150 }, (_, index) => overdueFor(500_000 + index)),
    );
    const behind = await insertNodes(
      database,
      Array.from({ length: 50 }, (_, index) => overdueFor(1_000 + index)),
    );
    const broken = new Set(head);
    const { sweep, sent, failed } = sweeper({ settings, failing: (id) => broken.has(id) });
    for (let sweeps = 0; sweeps < 4; sweeps += 1) {
      await sweep();
      // As if their rest had passed: they are due again, and have been for longer than those behind.
      await database.pool.query(
        `UPDATE node_liveness SET last_poked_at = now() - interval '31 s' WHERE last_poked_at IS NOT NULL`,
      );
    }
    expect(new Set(sent.map(({ entity_id }) => entity_id))).toEqual(new Set(behind));
    expect(new Set(failed)).toEqual(broken);
  });

  it('pages through a backlog far above the batch', async () => {
    const many: NodeSettings = {
      ...settings,
      sweep: { ...settings.sweep, pokes_per_second: 1_000, interval_ms: 1_000 },
    };
    const ids = await insertNodes(
      database,
      Array.from({ length: 730 }, () => silent),
    );
    await insertNodes(
      database,
      Array.from({ length: 270 }, () => ({ liveness_deadline: 5_000, copied_beat: 95_000, hot: { beat: 2_000 } })),
    );
    const { sweep, sent } = sweeper({ settings: many });
    expect(await sweep()).toMatchObject({ renewed: 270, overdue: 730, poked: { liveness: 730 } });
    expect(new Set(sent.map(({ entity_id }) => entity_id))).toEqual(new Set(ids));
  });

  it('passes over rows that somebody else is writing', async () => {
    const [locked, free] = await insertNodes(database, [silent, silent]);
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM node_liveness WHERE entity_id = $1 FOR UPDATE', [locked]);
      const { sweep, sent } = sweeper();
      await sweep();
      expect(sent.map(({ entity_id }) => entity_id)).toEqual([free]);
      await client.query('ROLLBACK');
      await sweep();
      expect(sent).toHaveLength(2);
    } finally {
      client.release();
    }
  });

  it('lets two sweepers at once poke each node once', async () => {
    await insertNodes(
      database,
      Array.from({ length: 40 }, () => silent),
    );
    const [one, other] = [sweeper(), sweeper()];
    await Promise.all([one.sweep(), other.sweep()]);
    expect(one.sent.length + other.sent.length).toBe(40);
  });
});
