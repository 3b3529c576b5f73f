/** Nodes on the real serving process: the handshake over HTTP, expiry in both modes, and what the sweep repairs. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../api/client/client.ts';
import { deadlineSweepId } from '../../workflows/messages/deadline-sweep.ts';
import { registrationWorkflowId } from '../../client/ids.ts';
import type { Introspection } from '../../contracts/node/messages.ts';
import type { CallContext } from '../../contracts/registry.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { connectTestClient, type TestClient } from '../support/temporal.ts';
import { useControlQueueAlone } from './support/control-queue.ts';
import { serveProcess } from './support/serve-process.ts';

useControlQueueAlone();

let testDatabase: TestDatabase;
let database: Database;
let temporal: TestClient;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { applicationName: 'test' });
  temporal = await connectTestClient();
  // One of an earlier file may be waiting for a worker with another database.
  await temporal.client.workflow
    .getHandle(deadlineSweepId)
    .terminate()
    .catch(() => undefined);
});
afterAll(async () => {
  await temporal.close();
  await database.close();
  await testDatabase.drop();
});

/** Short lives: a beat a second, dead after three. */
const short = {
  OMNIBASE_REGISTRATION_FIRST_LIVENESS_MS: '3000',
  OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS: '3000',
  OMNIBASE_REGISTRATION_HEARTBEAT_INTERVAL_MS: '1000',
  OMNIBASE_REGISTRATION_ACK_TIMEOUT_MS: '2000',
  OMNIBASE_SWEEP_INTERVAL_MS: '1000',
};
const fleet = { ...short, OMNIBASE_DEADLINES_MODE: 'fleet' };
const call: CallContext = {
  principal: { id: 'test', kind: 'user', capabilities: [] },
  correlation_id: randomUUID(),
};
const timestamp = () => new Date().toISOString();

function introspection(node_id: string, over: Partial<Introspection> = {}): Introspection {
  const id = randomUUID();
  return {
    message_id: id,
    correlation_id: id,
    node_id,
    domain: 'registration',
    node_name: 'tested',
    node_type: 'effect',
    node_version: '1.0.0',
    reason: 'startup',
    status: null,
    timestamp: timestamp(),
    instance_id: null,
    component: null,
    declared_capabilities: {},
    discovered_capabilities: {},
    contract_capabilities: null,
    endpoints: {},
    subscribe_topics: null,
    publish_topics: null,
    metadata: {},
    feature_flags: {},
    performance_metrics: null,
    ...over,
  };
}

function ack(node_id: string, attempt_id: string | null) {
  return {
    command_id: randomUUID(),
    node_id,
    domain: 'registration',
    attempt_id,
    correlation_id: null,
    timestamp: timestamp(),
  };
}

function beat(node_id: string, status: 'healthy' | 'degraded' = 'healthy') {
  return {
    node_id,
    domain: 'registration',
    timestamp: timestamp(),
    epoch: null,
    message_id: null,
    correlation_id: null,
    node_version: null,
    status,
    uptime_seconds: 1,
    active_operations_count: 0,
    memory_usage_mb: null,
    cpu_usage_percent: null,
    sequence: null,
    note: null,
  };
}

/** A node that has gone through the handshake and beat once. */
async function activeNode(api: ApiClient): Promise<string> {
  const id = randomUUID();
  const offer = await api.nodes.introspect(introspection(id), call);
  expect(offer).toMatchObject({ result: 'started', state: 'awaiting_ack', epoch: 1 });
  expect(await api.nodes.ack(ack(id, offer.attempt_id), call)).toMatchObject({ result: 'activated', state: 'active' });
  expect(await api.nodes.heartbeat(beat(id), call)).toMatchObject({ result: 'accepted', edge: 'applied' });
  return id;
}

const stateOf = async (api: ApiClient, id: string) => (await api.nodes.get({ node_id: id }, call)).current_state;

describe('a node over the gateway', () => {
  it('registers, beats, falls silent and expires on its own timer; the self-check passes', async () => {
    await using serve = serveProcess({ databaseUrl: testDatabase.url, env: short });
    await serve.start();
    const id = await activeNode(serve.api);
    const lastBeat = performance.now();
    await expect.poll(() => stateOf(serve.api, id), { timeout: 10_000 }).toBe('liveness_expired');
    const silence = performance.now() - lastBeat;
    expect(silence).toBeGreaterThan(2_900);
    // Written at most a second after the deadline (registration.md 12); reading it takes a little more.
    expect(silence).toBeLessThan(4_500);
    const { items } = await serve.api.nodes.transitions({ node_id: id }, {}, call);
    expect(items.map(({ to_state }) => to_state)).toEqual([
      'liveness_expired',
      'active',
      'active',
      'ack_received',
      'awaiting_ack',
      'accepted',
      'pending_registration',
    ]);
    const events = serve.api.nodes.events({ entity_id: id, after: '0' }, call);
    const types: string[] = [];
    for await (const { type } of events) {
      types.push(type);
      if (type === 'node.liveness_expired') break;
    }
    expect(types.at(-2)).toBe('node.health_changed');
    await expect.poll(() => serve.log(), { timeout: 30_000 }).toContain('"self_check.passed"');
    await expect
      .poll(() => serve.metrics(), { timeout: 15_000 })
      .toContain('omnibase_component_age_seconds{component="sweep"}');
    const metrics = await serve.metrics();
    expect(metrics).toContain('omnibase_self_check_passed{check="registration"} 1');
    expect(metrics).toMatch(/omnibase_registration_state\{domain="registration",state="liveness_expired"\} 1/);
    for (const name of [
      'omnibase_sweep_seconds_count',
      'omnibase_sweep_pokes_total{kind="liveness"}',
      'omnibase_component_age_seconds{component="ingest"}',
      'omnibase_amnesty_active{path="gateway"}',
      'omnibase_amnesty_active{path="signal"}',
      'omnibase_fleet_incidents_total 0',
      'omnibase_circuit_state{dependency="postgres"} 0',
      'omnibase_registration_acks_total{result="activated"}',
      'omnibase_registration_introspections_total{reason="startup",result="started"}',
      'omnibase_registration_handshake_seconds_count',
      'omnibase_heartbeats_total{path="gateway",result="accepted"}',
      'omnibase_outbox_oldest_seconds',
    ]) {
      expect(metrics, name).toContain(name);
    }
    expect(await serve.terminate()).toBe(0);
  }, 90_000);

  it('expires through the sweep in fleet mode, also when its workflow is missing', async () => {
    await using serve = serveProcess({ databaseUrl: testDatabase.url, env: fleet });
    await serve.start();
    const [kept, lost] = await Promise.all([activeNode(serve.api), activeNode(serve.api)]);
    await temporal.client.workflow.getHandle(registrationWorkflowId('registration', lost)).terminate();
    for (const id of [kept, lost]) {
      await expect.poll(() => stateOf(serve.api, id), { timeout: 15_000 }).toBe('liveness_expired');
    }
    expect(await serve.metrics()).toMatch(/omnibase_sweep_pokes_total\{kind="liveness"\} [2-9]/);
    expect(await serve.api.nodes.introspect(introspection(lost), call)).toMatchObject({ result: 'started', epoch: 2 });
  });

  it('is reported as the gateway stored it, when receipt and edge were lost on their way', async () => {
    const patient = { OMNIBASE_SWEEP_INTERVAL_MS: '1000' };
    await using serve = serveProcess({ databaseUrl: testDatabase.url, env: patient });
    await serve.start();
    const acked = randomUUID();
    const [offer, active] = await Promise.all([
      serve.api.nodes.introspect(introspection(acked), call),
      activeNode(serve.api),
    ]);
    // As a gateway leaves them that cannot reach the engine.
    await database.pool.query(
      `UPDATE node_liveness SET ack_received_at = state_entered_at, ack_command_id = $2 WHERE entity_id = $1`,
      [acked, randomUUID()],
    );
    await database.pool.query(`UPDATE node_liveness SET reported_status = 'degraded' WHERE entity_id = $1`, [active]);
    expect(offer.state).toBe('awaiting_ack');
    await expect.poll(() => stateOf(serve.api, acked), { timeout: 20_000 }).toBe('active');
    await expect
      .poll(async () => (await serve.api.nodes.get({ node_id: active }, call)).reported_status, { timeout: 20_000 })
      .toBe('degraded');
    const metrics = await serve.metrics();
    expect(metrics).toMatch(/omnibase_sweep_pokes_total\{kind="receipt"\} 1/);
    expect(metrics).toMatch(/omnibase_sweep_pokes_total\{kind="edge"\} 1/);
  });
});

describe('the deadline sweep', () => {
  it('is started again when somebody ended it', async () => {
    await using serve = serveProcess({ databaseUrl: testDatabase.url, env: short });
    await serve.start();
    await expect.poll(() => serve.log(), { timeout: 10_000 }).toContain('"sweep.ensured"');
    const handle = temporal.client.workflow.getHandle(deadlineSweepId);
    const { runId } = await handle.describe();
    await handle.terminate('test');
    await expect
      .poll(async () => (await temporal.client.workflow.getHandle(deadlineSweepId).describe()).runId, {
        timeout: 30_000,
      })
      .not.toBe(runId);
    await expect.poll(() => serve.log(), { timeout: 10_000 }).toContain('"sweep.revived"');
  });
});

describe('a process that must not serve', () => {
  it.each([
    [{ OMNIBASE_SWEEP_BATCH: '1' }, 'sweep.batch'],
    [{ OMNIBASE_REGISTRATION_ACK_TIMEOUT_MS: 'soon' }, 'registration.ack_timeout_ms'],
    [{ OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS: '20000' }, 'registration.liveness_window_ms'],
    [
      { OMNIBASE_OUTBOX_WEBHOOKS: '[{"url":"https://example.test/hook","secret_env":"NOBODY_SET_THIS"}]' },
      'NOBODY_SET_THIS',
    ],
  ])('ends with exit 2 for the setting %o', async (env, named) => {
    await using serve = serveProcess({ databaseUrl: testDatabase.url, env });
    await expect(serve.start()).rejects.toThrow(/serve ended with 2/);
    expect(serve.log()).toContain(named);
  });

  it.each([[['control']], [['api']]] as const)(
    'ends with exit 2 on the schema of another release, as %j',
    async (roles) => {
      const other = await createTestDatabase();
      const newer = openDatabase(other.url, { applicationName: 'test' });
      try {
        await newer.pool.query(
          `INSERT INTO omnibase_migrations (position, tag, hash)
         SELECT max(position) + 1, '9999_of_tomorrow', repeat('f', 64) FROM omnibase_migrations`,
        );
        await using serve = serveProcess({ databaseUrl: other.url, roles: [...roles] });
        await expect(serve.start()).rejects.toThrow(/serve ended with 2/);
        expect(serve.log()).toContain('ND015');
      } finally {
        await newer.close();
        await other.drop();
      }
    },
  );
});
