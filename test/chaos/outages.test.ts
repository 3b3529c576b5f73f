/**
 * Longer outages (registration.md 9 table, 13.8): the engine and the database are frozen, one after the other, for longer
 * than an outage takes to be known, while nodes acknowledge and beat. In fleet mode, where the sweep finds who is dead.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/cli.ts';
import { type ChaosStack, sleep, startChaosStack, timing } from './support/chaos-stack.ts';
import { ChaosFleet } from './support/fleet.ts';
import { follow, type Follower } from './support/follower.ts';
import { acknowledge, offered, type Offer } from './support/offers.ts';
import { allHeard, brokenPromises, brokenStream, receiptsApplied } from './support/promises.ts';

let stack: ChaosStack;
let fleet: ChaosFleet;
let follower: Follower;

beforeAll(async () => {
  stack = await startChaosStack({ OMNIBASE_DEADLINES_MODE: 'fleet' });
  follower = follow(stack.api.nodes);
  fleet = new ChaosFleet(stack.api.nodes, { socketPath: stack.socketPath });
  await fleet.keep(50);
  fleet.churn(4);
});

afterAll(async () => {
  await fleet?.close();
  await follower?.close();
  await stack?.[Symbol.asyncDispose]();
});

/** Well over the 10 s after which a path counts as down. */
const outageMs = 14_000;
async function healed(): Promise<void> {
  const before = fleet.handshakes;
  await waitFor('handshakes to go on', () => fleet.handshakes >= before + 8 || undefined, 45_000);
  await fleet.recovered();
  await receiptsApplied(stack.query, fleet);
  expect(await brokenPromises(stack.query, fleet, follower)).toEqual([]);
}

async function statesOf(offers: readonly Offer[]): Promise<string[]> {
  const rows = await stack.query<{ current_state: string }>(
    'SELECT current_state::text FROM registration_projections WHERE entity_id = ANY ($1::uuid[])',
    [offers.map(({ node_id }) => node_id)],
  );
  return rows.map(({ current_state }) => current_state);
}

describe('while the engine does not answer', () => {
  it('beats are taken, acks are kept and applied afterwards, also over a crash of the database', async () => {
    const offers = await Promise.all(Array.from({ length: 6 }, () => offered(stack)));
    const silent = fleet.abandon(await fleet.birth(3));
    const frozen = await stack.freeze('temporal');
    const since = performance.now();
    const answers = await Promise.all(offers.map((offer) => acknowledge(stack, offer)));
    expect(answers.map(({ result }) => result)).toEqual(offers.map(() => 'recorded'));
    await stack.kill('postgres');
    expect(await statesOf(offers)).toEqual(offers.map(() => 'awaiting_ack'));
    await sleep(outageMs - (performance.now() - since));
    await fleet.recovered();
    frozen.thaw();

    for (const { node_id } of offers) fleet.abandoned.add(`${node_id}/1`);
    await waitFor(
      'the acks to be applied',
      async () =>
        (await statesOf(offers)).every((state) => state === 'active' || state === 'liveness_expired') || undefined,
      30_000,
    );
    const steps = await stack.query<{ to_state: string }>(
      `SELECT to_state FROM registration_transitions WHERE entity_id = ANY ($1::uuid[]) AND to_state IN ('active', 'ack_timed_out')`,
      [offers.map(({ node_id }) => node_id)],
    );
    expect(steps.map(({ to_state }) => to_state)).toEqual(offers.map(() => 'active'));
    await healed();
    await waitFor('the dead to expire', async () => (await expired(silent)) === silent.length || undefined, 40_000);
  });
});

describe('while the database does not answer', () => {
  it('nobody is overdue, and everybody has a whole window afterwards', async () => {
    const silent = fleet.abandon(await fleet.birth(3));
    const frozen = await stack.freeze('postgres');
    await sleep(outageMs);
    const back = performance.now();
    frozen.thaw();
    await healed();
    await waitFor('the dead to expire', async () => (await expired(silent)) === silent.length || undefined, 40_000);
    // Amnesty is counted from the first refresh of the path after the outage.
    expect(performance.now() - back).toBeGreaterThan(timing.window);
  });
});

describe('afterwards', () => {
  it('every event came exactly once and in order, and nothing is left open', async () => {
    await fleet.calm();
    await allHeard(stack.query, follower);
    expect(await brokenPromises(stack.query, fleet, follower)).toEqual([]);
    expect(await brokenStream(stack.query, follower)).toEqual([]);
  });
});

async function expired(ids: readonly string[]): Promise<number> {
  const [row] = await stack.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM registration_projections WHERE entity_id = ANY ($1::uuid[]) AND current_state = 'liveness_expired'`,
    [ids],
  );
  return row?.count ?? 0;
}
