import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WriteGuard } from '../../../../contracts/node/projection.ts';
import type { ProjectorObserver } from '../../../../db/stores/registration/projector/observer.ts';
import { type Fleet, type Key, openFleet } from './support/fleet.ts';
import type { Lifecycle } from './support/lifecycle.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet.close());
beforeEach(() => fleet.pathsUp());

const judged = (
  guard: WriteGuard,
  node: Lifecycle,
  write = guard === 'liveness_overdue' ? node.expire() : node.timeOut(),
) => ({
  guard,
  epoch: node.epoch,
  write,
});

async function receipt(node: Key & { readonly attempt_id: string }, agoMs: number): Promise<string> {
  const command = randomUUID();
  await fleet.query(
    `UPDATE node_liveness SET ack_command_id = $3, ack_received_at = clock_timestamp() - $4 * interval '1 millisecond'
      WHERE entity_id = $1 AND domain = $2`,
    [node.entity_id, node.domain, command, agoMs],
  );
  return command;
}

describe('ack_overdue', () => {
  it('is early before the deadline and says for how long', async () => {
    const node = await fleet.awaiting();
    await fleet.age(node, 10_000);
    const answer = await fleet.projector.persistIf(judged('ack_overdue', node));
    expect(answer).toMatchObject({
      outcome: 'not_due',
      why: 'early',
      receipt: null,
      row: { current_state: 'awaiting_ack' },
    });
    if (answer.outcome !== 'not_due') throw new Error('due');
    expect(answer.remaining_ms).toBeGreaterThan(19_000);
    expect(answer.remaining_ms).toBeLessThanOrEqual(20_000);
    expect(answer.ack_remaining_ms).toBe(answer.remaining_ms);
    expect((await fleet.row(node))?.version).toBe(3);
  });

  it('times the offer out after the deadline: state, marker and event in one transaction', async () => {
    const node = await fleet.awaiting();
    await fleet.age(node, 31_000);
    const deadline = (await fleet.row(node))?.ack_deadline;
    expect(await fleet.projector.persistIf(judged('ack_overdue', node))).toMatchObject({
      outcome: 'applied',
      state: 'ack_timed_out',
    });
    const row = await fleet.row(node);
    expect(row?.ack_timeout_emitted_at).toBe(row?.state_entered_at);
    expect(row?.ack_deadline).toBe(deadline);
    expect((await fleet.events(node)).at(-1)).toMatchObject({
      type: 'node.registration.ack_timed_out',
      payload: { deadline_at: deadline, reason: 'deadline', will_retry: false, retry_at: null },
    });
    expect((await fleet.history(node)).at(-1)).toMatchObject({ to_state: 'ack_timed_out' });
    expect((await fleet.hot(node))?.state).toBe('ack_timed_out');
  });

  it('names the state before when the offer had not been handed over', async () => {
    const node = await fleet.awaiting();
    await fleet.apply(node.timeOut(1));
    await fleet.apply(node.retry());
    await fleet.apply(node.write([{ to: 'accepted', event: 'node.registration.accepted' }]));
    await fleet.age(node, 31_000);
    const write = node.write([
      { to: 'awaiting_ack', event: 'node.registration.offered', payload: { delivery: 'poll' } },
      { to: 'ack_timed_out', event: 'node.registration.ack_timed_out' },
    ]);
    expect(await fleet.projector.persistIf(judged('ack_overdue', node, write))).toMatchObject({
      outcome: 'applied',
      version: 4,
    });
    expect((await fleet.events(node)).at(-1)?.payload).toMatchObject({ previous_state: 'accepted' });
  });

  it('gives way to a receipt in time, however late it looks', async () => {
    const node = await fleet.awaiting();
    const command = await receipt(node, 0);
    await fleet.age(node, 300_000);
    expect(await fleet.projector.persistIf(judged('ack_overdue', node))).toMatchObject({
      outcome: 'not_due',
      why: 'receipt',
      remaining_ms: 0,
      receipt: { command_id: command },
    });
  });

  it('is not held up by a receipt that came late, or for another attempt', async () => {
    const late = await fleet.awaiting();
    await fleet.age(late, 40_000);
    await receipt(late, 5_000);
    expect(await fleet.projector.persistIf(judged('ack_overdue', late))).toMatchObject({ outcome: 'applied' });
    const other = await fleet.awaiting();
    await receipt(other, 0);
    await fleet.age(other, 40_000);
    await fleet.query('UPDATE node_liveness SET attempt_id = $2 WHERE entity_id = $1', [other.entity_id, randomUUID()]);
    expect(await fleet.projector.persistIf(judged('ack_overdue', other))).toMatchObject({ outcome: 'applied' });
  });

  it('holds while the path of the node is down, then grants a full time-out from its return', async () => {
    const node = await fleet.awaiting();
    await fleet.age(node, 60_000);
    await fleet.pathsDown();
    const held = await fleet.projector.persistIf(judged('ack_overdue', node.copy()));
    expect(held).toMatchObject({ outcome: 'not_due', why: 'hold' });
    if (held.outcome !== 'not_due') throw new Error('due');
    expect(held.remaining_ms).toBeGreaterThanOrEqual(12_000);
    expect(held.remaining_ms).toBeLessThanOrEqual(18_000);
    await fleet.pathsUp(10_000);
    const amnesty = await fleet.projector.persistIf(judged('ack_overdue', node.copy()));
    expect(amnesty).toMatchObject({ outcome: 'not_due', why: 'early' });
    if (amnesty.outcome !== 'not_due') throw new Error('due');
    expect(amnesty.remaining_ms).toBeGreaterThan(19_000);
    await fleet.pathsUp(30_100);
    expect(await fleet.projector.persistIf(judged('ack_overdue', node))).toMatchObject({ outcome: 'applied' });
  });

  it('says when state or epoch are no longer those it was asked about', async () => {
    const node = await fleet.awaiting();
    const before = node.copy();
    await fleet.apply(node.activate());
    expect(await fleet.projector.persistIf(judged('ack_overdue', before.copy()))).toMatchObject({
      why: 'state_changed',
      row: { current_state: 'active' },
    });
    await fleet.apply(node.introspect());
    const { write } = judged('ack_overdue', before);
    expect(await fleet.projector.persistIf({ guard: 'ack_overdue', epoch: 1, write })).toMatchObject({
      why: 'epoch_changed',
      row: { epoch: 2 },
    });
    expect(
      await fleet.projector.persistIf({ guard: 'ack_overdue', epoch: 1, write: { ...write, entity_id: randomUUID() } }),
    ).toMatchObject({ why: 'state_changed', row: null });
  });

  it('answers a repetition as a duplicate, whatever the guard says by then', async () => {
    const node = await fleet.awaiting();
    await fleet.age(node, 31_000);
    const request = judged('ack_overdue', node);
    await fleet.projector.persistIf(request);
    for (let repetition = 0; repetition < 10; repetition += 1) {
      expect(await fleet.projector.persistIf(request)).toMatchObject({
        outcome: 'duplicate',
        known: true,
        state: 'ack_timed_out',
      });
    }
    expect((await fleet.events(node)).filter(({ type }) => type === 'node.registration.ack_timed_out')).toHaveLength(1);
  });
});

describe('ack_in_time', () => {
  const accepted = (node: Lifecycle) => ({ guard: 'ack_in_time', epoch: node.epoch, write: node.activate() }) as const;

  it('activates before the deadline', async () => {
    const node = await fleet.awaiting();
    await fleet.age(node, 29_000);
    expect(await fleet.projector.persistIf(accepted(node))).toMatchObject({ outcome: 'applied', state: 'active' });
  });

  it('is late after the effective deadline', async () => {
    const node = await fleet.awaiting();
    await fleet.age(node, 31_000);
    expect(await fleet.projector.persistIf(accepted(node))).toMatchObject({ outcome: 'not_due', why: 'late' });
    expect((await fleet.row(node))?.current_state).toBe('awaiting_ack');
  });

  it('takes the time of the receipt for the time of the ack, and tells it', async () => {
    const node = await fleet.awaiting();
    const command = await receipt(node, 0);
    await fleet.age(node, 120_000);
    const hot = await fleet.hot(node);
    const write = node.write([
      { to: 'ack_received', event: 'node.registration.ack_received', cause: command },
      { to: 'active', event: 'node.became_active', cause: command },
    ]);
    expect(await fleet.projector.persistIf({ guard: 'ack_in_time', epoch: 1, write })).toMatchObject({
      outcome: 'applied',
    });
    const received = (await fleet.events(node)).find(({ type }) => type === 'node.registration.ack_received');
    expect(received?.payload).toEqual({ command_id: command, received_at: hot?.ack_received_at });
    expect((await fleet.row(node))?.ack_deadline).toBeNull();
  });

  it('is never late for a silence that we caused', async () => {
    const node = await fleet.awaiting();
    await fleet.age(node, 120_000);
    await fleet.pathsDown();
    expect(await fleet.projector.persistIf(accepted(node))).toMatchObject({ outcome: 'applied', state: 'active' });
  });
});

describe('liveness_overdue', () => {
  it('counts from activation for a node that never beat', async () => {
    const node = await fleet.active();
    await fleet.age(node, 59_000);
    expect(await fleet.projector.persistIf(judged('liveness_overdue', node.copy()))).toMatchObject({ why: 'early' });
    await fleet.age(node, 1_100);
    const row = await fleet.row(node);
    expect(await fleet.projector.persistIf(judged('liveness_overdue', node))).toMatchObject({
      outcome: 'applied',
      state: 'liveness_expired',
    });
    expect(await fleet.row(node)).toMatchObject({ expiry_reason: 'missed_heartbeats', last_heartbeat_at: null });
    expect((await fleet.events(node)).at(-1)).toMatchObject({
      type: 'node.liveness_expired',
      payload: { last_heartbeat_at: null, deadline_at: row?.liveness_deadline, expiry_reason: 'missed_heartbeats' },
    });
  });

  it('reads the hot row: the newest beat counts, not its coarse copy', async () => {
    const node = await fleet.active();
    await fleet.age(node, 300_000);
    await fleet.beat(node, 80_000);
    expect(await fleet.projector.persistIf(judged('liveness_overdue', node.copy()))).toMatchObject({ why: 'early' });
    await fleet.beat(node, 91_000);
    const hot = await fleet.hot(node);
    expect(await fleet.projector.persistIf(judged('liveness_overdue', node))).toMatchObject({ outcome: 'applied' });
    expect((await fleet.events(node)).at(-1)?.payload).toMatchObject({ last_heartbeat_at: hot?.last_heartbeat_at });
    expect((await fleet.row(node))?.last_heartbeat_at).toBe(hot?.last_heartbeat_at);
  });

  it('grants the window that belongs to the interval last told', async () => {
    const node = await fleet.active();
    await fleet.age(node, 300_000);
    await fleet.beat(node, 91_000);
    await fleet.query('UPDATE node_liveness SET interval_ms = 40000, window_ms = 120000 WHERE entity_id = $1', [
      node.entity_id,
    ]);
    expect(await fleet.projector.persistIf(judged('liveness_overdue', node))).toMatchObject({ why: 'early' });
  });

  it('holds while the path is down and expires nobody in amnesty; truly dead nodes expire at its end', async () => {
    const node = await fleet.active();
    await fleet.age(node, 600_000);
    await fleet.beat(node, 400_000);
    await fleet.pathsDown();
    const held = await fleet.projector.persistIf(judged('liveness_overdue', node.copy()));
    expect(held).toMatchObject({ why: 'hold' });
    if (held.outcome !== 'not_due') throw new Error('due');
    expect(held.remaining_ms).toBeGreaterThanOrEqual(36_000);
    expect(held.remaining_ms).toBeLessThanOrEqual(54_000);
    await fleet.pathsUp(0);
    expect(await fleet.projector.persistIf(judged('liveness_overdue', node.copy()))).toMatchObject({ why: 'early' });
    await fleet.pathsUp(90_100);
    expect(await fleet.projector.persistIf(judged('liveness_overdue', node))).toMatchObject({ outcome: 'applied' });
  });

  it('asks the path the node beats by', async () => {
    const node = await fleet.active();
    await fleet.age(node, 300_000);
    await fleet.query(`UPDATE node_liveness SET path = 'signal' WHERE entity_id = $1`, [node.entity_id]);
    await fleet.query(`DELETE FROM component_liveness WHERE component = 'sweep'`);
    expect(await fleet.projector.persistIf(judged('liveness_overdue', node))).toMatchObject({ why: 'hold' });
  });

  it('gives an expiry the open incident, and a deregistration none', async () => {
    const incident = randomUUID();
    await fleet.query(
      `INSERT INTO incidents (id, kind, monitored_count, affected_count) VALUES ($1, 'node_mass_silence', 10, 5)`,
      [incident],
    );
    const silent = await fleet.active();
    await fleet.age(silent, 300_000);
    await fleet.projector.persistIf(judged('liveness_overdue', silent));
    const leaving = await fleet.active();
    await fleet.apply(leaving.expire('deregistered'));
    await fleet.query('DELETE FROM incidents');
    expect((await fleet.events(silent)).at(-1)?.incident_id).toBe(incident);
    expect((await fleet.events(leaving)).at(-1)?.incident_id).toBeNull();
  });

  it('tells observers how late a time-out was found, by the clock of the database', async () => {
    const lags: number[] = [];
    const outcomes: string[] = [];
    const observer: ProjectorObserver = {
      livenessDetectionLag: (seconds) => lags.push(seconds),
      ackDetectionLag: (seconds) => lags.push(-seconds),
      write: (outcome) => outcomes.push(outcome),
    };
    const projector = fleet.another({ observer });
    const node = await fleet.active();
    await projector.persistIf(judged('liveness_overdue', node.copy()));
    await fleet.age(node, 62_000);
    await projector.persistIf(judged('liveness_overdue', node));
    const offered = await fleet.awaiting();
    await fleet.age(offered, 33_000);
    await projector.persistIf(judged('ack_overdue', offered));
    expect(outcomes).toEqual(['not_due', 'applied', 'applied']);
    expect(lags[0]).toBeGreaterThanOrEqual(2);
    expect(lags[0]).toBeLessThan(3);
    expect(lags[1]).toBeLessThanOrEqual(-3);
    expect(lags[1]).toBeGreaterThan(-4);
  });
});
