import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeEventSchema, outboxChannel } from '../../../../contracts/event.ts';
import { factsOf, Lifecycle } from './support/lifecycle.ts';
import { type Fleet, openFleet } from './support/fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet.close());

describe('persist', () => {
  it('takes a node from introspection to active, one version, transition and event per step', async () => {
    const node = new Lifecycle();
    const started = await fleet.projector.persist(node.introspect());
    expect(started).toMatchObject({
      outcome: 'applied',
      known: false,
      epoch: 1,
      version: 1,
      state: 'pending_registration',
      facts_missing: false,
      ack_remaining_ms: null,
      liveness_remaining_ms: null,
    });
    const offered = await fleet.projector.persist(node.offer());
    expect(offered).toMatchObject({ outcome: 'applied', version: 3, state: 'awaiting_ack', ack_remaining_ms: 30_000 });
    const activated = await fleet.projector.persist(node.activate());
    expect(activated).toMatchObject({ version: 5, state: 'active', liveness_remaining_ms: 60_000, ack_deadline: null });

    const row = await fleet.row(node);
    expect(row).toMatchObject({
      ...node.facts.columns,
      facts_hash: node.facts.hash,
      current_state: 'active',
      epoch: 1,
      version: 5,
    });
    const history = await fleet.history(node);
    expect(history.map(({ version, from_state, to_state }) => [version, from_state, to_state])).toEqual([
      [1, null, 'pending_registration'],
      [2, 'pending_registration', 'accepted'],
      [3, 'accepted', 'awaiting_ack'],
      [4, 'awaiting_ack', 'ack_received'],
      [5, 'ack_received', 'active'],
    ]);
    const events = await fleet.events(node);
    expect(events.map(({ type }) => type)).toEqual([
      'node.registration.initiated',
      'node.registration.accepted',
      'node.registration.offered',
      'node.registration.ack_received',
      'node.became_active',
    ]);
    for (const event of events) expect(nodeEventSchema.parse(event)).toEqual(event);
    expect(events.map(({ event_id }) => event_id)).toEqual(history.map(({ event_id }) => event_id));
    const hot = await fleet.hot(node);
    expect(hot).toMatchObject({
      state: 'active',
      epoch: 1,
      attempt_id: row?.attempt_id,
      state_entered_at: row?.state_entered_at,
      beats_since_active: 0,
      interval_ms: 30_000,
      window_ms: 90_000,
    });
  });
});

describe('order and repetition', () => {
  it('answers a repeated write as a known duplicate and writes nothing', async () => {
    const node = new Lifecycle();
    await fleet.apply(node.introspect());
    const offer = node.offer();
    await fleet.apply(offer);
    const before = await fleet.row(node);
    for (let repetition = 0; repetition < 10; repetition += 1) {
      expect(await fleet.projector.persist(offer)).toMatchObject({
        outcome: 'duplicate',
        known: true,
        version: 3,
        state: 'awaiting_ack',
        facts_missing: false,
      });
    }
    expect(await fleet.row(node)).toEqual(before);
    expect(await fleet.history(node)).toHaveLength(3);
    expect(await fleet.events(node)).toHaveLength(3);
  });

  it('knows a write again that later ones have passed', async () => {
    const node = new Lifecycle();
    const introspection = node.introspect();
    await fleet.apply(introspection);
    await fleet.apply(node.offer());
    await fleet.apply(node.activate());
    expect(await fleet.projector.persist(introspection)).toMatchObject({
      outcome: 'duplicate',
      known: true,
      version: 5,
    });
  });

  it('skips leading duplicates and applies the rest', async () => {
    const node = new Lifecycle();
    await fleet.apply(node.introspect());
    const offer = node.offer();
    const [accepted] = offer.steps;
    if (accepted === undefined) throw new Error('no step');
    await fleet.apply({ ...offer, steps: [accepted], row: { ...offer.row, current_state: 'accepted', version: 2 } });
    const result = await fleet.projector.persist(offer);
    expect(result).toMatchObject({ outcome: 'applied', version: 3, state: 'awaiting_ack' });
    expect((await fleet.history(node)).map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(await fleet.events(node)).toHaveLength(3);
  });

  it('tells another incarnation that it is behind: equal order is a duplicate it does not know, lower is stale', async () => {
    const node = new Lifecycle();
    await fleet.apply(node.introspect());
    const other = node.copy();
    await fleet.apply(node.offer());
    await fleet.apply(node.activate());
    const first = await fleet.active(new Lifecycle());
    const rival = first.copy();
    await fleet.apply(first.changeHealth('degraded'));
    expect(await fleet.projector.persist(rival.changeHealth('healthy'))).toMatchObject({
      outcome: 'duplicate',
      known: false,
      version: 6,
      state: 'active',
    });
    expect(await fleet.projector.persist(other.reject())).toMatchObject({ outcome: 'stale', known: false, version: 5 });
    expect((await fleet.row(node))?.current_state).toBe('active');
    expect((await fleet.row(first))?.reported_status).toBe('degraded');
  });

  it('lets one cause lead to one state once, whatever id the step has', async () => {
    const node = new Lifecycle();
    const cause = randomUUID();
    await fleet.apply(node.introspect({}, cause));
    expect(await fleet.projector.persist(node.introspect({}, cause))).toMatchObject({
      outcome: 'duplicate',
      known: false,
      epoch: 1,
      version: 1,
    });
    expect(await fleet.history(node)).toHaveLength(1);
  });

  it('lets one of two writers insert the first row, and the other see it', async () => {
    for (let round = 0; round < 25; round += 1) {
      const one = new Lifecycle();
      const other = one.copy();
      const results = await Promise.all(
        [one.introspect(), other.introspect()].map((write) => fleet.projector.persist(write)),
      );
      expect(results.map(({ outcome }) => outcome).sort()).toEqual(['applied', 'duplicate']);
      expect(await fleet.history(one)).toHaveLength(1);
      expect(await fleet.events(one)).toHaveLength(1);
    }
  });

  it('ends at the highest order when a hundred writes come shuffled and at once', async () => {
    const node = await fleet.active();
    const statuses = ['degraded', 'healthy', 'unhealthy'] as const;
    const writes = Array.from({ length: 100 }, (_, index) => {
      const status = statuses[index % statuses.length] ?? 'healthy';
      return { status, write: node.changeHealth(status) };
    });
    const shuffled = writes.toSorted((a, b) => orderOf(a) - orderOf(b));
    const results = await Promise.all(shuffled.map(({ write }) => fleet.projector.persist(write)));
    const row = await fleet.row(node);
    expect(row).toMatchObject({ version: 105, reported_status: writes.at(-1)?.status });
    const applied = results.filter(({ outcome }) => outcome === 'applied').length;
    expect(results.filter(({ outcome }) => outcome === 'stale')).toHaveLength(100 - applied);
    const history = await fleet.history(node);
    expect(history).toHaveLength(5 + applied);
    // Applied in rising order only: nobody ever wrote over a newer one.
    expect(history.map(({ version }) => version)).toEqual(
      history.map(({ version }) => version).sort((a, b) => Number(a) - Number(b)),
    );
    expect(await fleet.events(node)).toHaveLength(history.length);
  });
});

/** A fixed order that looks like none. */
function orderOf({ write }: { readonly write: { readonly row: { readonly version: number } } }): number {
  return (write.row.version * 7919) % 101;
}

describe('what a row keeps and loses', () => {
  it('keeps registered_at for ever, moves updated_at with steps, and clears what the writer clears', async () => {
    const node = new Lifecycle();
    await fleet.apply(node.introspect({ performance_metrics: { load: 1 } }));
    const registered = (await fleet.row(node))?.registered_at;
    await fleet.apply(node.reject());
    expect(await fleet.row(node)).toMatchObject({
      reason_code: 'domain_closed',
      rejection_reason: 'the domain is closed',
    });
    await fleet.query(
      `UPDATE registration_projections SET registered_at = registered_at - interval '1 hour', updated_at = updated_at - interval '1 hour'
                        WHERE entity_id = $1`,
      [node.entity_id],
    );
    await fleet.apply(node.introspect());
    const row = await fleet.row(node);
    expect(row).toMatchObject({
      epoch: 2,
      version: 1,
      reason_code: null,
      rejection_reason: null,
      performance_metrics: null,
    });
    expect(Date.parse(registered ?? '') - Date.parse(row?.registered_at ?? '')).toBe(3_600_000);
    expect(Date.parse(row?.updated_at ?? '')).toBeGreaterThan(Date.parse(registered ?? '') - 1);
  });

  it('starts a clean epoch: no deadline, marker, reason, beat or receipt of the one before', async () => {
    const node = await fleet.active();
    await fleet.beat(node);
    await fleet.query(
      `UPDATE node_liveness SET ack_command_id = $2, ack_received_at = now(), uptime_seconds = 9, node_sequence = 7,
        last_poked_at = now(), introspection_requested_at = now(), pending_status_beats = 2, active_operations_count = 3
        WHERE entity_id = $1`,
      [node.entity_id, randomUUID()],
    );
    await fleet.apply(node.expire());
    const expired = await fleet.row(node);
    expect(expired?.liveness_timeout_emitted_at).not.toBeNull();
    expect(expired?.last_heartbeat_at).not.toBeNull();
    await fleet.apply(node.introspect());
    expect(await fleet.row(node)).toMatchObject({
      epoch: 2,
      version: 1,
      ack_deadline: null,
      liveness_deadline: null,
      ack_timeout_emitted_at: null,
      liveness_timeout_emitted_at: null,
      next_retry_at: null,
      reason_code: null,
      rejection_reason: null,
      expiry_reason: null,
      last_heartbeat_at: null,
      registered_at: expired?.registered_at,
    });
    expect(await fleet.hot(node)).toMatchObject({
      epoch: 2,
      attempt_id: node.attempt_id,
      state: 'pending_registration',
      last_heartbeat_at: null,
      beats_since_active: 0,
      pending_status_beats: 0,
      uptime_seconds: null,
      active_operations_count: null,
      node_sequence: null,
      ack_command_id: null,
      ack_received_at: null,
      last_poked_at: null,
      introspection_requested_at: null,
    });
    const initiated = (await fleet.events(node)).at(-1);
    expect(initiated).toMatchObject({
      type: 'node.registration.initiated',
      payload: { supersedes: { epoch: 1, state: 'liveness_expired', attempt_id: expired?.attempt_id } },
    });
  });

  it('announces the second expiry of a node as it did the first', async () => {
    const node = await fleet.active();
    await fleet.apply(node.expire());
    await fleet.active(node);
    await fleet.age(node, 120_000);
    const result = await fleet.projector.persistIf({ guard: 'liveness_overdue', epoch: 2, write: node.expire() });
    expect(result.outcome).toBe('applied');
    const expiries = (await fleet.events(node)).filter(({ type }) => type === 'node.liveness_expired');
    expect(expiries.map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  it('keeps a series of retries: marker and time of the next, then a clean epoch with the stored facts', async () => {
    const node = await fleet.awaiting();
    const { next_retry_at, retry_remaining_ms, now } = await fleet.projector.persist(node.timeOut(5_000));
    expect(retry_remaining_ms).toBe(5_000);
    expect(Date.parse(next_retry_at ?? '') - Date.parse(now)).toBe(5_000);
    const timedOut = await fleet.row(node);
    expect(timedOut?.ack_timeout_emitted_at).toBe(now);
    expect(timedOut?.ack_deadline).not.toBeNull();
    await fleet.apply(node.retry());
    expect(await fleet.row(node)).toMatchObject({
      ...node.facts.columns,
      epoch: 2,
      attempt_number: 2,
      facts_hash: node.facts.hash,
      ack_deadline: null,
      ack_timeout_emitted_at: null,
      next_retry_at: null,
    });
    const [timeOut, initiated] = (await fleet.events(node)).slice(-2);
    expect(timeOut?.payload).toMatchObject({
      will_retry: true,
      retry_at: next_retry_at,
      previous_state: 'awaiting_ack',
      reason: 'deadline',
    });
    expect(initiated?.payload).toMatchObject({ supersedes: { epoch: 1, state: 'ack_timed_out' } });
  });

  it('drops a waiting retry when the node withdraws, and for nothing else', async () => {
    const node = await fleet.awaiting();
    await fleet.apply(node.timeOut(60_000));
    await fleet.apply(node.changeHealth('degraded'));
    expect((await fleet.row(node))?.next_retry_at).not.toBeNull();
    await fleet.apply(
      node.write([
        {
          kind: 'refresh',
          to: 'ack_timed_out',
          event: 'node.facts_changed',
          reason_code: 'withdrawn',
          cause: randomUUID(),
        },
      ]),
    );
    expect(await fleet.row(node)).toMatchObject({ next_retry_at: null, current_state: 'ack_timed_out' });
  });

  it('keeps one entity in two domains apart', async () => {
    const one = new Lifecycle({ domain: 'one' });
    const two = new Lifecycle({ domain: 'two', entity_id: one.entity_id });
    await fleet.active(one);
    await fleet.apply(two.introspect());
    expect((await fleet.row(one))?.current_state).toBe('active');
    expect((await fleet.row(two))?.current_state).toBe('pending_registration');
    expect(await fleet.events(two)).toHaveLength(1);
  });

  it('tells the relay of every transaction with an event, and only of those', async () => {
    const listener = new pg.Client({ connectionString: fleet.url });
    await listener.connect();
    try {
      let heard = 0;
      listener.on('notification', ({ channel }) => {
        if (channel === outboxChannel) heard += 1;
      });
      await listener.query(`LISTEN ${outboxChannel}`);
      const node = new Lifecycle();
      const introspection = node.introspect();
      await fleet.apply(introspection);
      await fleet.projector.persist(introspection);
      await fleet.apply(node.offer());
      // A statement on the listening connection is answered after what was announced before it.
      await expect.poll(async () => (await listener.query('SELECT 1'), heard)).toBe(2);
    } finally {
      await listener.end();
    }
  });
});

describe('facts', () => {
  it('tells which facts changed, and takes the snapshot of the new ones', async () => {
    const node = await fleet.active();
    await fleet.apply(node.changeFacts(factsOf({ node_version: '2.0.0', subscribe_topics: ['b', 'a', 'b'] })));
    const changed = (await fleet.events(node)).at(-1);
    expect(changed).toMatchObject({
      type: 'node.facts_changed',
      payload: { capabilities: { subscribe_topics: ['a', 'b'] } },
    });
    expect(changed?.payload).toHaveProperty('changed', expect.arrayContaining(['node_version', 'subscribe_topics']));
    expect(await fleet.row(node)).toMatchObject(node.facts.columns);
  });

  it('stores text that Postgres has no room for, as U+FFFD, instead of refusing the node', async () => {
    const facts = factsOf({ metadata: { 'a\0b': 'x\0y', whole: '\u{1f600}' } });
    const node = new Lifecycle({ facts });
    await fleet.apply(node.introspect());
    expect((await fleet.row(node))?.metadata).toEqual({ 'a\ufffdb': 'x\ufffdy', whole: '\u{1f600}' });
  });

  it('asks for an introspection when the row lacks the facts of the workflow, and keeps what it has', async () => {
    const node = await fleet.active();
    const stored = node.facts;
    node.facts = factsOf({ node_name: 'renamed', publish_topics: ['t'] });
    const result = await fleet.projector.persist(node.changeHealth('degraded'));
    expect(result).toMatchObject({ outcome: 'applied', facts_missing: true });
    expect(await fleet.row(node)).toMatchObject({
      facts_hash: stored.hash,
      publish_topics: [],
      reported_status: 'degraded',
    });
    expect((await fleet.hot(node))?.introspection_requested_at).toBe(result.now);
    await fleet.apply(node.changeFacts(node.facts));
    expect((await fleet.hot(node))?.introspection_requested_at).toBeNull();
    expect((await fleet.row(node))?.publish_topics).toEqual(['t']);
  });

  it('heals a row whose facts somebody has spoilt', async () => {
    const node = await fleet.active();
    await fleet.query(`UPDATE registration_projections SET subscribe_topics = '{"no": "list"}' WHERE entity_id = $1`, [
      node.entity_id,
    ]);
    const result = await fleet.projector.persist(node.changeHealth('degraded'));
    expect(result).toMatchObject({ outcome: 'applied', facts_missing: true });
    expect(await fleet.row(node)).toMatchObject({
      subscribe_topics: [],
      facts_hash: null,
      node_type: 'effect',
      node_name: 'pump',
    });
    await fleet.apply(node.changeFacts(node.facts));
    expect(await fleet.row(node)).toMatchObject(node.facts.columns);
  });
});

describe('observers', () => {
  it('hear of every step, of every write and of flaps', async () => {
    const told: string[] = [];
    const projector = fleet.another({
      observer: {
        transition: ({ kind, from, to, legal }) => told.push(`${kind} ${String(from)} ${to} ${String(legal)}`),
        write: (outcome) => told.push(outcome),
        flap: () => told.push('flap'),
        gap: () => told.push('gap'),
      },
    });
    const node = await fleet.active();
    await projector.persist(node.introspect());
    const offer = node.offer();
    await projector.persist(offer);
    await projector.persist(offer);
    await expect(projector.persist({ ...offer, steps: [] })).rejects.toMatchObject({ code: 'ND001' });
    expect(told).toEqual([
      'applied',
      'epoch_start active pending_registration true',
      'flap',
      'applied',
      'edge pending_registration accepted true',
      'edge accepted awaiting_ack true',
      'duplicate',
      'failed',
    ]);
  });
});

describe('coarse copies', () => {
  it('take over the beat with the next step, never later than the truth', async () => {
    const node = await fleet.active();
    await fleet.age(node, 50_000);
    await fleet.beat(node, 10_000);
    const { now } = await fleet.projector.persist(node.changeHealth('healthy', true));
    const row = await fleet.row(node);
    const hot = await fleet.hot(node);
    expect(row?.last_heartbeat_at).toBe(hot?.last_heartbeat_at);
    expect(Date.parse(row?.liveness_deadline ?? '')).toBe(Date.parse(hot?.last_heartbeat_at ?? '') + 90_000);
    expect(Date.parse(row?.liveness_deadline ?? '') - Date.parse(now)).toBeLessThanOrEqual(80_000);
  });

  it('stay where they are before the first beat', async () => {
    const node = await fleet.active();
    const before = await fleet.row(node);
    await fleet.apply(node.changeFacts(factsOf({ node_name: 'other' })));
    expect(await fleet.row(node)).toMatchObject({
      last_heartbeat_at: null,
      liveness_deadline: before?.liveness_deadline,
    });
  });
});

describe('a refused write', () => {
  it('leaves nothing behind when any part of it fails', async () => {
    const node = new Lifecycle();
    await fleet.apply(node.introspect());
    const before = await fleet.row(node);
    const offer = node.offer();
    const [first, second] = offer.steps;
    if (first === undefined || second === undefined) throw new Error('no steps');
    const spoilt = { ...offer, steps: [first, { ...second, correlation_id: 'no uuid' }] };
    await expect(fleet.projector.persist(spoilt)).rejects.toMatchObject({ code: 'ND012' });
    expect(await fleet.row(node)).toEqual(before);
    expect(await fleet.history(node)).toHaveLength(1);
    expect(await fleet.events(node)).toHaveLength(1);
    expect((await fleet.hot(node))?.state).toBe('pending_registration');
    await fleet.apply(offer);
  });

  it('tells class and nothing else of a failure', async () => {
    const logged: object[] = [];
    const projector = fleet.another({ logger: { warn: () => undefined, error: (fields) => logged.push(fields) } });
    const node = new Lifecycle();
    const write = node.introspect();
    const [step] = write.steps;
    if (step === undefined) throw new Error('no step');
    const secret = 'postgres://admin:hunter2@host/db';
    const error = await projector.persist({ ...write, steps: [{ ...step, correlation_id: secret }] }).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      code: 'ND012',
      message: 'the projection could not be read or written (DatabaseError)',
    });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ operation: 'persist', code: 'ND012', sqlstate: '22P02' });
    expect(JSON.stringify([error, logged])).not.toContain('hunter2');
  });
});
