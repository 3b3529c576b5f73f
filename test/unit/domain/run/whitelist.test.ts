/** Overrides and tunes that are allowed (runs.md 8). */
import { describe, expect, it } from 'vitest';
import type { WhitelistEntry } from '../../../../contracts/run/requests.ts';
import { matchesPath, refuseOverrides, refuseTune } from '../../../../domain/run/whitelist.ts';

describe('a path', () => {
  it.each([
    ['trainer.batch', 'trainer.batch', true],
    ['trainer.batch', 'trainer', false],
    ['trainer.*', 'trainer.batch', true],
    ['trainer.*', 'trainer.optimizer.beta', true],
    ['trainer.*', 'trainer', false],
    ['trainer.*', 'trainers.batch', false],
    ['*', 'anything.at.all', true],
    ['trainer', 'trainer.batch', false],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(matchesPath(pattern, path)).toBe(expected);
  });
});

describe('overrides', () => {
  it.each<[string, unknown, WhitelistEntry[], string | null]>([
    ['nothing overridden', {}, [], null],
    ['nothing allowed', { a: 1 }, [], 'a'],
    ['one leaf', { trainer: { batch: 256 } }, ['trainer.batch'], null],
    ['another leaf', { trainer: { batch: 256, lr: 1 } }, ['trainer.batch'], 'trainer.lr'],
    ['everything below', { trainer: { a: { b: 1 } } }, ['trainer.*'], null],
    ['a list is a leaf', { layers: [1, 2] }, ['layers'], null],
    ['an empty object is a leaf', { trainer: {} }, ['trainer.*'], 'trainer'],
    ['within bounds', { lr: 0.5 }, [{ path: 'lr', min: 0.5, max: 1 }], null],
    ['below bounds', { lr: 0.4 }, [{ path: 'lr', min: 0.5, max: 1 }], 'lr'],
    ['above bounds', { lr: 1.1 }, [{ path: 'lr', max: 1 }], 'lr'],
    ['text has no bounds', { lr: 'auto' }, [{ path: 'lr', min: 0.5 }], null],
    ['any entry will do', { lr: 5 }, [{ path: 'lr', max: 1 }, '*'], null],
  ])('%s', (_name, overrides, whitelist, expected) => {
    expect(refuseOverrides(overrides, whitelist)?.path ?? null).toBe(expected);
  });

  it('that are refused name their bounds', () => {
    expect(refuseOverrides({ lr: 2 }, [{ path: 'lr', min: 0, max: 1 }])).toEqual({ path: 'lr', min: 0, max: 1 });
  });
});

describe('a tune', () => {
  it.each<[string, object, WhitelistEntry[], string | null]>([
    ['its own name', { learning_rate: 0.1 }, ['learning_rate'], null],
    ['not named', { learning_rate: 0.1, clip_epsilon: 0.1 }, ['learning_rate'], 'clip_epsilon'],
    ['everything', { entropy_coef: 0.1 }, ['*'], null],
    ['a group', { entropy_coef: 0.1 }, ['trainer.*'], 'entropy_coef'],
    ['narrower bounds', { learning_rate: 0.1 }, [{ path: 'learning_rate', max: 0.01 }], 'learning_rate'],
    ['notes alone need nothing', { learning_rate: 0.1, notes: 'x' }, ['learning_rate'], null],
  ])('%s', (_name, payload, whitelist, expected) => {
    expect(refuseTune(payload, whitelist)?.path ?? null).toBe(expected);
  });
});
