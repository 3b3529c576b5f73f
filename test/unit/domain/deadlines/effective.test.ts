import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  effectiveAckDeadline,
  effectiveLastSeen,
  effectiveLivenessDeadline,
  isOverdue,
  type LivenessFacts,
  livenessWindow,
} from '../../../../domain/deadlines/effective.ts';

const second = 1000;
const settings = { first_liveness_ms: 60 * second, missed_windows: 1 };
const active = 1000 * second;
const silent: LivenessFacts = {
  active_since: active,
  last_heartbeat_at: null,
  beats_since_active: 0,
  window_ms: 90 * second,
};
const beating: LivenessFacts = { ...silent, last_heartbeat_at: active + 20 * second, beats_since_active: 1 };
const upFrom = (upSince: number) => ({ up_since: upSince, last_seen: upSince });
const upForLong = upFrom(0);

describe('isOverdue', () => {
  it.each([
    [99, false],
    [100, false],
    [101, true],
  ])('a deadline of 100 at %d is %s', (now, overdue) => {
    expect(isOverdue(100, now)).toBe(overdue);
  });
});

describe('effectiveLastSeen', () => {
  it.each<[string, Pick<LivenessFacts, 'active_since' | 'last_heartbeat_at'>, number, number]>([
    ['the activation of a node that never beat', silent, 0, active],
    ['the last beat', beating, 0, active + 20 * second],
    ['the activation after a beat of the handshake', { ...silent, last_heartbeat_at: active - 1 }, 0, active],
    ['the return of the path', beating, active + 30 * second, active + 30 * second],
  ])('is %s', (_what, facts, upSince, expected) => {
    expect(effectiveLastSeen(facts, upFrom(upSince))).toBe(expected);
  });

  it('does without the row of a path', () => {
    expect(effectiveLastSeen(silent, null)).toBe(active);
  });
});

describe('livenessWindow', () => {
  it.each<[string, LivenessFacts, number, number]>([
    ['firstLiveness before the first beat', silent, 1, 60 * second],
    ['the stored window afterwards', beating, 1, 90 * second],
    ['the stored window as often as damping says', beating, 3, 270 * second],
    ['firstLiveness as often as damping says', silent, 2, 120 * second],
    ['a window widened by a stretched interval', { ...beating, window_ms: 600 * second }, 1, 600 * second],
  ])('is %s', (_what, facts, missed_windows, expected) => {
    expect(livenessWindow(facts, { ...settings, missed_windows })).toBe(expected);
  });
});

describe('effectiveLivenessDeadline', () => {
  it.each<[string, LivenessFacts, number, number]>([
    ['60 s after activation for a node that never beats', silent, 0, active + 60 * second],
    ['90 s after the last beat', beating, 0, active + 110 * second],
    ['60 s after activation at least', { ...beating, window_ms: 1 * second }, 0, active + 60 * second],
    ['a full window after the path came back', beating, active + 100 * second, active + 190 * second],
    ['a full first window after the path came back', silent, active + 50 * second, active + 110 * second],
  ])('is %s', (_what, facts, upSince, expected) => {
    expect(effectiveLivenessDeadline(facts, upFrom(upSince), settings)).toBe(expected);
  });

  it('never moves back by a beat, a return of the path or a wider window', () => {
    const time = fc.integer({ min: 0, max: 10 ** 7 });
    fc.assert(
      fc.property(time, time, time, time, (beat, up, later, more) => {
        const before = effectiveLivenessDeadline({ ...beating, last_heartbeat_at: beat }, upFrom(up), settings);
        const facts = { ...beating, last_heartbeat_at: beat + later, window_ms: beating.window_ms + more };
        expect(effectiveLivenessDeadline(facts, upFrom(up + later), settings)).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('never hides a node: it is a number for any facts', () => {
    fc.assert(
      fc.property(fc.option(fc.nat(), { nil: null }), fc.boolean(), (beat, known) => {
        const facts = { ...silent, last_heartbeat_at: beat };
        expect(effectiveLivenessDeadline(facts, known ? upForLong : null, settings)).toBeGreaterThan(active);
      }),
    );
  });
});

describe('effectiveAckDeadline', () => {
  it.each([
    ['as stored while the path was up', 0, 500 * second],
    ['as stored where the path came back early enough', 470 * second, 500 * second],
    ['a full time-out after the path came back', 480 * second, 510 * second],
  ])('is %s', (_what, upSince, expected) => {
    expect(effectiveAckDeadline(500 * second, upFrom(upSince), 30 * second)).toBe(expected);
  });

  it('does without the row of a path', () => {
    expect(effectiveAckDeadline(500, null, 30)).toBe(500);
  });
});
