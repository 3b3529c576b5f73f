import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReportedStatus, reportedStatuses } from '../../../../contracts/node/vocabulary.ts';
import {
  countFlap,
  dampStatus,
  type FlapRecord,
  flappingUntil,
  type StatusRecord,
} from '../../../../domain/registration/damping.ts';

const minute = 60_000;
const now = 100 * minute;
const settings = { flap_threshold: 3, flap_period_ms: 10 * minute, flap_hold_ms: 5 * minute };
const flaps = (flap_count: number, ago: number | null): FlapRecord => ({
  flap_count,
  flap_period_started_at: ago === null ? null : now - ago,
});

describe('countFlap', () => {
  it.each([
    ['the first of all', flaps(0, null), flaps(1, 0)],
    ['another within the period', flaps(2, 9 * minute), flaps(3, 9 * minute)],
    ['another just before the period ends', flaps(2, 10 * minute - 1), flaps(3, 10 * minute - 1)],
    ['the first after the period', flaps(7, 10 * minute), flaps(1, 0)],
    ['a count without a period', flaps(4, null), flaps(1, 0)],
  ])('counts %s', (_what, before, after) => {
    expect(countFlap(before, now, settings)).toEqual(after);
  });
});

describe('flappingUntil', () => {
  it.each([
    ['a node that flapped often enough', flaps(3, minute), settings, now + 5 * minute],
    ['one that flapped more often', flaps(9, minute), settings, now + 5 * minute],
    ['one that flapped less often', flaps(2, minute), settings, null],
    ['one whose period has passed', flaps(9, 10 * minute), settings, null],
    ['one that never flapped', flaps(0, null), settings, null],
    ['any while damping is off', flaps(9, minute), { ...settings, flap_threshold: 0 }, null],
  ])('holds back %s', (_what, record, terms, until) => {
    expect(flappingUntil(record, now, terms)).toBe(until);
  });
});

describe('dampStatus', () => {
  const run = (start: StatusRecord, beats: readonly ReportedStatus[], healthy: number, unhealthy: number) =>
    beats.map((status) => {
      start = dampStatus(start, status, { healthy_beats: healthy, unhealthy_beats: unhealthy });
      return start.reported_status;
    });
  const healthy: StatusRecord = { reported_status: 'healthy', pending_status_beats: 0 };
  const unhealthy: StatusRecord = { reported_status: 'unhealthy', pending_status_beats: 0 };

  it('takes over the first status of all at once', () => {
    const unknown: StatusRecord = { reported_status: null, pending_status_beats: 0 };
    expect(run(unknown, ['degraded'], 9, 9)).toEqual(['degraded']);
  });

  it('takes over every status at once by default', () => {
    expect(run(healthy, ['degraded', 'unhealthy', 'healthy'], 1, 1)).toEqual(['degraded', 'unhealthy', 'healthy']);
  });

  it('needs beats in a row for the worse', () => {
    expect(run(healthy, ['degraded', 'degraded', 'unhealthy'], 1, 3)).toEqual(['healthy', 'healthy', 'unhealthy']);
    expect(run(healthy, ['degraded', 'healthy', 'degraded'], 1, 2)).toEqual(['healthy', 'healthy', 'healthy']);
  });

  it('needs beats in a row for the better', () => {
    expect(run(unhealthy, ['healthy', 'degraded', 'unhealthy'], 2, 1)).toEqual(['unhealthy', 'degraded', 'unhealthy']);
    expect(run(unhealthy, ['healthy', 'unhealthy', 'healthy'], 2, 1)).toEqual(['unhealthy', 'unhealthy', 'unhealthy']);
  });

  it('starts anew when the direction changes', () => {
    const degraded: StatusRecord = { reported_status: 'degraded', pending_status_beats: 0 };
    expect(run(degraded, ['unhealthy', 'healthy', 'unhealthy', 'unhealthy'], 2, 2)).toEqual([
      'degraded',
      'degraded',
      'degraded',
      'unhealthy',
    ]);
  });

  it('changes only to what was told, only after enough beats, and keeps its count within a smallint', () => {
    const beats = fc.array(fc.constantFrom(...reportedStatuses), { maxLength: 30 });
    const needed = fc.integer({ min: 1, max: 10 });
    fc.assert(
      fc.property(beats, needed, needed, (told, better, worse) => {
        let record = healthy;
        let since = 0;
        for (const status of told) {
          const next = dampStatus(record, status, { healthy_beats: better, unhealthy_beats: worse });
          since++;
          if (next.reported_status !== record.reported_status) {
            expect(next).toEqual({ reported_status: status, pending_status_beats: 0 });
            expect(since).toBeGreaterThanOrEqual(Math.min(better, worse));
            since = 0;
          }
          expect(Math.abs(next.pending_status_beats)).toBeLessThan(10);
          record = next;
        }
      }),
    );
  });
});
