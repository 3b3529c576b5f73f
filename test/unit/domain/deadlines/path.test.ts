import { describe, expect, it } from 'vitest';
import { isInAmnesty, isPathDown, pathSilenceLimit } from '../../../../domain/deadlines/path.ts';

const now = 1_000_000;

describe('isPathDown', () => {
  it.each([
    ['a path without row', null, true],
    ['a path refreshed now', { up_since: 0, last_seen: now }, false],
    ['a path refreshed 10 s ago', { up_since: 0, last_seen: now - pathSilenceLimit }, false],
    ['a path refreshed longer ago', { up_since: 0, last_seen: now - pathSilenceLimit - 1 }, true],
    ['a path refreshed by a transaction that began later', { up_since: 0, last_seen: now + 5 }, false],
  ])('%s: %o is %s', (_what, path, down) => {
    expect(isPathDown(path, now)).toBe(down);
  });
});

describe('isInAmnesty', () => {
  it.each([
    ['no row', null, false],
    ['back since now', { up_since: now, last_seen: now }, true],
    ['back for less than a window', { up_since: now - 89_999, last_seen: now }, true],
    ['back for a window', { up_since: now - 90_000, last_seen: now }, false],
    ['down', { up_since: now - 20_000, last_seen: now - 10_001 }, false],
  ])('%s: %o is %s', (_what, path, amnesty) => {
    expect(isInAmnesty(path, 90_000, now)).toBe(amnesty);
  });
});
