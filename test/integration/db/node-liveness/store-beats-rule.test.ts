import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Heartbeat } from '../../../../contracts/node/messages.ts';
import type { NodeLivenessRow } from '../../../../contracts/node/row.ts';
import { defaultNodeSettings, type NodeSettings } from '../../../../contracts/node/settings.ts';
import { registrationStates, reportedStatuses } from '../../../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { storeBeats } from '../../../../db/stores/node-liveness/store-beats.ts';
import { nodeLivenessRowOf } from '../../../../db/stores/registration/projector/row.ts';
import { type HeartbeatVerdict, judgeHeartbeat } from '../../../../domain/registration/heartbeat.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { insertNodes, nodeSeed, type SeededNode } from '../registration-reader/seed.ts';
import { beatOf } from './beats.ts';

let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'beats' });
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

const settings: NodeSettings = {
  ...defaultNodeSettings,
  damping: { ...defaultNodeSettings.damping, healthy_beats: 3, unhealthy_beats: 2 },
};

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const small = fc.integer({ min: 0, max: 3 });
const status = fc.constantFrom(...reportedStatuses);

const found = fc.record({
  state: fc.constantFrom(...registrationStates),
  epoch: fc.integer({ min: 1, max: 3 }),
  beats_since_active: fc.constantFrom(0, 0, 1, 5),
  reported_status: maybe(status),
  pending_status_beats: fc.integer({ min: -3, max: 3 }),
  uptime_seconds: maybe(small),
  node_sequence: maybe(small),
  registered_version: fc.constantFrom('1.0.0', '2.0.0'),
  told_version: fc.constantFrom(null, '1.0.0', '3.0.0'),
  last_beat_ago: maybe(fc.constantFrom(-60_000, 0, 1_000, 90_000)),
  requested: fc.boolean(),
  retry_in: maybe(fc.constantFrom(-5_000, 60_000)),
  interval_ms: fc.constantFrom(5_000, 30_000, 120_000),
  window_ms: fc.constantFrom(15_000, 90_000, 360_000),
});

const sent = fc.record({
  epoch: maybe(fc.integer({ min: 1, max: 3 })),
  status,
  uptime_seconds: small,
  node_version: fc.constantFrom(null, '1.0.0', '2.0.0'),
  sequence: maybe(small),
  active_operations_count: fc.integer({ min: 0, max: 2_147_483_647 }),
  memory_usage_mb: maybe(fc.constantFrom(0, 0.5, 2_048)),
  cpu_usage_percent: maybe(fc.constantFrom(0, 12.5, 100)),
});

type Found = typeof found extends fc.Arbitrary<infer T> ? T : never;

function seedOf(given: Found): SeededNode {
  const at = (offset: number) => new Date(Date.now() + offset).toISOString();
  const { epoch, beats_since_active, reported_status, pending_status_beats, uptime_seconds, node_sequence } = given;
  return nodeSeed({
    entity_id: randomUUID(),
    current_state: given.state,
    epoch,
    node_version: given.registered_version,
    next_retry_at: given.state === 'ack_timed_out' && given.retry_in !== null ? at(given.retry_in) : null,
    live: {
      beats_since_active,
      reported_status,
      pending_status_beats,
      uptime_seconds,
      node_sequence,
      node_version: given.told_version,
      active_operations_count: 4,
      memory_usage_mb: 8,
      cpu_usage_percent: 16,
      last_heartbeat_at: given.last_beat_ago === null ? null : at(-given.last_beat_ago),
      introspection_requested_at: given.requested ? at(-1_000) : null,
      interval_ms: given.interval_ms,
      window_ms: given.window_ms,
    },
  });
}

function verdictOf({ row, live }: SeededNode, beat: Heartbeat): HeartbeatVerdict {
  if (live === null) throw new Error('every row of this test has a hot row');
  return judgeHeartbeat(
    {
      ...live,
      node_version: row.node_version,
      retry_in_ms: row.next_retry_at === null ? null : Math.max(0, Date.parse(row.next_retry_at) - Date.now()),
      introspection_requested: live.introspection_requested_at !== null,
    },
    beat,
    settings.damping,
  );
}

/** The hot row that the rule leaves behind; the receive time is compared apart. */
function expectedRow(before: NodeLivenessRow, beat: Heartbeat, verdict: HeartbeatVerdict): Partial<NodeLivenessRow> {
  const { last_heartbeat_at: _, ...kept } = before;
  if (!verdict.stores_telemetry) return before;
  return {
    ...kept,
    reported_status: verdict.status?.reported_status ?? null,
    pending_status_beats: verdict.status?.pending_status_beats ?? 0,
    path: 'signal',
    interval_ms: 30_000,
    window_ms: Math.max(before.window_ms, 90_000),
    beats_since_active: before.beats_since_active + (before.state === 'active' ? 1 : 0),
    introspection_requested_at: verdict.counts_for_life ? null : before.introspection_requested_at,
    ...(verdict.overwrites_telemetry
      ? {
          uptime_seconds: beat.uptime_seconds,
          active_operations_count: beat.active_operations_count,
          memory_usage_mb: beat.memory_usage_mb,
          cpu_usage_percent: beat.cpu_usage_percent,
          node_version: beat.node_version ?? before.node_version,
          node_sequence: beat.sequence ?? before.node_sequence,
          node_clock_at: new Date(beat.timestamp).toISOString(),
        }
      : {}),
  };
}

describe('the statement of beats and the rule of one beat', () => {
  it('agree on every row and answer of thousands', async () => {
    const results = new Map<string, number>();
    const timesOfRows = async (): Promise<number> => {
      const { rows } = await database.pool.query<{ now: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
      );
      return rows[0]?.now ?? Number.NaN;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(found, sent), { minLength: 100, maxLength: 150 }), async (cases) => {
        const nodes = cases.map(([row]) => seedOf(row));
        await insertNodes(database, nodes);
        const beats = nodes.map(({ row }, index) => beatOf(row.entity_id, cases[index]?.[1]));
        const from = await timesOfRows();
        const stored = await storeBeats(database, beats, settings, { path: 'signal' });
        const to = await timesOfRows();
        const { rows } = await database.pool.query('SELECT * FROM node_liveness WHERE entity_id = ANY($1)', [
          beats.map(({ node_id }) => node_id),
        ]);
        const after = new Map(rows.map((row) => [row['entity_id'], nodeLivenessRowOf(row)]));

        for (const [index, node] of nodes.entries()) {
          const beat = beats[index];
          const { row, live } = node;
          if (beat === undefined || live === null) throw new Error('a beat per row');
          const verdict = verdictOf(node, beat);
          results.set(verdict.result, (results.get(verdict.result) ?? 0) + 1);
          const now = after.get(row.entity_id);
          expect(now).toMatchObject(expectedRow(live, beat, verdict));

          const received = now?.last_heartbeat_at ?? null;
          if (verdict.stores_telemetry) {
            const previous = Date.parse(live.last_heartbeat_at ?? row.registered_at);
            expect(Date.parse(received ?? '')).toBeGreaterThanOrEqual(Math.max(previous, Math.floor(from)));
            expect(Date.parse(received ?? '')).toBeLessThanOrEqual(Math.max(previous, Math.ceil(to) + 1));
          }
          const answer = stored[index];
          expect(answer).toMatchObject({
            result: verdict.result,
            next: verdict.next,
            state: row.current_state,
            epoch: row.epoch,
            version: row.version,
            attempt_id: row.attempt_id,
            attempt_number: row.attempt_number,
            interval_ms: 30_000,
            last_heartbeat_at: received,
            edge: verdict.edge === null ? null : { ...verdict.edge, received_at: received },
          });
          expect(answer?.retry_in_ms === null).toBe(verdict.retry_after_ms === null);
          expect(Math.abs((answer?.retry_in_ms ?? 0) - (verdict.retry_after_ms ?? 0))).toBeLessThan(5_000);
          const offered = verdict.result === 'accepted' && ['accepted', 'awaiting_ack'].includes(row.current_state);
          expect(answer?.ack_deadline).toBe(offered ? row.ack_deadline : null);
        }
      }),
      { numRuns: 30, endOnFailure: true },
    );
    expect([...results.keys()].sort()).toEqual(['accepted', 'ignored_terminal', 'stale_epoch']);
  });
});
