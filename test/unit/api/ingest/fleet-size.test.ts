/** The size of the fleet, as the told interval needs it. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createFleetSize } from '../../../../api/ingest/fleet-size.ts';

it('is counted beside the beats, at most every 15 s, and the last count holds over a failure', async () => {
  let now = 0;
  const counts: (number | Error)[] = [7, new Error('away'), 9];
  let asked = 0;
  const size = createFleetSize(
    async () => {
      asked += 1;
      const count = counts.shift();
      if (typeof count === 'number') return count;
      throw count ?? new Error('nothing left');
    },
    () => now,
  );
  expect(size()).toBe(0);
  await turn();
  expect([size(), size(), asked]).toEqual([7, 7, 1]);
  now = 15_000;
  expect(size()).toBe(7);
  await turn();
  expect([size(), asked]).toEqual([7, 2]);
  now = 30_000;
  size();
  await turn();
  expect([size(), asked]).toEqual([9, 3]);
});
