import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { storeBeats } from '../../../../db/stores/node-liveness/store-beats.ts';
import { beatOf } from '../node-liveness/beats.ts';
import { type Fleet, openFleet } from './support/fleet.ts';
import type { Lifecycle } from './support/lifecycle.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet.close());

const rounds = 1_000;

it(`a beat and an expiry that race never both win, in ${rounds} rounds`, { timeout: 120_000 }, async () => {
  const node = await fleet.active();
  const write = node.copy().expire();
  const expiry = { guard: 'liveness_overdue', epoch: node.epoch, write } as const;
  const seen = { expired: 0, early: 0 };
  for (let round = 0; round < rounds; round += 1) {
    if (round % 50 === 0) await fleet.pathsUp();
    await silentSince(node);
    // Two connections; which of the two starts first changes from round to round, the locks decide.
    const beat = () => storeBeats(fleet.database, [beatOf(node.entity_id)], defaultNodeSettings, { path: 'gateway' });
    const starters = [beat, () => fleet.projector.persistIf(expiry)] as const;
    const [[stored], answer] = await (round % 2 === 0
      ? Promise.all([starters[0](), starters[1]()])
      : Promise.all([starters[1](), starters[0]()]).then(([judged, beaten]) => [beaten, judged] as const));
    const [hot, row] = await Promise.all([fleet.hot(node), fleet.row(node)]);
    if (answer.outcome === 'applied') {
      seen.expired += 1;
      // The beat waited for the lock and found a terminal row: it changed nothing.
      expect(stored).toMatchObject({ result: 'ignored_terminal', next: 'introspect' });
      expect(hot).toMatchObject({ state: 'liveness_expired', beats_since_active: 0, last_heartbeat_at: null });
      expect(row).toMatchObject({ current_state: 'liveness_expired', last_heartbeat_at: null });
    } else {
      seen.early += 1;
      // The beat was stored before the lock: nobody expires over it.
      expect(answer).toMatchObject({ outcome: 'not_due', why: 'early' });
      expect(stored).toMatchObject({ result: 'accepted', state: 'active', edge: { first: true } });
      expect(row?.current_state).toBe('active');
    }
  }
  // Both orders really occurred, or nothing was tested.
  expect(Math.min(seen.expired, seen.early)).toBeGreaterThan(rounds / 100);
});

/** The node as it stood before the round: active, five minutes silent, no expiry announced. */
async function silentSince({ entity_id }: Lifecycle): Promise<void> {
  await fleet.query(
    `WITH projection AS (
       UPDATE registration_projections SET current_state = 'active', version = 5, last_heartbeat_at = NULL,
         liveness_timeout_emitted_at = NULL, expiry_reason = NULL, state_entered_at = now() - interval '300 s',
         liveness_deadline = now() - interval '240 s'
       WHERE entity_id = $1
     ), hot AS (
       UPDATE node_liveness SET state = 'active', beats_since_active = 0, last_heartbeat_at = NULL,
         state_entered_at = now() - interval '300 s'
       WHERE entity_id = $1
     ), history AS (
       DELETE FROM registration_transitions WHERE entity_id = $1 AND version > 5
     )
     DELETE FROM outbox WHERE subject_id = $1::text AND type = 'node.liveness_expired'`,
    [entity_id],
  );
}
