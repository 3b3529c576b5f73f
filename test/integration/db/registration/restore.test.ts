/**
 * The database behind a workflow was set back, or lost rows: the next write puts the row in order, whatever is missing
 * (registration.md 7, 9 "older database restored").
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RegistrationWrite } from '../../../../contracts/node/projection.ts';
import { type Fleet, openFleet } from './support/fleet.ts';
import { Lifecycle } from './support/lifecycle.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet.close());

/** What the tables hold of one node, to be put back later: a restore for one node. */
async function backup({ entity_id }: Lifecycle): Promise<() => Promise<void>> {
  const tables = ['registration_projections', 'node_liveness', 'registration_transitions'] as const;
  const saved = await Promise.all(
    tables.map((table) =>
      fleet.query<{ row: unknown }>(`SELECT to_jsonb(t) AS row FROM ${table} t WHERE entity_id = $1`, [entity_id]),
    ),
  );
  return async () => {
    for (const [index, table] of tables.entries()) {
      await fleet.query(`DELETE FROM ${table} WHERE entity_id = $1`, [entity_id]);
      const rows = JSON.stringify((saved[index] ?? []).map(({ row }) => row));
      await fleet.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`, [
        rows,
      ]);
    }
    await fleet.query('DELETE FROM outbox WHERE subject_id = $1', [entity_id]);
  };
}

async function healed(write: RegistrationWrite): Promise<{ gaps: number; warnings: number }> {
  const counts = { gaps: 0, warnings: 0 };
  const projector = fleet.another({
    observer: { gap: () => (counts.gaps += 1) },
    logger: { warn: () => (counts.warnings += 1), error: () => undefined },
  });
  expect(await projector.persist(write)).toMatchObject({ outcome: 'applied' });
  return counts;
}

it('counts no gap in a life without one', async () => {
  const node = new Lifecycle();
  for (const write of [
    node.introspect(),
    node.offer(),
    node.timeOut(1),
    node.retry(),
    node.offer(),
    node.activate(),
    node.expire(),
    node.introspect(),
  ]) {
    expect(await healed(write)).toEqual({ gaps: 0, warnings: 0 });
  }
});

it('heals a row that is some steps behind: applied, counted, warned about', async () => {
  const node = new Lifecycle();
  await fleet.apply(node.introspect());
  const restore = await backup(node);
  await fleet.apply(node.offer());
  await fleet.apply(node.activate());
  await restore();
  expect(await healed(node.changeHealth('degraded'))).toEqual({ gaps: 1, warnings: 1 });
  const row = await fleet.row(node);
  expect(row).toMatchObject({ current_state: 'active', version: 6, ack_deadline: null, reported_status: 'degraded' });
  expect(row?.liveness_deadline).not.toBeNull();
  expect(await fleet.hot(node)).toMatchObject({ state: 'active', epoch: 1, beats_since_active: 0 });
});

it('leaves no marker of an epoch whose end was lost: the node can expire again', async () => {
  const node = await fleet.active();
  await fleet.apply(node.expire());
  const restore = await backup(node);
  await fleet.active(node);
  await restore();
  expect(await healed(node.changeHealth('healthy'))).toEqual({ gaps: 1, warnings: 1 });
  expect(await fleet.row(node)).toMatchObject({
    epoch: 2,
    current_state: 'active',
    liveness_timeout_emitted_at: null,
    expiry_reason: null,
    attempt_id: node.attempt_id,
  });
  await fleet.age(node, 120_000);
  expect(await fleet.projector.persistIf({ guard: 'liveness_overdue', epoch: 2, write: node.expire() })).toMatchObject({
    outcome: 'applied',
  });
});

const ends: [string, (node: Lifecycle) => RegistrationWrite][] = [
  ['an offer', (node) => node.offer()],
  ['a time-out', (node) => (node.offer(), node.timeOut())],
  ['an activation', (node) => (node.offer(), node.activate())],
  ['an expiry', (node) => (node.offer(), node.activate(), node.expire())],
  ['a refusal', (node) => node.reject()],
  ['a retry', (node) => (node.offer(), node.timeOut(1), node.retry())],
  ['a second life', (node) => (node.offer(), node.activate(), node.expire(), node.introspect())],
];

it.each(ends)('writes %s onto a row that was lost', async (_what, lead) => {
  const node = new Lifecycle();
  node.introspect();
  const write = lead(node);
  expect((await healed(write)).gaps).toBe(1);
  const row = await fleet.row(node);
  expect(row).toMatchObject({
    current_state: write.row.current_state,
    epoch: node.epoch,
    version: node.version,
    node_type: 'effect',
  });
  // Never absent: what is known of the node by its type alone is there.
  expect(row?.capability_tags).toContain('node.effect');
  expect((await fleet.hot(node))?.state).toBe(write.row.current_state);
});

it('asks a node for its facts when its row was lost', async () => {
  const node = new Lifecycle();
  node.introspect();
  const result = await fleet.projector.persist(node.offer());
  expect(result).toMatchObject({ outcome: 'applied', facts_missing: true });
  expect((await fleet.hot(node))?.introspection_requested_at).not.toBeNull();
});

it('begins a new epoch where the row stands, though its writer never heard of the last step', async () => {
  const node = await fleet.active();
  await fleet.apply(node.expire());
  node.state = 'active';
  node.version -= 1;
  expect((await healed(node.introspect())).gaps).toBe(1);
  const [begun, expired] = (await fleet.history(node)).toReversed();
  expect(expired).toMatchObject({ epoch: 1, to_state: 'liveness_expired' });
  expect(begun).toMatchObject({ epoch: 2, version: 1, from_state: 'liveness_expired' });
  const announced = (await fleet.events(node)).at(-1);
  expect(announced).toMatchObject({
    from_state: 'liveness_expired',
    payload: { supersedes: { epoch: 1, state: 'liveness_expired' } },
  });
});

it('takes the place of steps whose row was lost: a new life is not refused for an old one', async () => {
  const node = await fleet.active();
  await fleet.query('DELETE FROM registration_projections WHERE entity_id = $1', [node.entity_id]);
  const reborn = new Lifecycle({ entity_id: node.entity_id });
  expect((await healed(reborn.introspect())).gaps).toBe(1);
  expect(await fleet.row(node)).toMatchObject({ epoch: 1, version: 1, current_state: 'pending_registration' });
  expect(await fleet.history(node)).toHaveLength(1);
});

it('takes the place of steps beyond a row that was set back', async () => {
  const node = new Lifecycle();
  await fleet.apply(node.introspect());
  const rows = await fleet.query<{ row: unknown }>(
    'SELECT to_jsonb(p) AS row FROM registration_projections p WHERE entity_id = $1',
    [node.entity_id],
  );
  const rival = node.copy();
  await fleet.apply(node.offer());
  await fleet.query('DELETE FROM registration_projections WHERE entity_id = $1', [node.entity_id]);
  await fleet.query(
    'INSERT INTO registration_projections SELECT * FROM jsonb_populate_record(NULL::registration_projections, $1)',
    [JSON.stringify(rows[0]?.row)],
  );
  await fleet.apply(rival.reject());
  expect(await fleet.row(node)).toMatchObject({ current_state: 'rejected', version: 2 });
  expect((await fleet.history(node)).map(({ to_state }) => to_state)).toEqual(['pending_registration', 'rejected']);
});

it('writes the hot row anew when it is missing or unreadable', async () => {
  const node = await fleet.active();
  await fleet.query('DELETE FROM node_liveness WHERE entity_id = $1', [node.entity_id]);
  await fleet.apply(node.changeHealth('degraded'));
  expect(await fleet.hot(node)).toMatchObject({ state: 'active', epoch: 1, attempt_id: node.attempt_id });
  await fleet.query(`UPDATE node_liveness SET last_heartbeat_at = 'infinity' WHERE entity_id = $1`, [node.entity_id]);
  await fleet.apply(node.changeHealth('healthy'));
  expect((await fleet.hot(node))?.last_heartbeat_at).toBeNull();
});

it('expires nobody because telemetry was spoilt', async () => {
  const node = await fleet.active();
  await fleet.age(node, 300_000);
  await fleet.beat(node);
  await fleet.query(
    `UPDATE node_liveness SET uptime_seconds = 'NaN', node_clock_at = 'infinity' WHERE entity_id = $1`,
    [node.entity_id],
  );
  const request = { guard: 'liveness_overdue', epoch: 1, write: node.copy().expire() } as const;
  expect(await fleet.projector.persistIf(request)).toMatchObject({ outcome: 'not_due', why: 'early' });
});

it('does not announce again what had left before its row was lost', async () => {
  const node = new Lifecycle();
  const cause = randomUUID();
  const introspection = node.introspect({}, cause);
  await fleet.apply(introspection);
  await fleet.query('DELETE FROM registration_projections WHERE entity_id = $1', [node.entity_id]);
  await fleet.apply(introspection);
  expect(await fleet.events(node)).toHaveLength(1);
});
