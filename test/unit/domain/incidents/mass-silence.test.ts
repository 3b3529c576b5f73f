/** When silence is a mass event, and when it is over (registration.md 9 "Sweeper"). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeEventSchema } from '../../../../contracts/event.ts';
import { buildFleetEvent } from '../../../../domain/incidents/fleet-event.ts';
import { type FleetSilence, judgeSilence, monitoredNodes } from '../../../../domain/incidents/mass-silence.ts';

const settings = { mass_ratio: 0.2, mass_minimum: 10 };
const calm: FleetSilence = { active: 100, overdue: 0, freshly_overdue: 0, recently_expired: 0 };
const minute = 60_000;

describe('an incident opens', () => {
  it.each<[string, Partial<FleetSilence>, 'open' | 'stay']>([
    ['nobody silent', {}, 'stay'],
    ['at the ratio exactly', { overdue: 20, freshly_overdue: 20 }, 'stay'],
    ['above the ratio', { overdue: 21, freshly_overdue: 21 }, 'open'],
    ['above the ratio, but silent for long', { overdue: 90, freshly_overdue: 0 }, 'stay'],
    ['expiries of the span count too', { active: 90, overdue: 12, freshly_overdue: 11, recently_expired: 10 }, 'open'],
    ['a fleet that is gone already', { active: 0, recently_expired: 10 }, 'open'],
    ['below the minimum', { active: 9, overdue: 9, freshly_overdue: 9 }, 'stay'],
    ['at the minimum', { active: 10, overdue: 10, freshly_overdue: 10 }, 'open'],
  ])('%s: %o → %s', (_, silence, expected) => {
    expect(judgeSilence({ ...calm, ...silence }, null, settings)).toBe(expected);
  });
});

describe('an open incident', () => {
  it.each<[string, Partial<FleetSilence>, number, 'close' | 'stay']>([
    ['goes on while many are silent', { overdue: 50 }, minute, 'stay'],
    ['goes on at 5 %', { overdue: 5 }, minute, 'stay'],
    ['closes below', { overdue: 4 }, minute, 'close'],
    ['goes on while its expiries are fresh', { active: 50, recently_expired: 50 }, 5_000, 'stay'],
    ['closes when all is quiet', {}, 5_000, 'close'],
    ['closes when there is no fleet any more', { active: 0 }, 5_000, 'close'],
    ['closes after 10 min, whatever goes on', { overdue: 100 }, 10 * minute, 'close'],
    ['goes on until then', { overdue: 100 }, 10 * minute - 1, 'stay'],
  ])('%s', (_, silence, openForMs, expected) => {
    expect(judgeSilence({ ...calm, ...silence }, openForMs, settings)).toBe(expected);
  });

  it('is never closed by what would open it, within its 10 min', () => {
    const count = fc.nat(500);
    fc.assert(
      fc.property(
        fc.record({ active: count, freshly_overdue: count, older: count, recently_expired: count }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        ({ active, freshly_overdue, older, recently_expired }, mass_ratio, mass_minimum) => {
          const overdue = freshly_overdue + older;
          const silence = { active: Math.max(active, overdue), overdue, freshly_overdue, recently_expired };
          const limits = { mass_ratio, mass_minimum };
          fc.pre(judgeSilence(silence, null, limits) === 'open');
          expect(judgeSilence(silence, 1_000, limits)).toBe('stay');
          expect(monitoredNodes(silence)).toBeGreaterThanOrEqual(freshly_overdue + recently_expired);
        },
      ),
    );
  });
});

describe('fleet events', () => {
  it.each(['fleet.incident_opened', 'fleet.incident_closed'] as const)('%s has the shape of the contract', (type) => {
    const id = '00000000-0000-7000-8000-000000000001';
    const event = buildFleetEvent({
      event_id: id,
      type,
      occurred_at: '2026-01-01T00:00:00.000Z',
      incident_id: id,
      actor: 'system:sweep',
      payload: { count: 3, fleet: 9, sample: [id], from: '2026-01-01T00:00:00.000Z', to: null },
    });
    expect(nodeEventSchema.parse(event)).toEqual(event);
  });
});
