/**
 * The worker with its gateway, the engine and the database are killed in turn and together, while nodes handshake and
 * beat (registration.md 9, 13.8). One story in order: the fleet lives through all of it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChaosStack, sleep, startChaosStack, timing } from './support/chaos-stack.ts';
import { ChaosFleet } from './support/fleet.ts';
import { follow, type Follower } from './support/follower.ts';
import { startSecondProcess } from './support/second-process.ts';
import { allHeard, brokenPromises, brokenStream, receiptsApplied } from './support/promises.ts';
import { waitFor } from '../support/cli.ts';

let stack: ChaosStack;
let fleet: ChaosFleet;
let follower: Follower;
let dead: readonly string[];

beforeAll(async () => {
  stack = await startChaosStack();
  follower = follow(stack.api.nodes);
  fleet = new ChaosFleet(stack.api.nodes, { socketPath: stack.socketPath });
  await fleet.keep(60);
  fleet.churn(6);
});

afterAll(async () => {
  await fleet?.close();
  await follower?.close();
  await stack?.[Symbol.asyncDispose]();
});

/** Handshakes go through again, the steady nodes are well, and nothing was promised that does not hold. */
async function healed(): Promise<void> {
  const before = fleet.handshakes;
  await waitFor('handshakes to go on', () => fleet.handshakes >= before + 12 || undefined, 45_000);
  await fleet.recovered();
  await receiptsApplied(stack.query, fleet);
  expect(await brokenPromises(stack.query, fleet, follower)).toEqual([]);
}

describe('killed while nodes handshake and beat', () => {
  it('the worker and the gateway, and again while they start', async () => {
    const doomed = await fleet.birth(6);
    await stack.kill('serve');
    await stack.kill('serve');
    dead = fleet.abandon(doomed);
    await healed();
  });

  it('the engine', async () => {
    await stack.kill('temporal');
    await healed();
  });

  it('the database', async () => {
    await stack.kill('postgres');
    await healed();
  });

  it('one of two processes with worker and gateway, then the other', async () => {
    await using second = await startSecondProcess(stack);
    const guests = await fleet.birth(10, second.api.nodes);
    await stack.kill('serve');
    await healed();
    // Beats need a gateway and the database, not the worker that died.
    expect(guests.map(({ client: { status } }) => `${status.phase} ${status.failures}`)).toEqual(
      guests.map(() => 'active 0'),
    );
    fleet.abandon(guests);
    await second.kill();
    await healed();
  });

  it('all parts at the same instant', async () => {
    await stack.kill('serve', 'temporal', 'postgres');
    await healed();
  });

  it('all parts with their supervisor, for longer than an outage takes to be known', async () => {
    await stack.cutPower();
    await sleep(11_000);
    await stack.up();
    await healed();
  });

  it('truly dead nodes expire, once each, and every event came exactly once and in order', async () => {
    await fleet.calm();
    const lives = [...fleet.abandoned];
    await waitFor(
      'the dead to expire',
      async () => {
        const rows = await stack.query<{ life: string }>(
          `SELECT entity_id || '/' || epoch AS life FROM registration_projections WHERE current_state = 'active'`,
        );
        return !rows.some(({ life }) => lives.includes(life)) || undefined;
      },
      2 * timing.window + 15_000,
    );
    await allHeard(stack.query, follower);
    expect(await brokenPromises(stack.query, fleet, follower)).toEqual([]);
    expect(await brokenStream(stack.query, follower)).toEqual([]);
    const expired = follower.events
      .filter(({ type }) => type === 'node.liveness_expired')
      .map(({ subject_id }) => subject_id);
    expect(expired).toEqual(expect.arrayContaining([...dead]));
  });
});
