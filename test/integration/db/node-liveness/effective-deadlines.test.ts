import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeLivenessRow } from '../../../../contracts/node/row.ts';
import { defaultNodeSettings, type NodeSettings } from '../../../../contracts/node/settings.ts';
import { type NodePath, registrationStates } from '../../../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { deadlineTermsOf, effectiveDeadlines } from '../../../../db/stores/node-liveness/effective-deadlines.ts';
import { Parameters } from '../../../../db/stores/registration/reader/parameters.ts';
import { createNodeReader } from '../../../../db/stores/registration/reader.ts';
import { isOverdue } from '../../../../domain/deadlines/effective.ts';
import { isPathDown, type PathLiveness } from '../../../../domain/deadlines/path.ts';
import { rowDeadlines } from '../../../../domain/registration/row-deadlines.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { emptyNodes, insertNodes, nodeSeed, type SeededNode, setPath } from '../registration-reader/seed.ts';

let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'deadlines' });
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

const settings: NodeSettings = {
  ...defaultNodeSettings,
  registration: { ...defaultNodeSettings.registration, ack_timeout_ms: 20_000, first_liveness_ms: 40_000 },
  damping: { ...defaultNodeSettings.damping, missed_windows: 2 },
};

/** Around the deadlines, often exactly on one. */
const ago = fc.oneof(
  fc.integer({ min: -5_000, max: 400_000 }),
  fc.constantFrom(0, 1, 20_000, 20_001, 40_000, 80_000, 80_001, 120_000),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const facts = fc.record({
  state: fc.constantFrom(...registrationStates, 'active', 'active', 'active', 'accepted', 'awaiting_ack'),
  path: fc.constantFrom<NodePath>('gateway', 'signal'),
  entered: ago,
  beat: maybe(ago),
  beats: fc.constantFrom(0, 1, 7),
  window: fc.constantFrom(20_000, 60_000, 90_000),
  ack: ago,
  receipt: maybe(ago),
  coarse: ago,
  /** Of the hot row; `lost` where there is none. */
  hot: fc.constantFrom('here', 'here', 'here', 'lost', 'of another epoch'),
  copied: maybe(ago),
  marked: fc.constantFrom(true, false, false, false),
});

const up = fc.record({ upForMs: fc.oneof(ago, fc.constant(3_600_000)), seenAgoMs: fc.integer({ min: 0, max: 2_000 }) });
const silent = fc.record({ upForMs: ago, seenAgoMs: fc.integer({ min: 20_000, max: 90_000 }) });
const path = fc.oneof(
  { weight: 4, arbitrary: up },
  { weight: 1, arbitrary: silent },
  { weight: 1, arbitrary: fc.constant(null) },
);

type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;

function seedOf(given: Facts, now: number): SeededNode {
  const at = (age: number) => new Date(now - age).toISOString();
  const { state } = given;
  const ended = state === 'liveness_expired' || (given.marked && state !== 'ack_timed_out');
  const live: Partial<NodeLivenessRow> = {
    last_heartbeat_at: given.beat === null ? null : at(given.beat),
    beats_since_active: given.beats,
    window_ms: given.window,
    ack_received_at: given.receipt === null ? null : at(given.receipt),
    path: given.path,
    epoch: given.hot === 'of another epoch' ? 2 : 3,
  };
  return nodeSeed({
    entity_id: randomUUID(),
    epoch: 3,
    path: given.hot === 'here' ? 'gateway' : given.path,
    last_heartbeat_at: given.copied === null ? null : at(given.copied),
    current_state: state,
    state_entered_at: at(given.entered),
    ack_deadline: at(given.ack),
    liveness_deadline: at(given.coarse),
    ack_timeout_emitted_at: given.marked || state === 'ack_timed_out' ? at(0) : null,
    liveness_timeout_emitted_at: ended ? at(0) : null,
    live: given.hot === 'lost' ? null : live,
  });
}

interface Expected {
  readonly liveness: number | null;
  readonly ack: number | null;
  readonly livenessOverdue: boolean;
  readonly ackOverdue: boolean;
}

/** The same by the rules of the domain. */
function judge({ row, live }: SeededNode, paths: Record<NodePath, PathLiveness | null>, now: number): Expected {
  const hot = live?.epoch === row.epoch ? live : null;
  const path = paths[hot?.path ?? row.path];
  if (isPathDown(path, now)) return { liveness: null, ack: null, livenessOverdue: false, ackOverdue: false };
  const { liveness, ack } = rowDeadlines(row, live, path, settings);
  const receipt = hot?.ack_received_at ?? null;
  const receivedInTime = ack !== null && receipt !== null && !isOverdue(ack, Date.parse(receipt));
  return {
    liveness,
    ack,
    livenessOverdue:
      liveness !== null &&
      row.liveness_timeout_emitted_at === null &&
      isOverdue(Date.parse(row.liveness_deadline ?? ''), now) &&
      isOverdue(liveness, now),
    ackOverdue: ack !== null && row.ack_timeout_emitted_at === null && isOverdue(ack, now) && !receivedInTime,
  };
}

/** Milliseconds of the rows, and of the clock, as the database has them. */
async function readPaths(): Promise<{ now: number; paths: Record<NodePath, PathLiveness | null> }> {
  const { rows } = await database.pool.query<{ component: string; up: number; seen: number }>(
    `SELECT component, (extract(epoch FROM up_since) * 1000)::float8 AS up, (extract(epoch FROM last_seen_at) * 1000)::float8 AS seen
       FROM component_liveness`,
  );
  const of = (component: string): PathLiveness | null => {
    const row = rows.find((candidate) => candidate.component === component);
    return row === undefined ? null : { up_since: row.up, last_seen: row.seen };
  };
  return { now: Date.now(), paths: { gateway: of('ingest'), signal: of('sweep') } };
}

describe('the SQL of effective deadlines', () => {
  it('agrees with the rules over thousands of rows', async () => {
    const seen = { liveness: 0, ack: 0, down: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(facts, { minLength: 60, maxLength: 120 }), path, path, async (rows, ingest, sweep) => {
        await emptyNodes(database);
        await setPath(database, 'ingest', ingest);
        await setPath(database, 'sweep', sweep);
        const { now, paths } = await readPaths();
        const nodes = rows.map((row) => seedOf(row, now));
        await insertNodes(database, nodes);

        const { add, values } = new Parameters();
        const sql = effectiveDeadlines(add, deadlineTermsOf(settings), new Date(now).toISOString());
        const found = await database.pool.query<Record<string, unknown>>(
          `SELECT p.entity_id, ${sql.liveness} AS liveness, ${sql.ack} AS ack,
                  ${sql.livenessOverdue} AS liveness_overdue, ${sql.ackOverdue} AS ack_overdue
             FROM registration_projections p ${sql.joins}`,
          values,
        );
        const byId = new Map(found.rows.map((row) => [row['entity_id'], row]));
        const down = new Set(
          nodes
            .filter(({ row, live }) => isPathDown(paths[live?.epoch === row.epoch ? live.path : row.path], now))
            .map(({ row }) => row.entity_id),
        );
        const isDown = (id: string) => down.has(id);
        const time = (value: unknown) => (value instanceof Date ? value.getTime() : value);
        const expected = nodes.map((node) => ({ id: node.row.entity_id, ...judge(node, paths, now) }));
        for (const { id, ...wanted } of expected) {
          const row = byId.get(id) ?? {};
          expect({
            // The SQL computes both for every row; they mean something in the state that watches them.
            liveness: wanted.liveness === null && !isDown(id) ? null : time(row['liveness']),
            ack: wanted.ack === null && !isDown(id) ? null : time(row['ack']),
            livenessOverdue: row['liveness_overdue'] === true,
            ackOverdue: row['ack_overdue'] === true,
          }).toEqual(wanted);
        }

        const reader = createNodeReader({ database, settings: () => settings });
        const at = { now: new Date(now).toISOString(), limit: 1000 };
        const idsOf = (page: { items: readonly { entity_id: string }[] }) =>
          page.items.map((row) => row.entity_id).sort();
        const overdue = (which: 'livenessOverdue' | 'ackOverdue') =>
          expected.flatMap((one) => (one[which] ? [one.id] : [])).sort();
        expect(idsOf(await reader.getOverdueLivenessRegistrations(at))).toEqual(overdue('livenessOverdue'));
        expect(idsOf(await reader.getOverdueAckRegistrations(at))).toEqual(overdue('ackOverdue'));
        seen.liveness += overdue('livenessOverdue').length;
        seen.ack += overdue('ackOverdue').length;
        seen.down += down.size;
      }),
      { numRuns: 30 },
    );
    // The cases are worth something: each verdict occurred often.
    expect(Math.min(seen.liveness, seen.ack, seen.down)).toBeGreaterThan(20);
  });

  it('judges the present without a given time', async () => {
    await emptyNodes(database);
    await setPath(database, 'ingest', { upForMs: 3_600_000, seenAgoMs: 0 });
    const past = new Date(Date.now() - 200_000).toISOString();
    const silent = nodeSeed({ state_entered_at: past, liveness_deadline: past });
    const beating = nodeSeed({
      state_entered_at: past,
      liveness_deadline: past,
      live: { beats_since_active: 3, last_heartbeat_at: new Date().toISOString() },
    });
    const feed = nodeSeed({ ordering_mode: 'sequence', liveness_deadline: past, live: null });
    const noDeadline = nodeSeed({ ordering_mode: 'sequence', liveness_deadline: null, live: null });
    await insertNodes(database, [silent, beating, feed, noDeadline]);
    const reader = createNodeReader({ database });
    const ids = async () => (await reader.list({ overdue: true })).items.map((row) => row.entity_id).sort();
    expect(await ids()).toEqual([silent.row.entity_id, feed.row.entity_id].sort());
    await setPath(database, 'ingest', { upForMs: 3_600_000, seenAgoMs: 11_000 });
    expect(await ids()).toEqual([feed.row.entity_id]);
    await setPath(database, 'ingest', null);
    expect(await ids()).toEqual([feed.row.entity_id]);
    expect((await reader.list({ overdue: false })).items).toHaveLength(3);
  });
});
