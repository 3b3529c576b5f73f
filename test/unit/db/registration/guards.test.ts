import { describe, expect, it } from 'vitest';
import { type WriteGuard, writeGuards } from '../../../../contracts/node/projection.ts';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { type RegistrationState, registrationStates } from '../../../../contracts/node/vocabulary.ts';
import type { LockedRow } from '../../../../db/stores/registration/projector/locked-row.ts';
import { judgeGuard } from '../../../../db/stores/registration/projector/guards.ts';
import { emptyFacts, emptyRow } from '../../../../domain/registration/empty-row.ts';
import { hotAfter } from '../../../../domain/registration/hot-effects.ts';

const settings = defaultNodeSettings;
const deadline = Date.parse('2026-03-01T12:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();
const facts = emptyFacts({ node_type: 'effect', node_version: '1.0.0', node_name: null, instance_id: null });
const key = { entity_id: '018f0000-0000-7000-8000-000000000001', domain: 'd' };

/** A node whose ack deadline, or liveness deadline without a beat, is `deadline`. */
function locked(state: RegistrationState, now: number, more: Partial<LockedRow> = {}): LockedRow {
  const row = {
    ...emptyRow(key, { ...facts, path: 'gateway', reported_status: null }, now),
    current_state: state,
    epoch: 1,
    state_entered_at: iso(deadline - 60_000),
    ack_deadline: iso(deadline),
    liveness_deadline: iso(deadline),
  };
  const hot = hotAfter(null, {
    before: null,
    after: row,
    steps: [],
    facts_given: true,
    facts_missing: false,
    now,
    settings,
  });
  const path = { up_since: deadline - 3_600_000, last_seen: now };
  return { row, hot, now, paths: { gateway: path, signal: null }, incident_id: null, history: [], ...more };
}

const judge = (guard: WriteGuard, row: LockedRow, epoch = 1) =>
  judgeGuard(row, { guard, epoch, settings, random: () => 0.5 });

describe('a deadline', () => {
  it('equal to now is not overdue', () => {
    expect(judge('ack_overdue', locked('awaiting_ack', deadline))).toMatchObject({
      met: false,
      why: 'early',
      remaining_ms: 0,
    });
    expect(judge('ack_in_time', locked('awaiting_ack', deadline))).toMatchObject({ met: true });
    expect(judge('liveness_overdue', locked('active', deadline))).toMatchObject({
      met: false,
      why: 'early',
      remaining_ms: 0,
    });
  });

  it('is overdue a millisecond later', () => {
    expect(judge('ack_overdue', locked('awaiting_ack', deadline + 1))).toEqual({ met: true, deadline });
    expect(judge('ack_in_time', locked('awaiting_ack', deadline + 1))).toMatchObject({ met: false, why: 'late' });
    expect(judge('liveness_overdue', locked('active', deadline + 1))).toEqual({ met: true, deadline });
  });

  it('counts for nothing while the path is down, and a missing path is down', () => {
    const now = deadline + 1_000;
    for (const gateway of [null, { up_since: 0, last_seen: now - 10_001 }]) {
      const paths = { gateway, signal: { up_since: 0, last_seen: now } };
      expect(judge('ack_overdue', locked('accepted', now, { paths }))).toMatchObject({
        why: 'hold',
        remaining_ms: 15_000,
      });
      expect(judge('liveness_overdue', locked('active', now, { paths }))).toMatchObject({
        why: 'hold',
        remaining_ms: 45_000,
      });
      expect(judge('ack_in_time', locked('accepted', now, { paths }))).toMatchObject({ met: true });
    }
    const paths = { gateway: { up_since: 0, last_seen: now - 10_000 }, signal: null };
    expect(judge('liveness_overdue', locked('active', now, { paths }))).toMatchObject({ met: true });
  });
});

describe('a receipt', () => {
  const withReceipt = (receivedAt: number) => {
    const base = locked('awaiting_ack', deadline + 60_000);
    if (base.hot === null) throw new Error('no hot row');
    return { ...base, hot: { ...base.hot, ack_command_id: key.entity_id, ack_received_at: iso(receivedAt) } };
  };

  it('at the deadline is in time: it rules over a later time-out, and activates', () => {
    expect(judge('ack_overdue', withReceipt(deadline))).toMatchObject({ why: 'receipt' });
    expect(judge('ack_in_time', withReceipt(deadline))).toMatchObject({ met: true });
  });

  it('after it is not', () => {
    expect(judge('ack_overdue', withReceipt(deadline + 1))).toMatchObject({ met: true });
    expect(judge('ack_in_time', withReceipt(deadline + 1))).toMatchObject({
      why: 'late',
      receipt: { command_id: key.entity_id },
    });
  });
});

it('every guard is about the states that watch its deadline, the epoch it was asked for, and no marker', () => {
  const watched: Readonly<Record<WriteGuard, readonly RegistrationState[]>> = {
    ack_in_time: ['accepted', 'awaiting_ack'],
    ack_overdue: ['accepted', 'awaiting_ack'],
    liveness_overdue: ['active'],
  };
  const now = deadline + 1_000_000;
  for (const guard of writeGuards) {
    for (const state of registrationStates) {
      const row = locked(state, now);
      const verdict = judge(guard, row);
      const isWatched = watched[guard].includes(state);
      expect(verdict.met || verdict.why !== 'state_changed', `${guard} in ${state}`).toBe(isWatched);
      expect(judge(guard, row, 2)).toMatchObject({ why: 'epoch_changed' });
      if (row.row === null) throw new Error('no row');
      const marked = { ...row.row, ack_timeout_emitted_at: iso(now), liveness_timeout_emitted_at: iso(now) };
      expect(judge(guard, { ...row, row: marked })).toMatchObject({ why: 'state_changed' });
    }
    expect(judge(guard, { ...locked('active', now), row: null })).toMatchObject({ why: 'state_changed' });
  }
});
