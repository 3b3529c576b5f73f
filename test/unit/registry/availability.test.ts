import { expect, it } from 'vitest';
import { Availability } from '../../../registry/availability.ts';

it('skips after three failures in a row, for five seconds', () => {
  let now = 1_000;
  const availability = new Availability({ now: () => now });
  expect([availability.skipped, availability.outage]).toEqual([false, null]);
  availability.failed(new Error('first'));
  availability.failed(new Error('second'));
  expect(availability.skipped).toBe(false);
  availability.succeeded();
  expect(availability.outage).toBeNull();
  for (let count = 0; count < 3; count++) availability.failed(new Error(`no ${count}`));
  expect(availability.skipped).toBe(true);
  expect(availability.outage?.reason).toBe('no 0');
  now += 4_999;
  expect(availability.skipped).toBe(true);
  now += 1;
  expect(availability.skipped).toBe(false);
  availability.failed(new Error('still'));
  expect(availability.skipped).toBe(true);
  now += 5_000;
  availability.succeeded();
  expect([availability.skipped, availability.outage]).toEqual([false, null]);
});

it.each([
  [new Error('one line\nanother'), 'one line'],
  [new AggregateError([new Error('connect ECONNREFUSED')], ''), 'connect ECONNREFUSED'],
  ['text', 'text'],
])('tells the reason of %s', (error, reason) => {
  expect(new Availability().failed(error).reason).toBe(reason);
});
