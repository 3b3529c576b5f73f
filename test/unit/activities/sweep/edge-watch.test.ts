/** How long a hot row has differed from its projection, from what single looks can see. */
import { describe, expect, it } from 'vitest';
import { EdgeWatch } from '../../../../activities/sweep/edge-watch.ts';
import type { DueNode } from '../../../../db/stores/sweep/find-pokes.ts';

const node = (over: Partial<DueNode> = {}): DueNode => ({
  kind: 'edge',
  entity_id: '00000000-0000-4000-8000-000000000001',
  domain: 'registration',
  epoch: 1,
  again: false,
  turn: 0,
  hot: true,
  reported_status: 'degraded',
  beat_age_ms: 100,
  ...over,
});

/** Looks once per entry, a sweep each. */
function looks(watch: EdgeWatch, ...entries: readonly [at: number, over?: Partial<DueNode>][]): boolean[] {
  return entries.map(([at, over]) => {
    watch.beginSweep();
    return watch.isOld(node(over), at);
  });
}

describe('a difference', () => {
  it('is old at once when its beat is', () => {
    expect(looks(new EdgeWatch(), [0, { beat_age_ms: 9_999 }], [1, { beat_age_ms: 10_000 }])).toEqual([false, true]);
  });

  it('is old once it was seen for 10 s', () => {
    expect(looks(new EdgeWatch(), [0], [5_000], [9_999], [10_000], [15_000])).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it.each<[string, Partial<DueNode>]>([
    ['another status', { reported_status: 'unhealthy' }],
    ['another epoch', { epoch: 2 }],
  ])('begins anew with %s', (_, over) => {
    expect(looks(new EdgeWatch(), [0], [9_000, over], [12_000, over], [19_000, over])).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('begins anew after a sweep that did not see it', () => {
    const watch = new EdgeWatch();
    looks(watch, [0]);
    watch.beginSweep();
    expect(looks(watch, [10_000], [20_000])).toEqual([false, true]);
  });

  it('is one of a node and its domain', () => {
    const watch = new EdgeWatch();
    looks(watch, [0]);
    watch.beginSweep();
    expect(watch.isOld(node({ domain: 'other' }), 10_000)).toBe(false);
    expect(watch.isOld(node(), 10_000)).toBe(true);
  });
});
