/** Heartbeats into Postgres by the hundreds: what is written, what is answered, what a failure costs. */
import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHeartbeatIngest, type HeartbeatIngestDeps } from '../../../../api/ingest/heartbeat-ingest.ts';
import { createHeartbeatMetrics } from '../../../../api/metrics/heartbeat-metrics.ts';
import type { Heartbeat, StatusEdge } from '../../../../contracts/node/messages.ts';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { applicationName: 'ingest-test' });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

interface Sent {
  readonly key: { readonly entity_id: string; readonly domain: string };
  readonly edge: StatusEdge;
}

function opened(change: Partial<HeartbeatIngestDeps> = {}) {
  const edges: Sent[] = [];
  const lines: object[] = [];
  const registry = new Registry();
  const ingest = createHeartbeatIngest({
    database,
    settings: () => defaultNodeSettings,
    edges: {
      async send(key, edge) {
        edges.push({ key, edge });
        return 'applied';
      },
    },
    metrics: createHeartbeatMetrics(registry),
    log: { info: (fields) => lines.push(fields), debug: () => undefined },
    random: () => 0.5,
    ...change,
  });
  return { ingest, edges, lines, registry };
}

/** Rows as a step leaves them. */
async function rows(count: number, state = 'active'): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await database.pool.query(
    `INSERT INTO node_liveness (entity_id, domain, epoch, attempt_id, state, state_entered_at, interval_ms, window_ms,
                                beats_since_active, reported_status)
     SELECT id, 'registration', 2, gen_random_uuid(), $2::registration_state, now(), 30000, 90000, 1, 'healthy'
       FROM unnest($1::uuid[]) id`,
    [ids, state],
  );
  return ids;
}

function beat(node_id: string, change: Partial<Heartbeat> = {}): Heartbeat {
  return {
    node_id,
    domain: 'registration',
    timestamp: new Date().toISOString(),
    epoch: null,
    message_id: null,
    correlation_id: null,
    node_version: null,
    status: 'healthy',
    uptime_seconds: 10,
    active_operations_count: 1,
    memory_usage_mb: null,
    cpu_usage_percent: null,
    sequence: null,
    note: null,
    ...change,
  };
}

async function stored(id: string | undefined): Promise<Record<string, unknown> | undefined> {
  const found = await database.pool.query('SELECT * FROM node_liveness WHERE entity_id = $1', [id]);
  return found.rows[0];
}

describe('a wave', () => {
  it('writes a thousand nodes in four statements and answers each', async () => {
    const ids = await rows(1000);
    const { ingest, registry } = opened();
    const answers = await Promise.all(
      ids.map((id, index) => ingest.beat(beat(id, { active_operations_count: index }))),
    );
    expect(answers.map(({ result }) => result)).toEqual(ids.map(() => 'accepted'));
    expect((await stored(ids[700]))?.['active_operations_count']).toBe(700);
    const text = await registry.metrics();
    expect(text).toContain('omnibase_heartbeat_batch_rows_count 4');
    expect(text).toContain('omnibase_heartbeat_batch_rows_sum 1000');
    expect(text).toContain('omnibase_heartbeats_total{path="gateway",result="accepted"} 1000');
    await ingest.close();
  });

  it('writes a node once that beats ten times at once', async () => {
    const [id = ''] = await rows(1);
    const { ingest, registry } = opened();
    const beats = Array.from({ length: 10 }, (_, index) => beat(id, { uptime_seconds: 20 + index }));
    const answers = await Promise.all(beats.map((one) => ingest.beat(one)));
    expect(new Set(answers.map(({ result }) => result))).toEqual(new Set(['accepted']));
    expect(await stored(id)).toMatchObject({ uptime_seconds: 29, beats_since_active: 2 });
    expect(await registry.metrics()).toContain('omnibase_heartbeat_batch_rows_sum 1');
    await ingest.close();
  });

  it('keeps the order of one node and sends each edge once, to all who share it', async () => {
    const [id = ''] = await rows(1);
    const { ingest, edges } = opened();
    const statuses = ['degraded', 'degraded', 'unhealthy', 'healthy'] as const;
    const answers = await Promise.all(
      statuses.map((status, index) => ingest.beat(beat(id, { status, uptime_seconds: 20 + index }))),
    );
    expect(edges.map(({ edge }) => edge.status)).toEqual(['degraded', 'unhealthy', 'healthy']);
    expect(edges[0]).toMatchObject({ key: { entity_id: id }, edge: { epoch: 2, first: false } });
    expect(answers.map(({ edge }) => edge)).toEqual(['applied', 'applied', 'applied', 'applied']);
    expect(await stored(id)).toMatchObject({ reported_status: 'healthy' });
    await ingest.close();
  });

  it('does not let an old process speak for a new one', async () => {
    const [id = ''] = await rows(1);
    const { ingest } = opened();
    const [fresh, old] = await Promise.all([
      ingest.beat(beat(id, { epoch: 2, uptime_seconds: 1 })),
      ingest.beat(beat(id, { epoch: 1, uptime_seconds: 900 })),
    ]);
    expect([fresh.result, old.result, old.next]).toEqual(['accepted', 'stale_epoch', 'stop']);
    expect(await stored(id)).toMatchObject({ uptime_seconds: 1, beats_since_active: 2 });
    await ingest.close();
  });
});

describe('answers', () => {
  it('tells the interval with jitter, stretched for a large fleet', async () => {
    const [id = ''] = await rows(1);
    const told = async (change: Partial<HeartbeatIngestDeps>) => {
      const { ingest } = opened(change);
      const { next_heartbeat_in_ms } = await ingest.beat(beat(id));
      await ingest.close();
      return next_heartbeat_in_ms;
    };
    expect(await told({ random: () => 0 })).toBe(27_000);
    expect(await told({ random: () => 0.5 })).toBe(30_000);
    expect(await told({ activeNodes: () => 60_000 })).toBe(60_000);
    expect((await stored(id))?.['window_ms']).toBe(180_000);
  });

  it('stores nothing for nodes that are unknown or closed, and logs a closed one once', async () => {
    const [rejected = ''] = await rows(1, 'rejected');
    const { ingest, lines } = opened();
    const unknown = await ingest.beat(beat(randomUUID()));
    expect(unknown).toMatchObject({ result: 'unknown_node', next: 'introspect', state: null });
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await ingest.beat(beat(rejected))).toMatchObject({
        result: 'ignored_terminal',
        next: 'introspect',
        retry_after_ms: 60_000,
      });
    }
    expect((await stored(rejected))?.['last_heartbeat_at']).toBeNull();
    expect(lines).toMatchObject([{ code: 'registration.heartbeat.ignored_terminal', entity_id: rejected }]);
    await ingest.close();
  });

  it('says that an edge waits when it cannot be delivered', async () => {
    const [id = ''] = await rows(1);
    const { ingest } = opened({ edges: { send: async () => 'pending' } });
    expect(await ingest.beat(beat(id, { status: 'unhealthy' }))).toMatchObject({ result: 'accepted', edge: 'pending' });
    await ingest.close();
  });
});

describe('when the database fails', () => {
  it('fails the beats with the code of what happened', async () => {
    const nowhere = openDatabase('postgres://nobody@127.0.0.1:1/nothing', { applicationName: 'x' });
    const { ingest, registry } = opened({ database: nowhere });
    const failures = await Promise.allSettled([ingest.beat(beat(randomUUID())), ingest.beat(beat(randomUUID()))]);
    expect(failures).toMatchObject([{ reason: { code: 'ND009' } }, { reason: { code: 'ND009' } }]);
    expect(await registry.metrics()).toContain('omnibase_heartbeats_total{path="gateway",result="failed"} 2');
    await ingest.close();
    await nowhere.close();
  });

  it('lets one impossible beat fail alone', async () => {
    const ids = await rows(8);
    const { ingest } = opened();
    const beats = ids.map((id, index) => beat(index === 3 ? 'no uuid' : id));
    const settled = await Promise.allSettled(beats.map((one) => ingest.beat(one)));
    expect(settled.map((one) => (one.status === 'fulfilled' ? one.value.result : one.reason.code))).toEqual(
      ids.map((_, index) => (index === 3 ? 'ND012' : 'accepted')),
    );
    await ingest.close();
  });

  it('is slow, not wrong, while a row is locked, and other nodes do not wait for it', async () => {
    const [locked = '', free = ''] = await rows(2);
    const { ingest } = opened();
    const connection = await database.pool.connect();
    try {
      await connection.query('BEGIN');
      await connection.query('SELECT 1 FROM node_liveness WHERE entity_id = $1 FOR UPDATE', [locked]);
      const waiting = ingest.beat(beat(locked));
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect((await ingest.beat(beat(free))).result).toBe('accepted');
      await connection.query('COMMIT');
      expect((await waiting).result).toBe('accepted');
    } finally {
      connection.release();
    }
    await ingest.close();
  });
});

it('writes what waits when it closes', async () => {
  const [id = ''] = await rows(1);
  const { ingest } = opened();
  const waiting = ingest.beat(beat(id));
  await ingest.close();
  expect((await waiting).result).toBe('accepted');
  await expect(ingest.beat(beat(id))).rejects.toMatchObject({ code: 'ND014' });
});
