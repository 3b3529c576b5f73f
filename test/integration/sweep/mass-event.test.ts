/** Mass events on real Postgres: one incident, its events, and its id on every poke (registration.md 9 "Sweeper"). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createNodeSweep } from '../../../activities/sweep/nodes.ts';
import { performSweep } from '../../../activities/sweep/perform-sweep.ts';
import { nodeEventSchema } from '../../../contracts/event.ts';
import type { Poke } from '../../../contracts/node/messages.ts';
import { defaultNodeSettings, type NodeSettings } from '../../../contracts/node/settings.ts';
import { type Database, openDatabase } from '../../../db/client.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { clearFleet, insertNodes, type NodeFixture, setPaths } from './fleet.ts';

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

const settings: NodeSettings = {
  ...defaultNodeSettings,
  deadlines: { mode: 'fleet', backstop_ms: 1_800_000 },
  sweep: { ...defaultNodeSettings.sweep, pokes_per_second: 1_000, interval_ms: 1_000 },
};

function sweeper() {
  const pokes: Poke[] = [];
  const changes: string[] = [];
  const subject = createNodeSweep({
    database,
    poke: (_, poke) => {
      pokes.push(poke);
      return Promise.resolve();
    },
    counted: () => undefined,
    incidentChanged: (change) => changes.push(change),
  });
  const sweep = async () => {
    const report = await performSweep(
      {
        database,
        settings: () => settings,
        subjects: [subject],
        observer: { poked: () => undefined, pokeFailed: () => undefined, swept: () => undefined },
      },
      { beat: () => undefined, signal: new AbortController().signal },
    );
    return report.incident;
  };
  return { sweep, pokes, changes };
}

const times = (count: number, fixture: NodeFixture) => Array.from({ length: count }, () => fixture);
const silent: NodeFixture = { liveness_deadline: 5_000, copied_beat: 95_000, hot: { beat: 95_000 } };
const expired: NodeFixture = { state: 'liveness_expired', updated: 30_000, liveness_deadline: 31_000 };

async function events() {
  const { rows } = await database.pool.query<{
    event_id: string;
    type: string;
    payload: unknown;
    subject_kind: string;
  }>('SELECT event_id, type, payload, subject_kind FROM outbox ORDER BY id');
  return rows.map((row) => ({ ...row, envelope: nodeEventSchema.parse(row.payload) }));
}

describe('a mass event', () => {
  it('opens one incident, tells it once, and every expiry it asks for carries its id', async () => {
    await insertNodes(database, [...times(30, silent), ...times(70, {})]);
    const { sweep, pokes, changes } = sweeper();
    expect(await sweep()).toBe('opened');
    expect(await sweep()).toBe('open');
    const { rows } = await database.pool.query<{ id: string; sample: string[] }>('SELECT * FROM incidents');
    expect(rows).toMatchObject([
      { kind: 'node_mass_silence', monitored_count: 100, affected_count: 30, closed_at: null },
    ]);
    expect(rows[0]?.sample).toHaveLength(20);
    expect(pokes).toHaveLength(30);
    expect(new Set(pokes.map(({ incident_id }) => incident_id))).toEqual(new Set([rows[0]?.id]));
    expect(await events()).toMatchObject([
      {
        type: 'fleet.incident_opened',
        subject_kind: 'fleet',
        envelope: { incident_id: rows[0]?.id, entity_id: null, payload: { count: 30, fleet: 100, to: null } },
      },
    ]);
    expect(changes).toEqual(['opened']);
  });

  it('counts expiries of the span, opens for a few no incident', async () => {
    await insertNodes(database, [...times(12, expired), ...times(9, silent), ...times(100, {})]);
    expect(await sweeper().sweep()).toBe('none');
    await insertNodes(database, times(10, silent));
    expect(await sweeper().sweep()).toBe('opened');
  });

  it('does not count those that ended otherwise or long ago', async () => {
    await insertNodes(database, [...times(40, { ...expired, updated: 61_000 }), ...times(40, {})]);
    await insertNodes(database, times(40, expired));
    await database.pool.query(
      `UPDATE registration_projections SET expiry_reason = 'deregistered' WHERE updated_at > now() - interval '1 min'`,
    );
    expect(await sweeper().sweep()).toBe('none');
  });

  it('opens nothing while the path is down: that silence is ours', async () => {
    await insertNodes(database, times(50, silent));
    await setPaths(database, { ingest: { seen: 11_000, up: 7_200_000 } });
    expect(await sweeper().sweep()).toBe('none');
  });

  it('keeps its largest extent, and closes once the fleet is calm, telling how far it went', async () => {
    await insertNodes(database, [...times(30, silent), ...times(70, {})]);
    const { sweep, changes } = sweeper();
    await sweep();
    await insertNodes(database, times(5, silent));
    expect(await sweep()).toBe('open');
    await database.pool.query(`UPDATE node_liveness SET last_heartbeat_at = now()`);
    expect(await sweep()).toBe('closed');
    expect(await sweep()).toBe('none');
    expect(changes).toEqual(['opened', 'closed']);
    const told = await events();
    expect(told.map(({ type }) => type)).toEqual(['fleet.incident_opened', 'fleet.incident_closed']);
    expect(told[1]?.envelope.payload).toMatchObject({ count: 35, fleet: 105 });
    expect(told[1]?.envelope).toMatchObject({ payload: { to: expect.any(String) as string } });
  });

  it('closes after 10 min, whatever goes on; what is silent for long opens no other', async () => {
    await insertNodes(database, times(30, { ...silent, liveness_deadline: 59_000, hot: { beat: 149_000, poked: 0 } }));
    const { sweep } = sweeper();
    expect(await sweep()).toBe('opened');
    await database.pool.query(`UPDATE incidents SET opened_at = opened_at - interval '10 min'`);
    await database.pool.query(`UPDATE node_liveness SET last_heartbeat_at = now() - interval '10 min'`);
    expect(await sweep()).toBe('closed');
    expect(await sweep()).toBe('none');
  });

  it('is opened once by sweeps that meet', async () => {
    await insertNodes(database, times(50, silent));
    const answers = await Promise.all([sweeper().sweep(), sweeper().sweep(), sweeper().sweep()]);
    expect(answers.toSorted()).toEqual(expect.arrayContaining(['opened']));
    expect(answers.filter((answer) => answer === 'opened')).toHaveLength(1);
    expect(await events()).toHaveLength(1);
  });
});
