import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, openFleet } from './support/fleet.ts';
import type { Lifecycle } from './support/lifecycle.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet.close());

const load = async ({ entity_id, domain }: Lifecycle) => {
  const loaded = await fleet.projector.load(entity_id, domain);
  if (loaded === null) throw new Error('nothing was loaded');
  return loaded;
};

describe('load', () => {
  it('is null without a row', async () => {
    expect(await fleet.projector.load(randomUUID(), 'registration')).toBeNull();
  });

  it('gives row, hot row and clock of one moment', async () => {
    const node = await fleet.active();
    await fleet.age(node, 10_000);
    await fleet.beat(node);
    const { row, liveness, clock } = await load(node);
    expect(row).toEqual(await fleet.row(node));
    expect(liveness).toEqual(await fleet.hot(node));
    expect(clock).toMatchObject({
      ack_remaining_ms: null,
      retry_remaining_ms: null,
      interval_ms: 30_000,
      mode: 'precise',
    });
    // The truth, not the coarse copy.
    expect(clock.liveness_remaining_ms).toBeGreaterThan(89_000);
  });

  it('knows the attempts that may still be acknowledged', async () => {
    const node = await fleet.awaiting();
    const unanswered = node.attempt_id;
    await fleet.age(node, 10_000);
    await fleet.awaiting(node);
    const { attempts } = await load(node);
    expect(attempts.map(({ attempt_id, epoch }) => [attempt_id, epoch])).toEqual([
      [node.attempt_id, 2],
      [unanswered, 1],
    ]);
    expect(attempts[0]?.window_remaining_ms).toBeGreaterThan(29_000);
    expect(attempts[1]?.window_remaining_ms).toBeGreaterThan(18_000);
    expect(attempts[1]?.window_remaining_ms).toBeLessThanOrEqual(20_000);
    await fleet.age(node, 25_000);
    expect((await load(node)).attempts[1]?.window_remaining_ms).toBe(0);
  });

  it('counts an answered attempt as closed, and one without an offer as never opened', async () => {
    const node = await fleet.active();
    await fleet.apply(node.introspect());
    expect((await load(node)).attempts.map(({ window_remaining_ms }) => window_remaining_ms)).toEqual([0, 0]);
  });

  it('remembers eight attempts, newest first', async () => {
    const node = await fleet.awaiting();
    for (let epoch = 2; epoch <= 10; epoch += 1) await fleet.apply(node.introspect());
    expect((await load(node)).attempts.map(({ epoch }) => epoch)).toEqual([10, 9, 8, 7, 6, 5, 4, 3]);
  });

  it('remembers what messages and commands it has handled, newest first, and no causes of time', async () => {
    const [message, command, again] = [randomUUID(), randomUUID(), randomUUID()];
    const node = await fleet.awaiting();
    await fleet.apply(node.timeOut(1));
    await fleet.apply(node.retry());
    await fleet.apply(node.introspect({}, message));
    await fleet.apply(node.offer());
    await fleet.apply(node.activate(command));
    await fleet.apply(node.introspect({}, again));
    const { seen } = await load(node);
    expect(seen.slice(0, 3)).toEqual([again, command, message]);
    // The introspection of the first epoch; its time-out and retry were caused by events.
    expect(seen).toHaveLength(4);
  });

  it('keeps at most 32 of them', async () => {
    const node = await fleet.active();
    for (let beat = 0; beat < 34; beat += 1)
      await fleet.apply(node.changeHealth(beat % 2 === 0 ? 'degraded' : 'healthy'));
    expect((await load(node)).seen).toHaveLength(32);
  });

  it('names the event that opened the present wait', async () => {
    const node = await fleet.awaiting();
    const opening = async () => (await load(node)).opening_event_id;
    const newest = async (type: string) =>
      (await fleet.events(node)).findLast((event) => event.type === type)?.event_id;
    expect(await opening()).toBe(await newest('node.registration.offered'));
    await fleet.apply(node.timeOut(1));
    expect(await opening()).toBe(await newest('node.registration.ack_timed_out'));
    await fleet.apply(node.retry());
    expect(await opening()).toBeNull();
    await fleet.apply(node.offer());
    await fleet.apply(node.activate());
    await fleet.apply(node.changeHealth('healthy', true));
    expect(await opening()).toBe(await newest('node.became_active'));
    await fleet.apply(node.expire());
    expect(await opening()).toBeNull();
  });

  it('leaves rows of feeds alone', async () => {
    const node = await fleet.active();
    await fleet.query(`UPDATE registration_projections SET ordering_mode = 'sequence' WHERE entity_id = $1`, [
      node.entity_id,
    ]);
    expect(await fleet.projector.load(node.entity_id, node.domain)).toBeNull();
  });

  it('says which column of a row it cannot read', async () => {
    const node = await fleet.active();
    await fleet.query(`UPDATE registration_projections SET updated_at = 'infinity' WHERE entity_id = $1`, [
      node.entity_id,
    ]);
    await expect(fleet.projector.load(node.entity_id, node.domain)).rejects.toMatchObject({
      code: 'ND012',
      details: { kind: 'MalformedRow', path: 'updated_at' },
    });
  });
});
