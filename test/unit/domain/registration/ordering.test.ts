import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { Ordering } from '../../../../contracts/node/projection.ts';
import {
  compareOrderings,
  isNewer,
  isStale,
  modeOf,
  orderingKey,
  type SequenceFields,
  SequenceInfo,
} from '../../../../domain/registration/ordering.ts';

/** Small numbers meet often. */
const count = fc.oneof(fc.nat({ max: 3 }), fc.maxSafeNat());
const partition = fc.constantFrom('', '0', 'a');
const byWorkflow = fc.record({ epoch: count, version: count });
const bySequence = fc.oneof(
  fc.record({ sequence: count }),
  fc.record({ sequence: count, offset: count, partition: fc.constant(null) }),
  fc.record({ sequence: count, partition }),
);
const byOffset = fc.oneof(
  fc.record({ sequence: count, partition, offset: count }),
  fc.record({ partition, offset: count }),
  fc.tuple(partition, count).map(([name, offset]) => SequenceInfo.fromOffset(name, offset)),
);
const ordering: fc.Arbitrary<Ordering> = fc.oneof(byWorkflow, bySequence, byOffset);
const offsetsOfOnePartition = fc.oneof(
  fc.record({ sequence: count, partition: fc.constant('p'), offset: count }),
  fc.record({ partition: fc.constant('p'), offset: count }),
);
const withinOneMode = fc.oneof(
  fc.array(byWorkflow, { minLength: 3, maxLength: 3 }),
  fc.array(bySequence, { minLength: 3, maxLength: 3 }),
  fc.array(offsetsOfOnePartition, { minLength: 3, maxLength: 3 }),
);
const opposite = { newer: 'stale', stale: 'newer', duplicate: 'duplicate' } as const;

describe('modeOf', () => {
  it.each<[Ordering, string]>([
    [{ epoch: 1, version: 1 }, 'workflow'],
    [{ epoch: 0, version: 0 }, 'workflow'],
    [{ epoch: 1, version: 1, sequence: 4, partition: 'a', offset: 2 }, 'workflow'],
    [{ epoch: 1, version: null, sequence: 4 }, 'sequence'],
    [{ sequence: 4 }, 'sequence'],
    [{ sequence: 0 }, 'sequence'],
    [{ sequence: 4, partition: 'a' }, 'sequence'],
    [{ sequence: 4, offset: 2 }, 'sequence'],
    [{ sequence: 4, partition: null, offset: 0 }, 'sequence'],
    [{ sequence: 4, partition: '', offset: 0 }, 'offset'],
    [{ sequence: 4, partition: 'a', offset: 2 }, 'offset'],
    [{ partition: 'a', offset: 2 }, 'offset'],
  ])('%j is %s', (given, mode) => {
    expect(modeOf(given)).toBe(mode);
  });
});

describe('compareOrderings', () => {
  it.each<[string, Ordering, Ordering, unknown]>([
    ['a later version', { epoch: 1, version: 1 }, { epoch: 1, version: 2 }, 'newer'],
    ['a later epoch, whatever the version', { epoch: 1, version: 9 }, { epoch: 2, version: 1 }, 'newer'],
    ['the same step', { epoch: 1, version: 1 }, { epoch: 1, version: 1 }, 'duplicate'],
    ['an earlier epoch', { epoch: 2, version: 1 }, { epoch: 1, version: 9 }, 'stale'],
    ['a later sequence', { sequence: 0 }, { sequence: 1 }, 'newer'],
    ['the same sequence', { sequence: 0 }, { sequence: 0 }, 'duplicate'],
    ['a lone offset, which says nothing', { sequence: 5, offset: 9 }, { sequence: 5, offset: 1 }, 'duplicate'],
    ['a lone partition, which says nothing', { sequence: 5, partition: 'a' }, { sequence: 6 }, 'newer'],
    ['a later offset', { sequence: 5, partition: '', offset: 0 }, { sequence: 5, partition: '', offset: 1 }, 'newer'],
    [
      'a later sequence with an earlier offset',
      { sequence: 5, partition: 'a', offset: 9 },
      { sequence: 6, partition: 'a', offset: 1 },
      'newer',
    ],
    ['an offset alone', { partition: 'a', offset: 3 }, SequenceInfo.fromOffset('a', 3), 'duplicate'],
    [
      'another partition',
      { sequence: 5, partition: 'a', offset: 9 },
      { sequence: 6, partition: 'b', offset: 10 },
      { incompatible: 'partition' },
    ],
    [
      'another partition than the one without a name',
      { sequence: 5, partition: '', offset: 9 },
      { sequence: 6, partition: 'b', offset: 10 },
      { incompatible: 'partition' },
    ],
    ['another mode', { epoch: 1, version: 1 }, { sequence: 6 }, { incompatible: 'mode' }],
    ['an offset to a sequence', { sequence: 6 }, { sequence: 7, partition: 'a', offset: 1 }, { incompatible: 'mode' }],
  ])('judges %s', (_what, stored, given, verdict) => {
    expect(compareOrderings(stored, given)).toEqual(verdict);
  });

  it('is antisymmetric, also about what cannot be compared', () => {
    fc.assert(
      fc.property(ordering, ordering, (a, b) => {
        const forth = compareOrderings(a, b);
        expect(compareOrderings(b, a)).toEqual(typeof forth === 'string' ? opposite[forth] : forth);
      }),
      { numRuns: 2000 },
    );
  });

  it('is total and transitive within one mode and partition', () => {
    fc.assert(
      fc.property(withinOneMode, ([a = {}, b = {}, c = {}]) => {
        const [ab, bc, ac] = [compareOrderings(a, b), compareOrderings(b, c), compareOrderings(a, c)];
        expect([typeof ab, typeof bc, typeof ac]).toEqual(['string', 'string', 'string']);
        if (ab === bc) expect(ac).toBe(ab);
        if (ab === 'duplicate') expect(ac).toEqual(bc);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells every ordering to be a duplicate of itself', () => {
    fc.assert(fc.property(ordering, (given) => compareOrderings(given, { ...given }) === 'duplicate'));
  });

  it.each<[string, Ordering]>([
    ['epoch', { epoch: -1, version: 1 }],
    ['version', { epoch: 1, version: 1.5 }],
    ['sequence', {}],
    ['sequence', { epoch: 1 }],
    ['sequence', { offset: 4 }],
    ['sequence', { sequence: Number.NaN }],
    ['sequence', { sequence: -1, partition: 'a', offset: 3 }],
    ['offset', { sequence: 1, partition: 'a', offset: 2 ** 53 }],
  ])('refuses a bad %s', (path, given) => {
    expect(() => compareOrderings({ sequence: 1 }, given)).toThrow(
      expect.objectContaining({ code: 'ND001', issues: [expect.objectContaining({ path })] }),
    );
  });

  it('has a key that decides alone', () => {
    fc.assert(
      fc.property(ordering, ordering, (a, b) => {
        const verdict = compareOrderings(a, b);
        const same = JSON.stringify(orderingKey(a)) === JSON.stringify(orderingKey(b));
        expect(same).toBe(verdict === 'duplicate');
      }),
    );
  });
});

describe('isStale and isNewer', () => {
  it('are opposites, and neither holds for ties and incompatible pairs', () => {
    fc.assert(
      fc.property(ordering, ordering, (a, b) => {
        const verdict = compareOrderings(b, a);
        expect(isStale(a, b)).toBe(verdict === 'stale');
        expect(isNewer(a, b)).toBe(isStale(b, a));
        if (typeof verdict !== 'string' || verdict === 'duplicate') expect(isStale(a, b) || isNewer(a, b)).toBe(false);
      }),
    );
  });
});

describe('SequenceInfo', () => {
  it('takes the offset of a partition as sequence, the partition as text', () => {
    expect(SequenceInfo.fromOffset(0, 0)).toMatchObject({ sequence: 0, partition: '0', offset: 0 });
    expect(SequenceInfo.fromOffset('', 7)).toMatchObject({ sequence: 7, partition: '', offset: 7 });
  });

  it('counts without partition', () => {
    expect(SequenceInfo.fromSequence(0)).toMatchObject({ sequence: 0, partition: null, offset: null });
  });

  it('keeps sequence and offset as given', () => {
    expect(new SequenceInfo({ sequence: 9, partition: 'a', offset: 0 })).toMatchObject({
      sequence: 9,
      partition: 'a',
      offset: 0,
    });
  });

  it('cannot be changed', () => {
    const info = SequenceInfo.fromSequence(1);
    expect(Reflect.set(info, 'sequence', 2)).toBe(false);
    expect(info.sequence).toBe(1);
  });

  it.each<[string, object]>([
    ['sequence', { sequence: -1 }],
    ['sequence', {}],
    ['sequence', { sequence: '1' }],
    ['offset', { sequence: 1, offset: -1 }],
    ['partition', { sequence: 1, partition: 'x'.repeat(129) }],
    ['partition', { sequence: 1, partition: 3 }],
    ['epoch', { sequence: 1, epoch: 2 }],
  ])('refuses a bad %s', (path, fields) => {
    const make = () => new SequenceInfo(fields as SequenceFields);
    expect(make).toThrow(OmniBaseError);
    expect(make).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ path })] }));
  });
});
