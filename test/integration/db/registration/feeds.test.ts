import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeedWrite, Ordering } from '../../../../contracts/node/projection.ts';
import { modeOf } from '../../../../domain/registration/ordering.ts';
import { factsOf, Lifecycle } from './support/lifecycle.ts';
import { type Fleet, openFleet } from './support/fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet.close());

const facts = factsOf().columns;

function feed(entity_id: string, ordering: Ordering, more: Partial<FeedWrite> = {}): FeedWrite {
  const mode = modeOf(ordering);
  if (mode === 'workflow') throw new Error('not of a feed');
  return {
    entity_id,
    domain: 'elsewhere',
    ordering_mode: mode,
    ordering,
    event_id: randomUUID(),
    cause_id: null,
    actor: 'system:feed',
    data_provenance: 'imported',
    current_state: 'active',
    facts,
    ack_deadline: null,
    liveness_deadline: null,
    last_heartbeat_at: null,
    correlation_id: null,
    ...more,
  };
}

const keyOf = (entity_id: string) => ({ entity_id, domain: 'elsewhere' });

describe('writes of a feed', () => {
  it('are stored as imports, with neither event nor hot row', async () => {
    const id = randomUUID();
    const transitions: unknown[] = [];
    const projector = fleet.another({ observer: { transition: (step) => transitions.push(step) } });
    expect(await projector.persist(feed(id, { sequence: 4 }))).toMatchObject({
      outcome: 'applied',
      state: 'active',
      epoch: 0,
      version: 0,
    });
    await projector.persist(
      feed(id, { sequence: 9 }, { current_state: 'accepted', ack_deadline: '2026-01-01T00:00:00.000Z' }),
    );
    expect(await fleet.row(keyOf(id))).toMatchObject({
      ...facts,
      current_state: 'accepted',
      ordering_mode: 'sequence',
      last_applied_sequence: 9,
      last_applied_offset: 0,
      last_applied_partition: null,
      data_provenance: 'imported',
    });
    expect(
      (await fleet.history(keyOf(id))).map(({ kind, from_state, to_state, epoch }) => [
        kind,
        from_state,
        to_state,
        epoch,
      ]),
    ).toEqual([
      ['import', null, 'active', null],
      ['import', 'active', 'accepted', null],
    ]);
    expect(await fleet.events(keyOf(id))).toEqual([]);
    expect(await fleet.hot(keyOf(id))).toBeNull();
    // Feeds may skip facts: what no table allows is counted as such.
    expect(transitions).toEqual([
      { from: null, to: 'active', kind: 'import', legal: false },
      { from: 'active', to: 'accepted', kind: 'import', legal: false },
    ]);
  });

  it.each<[string, Ordering, Ordering, string]>([
    ['higher sequence', { sequence: 4 }, { sequence: 5 }, 'applied'],
    ['equal sequence', { sequence: 4 }, { sequence: 4 }, 'duplicate'],
    ['lower sequence', { sequence: 4 }, { sequence: 3 }, 'stale'],
    ['sequence 0 after none', { sequence: 0 }, { sequence: 0 }, 'duplicate'],
    ['a lone offset, which means nothing', { sequence: 4 }, { sequence: 4, offset: 9 }, 'duplicate'],
    [
      'a lone partition, which means nothing',
      { sequence: 4, partition: 'a' },
      { sequence: 5, partition: 'b' },
      'applied',
    ],
    ['higher offset in the empty partition', { partition: '', offset: 0 }, { partition: '', offset: 1 }, 'applied'],
    ['equal offset 0', { partition: '', offset: 0 }, { partition: '', offset: 0 }, 'duplicate'],
    [
      'sequence before offset',
      { partition: 'a', offset: 9, sequence: 1 },
      { partition: 'a', offset: 1, sequence: 2 },
      'applied',
    ],
    [
      'offset within a sequence',
      { partition: 'a', offset: 9, sequence: 1 },
      { partition: 'a', offset: 1, sequence: 1 },
      'stale',
    ],
  ])('are judged by %s', async (_what, first, second, outcome) => {
    const id = randomUUID();
    await fleet.projector.persist(feed(id, first));
    const result = await fleet.projector.persist(feed(id, second, { current_state: 'rejected' }));
    expect(result).toMatchObject({ outcome, known: false, state: outcome === 'applied' ? 'rejected' : 'active' });
    expect(await fleet.history(keyOf(id))).toHaveLength(outcome === 'applied' ? 2 : 1);
  });

  it('stores sequence and offset as they are given', async () => {
    const id = randomUUID();
    await fleet.projector.persist(feed(id, { partition: 'p-1', offset: 0 }));
    expect(await fleet.row(keyOf(id))).toMatchObject({
      ordering_mode: 'offset',
      last_applied_sequence: null,
      last_applied_offset: 0,
      last_applied_partition: 'p-1',
    });
    await fleet.projector.persist(feed(id, { partition: 'p-1', offset: 3, sequence: 0 }));
    expect(await fleet.row(keyOf(id))).toMatchObject({ last_applied_sequence: 0, last_applied_offset: 3 });
  });

  it('knows its own repetition', async () => {
    const id = randomUUID();
    const write = feed(id, { sequence: 1 });
    await fleet.projector.persist(write);
    expect(await fleet.projector.persist(write)).toMatchObject({ outcome: 'duplicate', known: true });
  });

  it('refuses another mode, another partition and another owner, and writes nothing', async () => {
    const id = randomUUID();
    await fleet.projector.persist(feed(id, { partition: 'a', offset: 1 }));
    await expect(fleet.projector.persist(feed(id, { sequence: 9 }))).rejects.toMatchObject({ code: 'ND005' });
    await expect(fleet.projector.persist(feed(id, { partition: 'b', offset: 9 }))).rejects.toMatchObject({
      code: 'ND006',
    });
    await expect(fleet.projector.compare(id, 'elsewhere', { partition: 'b', offset: 9 })).rejects.toMatchObject({
      code: 'ND006',
    });
    const workflow = new Lifecycle({ domain: 'elsewhere', entity_id: id });
    await expect(fleet.projector.persist(workflow.introspect())).rejects.toMatchObject({ code: 'ND005' });
    const owned = await fleet.active(new Lifecycle({ domain: 'elsewhere' }));
    await expect(fleet.projector.persist(feed(owned.entity_id, { sequence: 9 }))).rejects.toMatchObject({
      code: 'ND005',
    });
    expect(await fleet.history(keyOf(id))).toHaveLength(1);
    expect(await fleet.history(owned)).toHaveLength(5);
  });

  it('refuses an ordering that is none', async () => {
    const write = feed(randomUUID(), { sequence: 1 });
    await expect(fleet.projector.persist({ ...write, ordering_mode: 'offset' })).rejects.toMatchObject({
      code: 'ND001',
    });
    await expect(fleet.projector.persist({ ...write, ordering: { sequence: -1 } })).rejects.toMatchObject({
      code: 'ND001',
    });
  });

  it('ends at the highest sequence when many come at once', async () => {
    const id = randomUUID();
    const states = ['active', 'accepted', 'rejected', 'ack_received'] as const;
    const writes = Array.from({ length: 100 }, (_, index) =>
      feed(id, { sequence: (index * 37) % 100 }, { current_state: states[((index * 37) % 100) % 4] ?? 'active' }),
    );
    await Promise.all(writes.map((write) => fleet.projector.persist(write)));
    expect(await fleet.row(keyOf(id))).toMatchObject({ last_applied_sequence: 99, current_state: 'ack_received' });
  });

  it('moves the copies of beat and deadline forward only', async () => {
    const id = randomUUID();
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    await fleet.projector.persist(feed(id, { sequence: 1 }, { last_heartbeat_at: at(10), liveness_deadline: at(40) }));
    await fleet.projector.persist(feed(id, { sequence: 2 }, { last_heartbeat_at: at(5), liveness_deadline: at(35) }));
    expect(await fleet.row(keyOf(id))).toMatchObject({ last_heartbeat_at: at(10), liveness_deadline: at(40) });
  });
});

describe('markers', () => {
  const past = '2026-01-01T00:00:00.000Z';

  it('are for rows of feeds, once per deadline that has passed in a state that watches it', async () => {
    const { projector } = fleet;
    const id = randomUUID();
    await projector.persist(feed(id, { sequence: 1 }, { current_state: 'awaiting_ack', ack_deadline: past }));
    const mark = () => projector.updateAckTimeoutMarker(id, 'elsewhere', past);
    expect(await projector.updateLivenessTimeoutMarker(id, 'elsewhere', past)).toBe('not_due');
    const before = await fleet.row(keyOf(id));
    expect(await mark()).toBe('updated');
    expect(await mark()).toBe('not_due');
    expect(await fleet.row(keyOf(id))).toEqual({ ...before, ack_timeout_emitted_at: past });
    // Another deadline has not been announced yet.
    await projector.persist(
      feed(id, { sequence: 2 }, { current_state: 'awaiting_ack', ack_deadline: '2026-01-02T00:00:00.000Z' }),
    );
    expect(await mark()).toBe('updated');
    await projector.persist(feed(id, { sequence: 3 }, { liveness_deadline: past }));
    expect(await projector.updateLivenessTimeoutMarker(id, 'elsewhere', past)).toBe('updated');
  });

  it('wait for the deadline, by the clock of the database', async () => {
    const id = randomUUID();
    await fleet.projector.persist(feed(id, { sequence: 1 }, { liveness_deadline: '2999-01-01T00:00:00Z' }));
    expect(await fleet.projector.updateLivenessTimeoutMarker(id, 'elsewhere', past)).toBe('not_due');
    expect(await fleet.projector.updateAckTimeoutMarker(randomUUID(), 'elsewhere', past)).toBe('not_found');
  });

  it('belong to the workflow where there is one', async () => {
    const node = await fleet.active();
    await fleet.age(node, 600_000);
    await expect(fleet.projector.updateLivenessTimeoutMarker(node.entity_id, node.domain, past)).rejects.toMatchObject({
      code: 'ND008',
      exitCode: 2,
      httpStatus: 409,
    });
    expect((await fleet.row(node))?.liveness_timeout_emitted_at).toBeNull();
  });

  it('are written once when many ask at once', async () => {
    const id = randomUUID();
    await fleet.projector.persist(feed(id, { sequence: 1 }, { liveness_deadline: past }));
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => fleet.projector.updateLivenessTimeoutMarker(id, 'elsewhere', past)),
    );
    expect(outcomes.filter((outcome) => outcome === 'updated')).toHaveLength(1);
  });
});

describe('updateHeartbeat', () => {
  const later = (ms: number) => new Date(Date.now() + ms).toISOString();

  it('moves beat and deadline of a node, its hot row and nothing else', async () => {
    const node = await fleet.active();
    const before = await fleet.row(node);
    const [beat, deadline] = [later(1_000), later(91_000)];
    expect(await fleet.projector.updateHeartbeat(node.entity_id, node.domain, beat, deadline)).toBe('updated');
    expect(await fleet.row(node)).toEqual({ ...before, last_heartbeat_at: beat, liveness_deadline: deadline });
    expect(await fleet.hot(node)).toMatchObject({ last_heartbeat_at: beat, beats_since_active: 1 });
    expect(await fleet.history(node)).toHaveLength(5);
  });

  it('goes forward only', async () => {
    const node = await fleet.active();
    await fleet.projector.updateHeartbeat(node.entity_id, node.domain, later(5_000), later(95_000));
    const before = [await fleet.row(node), await fleet.hot(node)];
    expect(await fleet.projector.updateHeartbeat(node.entity_id, node.domain, later(0), later(90_000))).toBe(
      'not_newer',
    );
    expect([await fleet.row(node), await fleet.hot(node)]).toEqual(before);
  });

  it('revives no terminal row and creates none', async () => {
    const node = await fleet.active();
    await fleet.apply(node.expire());
    const before = await fleet.row(node);
    expect(await fleet.projector.updateHeartbeat(node.entity_id, node.domain, later(0), later(1))).toBe(
      'ignored_terminal',
    );
    expect(await fleet.row(node)).toEqual(before);
    const unknown = randomUUID();
    expect(await fleet.projector.updateHeartbeat(unknown, 'elsewhere', later(0), null)).toBe('not_found');
    expect(await fleet.row(keyOf(unknown))).toBeNull();
  });

  it('keeps a deadline only where one is watched', async () => {
    const node = await fleet.awaiting();
    expect(await fleet.projector.updateHeartbeat(node.entity_id, node.domain, later(0), later(90_000))).toBe('updated');
    expect((await fleet.row(node))?.liveness_deadline).toBeNull();
    expect(await fleet.projector.updateHeartbeat(node.entity_id, node.domain, null, later(90_000))).toBe('not_newer');
  });

  it('addresses the full key', async () => {
    const one = await fleet.active(new Lifecycle({ domain: 'one' }));
    const two = await fleet.active(new Lifecycle({ domain: 'two', entity_id: one.entity_id }));
    await fleet.projector.updateHeartbeat(one.entity_id, 'one', later(0), null);
    expect((await fleet.row(two))?.last_heartbeat_at).toBeNull();
  });

  it('refuses a set of no columns, and what is no time', async () => {
    const { projector } = fleet;
    await expect(projector.updateHeartbeat(randomUUID(), 'elsewhere', null, null)).rejects.toMatchObject({
      code: 'ND002',
    });
    await expect(projector.updateHeartbeat(randomUUID(), 'elsewhere', 'noon', null)).rejects.toMatchObject({
      code: 'ND002',
    });
    await expect(projector.updateAckTimeoutMarker(randomUUID(), 'elsewhere', '')).rejects.toMatchObject({
      code: 'ND002',
    });
  });
});
