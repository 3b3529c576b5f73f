/** The pace of pokes: a second's worth at once, noted just before it goes out. */
import { describe, expect, it } from 'vitest';
import { type PacedPokes, pokeAtPace } from '../../../../activities/sweep/poke-at-pace.ts';

function pace(over: Partial<PacedPokes<number>> = {}) {
  const log: string[] = [];
  const paced: PacedPokes<number> = {
    perSecond: 10,
    refresh: () => {
      log.push('refresh');
      return Promise.resolve();
    },
    claim: (targets) => {
      log.push(`claim ${targets.length}`);
      return Promise.resolve(targets);
    },
    send: (target) => {
      log.push(`send ${target}`);
      return Promise.resolve();
    },
    pulse: { beat: () => undefined, signal: new AbortController().signal },
    ...over,
  };
  return { paced, log };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('pokes', () => {
  it('that fit into a second go out at once, in order, noted first', async () => {
    const { paced, log } = pace();
    const started = performance.now();
    await pokeAtPace(numbers(3), paced);
    expect(performance.now() - started).toBeLessThan(500);
    expect(log).toEqual(['refresh', 'claim 3', 'send 0', 'send 1', 'send 2']);
  });

  it('beyond that wait for the next second', async () => {
    const { paced, log } = pace();
    const started = performance.now();
    await pokeAtPace(numbers(15), paced);
    expect(performance.now() - started).toBeGreaterThanOrEqual(950);
    expect(log.filter((line) => line.startsWith('claim'))).toEqual(['claim 10', 'claim 5']);
  });

  it('go to those only who could be noted', async () => {
    const { paced, log } = pace({ claim: (targets) => Promise.resolve(targets.filter((target) => target % 2 === 0)) });
    await pokeAtPace(numbers(5), paced);
    expect(log.filter((line) => line.startsWith('send'))).toEqual(['send 0', 'send 2', 'send 4']);
  });

  it('are few at the same time', async () => {
    let now = 0;
    let most = 0;
    const send = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
    };
    await pokeAtPace(numbers(100), pace({ perSecond: 100, send }).paced);
    expect(most).toBe(16);
  });

  it('end when the sweep is told to stop, in the middle of a rest too', async () => {
    const stop = new AbortController();
    const { paced, log } = pace({ perSecond: 1, pulse: { beat: () => undefined, signal: stop.signal } });
    const poking = pokeAtPace(numbers(3), paced);
    setImmediate(() => stop.abort());
    await expect(poking).rejects.toThrow();
    expect(log.filter((line) => line.startsWith('send'))).toEqual(['send 0']);
    await expect(pokeAtPace(numbers(1), paced)).rejects.toThrow();
  });
});
