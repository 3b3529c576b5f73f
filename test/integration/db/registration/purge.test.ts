import { afterEach, beforeEach, expect, it } from 'vitest';
import { purgeRegistration } from '../../../../db/stores/registration/purge.ts';
import { type Fleet, openFleet } from './support/fleet.ts';

let fleet: Fleet;
beforeEach(async () => void (fleet = await openFleet()));
afterEach(() => fleet.close());

const days = 24 * 3_600_000;

it('removes transitions after 90 days, the latest epoch never, batch after batch', async () => {
  const node = await fleet.active();
  await fleet.apply(node.introspect());
  await fleet.apply(node.offer());
  const fresh = await fleet.active();
  await fleet.age(node, 91 * days);
  await fleet.query(
    `UPDATE registration_transitions SET occurred_at = now() - interval '91 days' WHERE entity_id = $1`,
    [node.entity_id],
  );
  const before = await fleet.history(node);
  const { transitions } = await purgeRegistration(fleet.database, { batch: 2 });
  const after = await fleet.history(node);
  expect([before.length, transitions, after.length]).toEqual([8, 5, 3]);
  expect(new Set(after.map(({ epoch }) => epoch))).toEqual(new Set([2]));
  expect(await fleet.history(fresh)).toHaveLength(5);
  expect(await purgeRegistration(fleet.database)).toEqual({ transitions: 0, cursors: 0 });
});

it('forgets cursors nobody used for 30 days', async () => {
  await fleet.query(
    `INSERT INTO node_selection_cursors (key, last_entity_id, last_domain, updated_at)
     VALUES ('old', gen_random_uuid(), 'd', now() - interval '31 days'), ('new', gen_random_uuid(), 'd', now())`,
  );
  expect(await purgeRegistration(fleet.database)).toEqual({ transitions: 0, cursors: 1 });
  expect(await fleet.query('SELECT key FROM node_selection_cursors')).toEqual([{ key: 'new' }]);
});
