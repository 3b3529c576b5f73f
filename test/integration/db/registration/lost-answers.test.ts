/**
 * A worker that dies at any moment of any write (registration.md 13.3): whoever runs the write again leaves one
 * transition, one event and one marker per edge.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RegistrationWrite } from '../../../../contracts/node/projection.ts';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { openDatabase } from '../../../../db/client.ts';
import { createProjector, type Projector } from '../../../../db/stores/registration/projector.ts';
import { type Fleet, openFleet } from './support/fleet.ts';
import { Lifecycle } from './support/lifecycle.ts';
import { type CountedWire, countTurns } from './support/turns.ts';

let fleet: Fleet;
let wire: CountedWire;
beforeAll(async () => {
  fleet = await openFleet();
  wire = await countTurns(fleet.url);
});
afterAll(async () => {
  await wire.close();
  await fleet.close();
});

interface Death {
  readonly turn: number;
  readonly moment: 'before' | 'after';
  /** What the write is found to be when it is sent over a good connection at last. */
  readonly outcome: 'applied' | 'duplicate';
}

/** Before anything was heard; between lock and write; with the write lost; with the answer lost. */
const deaths: readonly Death[] = [
  { turn: 1, moment: 'before', outcome: 'applied' },
  { turn: 1, moment: 'after', outcome: 'applied' },
  { turn: 2, moment: 'before', outcome: 'applied' },
  { turn: 2, moment: 'after', outcome: 'duplicate' },
];

const rounds = 10;

type Send = (projector: Projector) => Promise<{ readonly outcome: string }>;

/** Sends a write ten times over dying connections, then once over a good one, and answers what that one said. */
async function sentThroughDeaths(send: Send, death: Death): Promise<string> {
  for (let round = 0; round < rounds; round += 1) {
    const database = openDatabase(wire.url, { applicationName: 'dying worker', max: 1 });
    try {
      await database.pool.query('SELECT 1');
      wire.cutAt(death.turn, death.moment);
      const projector = createProjector({ database, settings: () => defaultNodeSettings });
      const answer = await send(projector).catch((error: unknown) => error);
      // Once it is written, what can be lost is the end of a transaction that changed nothing.
      const written = death.outcome === 'duplicate' && round > 0;
      expect(answer).toMatchObject(written ? { outcome: 'duplicate', known: true } : { code: 'ND009' });
    } finally {
      await database.close();
    }
  }
  return (await send(fleet.projector)).outcome;
}

it.each(deaths)('each edge happens once when workers die at turn $turn, $moment the server heard it', async (death) => {
  const node = new Lifecycle();
  const persist =
    (write: RegistrationWrite): Send =>
    (projector) =>
      projector.persist(write);
  const persistIf =
    (guard: 'ack_overdue' | 'liveness_overdue', epoch: number, write: RegistrationWrite): Send =>
    (projector) =>
      projector.persistIf({ guard, epoch, write });
  const { outcome } = death;

  expect(await sentThroughDeaths(persist(node.introspect()), death)).toBe(outcome);
  expect(await sentThroughDeaths(persist(node.offer()), death)).toBe(outcome);
  await fleet.age(node, 31_000);
  expect(await sentThroughDeaths(persistIf('ack_overdue', 1, node.timeOut(1)), death)).toBe(outcome);
  expect(await sentThroughDeaths(persist(node.retry()), death)).toBe(outcome);
  await fleet.apply(node.offer());
  expect(await sentThroughDeaths(persist(node.activate()), death)).toBe(outcome);
  await fleet.age(node, 61_000);
  await fleet.pathsUp();
  expect(await sentThroughDeaths(persistIf('liveness_overdue', 2, node.expire()), death)).toBe(outcome);

  const history = await fleet.history(node);
  expect(history.map(({ epoch, version, to_state }) => [epoch, version, to_state])).toEqual([
    [1, 1, 'pending_registration'],
    [1, 2, 'accepted'],
    [1, 3, 'awaiting_ack'],
    [1, 4, 'ack_timed_out'],
    [2, 1, 'pending_registration'],
    [2, 2, 'accepted'],
    [2, 3, 'awaiting_ack'],
    [2, 4, 'ack_received'],
    [2, 5, 'active'],
    [2, 6, 'liveness_expired'],
  ]);
  expect((await fleet.events(node)).map(({ event_id }) => event_id)).toEqual(history.map(({ event_id }) => event_id));
  const row = await fleet.row(node);
  expect(row).toMatchObject({ current_state: 'liveness_expired', epoch: 2, version: 6, ack_timeout_emitted_at: null });
  expect(row?.liveness_timeout_emitted_at).not.toBeNull();
});
