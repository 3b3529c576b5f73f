import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createProjector, type Projector } from '../../../../db/stores/registration/projector.ts';
import { type Fleet, openFleet } from './support/fleet.ts';
import { factsOf, Lifecycle } from './support/lifecycle.ts';
import { type CountedWire, countTurns } from './support/turns.ts';

let fleet: Fleet;
let wire: CountedWire;
let database: Database;
let projector: Projector;
beforeAll(async () => {
  fleet = await openFleet();
  wire = await countTurns(fleet.url);
  database = openDatabase(wire.url, { applicationName: 'round trips', max: 1 });
  projector = createProjector({ database, settings: () => defaultNodeSettings });
  await database.pool.query('SELECT 1');
});
afterAll(async () => {
  await database.close();
  await wire.close();
  await fleet.close();
});

it('a write costs two round trips, a refused one no more, a load one', async () => {
  const node = new Lifecycle();
  const counted = async (work: Promise<unknown>): Promise<number> => {
    wire.turns();
    await work;
    return wire.turns();
  };
  const introspection = node.introspect();
  expect(await counted(projector.persist(introspection))).toBe(2);
  expect(await counted(projector.persist(node.offer()))).toBe(2);
  expect(await counted(projector.persistIf({ guard: 'ack_in_time', epoch: 1, write: node.activate() }))).toBe(2);
  expect(await counted(projector.persist(node.changeFacts(factsOf({ node_name: 'other' }))))).toBe(2);
  expect(await counted(projector.persist(introspection))).toBe(2);
  expect(await counted(projector.persistIf({ guard: 'liveness_overdue', epoch: 1, write: node.copy().expire() }))).toBe(
    2,
  );
  expect(await counted(projector.load(node.entity_id, node.domain))).toBe(1);
  expect(await counted(projector.compare(node.entity_id, node.domain, { epoch: 1, version: 1 }))).toBe(1);
});
