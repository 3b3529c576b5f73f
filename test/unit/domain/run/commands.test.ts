/** Delivery and acknowledgement (runs.md 6.2 - 6.5). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandStatuses, commandTypes } from '../../../../contracts/run/vocabulary.ts';
import { type AckFacts, appliedValue, judgeAck } from '../../../../domain/run/commands/ack.ts';
import {
  byPrecedence,
  type ClaimFacts,
  claimNext,
  isExpired,
  isLeased,
  offer,
  renewedLease,
} from '../../../../domain/run/commands/claim.ts';
import { completeCommand } from '../../../../domain/run/commands/complete.ts';
import { desiredState, isUnfinished } from '../../../../domain/run/commands/progress.ts';

const now = 100_000;
const command = (seq: number, more: Partial<ClaimFacts> = {}): ClaimFacts => ({
  id: `c-${String(seq)}`,
  seq,
  type: 'tune',
  status: 'queued',
  expires_at: null,
  lease_expires_at: null,
  delivered_at: null,
  delivery_attempt: 0,
  ...more,
});
const delivered = (seq: number, lease: number, more: Partial<ClaimFacts> = {}) =>
  command(seq, { status: 'delivered', delivered_at: 1, delivery_attempt: 1, lease_expires_at: lease, ...more });

describe('the claim', () => {
  it.each<[string, ClaimFacts[], boolean, string | null, string[]]>([
    ['nothing', [], false, null, []],
    ['the lowest sequence', [command(3), command(2)], false, 'c-2', []],
    ['a terminate before all', [command(1), command(9, { type: 'terminate' })], true, 'c-9', ['c-1']],
    ['nothing while another holds a lease', [delivered(1, now + 1), command(2)], false, null, []],
    ['a terminate all the same', [delivered(1, now + 1), command(2, { type: 'terminate' })], true, 'c-2', []],
    ['again once the lease is over', [delivered(1, now), command(2)], false, 'c-1', []],
    ['nothing that has expired', [command(1, { expires_at: now }), command(2)], false, 'c-2', []],
    ['nothing that was acknowledged', [command(1, { status: 'acknowledged' })], false, null, []],
    ['nothing closed', commandStatuses.slice(3).map((status, seq) => command(seq, { status })), false, null, []],
    ['nothing but a terminate of a stopping run', [command(1), delivered(2, now)], true, null, ['c-1', 'c-2']],
    ['no terminate under lease', [delivered(1, now + 1, { type: 'terminate' }), command(2)], true, null, ['c-2']],
    ['a terminate whose lease is over', [delivered(1, now, { type: 'terminate' })], true, 'c-1', []],
  ])('offers %s', (_name, commands, stopping, expected, superseded) => {
    const claim = claimNext(commands, stopping, now);
    expect([claim.offer?.id ?? null, claim.supersede]).toEqual([expected, superseded]);
  });

  const some = fc.uniqueArray(
    fc.record({
      seq: fc.nat(50),
      type: fc.constantFrom(...commandTypes),
      status: fc.constantFrom(...commandStatuses),
      expires_at: fc.option(fc.integer({ min: now - 2, max: now + 2 })),
      lease_expires_at: fc.option(fc.integer({ min: now - 2, max: now + 2 })),
    }),
    { selector: ({ seq }) => seq, maxLength: 8 },
  );

  it('is a total order: one command, whatever the order of the rows', () => {
    fc.assert(
      fc.property(some, fc.boolean(), (rows, stopping) => {
        const commands = rows.map((row) => command(row.seq, row));
        const first = claimNext(commands, stopping, now);
        const again = claimNext(commands.toReversed(), stopping, now);
        expect(again.offer?.id).toBe(first.offer?.id);
        expect(again.supersede).toEqual(first.supersede);
        for (const a of commands)
          for (const b of commands) {
            expect(Math.sign(byPrecedence(a, b)) + Math.sign(byPrecedence(b, a))).toBe(0);
            if (a !== b) expect(byPrecedence(a, b)).not.toBe(0);
          }
      }),
    );
  });

  it('never offers what is expired, leased or closed, and holds back behind a lease', () => {
    fc.assert(
      fc.property(some, fc.boolean(), (rows, stopping) => {
        const commands = rows.map((row) => command(row.seq, row));
        const { offer: found, supersede } = claimNext(commands, stopping, now);
        if (found === null) return;
        expect(isExpired(found, now) || isLeased(found, now)).toBe(false);
        expect(['queued', 'delivered']).toContain(found.status);
        expect(supersede).not.toContain(found.id);
        const open = commands.filter(({ status }) => status === 'queued' || status === 'delivered');
        if (found.type !== 'terminate') expect(open.some((other) => isLeased(other, now))).toBe(false);
        const better = open.filter((other) => byPrecedence(other, found) < 0);
        expect(better.every((other) => isExpired(other, now) || isLeased(other, now))).toBe(true);
      }),
    );
  });
});

describe('an offer', () => {
  it('stamps the first delivery once, the last always', () => {
    const first = offer(command(1), now, 30);
    expect(first).toEqual({
      status: 'delivered',
      delivered_at: now,
      last_delivered_at: now,
      delivery_attempt: 1,
      lease_expires_at: now + 30_000,
      event: 'command.delivered',
    });
    const again = offer({ ...command(1), ...first }, now + 40_000, 30);
    expect(again).toMatchObject({
      delivered_at: now,
      last_delivered_at: now + 40_000,
      delivery_attempt: 2,
      event: 'command.redelivered',
    });
  });

  it('is renewed by a beat that lists it, and by nothing for a queued one', () => {
    expect(renewedLease(delivered(1, now - 5), now, 30)).toBe(now + 30_000);
    expect(renewedLease(command(1), now, 30)).toBeNull();
  });
});

describe('an ack', () => {
  const facts: AckFacts = {
    status: 'delivered',
    acknowledged_at: null,
    outcome: null,
    delivered_at: 5,
    late: false,
    run_state: 'running',
    run_attempt: 2,
  };

  it.each<[string, Partial<AckFacts>, object, object]>([
    [
      'the first',
      {},
      {},
      {
        verdict: 'store',
        late: false,
        status: 'acknowledged',
        event: 'command.acknowledged',
        tune: 'applied',
        notifies: true,
        delivered_at: 5,
      },
    ],
    ['a refusal', {}, { outcome: 'rejected' }, { event: 'command.rejected', tune: 'rejected', status: 'acknowledged' }],
    ['a failure', {}, { outcome: 'failed' }, { event: 'command.rejected', tune: 'rejected' }],
    ['of one never offered', { status: 'queued', delivered_at: null }, {}, { delivered_at: now, late: false }],
    ['again', { status: 'acknowledged', outcome: 'applied' }, {}, { verdict: 'repeat' }],
    [
      'again, otherwise',
      { status: 'acknowledged', outcome: 'applied' },
      { outcome: 'failed' },
      { verdict: 'conflict', outcome: 'applied' },
    ],
    ['after expiry', { status: 'expired' }, {}, { late: true, status: 'expired', notifies: false, tune: null }],
    ['after supersede', { status: 'superseded' }, {}, { late: true, status: 'superseded' }],
    ['again, late', { status: 'expired', outcome: 'applied', late: true }, {}, { verdict: 'repeat' }],
    ['after the end', { run_state: 'terminated' }, {}, { late: true, status: 'delivered' }],
    ['of an older attempt', {}, { attempt: 1 }, { late: true, status: 'delivered', notifies: false }],
    ['of the current attempt', {}, { attempt: 2 }, { late: false }],
  ])('%s', (_name, more, ack, expected) => {
    expect(judgeAck({ ...facts, ...more }, { outcome: 'applied', ...ack }, now)).toMatchObject(expected);
  });

  it('tells the value a parameter has now', () => {
    expect(appliedValue({ learning_rate: 0.05 }, 'learning_rate', 0.1)).toBe(0.05);
    expect(appliedValue({ other: 1 }, 'learning_rate', 0.1)).toBe(0.1);
    expect(appliedValue(undefined, 'learning_rate', 0.1)).toBe(0.1);
  });
});

describe('desired state', () => {
  const pause = { type: 'pause', status: 'queued', outcome: null, acknowledged_at: null, seq: 1 } as const;
  const acked = { ...pause, status: 'acknowledged', outcome: 'applied', acknowledged_at: now } as const;

  it.each([
    ['running', [], 'running'],
    ['paused', [], 'paused'],
    ['queued', [], 'running'],
    ['terminating', [pause], 'stopped'],
    ['completed', [], 'stopped'],
    ['running', [pause], 'paused'],
    ['running', [{ ...pause, status: 'delivered' as const }], 'paused'],
    ['running', [acked], 'paused'],
    ['paused', [pause, { ...pause, type: 'resume' as const, seq: 2 }], 'running'],
    ['paused', [{ ...pause, type: 'resume' as const, seq: 2 }, pause], 'running'],
    ['running', [{ ...pause, status: 'expired' as const }], 'running'],
    ['running', [{ ...pause, status: 'superseded' as const }], 'running'],
    ['running', [{ ...acked, outcome: 'rejected' as const }], 'running'],
    ['running', [{ ...acked, outcome: 'failed' as const }], 'running'],
    ['running', [{ ...pause, type: 'tune' as const }], 'running'],
  ] as const)('of a %s run with %j is %s', (state, commands, expected) => {
    expect(desiredState(state, [...commands], now, 60)).toBe(expected);
  });

  it('falls back by itself 60 s after an ack that nothing confirms', () => {
    expect(desiredState('running', [acked], now + 59_999, 60)).toBe('paused');
    expect(desiredState('running', [acked], now + 60_000, 60)).toBe('running');
    expect(isUnfinished(acked, now + 60_000, 60)).toBe(false);
  });
});

describe('an envelope', () => {
  it('is completed by the server', () => {
    const defaults = { id: 'made', actor: { type: 'operator', id: 'ana' }, now: '2026-03-02T08:00:00.000Z' } as const;
    expect(completeCommand({ type: 'pause', payload: {} }, defaults)).toEqual({
      id: 'made',
      type: 'pause',
      payload: {},
      issued_at: '2026-03-02T08:00:00.000Z',
      actor: { type: 'operator', id: 'ana' },
    });
    const named = { id: 'mine', type: 'pause', payload: {}, actor: { type: 'system', id: 'x' } } as const;
    expect(completeCommand(named, defaults)).toMatchObject({ id: 'mine', actor: { type: 'system' } });
  });
});
