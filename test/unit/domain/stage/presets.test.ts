import { describe, expect, it } from 'vitest';
import { concurrencyOf, stageLimits } from '../../../../domain/stage/limits.ts';
import { parseStage, presetOf, stagePresets } from '../../../../domain/stage/presets.ts';

describe('the value of --stage', () => {
  it.each([
    ['pre-commit', 'pre-commit'],
    ['Pre-Commit', 'pre-commit'],
    ['pre\u2010commit', 'pre-commit'],
    ['PRE\u2011COMMIT', 'pre-commit'],
    ['pre\u2014commit', 'pre-commit'],
    ['pre\u2212commit', 'pre-commit'],
    ['pre\uFF0Dcommit', 'pre-commit'],
    [' ci ', 'ci'],
    ['TEST', 'test'],
  ])('%j means %s', (text, stage) => {
    expect(parseStage(text)).toBe(stage);
  });

  it.each(['', 'precommit', 'exec', '__proto__', 'toString'])('%j is refused', (text) => {
    expect(() => parseStage(text)).toThrow(
      expect.objectContaining({ code: 'OR001', details: expect.objectContaining({ allowed: 'pre-commit, ci, test' }) }),
    );
  });
});

describe('presets', () => {
  it('exist for every stage that selects', () => {
    expect(presetOf('ci')).toBe(stagePresets.ci);
    expect(() => presetOf('exec')).toThrow(expect.objectContaining({ code: 'OR001' }));
  });
});

describe('limits', () => {
  it('are those of the table', () => {
    expect(Object.values(stageLimits).map((limits) => Object.values(limits))).toEqual([
      [10_000, 60_000, 0, 2],
      [600_000, 900_000, 1, 3],
      [1_800_000, 1_800_000, 1, 4],
      [3_600_000, 3_600_000, 0, 3],
    ]);
  });

  it.each([
    [2, null, 4],
    [8, null, 8],
    [64, null, 8],
    [0, null, 1],
    [2, 1, 1],
    [2, 64, 4],
  ])('%d cores, --concurrency %j: %d in flight', (cores, wanted, expected) => {
    expect(concurrencyOf(cores, wanted)).toBe(expected);
  });
});
