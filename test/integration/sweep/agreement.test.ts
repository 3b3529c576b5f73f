/** The statements of the sweep find exactly those whom the rules of `domain/deadlines` find (registration.md 3.7). */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultNodeSettings, type NodeSettings } from '../../../contracts/node/settings.ts';
import { type Database, openDatabase } from '../../../db/client.ts';
import { duePages, nodePokeRules } from '../../../db/stores/sweep/find-pokes.ts';
import { takeCensus } from '../../../db/stores/sweep/take-census.ts';
import { effectiveAckDeadline, effectiveLivenessDeadline, isOverdue } from '../../../domain/deadlines/effective.ts';
import { isPathDown, type PathLiveness } from '../../../domain/deadlines/path.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { clearFleet, insertNodes, type NodeFixture, type PathAges, setPaths } from './fleet.ts';

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

/** Whole multiples of 4 s and a bit: what takes less than a second between writing and asking changes no verdict. */
const age = (most: number) => fc.integer({ min: 0, max: most / 4_000 }).map((steps) => steps * 4_000 + 1_500);
const path = fc.constantFrom('gateway' as const, 'signal' as const);
const up: fc.Arbitrary<PathAges | null> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.record({ seen: fc.constantFrom(12_000, 60_000), up: age(600_000) }) },
  { weight: 6, arbitrary: fc.record({ seen: fc.constant(0), up: age(200_000) }) },
);

interface Active {
  readonly path: 'gateway' | 'signal';
  readonly entered: number;
  readonly beat: number | null;
  readonly window_ms: number;
}
const active: fc.Arbitrary<Active> = fc
  .record({
    path,
    entered: age(400_000),
    beat: fc.option(age(400_000)),
    window_ms: fc.constantFrom(90_000, 120_000, 180_000),
  })
  // A beat counts once the node is active.
  .map((node) => ({ ...node, beat: node.beat === null || node.beat > node.entered ? null : node.beat }));
const offered = fc.record({ path, ack_deadline: age(120_000), receipt: fc.option(age(200_000)) });

const settings = fc.record({
  mode: fc.constantFrom('precise' as const, 'fleet' as const),
  missed_windows: fc.integer({ min: 1, max: 2 }),
});

it('over fleets, paths and settings of any kind', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(active, { minLength: 20, maxLength: 80 }),
      fc.array(offered, { minLength: 10, maxLength: 40 }),
      fc.record({ ingest: up, sweep: up }),
      settings,
      async (actives, offers, paths, { mode, missed_windows }) => {
        const given: NodeSettings = {
          ...defaultNodeSettings,
          deadlines: { ...defaultNodeSettings.deadlines, mode },
          damping: { ...defaultNodeSettings.damping, missed_windows },
          sweep: { ...defaultNodeSettings.sweep, batch: 100 },
        };
        await clearFleet(database);
        await setPaths(database, paths);
        const [activeIds, offerIds] = [await insertActive(actives), await insertOffers(offers)];

        const livenessOf = livenessDeadlines(actives, paths, given);
        const ackOf = ackDeadlines(offers, paths, given);
        const late = mode === 'precise' ? 10_000 : 0;
        const overdue = (deadlines: readonly (number | null)[], by: number): boolean[] =>
          deadlines.map((deadline) => deadline !== null && isOverdue(deadline, -by));

        expect(await found('liveness', given)).toEqual(chosen(activeIds, overdue(livenessOf, late)));
        expect(await found('ack', given)).toEqual(chosen(offerIds, overdue(ackOf, late)));
        const census = await takeCensus(database, given, null);
        expect(census.overdue).toBe(overdue(livenessOf, 0).filter(Boolean).length);
        expect(census.active).toBe(actives.length);
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);

/** On a clock whose now is 0: ages are times before it. */
function livenessOf({ path: beats, entered, beat, window_ms }: Active, paths: Paths, given: NodeSettings) {
  const row = pathOf(paths, beats);
  if (isPathDown(row, 0)) return null;
  return effectiveLivenessDeadline(
    {
      active_since: -entered,
      last_heartbeat_at: beat === null ? null : -beat,
      beats_since_active: beat === null ? 0 : 5,
      window_ms,
    },
    row,
    {
      first_liveness_ms: given.registration.first_liveness_ms,
      missed_windows: given.damping.missed_windows,
    },
  );
}

function livenessDeadlines(nodes: readonly Active[], paths: Paths, given: NodeSettings) {
  return nodes.map((node) => livenessOf(node, paths, given));
}

type Paths = { readonly ingest: PathAges | null; readonly sweep: PathAges | null };
type Offered = { readonly path: 'gateway' | 'signal'; readonly ack_deadline: number; readonly receipt: number | null };

/** Null also for an offer with a receipt in time: it is not overdue, whatever the hour. */
function ackDeadlines(nodes: readonly Offered[], paths: Paths, given: NodeSettings) {
  return nodes.map(({ path: acks, ack_deadline, receipt }) => {
    const row = pathOf(paths, acks);
    if (isPathDown(row, 0)) return null;
    const deadline = effectiveAckDeadline(-ack_deadline, row, given.registration.ack_timeout_ms);
    return receipt !== null && -receipt <= deadline ? null : deadline;
  });
}

function pathOf(paths: Paths, beats: 'gateway' | 'signal'): PathLiveness | null {
  const ages = beats === 'gateway' ? paths.ingest : paths.sweep;
  return ages === null ? null : { up_since: -ages.up, last_seen: -ages.seen };
}

async function insertActive(nodes: readonly Active[]): Promise<readonly string[]> {
  return insertNodes(
    database,
    nodes.map(({ path: beats, entered, beat, window_ms }): NodeFixture => {
      const truth = Math.min(entered - 60_000, (beat ?? entered) - (beat === null ? 60_000 : window_ms));
      return {
        entity_id: randomUUID(),
        path: beats,
        entered,
        copied_beat: beat,
        // The stored copy may be behind the truth, never ahead of it.
        liveness_deadline: Math.max(truth, entered - 60_000),
        hot: { beat, window_ms },
      };
    }),
  );
}

async function insertOffers(nodes: readonly Offered[]): Promise<readonly string[]> {
  return insertNodes(
    database,
    nodes.map(
      ({ path: acks, ack_deadline, receipt }): NodeFixture => ({
        entity_id: randomUUID(),
        state: 'awaiting_ack',
        path: acks,
        entered: ack_deadline + 30_000,
        ack_deadline,
        hot: { beat: null, receipt },
      }),
    ),
  );
}

async function found(kind: string, given: NodeSettings): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const rule of nodePokeRules) {
    for await (const page of duePages(database, rule, given)) {
      ids.push(...page.filter((node) => node.kind === kind).map(({ entity_id }) => entity_id));
    }
  }
  return ids.toSorted();
}

function chosen(ids: readonly string[], which: readonly boolean[]): readonly string[] {
  return ids.filter((_, index) => which[index]).toSorted();
}
