import { describe, expect, it } from 'vitest';
import { Attempts, defaultRetry } from '../../../../workers/relay/attempts.ts';
import { SinkRefusal } from '../../../../workers/relay/sink.ts';

const steady = () => new Attempts(defaultRetry, () => 0.5);
const away = new Error('no connection');
const refused = new SinkRefusal('answered HTTP 422');

describe('attempts', () => {
  it('wait twice as long each time, up to a minute', () => {
    const attempts = steady();
    expect([1, 2, 3, 6, 7, 8, 500].map((count) => attempts.delay(count))).toEqual([
      1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('are spread by a fifth to either side', () => {
    expect(new Attempts(defaultRetry, () => 0).delay(1)).toBe(800);
    expect(new Attempts(defaultRetry, () => 1).delay(1)).toBe(1_200);
  });

  it('are due after their wait, and at once when nothing failed', () => {
    const attempts = steady();
    expect([attempts.isDue('1', 0), attempts.nextDue()]).toEqual([true, Number.POSITIVE_INFINITY]);
    attempts.failed('1', 0, away);
    expect([attempts.isDue('1', 999), attempts.isDue('1', 1_000), attempts.nextDue()]).toEqual([false, true, 1_000]);
    attempts.delivered('1', 1_000);
    expect([attempts.count('1'), attempts.nextDue()]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it('go on for as long as the receiver takes nothing at all', () => {
    const attempts = steady();
    expect(Array.from({ length: 500 }, (_, nth) => attempts.failed('1', nth, away))).not.toContain(true);
  });

  it('end with the fifth refusal', () => {
    const attempts = steady();
    expect([1, 2, 3, 4, 5].map((at) => attempts.failed('1', at, refused))).toEqual([false, false, false, false, true]);
    expect(attempts.count('1')).toBe(0);
  });

  it('end with the tenth failure when others were delivered meanwhile', () => {
    const attempts = steady();
    attempts.delivered('0', 0);
    const outcomes = Array.from({ length: 9 }, (_, nth) => attempts.failed('1', nth + 1, away));
    attempts.delivered('2', 20);
    expect([...outcomes, attempts.failed('1', 21, away)]).toEqual([...Array.from({ length: 9 }, () => false), true]);
  });

  it('are forgotten up to a number', () => {
    const attempts = steady();
    for (const key of ['9', '10', '11']) attempts.failed(key, 0, away);
    attempts.forget('10');
    expect(['9', '10', '11'].map((key) => attempts.count(key))).toEqual([0, 0, 1]);
  });
});
