import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { storeBeats } from '../../../../db/stores/node-liveness/store-beats.ts';
import { type Fleet, openFleet } from '../registration/support/fleet.ts';
import { beatOf } from './beats.ts';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await openFleet();
});

afterAll(() => fleet.close());

/**
 * Coarse copies (registration.md 6.2): set by activation, then by the step that the first beat causes. Until that step is
 * written the projection has no last heartbeat, which is how the sweep knows that its edge was lost.
 */
it('the first beat is an edge, and its step moves the coarse copies', async () => {
  const node = await fleet.active();
  const activated = await fleet.row(node);
  expect(activated).toMatchObject({ last_heartbeat_at: null });
  const beat = () => storeBeats(fleet.database, [beatOf(node.entity_id)], defaultNodeSettings, { path: 'gateway' });

  const [first] = await beat();
  expect(first?.edge).toEqual({ status: 'healthy', first: true, received_at: first?.last_heartbeat_at });
  expect(await fleet.row(node)).toEqual(activated);

  await fleet.apply(node.changeHealth('healthy', true));
  const row = await fleet.row(node);
  expect(row?.last_heartbeat_at).toBe(first?.last_heartbeat_at);
  expect(Date.parse(row?.liveness_deadline ?? '')).toBe(Date.parse(first?.last_heartbeat_at ?? '') + 90_000);

  const [second] = await beat();
  expect(second?.edge).toBeNull();
  expect(second?.version).toBe(row?.version);
  expect(await fleet.row(node)).toEqual(row);
});

it('a beat during the handshake is no sign of life for the epoch that follows activation', async () => {
  const node = await fleet.awaiting();
  const beat = () => storeBeats(fleet.database, [beatOf(node.entity_id)], defaultNodeSettings, { path: 'gateway' });
  expect((await beat())[0]).toMatchObject({ next: 'ack', attempt_id: node.attempt_id });
  await fleet.apply(node.activate());
  expect(await fleet.hot(node)).toMatchObject({ beats_since_active: 0, state: 'active' });
  expect((await beat())[0]?.edge).toMatchObject({ first: true });
});

it('nothing of an epoch is left in the next', async () => {
  const node = await fleet.active();
  await storeBeats(
    fleet.database,
    [beatOf(node.entity_id, { sequence: 900, uptime_seconds: 900, cpu_usage_percent: 50 })],
    defaultNodeSettings,
    { path: 'gateway' },
  );
  await fleet.apply(node.introspect());
  const [late] = await storeBeats(
    fleet.database,
    [beatOf(node.entity_id, { epoch: 1, uptime_seconds: 901 })],
    defaultNodeSettings,
    { path: 'gateway' },
  );
  expect(late).toMatchObject({ result: 'stale_epoch', next: 'stop', epoch: 2, edge: null });
  expect(await fleet.hot(node)).toMatchObject({
    last_heartbeat_at: null,
    node_sequence: null,
    cpu_usage_percent: null,
  });
});
