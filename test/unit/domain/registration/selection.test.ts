import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectionStrategies } from '../../../../contracts/node/vocabulary.ts';
import { type Candidate, compareKeys, selectNode } from '../../../../domain/registration/selection.ts';

const candidate = (entity_id: string, load: number | null = null, cpu: number | null = null): Candidate => ({
  entity_id,
  domain: 'registration',
  active_operations_count: load,
  cpu_usage_percent: cpu,
});
const [a, b, c] = [candidate('a'), candidate('b'), candidate('c')];
const unused = () => Number.NaN;
const from = (entity_id: string | null) => ({
  random: unused,
  last: entity_id === null ? null : { entity_id, domain: 'registration' },
});

describe('selectNode', () => {
  it.each(selectionStrategies)('finds nobody among none: %s', (strategy) => {
    expect(selectNode(strategy, [], { random: () => 0.5, last: null })).toBeNull();
  });

  it('takes the first', () => {
    expect(selectNode('first', [a, b, c], from('b'))).toBe(a);
  });

  it.each([
    [0, a],
    [0.34, b],
    [0.99, c],
  ])('takes at random by %d', (value, chosen) => {
    expect(selectNode('random', [a, b, c], { random: () => value, last: null })).toBe(chosen);
  });

  it('takes every candidate equally often at random', () => {
    const counts = new Map<string, number>();
    for (let index = 0; index < 3000; index++) {
      const chosen = selectNode('random', [a, b, c], { random: () => index / 3000, last: null });
      counts.set(chosen?.entity_id ?? '', (counts.get(chosen?.entity_id ?? '') ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ a: 1000, b: 1000, c: 1000 });
  });

  it.each([
    ['the first without cursor', null, a],
    ['the next', 'a', b],
    ['the next after one that has gone', 'aa', b],
    ['the first after the last', 'c', a],
    ['the first after one beyond the last', 'x', a],
  ])('goes round: %s', (_what, last, chosen) => {
    expect(selectNode('round_robin', [a, b, c], from(last))).toBe(chosen);
  });

  it('goes round one node in several domains', () => {
    const twin = { ...a, domain: 'zeta' };
    expect(selectNode('round_robin', [a, twin, b], from('a'))).toBe(twin);
  });

  it('goes round fairly while nodes come and go', () => {
    const letters = ['a', 'b', 'c', 'd', 'e', 'f'];
    const fleets = fc.array(fc.uniqueArray(fc.constantFrom(...letters), { minLength: 1 }), { maxLength: 20 });
    fc.assert(
      fc.property(fleets, (rounds) => {
        let last: Candidate | null = null;
        for (const letter of rounds) {
          const fleet = letter.toSorted().map((id) => candidate(id));
          const above: Candidate[] = fleet.filter((node) => last !== null && compareKeys(node, last) > 0);
          const chosen: Candidate | null = selectNode('round_robin', fleet, { random: unused, last });
          expect(chosen).toBe(above[0] ?? fleet[0]);
          last = chosen;
        }
      }),
    );
  });

  it.each<[string, Candidate[], number]>([
    ['fewest operations', [candidate('a', 3, 1), candidate('b', 2, 99)], 1],
    ['less CPU among equals', [candidate('a', 2, 50), candidate('b', 2, 49.5)], 1],
    ['the least key among equals', [candidate('a', 2, 50), candidate('b', 2, 50)], 0],
    ['zero operations, which is not nothing', [candidate('a', null, 0), candidate('b', 0, 0)], 1],
    ['known CPU before unknown', [candidate('a', 2), candidate('b', 2, 100)], 1],
    ['anybody before one without telemetry', [candidate('a'), candidate('b', 1e6, 100)], 1],
    ['the least key when nobody has telemetry', [candidate('a'), candidate('b')], 0],
  ])('takes the least loaded: %s', (_what, candidates, index) => {
    expect(selectNode('least_loaded', candidates, from(null))).toBe(candidates[index]);
    expect(selectNode('least_loaded', candidates.toReversed(), from(null))).toBe(candidates[index]);
  });

  it('chooses one of the candidates and leaves their order alone', () => {
    const load = fc.option(fc.nat({ max: 3 }), { nil: null });
    const fleet = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), load, load), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fleet, fc.constantFrom(...selectionStrategies), (parts, strategy) => {
        const candidates = parts.map(([id, operations, cpu]) => candidate(id, operations, cpu));
        const copy = [...candidates];
        expect(candidates).toContain(selectNode(strategy, candidates, { random: () => 0.7, last: a }));
        expect(candidates).toEqual(copy);
      }),
    );
  });
});
