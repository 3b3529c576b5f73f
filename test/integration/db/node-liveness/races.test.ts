import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { recordReceipt } from '../../../../db/stores/node-liveness/receipt.ts';
import { requestIntrospection } from '../../../../db/stores/node-liveness/request-introspection.ts';
import { storeBeats } from '../../../../db/stores/node-liveness/store-beats.ts';
import { claimPokes } from '../../../../db/stores/sweep/claim-pokes.ts';
import { renewDeadlines } from '../../../../db/stores/sweep/renew-deadlines.ts';
import { type Fleet, openFleet } from '../registration/support/fleet.ts';
import { Lifecycle } from '../registration/support/lifecycle.ts';
import { insertNodes, nodeSeed } from '../registration-reader/seed.ts';
import { beatOf } from './beats.ts';

let fleet: Fleet;
let gateways: readonly Database[];

beforeAll(async () => {
  fleet = await openFleet();
  gateways = ['a', 'b', 'c'].map((name) =>
    openDatabase(fleet.url, { applicationName: `gateway ${name}`, max: 4, poolTimeoutMs: 20_000 }),
  );
});

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await fleet.close();
});

const gateway = { path: 'gateway' } as const;

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

describe('beats among everything else that writes', () => {
  it('wait for nobody in a circle, and none is lost', async () => {
    const nodes = await Promise.all(Array.from({ length: 24 }, () => fleet.active()));
    const keys = nodes.map(({ entity_id, domain }) => ({ entity_id, domain }));
    const sent = new Map<string, number>();
    const until = new AbortController();
    // Each of these goes on until the beats are through.
    const meanwhile = async (work: () => Promise<unknown>): Promise<number> => {
      let rounds = 0;
      for (; !until.signal.aborted; rounds++) await work();
      return rounds;
    };
    const beating = gateways.flatMap((database) =>
      Array.from({ length: 2 }, async () => {
        for (let round = 0; round < 60; round++) {
          const batch = shuffled(nodes).slice(0, 16);
          const stored = await storeBeats(
            database,
            batch.map(({ entity_id }) => beatOf(entity_id)),
            defaultNodeSettings,
            gateway,
          );
          for (const [index, { result }] of stored.entries()) {
            const id = batch[index]?.entity_id ?? '';
            if (result === 'accepted') sent.set(id, (sent.get(id) ?? 0) + 1);
          }
        }
      }),
    );
    // Steps of one node follow one another, as its workflow sees to; each stepper has nodes of its own.
    const steppers = [0, 1, 2].map((offset) => {
      const own = nodes.filter((_, index) => index % 3 === offset);
      let turn = 0;
      return meanwhile(async () => {
        const node = own[turn++ % own.length];
        if (node === undefined) throw new Error('every stepper has nodes');
        await fleet.projector.persist(node.changeHealth(turn % 2 === 0 ? 'healthy' : 'degraded'));
      });
    });
    const others = [
      meanwhile(() => requestIntrospection(fleet.database, 'all', 'registration')),
      meanwhile(() => renewDeadlines(fleet.database, defaultNodeSettings, () => undefined)),
      meanwhile(() => claimPokes(fleet.database, shuffled(keys))),
      meanwhile(() =>
        recordReceipt(fleet.database, {
          node_id: randomUUID(),
          domain: 'registration',
          attempt_id: randomUUID(),
          command_id: randomUUID(),
        }),
      ),
    ];
    const finished = await Promise.allSettled(beating);
    until.abort();
    const rounds = await Promise.all([...steppers, ...others]);

    expect(finished.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(Math.min(...rounds)).toBeGreaterThan(5);
    expect(await deadlocks()).toBe(0);
    for (const node of nodes) {
      expect((await fleet.hot(node))?.beats_since_active).toBe(sent.get(node.entity_id));
      expect((await fleet.row(node))?.version).toBe(node.version);
    }
  });

  it('batches of the same nodes in any order wait in line', async () => {
    const seeds = Array.from({ length: 200 }, () => nodeSeed());
    await insertNodes(fleet.database, seeds);
    const ids = seeds.map(({ row }) => row.entity_id);
    await Promise.all(
      gateways.flatMap((database) =>
        Array.from({ length: 20 }, () =>
          storeBeats(
            database,
            shuffled(ids).map((id) => beatOf(id)),
            defaultNodeSettings,
            gateway,
          ),
        ),
      ),
    );
    const [row] = await fleet.query<{ least: number; most: number }>(
      'SELECT min(beats_since_active) AS least, max(beats_since_active) AS most FROM node_liveness WHERE entity_id = ANY($1)',
      [ids],
    );
    expect(row).toEqual({ least: 60, most: 60 });
    expect(await deadlocks()).toBe(0);
  });
});

describe('a statement typed by hand', () => {
  it('that locks against the order costs a batch a second try, not its beats', async () => {
    const seeds = [nodeSeed(), nodeSeed()];
    await insertNodes(fleet.database, seeds);
    const [low = '', high = ''] = seeds.map(({ row }) => row.entity_id).sort();
    const lock = 'UPDATE node_liveness SET last_poked_at = now() WHERE entity_id = $1';
    const hand = await fleet.database.pool.connect();
    await hand.query("BEGIN; SET LOCAL deadlock_timeout TO '10 s'");
    await hand.query(lock, [high]);
    const stored = storeBeats(fleet.database, [beatOf(low), beatOf(high)], defaultNodeSettings, gateway);
    await expect
      .poll(async () => (await fleet.query('SELECT 1 FROM pg_locks WHERE NOT granted')).length, { interval: 10 })
      .toBeGreaterThan(0);
    await hand.query(lock, [low]);
    await hand.query('COMMIT');
    hand.release();
    expect((await stored).map(({ result }) => result)).toEqual(['accepted', 'accepted']);
    expect((await fleet.hot({ entity_id: low, domain: 'registration' }))?.beats_since_active).toBe(1);
  });
});

describe('a beat racing the expiry of its node', () => {
  it('either saves it or finds it dead, a thousand times', async () => {
    const past = (ms: number) => new Date(Date.now() - ms).toISOString();
    const seeds = Array.from({ length: 1_000 }, () =>
      nodeSeed({
        version: 6,
        state_entered_at: past(200_000),
        liveness_deadline: past(10_000),
        last_heartbeat_at: past(100_000),
        live: { beats_since_active: 1, last_heartbeat_at: past(100_000), reported_status: 'healthy' },
      }),
    );
    await insertNodes(fleet.database, seeds);
    await fleet.pathsUp();
    const outcomes = { saved: 0, dead: 0 };
    const waiting = [...seeds];
    const round = async ({ row }: (typeof seeds)[number], gatewayOf: Database): Promise<void> => {
      const node = Object.assign(new Lifecycle({ entity_id: row.entity_id }), {
        state: 'active',
        epoch: 1,
        version: 6,
        attempt_id: row.attempt_id,
      });
      const write = { guard: 'liveness_overdue', epoch: 1, write: node.expire() } as const;
      // Who is sent first differs from round to round, so both orders come about.
      const beat = () => storeBeats(gatewayOf, [beatOf(row.entity_id)], defaultNodeSettings, gateway);
      const expiry = () => fleet.projector.persistIf(write);
      const beatFirst = Math.random() < 0.5;
      const [stored, result] = beatFirst
        ? await Promise.all([beat(), expiry()])
        : await Promise.all([expiry(), beat()]).then(([second, first]) => [first, second] as const);
      const saved = result.outcome === 'not_due';
      outcomes[saved ? 'saved' : 'dead'] += 1;
      expect(stored[0]?.result).toBe(saved ? 'accepted' : 'ignored_terminal');
      const after = await fleet.row(row);
      const hot = await fleet.hot(row);
      expect([after?.current_state, hot?.state]).toEqual(
        saved ? ['active', 'active'] : ['liveness_expired', 'liveness_expired'],
      );
      expect(after?.liveness_timeout_emitted_at === null).toBe(saved);
      expect(hot?.beats_since_active).toBe(saved ? 2 : 1);
    };
    await Promise.all(
      Array.from({ length: 6 }, async (_, worker) => {
        const own = gateways[worker % gateways.length] ?? fleet.database;
        for (let seed = waiting.pop(); seed !== undefined; seed = waiting.pop()) await round(seed, own);
      }),
    );
    expect(outcomes.saved + outcomes.dead).toBe(1_000);
    expect(Math.min(outcomes.saved, outcomes.dead)).toBeGreaterThan(20);
  });
});

async function deadlocks(): Promise<number> {
  await fleet.query('SELECT pg_stat_force_next_flush()');
  const [row] = await fleet.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(row?.deadlocks);
}
