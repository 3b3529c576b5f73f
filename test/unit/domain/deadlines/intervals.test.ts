import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { holdDelay, jittered, retryDelay, toldInterval, windowFor } from '../../../../domain/deadlines/intervals.ts';

const { registration } = defaultNodeSettings;
const middle = () => 0.5;
const lowest = () => 0;
const highest = () => 1 - Number.EPSILON;
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('toldInterval', () => {
  it.each([
    [0, 30_000],
    [10_000, 30_000],
    [30_000, 30_000],
    [30_001, 30_001],
    [120_000, 120_000],
    [1_000_000_000_000, 715_827_882],
  ])('%d nodes beat every %d ms', (nodes, ms) => {
    expect(toldInterval(registration, nodes)).toBe(ms);
  });

  it('keeps a fleet within its beats per second', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 7 }), fc.integer({ min: 20, max: 5000 }), (nodes, most) => {
        const interval = toldInterval({ ...registration, heartbeat_max_per_second: most }, nodes);
        expect((nodes / interval) * 1000).toBeLessThanOrEqual(most + 1e-9);
        expect(interval).toBeGreaterThanOrEqual(registration.heartbeat_interval_ms);
      }),
    );
  });
});

describe('windowFor', () => {
  it.each([
    [10_000, 90_000],
    [30_000, 90_000],
    [30_001, 90_003],
    [120_000, 360_000],
    [715_827_882, 2_147_483_646],
  ])('of an interval of %d ms is %d ms', (told, window) => {
    expect(windowFor(registration, told)).toBe(window);
  });
});

describe('jittered', () => {
  it.each([
    [lowest, 27_000],
    [middle, 30_000],
    [highest, 33_000],
  ])('spreads around the told interval', (random, ms) => {
    expect(jittered(30_000, 10, random)).toBe(ms);
  });

  it('stays within its percentage, in whole milliseconds', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 8 }), fc.integer({ min: 0, max: 50 }), unit, (ms, percent, value) => {
        const moved = jittered(ms, percent, () => value);
        expect(Number.isInteger(moved)).toBe(true);
        expect(Math.abs(moved - ms)).toBeLessThanOrEqual(ms * (percent / 100) + 0.5);
      }),
    );
  });

  it('leaves alone what shall not move', () => {
    expect(jittered(1234, 0, highest)).toBe(1234);
  });
});

describe('holdDelay', () => {
  it('is half a window, spread', () => {
    expect([lowest, middle, highest].map((random) => holdDelay(90_000, 10, random))).toEqual([40_500, 45_000, 49_500]);
  });
});

describe('retryDelay', () => {
  it.each([
    [0, 5_000],
    [1, 5_000],
    [2, 10_000],
    [3, 20_000],
    [4, 40_000],
    [5, 60_000],
    [10, 60_000],
    [5000, 60_000],
  ])('after attempt %d is %d ms', (attempt, ms) => {
    expect(retryDelay(attempt, registration.retry_backoff, middle)).toBe(ms);
  });

  it('is spread by 20 %', () => {
    expect(retryDelay(1, registration.retry_backoff, lowest)).toBe(4_000);
    expect(retryDelay(5, registration.retry_backoff, highest)).toBe(72_000);
  });
});
