import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { componentStatuses, lifecycles } from '../../../../contracts/component-values.ts';
import { pickVersion, type VersionCandidate } from '../../../../domain/versions/pick-version.ts';
import { parseVersionSpec } from '../../../../domain/versions/version-spec.ts';
import { version } from './arbitraries.ts';

function candidate(text: string, more: Partial<VersionCandidate> = {}): VersionCandidate {
  return { uuid: text, version: text, lifecycle: 'active', status: 'active', quarantined: false, wip: false, ...more };
}

function pick(candidates: readonly VersionCandidate[], spec: string, options = {}) {
  const { chosen, dropped, warnings } = pickVersion(candidates, parseVersionSpec(spec), options);
  return {
    chosen: chosen?.version ?? null,
    dropped: dropped.map((drop) => `${drop.candidate.version} ${drop.reason}`),
    warnings: warnings.map(({ code }) => code),
  };
}

const line = [candidate('1.0.0'), candidate('2.1.0'), candidate('1.10.0'), candidate('2.2.0-rc.1'), candidate('1.9.0')];

describe('pickVersion', () => {
  it.each([
    ['latest', '2.1.0', ['2.2.0-rc.1 prerelease']],
    ['^1.0.0', '1.10.0', ['2.2.0-rc.1 range', '2.1.0 range']],
    ['1.9.0', '1.9.0', ['2.2.0-rc.1 range', '2.1.0 range', '1.10.0 range', '1.0.0 range']],
    ['2.2.0-rc.1', '2.2.0-rc.1', ['2.1.0 range', '1.10.0 range', '1.9.0 range', '1.0.0 range']],
    ['>=2.0.0', '2.1.0', ['2.2.0-rc.1 prerelease', '1.10.0 range', '1.9.0 range', '1.0.0 range']],
    ['^3', null, ['2.2.0-rc.1 range', '2.1.0 range', '1.10.0 range', '1.9.0 range', '1.0.0 range']],
  ])('%s chooses %s', (spec, chosen, dropped) => {
    expect(pick(line, spec)).toEqual({ chosen, dropped, warnings: [] });
  });

  it('finds only prereleases', () => {
    expect(pick([candidate('1.0.0-rc.1')], 'latest')).toMatchObject({
      chosen: null,
      dropped: ['1.0.0-rc.1 prerelease'],
    });
    expect(pick([candidate('1.0.0-rc.1')], 'latest', { includePrerelease: true })).toMatchObject({
      chosen: '1.0.0-rc.1',
    });
  });

  // Rows: lifecycle; by range, by exact version; exact version in CI; exact version for a lookup.
  it.each([
    ['draft', null, '1.0.0', '1.0.0', '1.0.0'],
    ['experimental', null, '1.0.0', null, '1.0.0'],
    ['canary', '1.0.0', '1.0.0', '1.0.0', '1.0.0'],
    ['active', '1.0.0', '1.0.0', '1.0.0', '1.0.0'],
    ['deprecated', '1.0.0', '1.0.0', '1.0.0', '1.0.0'],
    ['archived', null, null, null, '1.0.0'],
  ] as const)('%s: by range %s, exactly %s, in CI %s, looked up %s', (lifecycle, byRange, exactly, inCi, lookedUp) => {
    const only = [candidate('1.0.0', { lifecycle })];
    expect(pick(only, '^1').chosen).toBe(byRange);
    expect(pick(only, '1.0.0').chosen).toBe(exactly);
    expect(pick(only, '1.0.0', { ci: true }).chosen).toBe(inCi);
    expect(pick(only, '1.0.0', { purpose: 'lookup' }).chosen).toBe(lookedUp);
  });

  it('lets a lookup include archived versions', () => {
    const only = [candidate('1.0.0', { lifecycle: 'archived' })];
    expect(pick(only, '^1', { purpose: 'lookup', includeArchived: true })).toEqual({
      chosen: '1.0.0',
      dropped: [],
      warnings: ['LC007'],
    });
    expect(pick(only, '^1', { purpose: 'resolve', includeArchived: true }).dropped).toEqual(['1.0.0 lifecycle']);
  });

  it('takes other lifecycles from the configuration', () => {
    expect(
      pick([candidate('1.0.0'), candidate('2.0.0', { lifecycle: 'canary' })], '*', { lifecycles: ['active'] }),
    ).toMatchObject({
      chosen: '1.0.0',
      dropped: ['2.0.0 lifecycle'],
    });
  });

  it.each([
    [{ status: 'inactive' }, '1.0.0', 'status'],
    [{ status: 'pending_review' }, '*', 'status'],
    [{ quarantined: true }, '1.0.0', 'quarantine'],
    [{ wip: true }, '*', 'wip'],
  ] as const)('drops %j for %s', (more, spec, reason) => {
    expect(pick([candidate('1.0.0', more)], spec)).toEqual({
      chosen: null,
      dropped: [`1.0.0 ${reason}`],
      warnings: [],
    });
  });

  it('gives work in progress by exact version only, with a warning, and never when locked', () => {
    const only = [candidate('1.0.0', { wip: true })];
    expect(pick(only, '1.0.0')).toEqual({ chosen: '1.0.0', dropped: [], warnings: ['RG010'] });
    expect(pick(only, '1.0.0', { locked: true }).dropped).toEqual(['1.0.0 wip']);
  });

  it('warns of a deprecated choice with replacement and end of life', () => {
    const old = candidate('1.0.0', {
      lifecycle: 'deprecated',
      deprecated_by: 'core.new',
      end_of_life_date: '2030-01-01',
    });
    const { warnings } = pickVersion([old], parseVersionSpec('*'));
    expect(warnings[0]?.message).toBe('version 1.0.0 is deprecated, replaced by core.new, end of life 2030-01-01');
    expect(
      pickVersion([candidate('1.0.0', { lifecycle: 'deprecated' })], parseVersionSpec('*')).warnings[0]?.message,
    ).toBe('version 1.0.0 is deprecated');
  });

  it('says in a clause why each was dropped', () => {
    const { dropped } = pickVersion([...line, candidate('2.0.0', { lifecycle: 'draft' })], parseVersionSpec('>=2.0.0'));
    expect(dropped.map(({ detail }) => detail)).toEqual([
      'a prerelease, and >=2.0.0 names none of 2.2.0',
      'lifecycle is draft',
      'outside >=2.0.0',
      'outside >=2.0.0',
      'outside >=2.0.0',
    ]);
  });

  it('chooses what semver.maxSatisfying chooses, whatever the order, and accounts for every candidate', () => {
    const anyCandidate = fc.record({
      version,
      lifecycle: fc.constantFrom(...lifecycles),
      status: fc.constantFrom(...componentStatuses),
      quarantined: fc.boolean(),
      wip: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(anyCandidate, { maxLength: 8 }),
        fc.constantFrom('*', '^1', '>=0.0.1', '1.x || 3.x'),
        (rows, spec) => {
          const candidates = rows.map((row, index) => ({ ...row, uuid: String(index) }));
          const { chosen, dropped } = pickVersion(candidates, parseVersionSpec(spec));
          const eligible = candidates.filter(
            ({ lifecycle, status, quarantined, wip }) =>
              ['canary', 'active', 'deprecated'].includes(lifecycle) && status === 'active' && !quarantined && !wip,
          );
          const best = semver.maxSatisfying(
            eligible.map((each) => each.version),
            spec,
          );
          expect(chosen === null ? null : semver.compare(chosen.version, best ?? '0.0.0')).toBe(
            best === null ? null : 0,
          );
          const fitting = eligible.filter((each) => semver.satisfies(each.version, spec));
          expect(dropped).toHaveLength(candidates.length - fitting.length);
          expect(pickVersion([...candidates].reverse(), parseVersionSpec(spec)).chosen).toEqual(chosen);
        },
      ),
      { numRuns: 500 },
    );
  });
});
