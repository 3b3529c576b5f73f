/**
 * Data that is lost (registration.md 9 table, last row): an older database is put back while the workflows are ahead of
 * it, then the engine loses all it had. Rows heal, nodes go on, epochs continue, and the dead are dead again.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OmniBaseError } from '../../contracts/error.ts';
import { waitFor } from '../support/cli.ts';
import { type ChaosStack, startChaosStack, timing } from './support/chaos-stack.ts';
import { keepCopy, putBack } from './support/database-copy.ts';
import { ChaosFleet, type ChaosNode } from './support/fleet.ts';
import { follow } from './support/follower.ts';
import { acknowledge, offered } from './support/offers.ts';
import { contradictions, readSteps, stuckRows } from './support/promises.ts';

// Undefined where the stack did not come up.
let stack: ChaosStack;
let fleet: ChaosFleet;

beforeAll(async () => {
  stack = await startChaosStack();
  fleet = new ChaosFleet(stack.api.nodes, { socketPath: stack.socketPath });
});

afterAll(async () => {
  await fleet?.close();
  await stack?.[Symbol.asyncDispose]();
});

interface Standing {
  readonly entity_id: string;
  readonly current_state: string;
  readonly epoch: number;
}

async function standing(nodes: readonly ChaosNode[]): Promise<Standing[]> {
  return stack.query<Standing & Record<string, unknown>>(
    `SELECT entity_id, current_state::text, epoch::int FROM registration_projections WHERE entity_id = ANY ($1::uuid[])`,
    [nodes.map(({ id }) => id)],
  );
}

/** Resolves when all rows of the nodes are in this state, in the epoch their node knows. */
async function allAre(what: string, nodes: readonly ChaosNode[], state: string, timeoutMs: number): Promise<void> {
  let seen: Standing[] = [];
  const look = async () => {
    seen = await standing(nodes);
    const rows = new Map(seen.map((row) => [row.entity_id, row]));
    const right = ({ id, client }: ChaosNode) =>
      rows.get(id)?.current_state === state && (state !== 'active' || rows.get(id)?.epoch === client.status.epoch);
    return nodes.every(right) || undefined;
  };
  await waitFor(`${what} to be ${state}`, look, timeoutMs).catch((error: unknown) => {
    const told = nodes.map(({ id, client: { status } }) => `${id} ${status.phase} ${status.state} ${status.epoch}`);
    throw new Error(`${String(error)}\n${JSON.stringify(seen, null, 1)}\n${told.join('\n')}`);
  });
}

/** The same node as another process. */
async function restarted(nodes: readonly ChaosNode[]): Promise<ChaosNode[]> {
  for (const node of nodes) node.crash();
  const again = nodes.map(({ id }) => fleet.add(id));
  for (const { client } of again) client.start();
  for (const { client } of again) expect(await client.ready({ timeoutMs: 30_000 })).toBe(true);
  return again;
}

/** Of each row, in the order of writing: epochs and versions only rise. */
async function fallingOrders(): Promise<string[]> {
  const rows = await stack.query<{ what: string }>(`
    SELECT entity_id || ' ' || epoch || '.' || version || ' after ' || before_epoch || '.' || before_version AS what
      FROM (SELECT *, lag(epoch) OVER steps AS before_epoch, lag(version) OVER steps AS before_version
              FROM registration_transitions WINDOW steps AS (PARTITION BY entity_id, domain ORDER BY id)) t
     WHERE (epoch, version) <= (before_epoch, before_version)`);
  return rows.map(({ what }) => what);
}

const healing = 2 * timing.window + 15_000;

describe('an older database is put back', () => {
  it('rows heal, who lives is active, who is dead expires, and the order stays', async () => {
    const untouched = await fleet.birth(10);
    const toRestart = await fleet.birth(4);
    const toLeave = await fleet.birth(4);
    const returning = await fleet.birth(3);
    for (const { client } of returning) await client.close();
    await keepCopy(stack.databaseUrl);
    const early = follow(stack.api.nodes);

    const newcomers = await fleet.birth(4);
    const newcomersToDie = await fleet.birth(2);
    // Come and gone: the stream gets far ahead of the copy, and workflows end whose rows will never have been.
    for (const { client } of await fleet.birth(15)) await client.close();
    const second = await restarted(toRestart);
    const back = await restarted(returning);
    for (const { client } of toLeave) await client.close();
    for (const { client } of untouched.slice(0, 3)) client.report({ status: 'degraded' });
    const gaps = await metric('omnibase_projection_gaps_total');
    fleet.abandon(newcomersToDie);
    fleet.abandon(untouched.slice(8));
    await putBack(stack.databaseUrl);

    await allAre('the living', [...untouched.slice(0, 8), ...newcomers, ...second, ...back], 'active', healing);
    await allAre('the dead', [...untouched.slice(8), ...toLeave], 'liveness_expired', healing);
    await allAre('the dead whose rows were lost', newcomersToDie, 'liveness_expired', healing);
    expect(await contradictions(stack.query)).toEqual([]);
    expect(await stuckRows(stack.query)).toEqual([]);
    expect(await fallingOrders()).toEqual([]);
    expect(await metric('omnibase_projection_gaps_total')).toBeGreaterThan(gaps);

    // Whoever followed learns that the stream is another one, instead of missing what takes the old numbers.
    await waitFor('the stream to say so', () => early.failure ?? undefined);
    expect((early.failure as OmniBaseError).code).toBe('ND018');
    await early.close();
  }, 180_000);
});

describe('the engine loses everything', () => {
  it('who lives goes on, an ack and an introspection find their way, the dead expire, epochs continue', async () => {
    const living = await fleet.birth(6);
    const doomed = await fleet.birth(4);
    const toRestart = await fleet.birth(3);
    const offer = await offered(stack);
    const epochs = new Map((await standing(toRestart)).map(({ entity_id, epoch }) => [entity_id, epoch]));
    await Promise.all(
      ['', '-wal', '-shm'].map((end) => rm(path.join(stack.home, 'state', `temporal.db${end}`), { force: true })),
    );
    await stack.kill('temporal');
    fleet.abandon(doomed);
    expect((await acknowledge(stack, offer)).result).toMatch(/^(activated|recorded)$/);
    const again = await restarted(toRestart);
    for (const { id, client } of again) expect(client.status.epoch).toBe((epochs.get(id) ?? 0) + 1);
    await allAre('the dead', doomed, 'liveness_expired', healing + 30_000);
    await allAre('the living', [...living, ...again], 'active', 5_000);
    const [acked] = await stack.query('SELECT FROM registration_transitions WHERE attempt_id = $1 AND to_state = $2', [
      offer.attempt_id,
      'active',
    ]);
    expect(acked).toBeDefined();
    const steps = (await readSteps(stack.query)).filter(({ entity_id }) => living.some(({ id }) => id === entity_id));
    expect(steps.filter(({ to_state }) => to_state === 'liveness_expired')).toEqual([]);
    expect(await contradictions(stack.query)).toEqual([]);
    expect(await stuckRows(stack.query)).toEqual([]);
  }, 120_000);
});

/** Sum over all labels. */
async function metric(name: string): Promise<number> {
  const text = await stack.metrics();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
