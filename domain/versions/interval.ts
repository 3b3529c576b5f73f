/**
 * Ranges as intervals of version keys (registry.md 7.1). One comparison of texts per bound decides what
 * node-semver decides by parsing; the SQL form is in the stores, the property test against `semver.satisfies`
 * beside this file's other tests.
 */
import type { Comparator, Range } from 'semver';
import { coreOf, isPrerelease, versionCore } from './version.ts';
import { keyOf, versionKey } from './version-key.ts';

/** Versions between two keys. JSON-safe: stored with each edge. */
export interface KeyInterval {
  /** Lowest key, null when unbounded. */
  readonly lo: string | null;
  readonly lo_inclusive: boolean;
  /** Highest key, null when unbounded. */
  readonly hi: string | null;
  readonly hi_inclusive: boolean;
  /** A prerelease inside the bounds counts only if its x.y.z is one of these; `any` lets all in. */
  readonly prerelease_cores: readonly string[] | 'any';
}

interface Bound {
  readonly key: string;
  readonly inclusive: boolean;
}

/** The intervals of a range, one per `||` alternative that can hold a version, lowest first. */
export function compileRange(range: Range): KeyInterval[] {
  const intervals = range.set.map((comparators) => compileAlternative(comparators, range.includePrerelease));
  return intervals.filter((interval) => !isEmpty(interval)).sort((a, b) => compareKeys(a.lo ?? '', b.lo ?? ''));
}

/** Whether a version lies in one of the intervals. Throws a RangeError if `version` is no version. */
export function satisfies(version: string, intervals: readonly KeyInterval[]): boolean {
  return whySatisfied(version, intervals) === 'inside';
}

/** `prerelease`: inside the bounds, but a prerelease that no interval lets in. */
export function whySatisfied(version: string, intervals: readonly KeyInterval[]): 'inside' | 'outside' | 'prerelease' {
  const key = versionKey(version);
  const enclosing = intervals.filter((interval) => withinBounds(key, interval));
  if (enclosing.length === 0) return 'outside';
  if (!isPrerelease(version)) return 'inside';
  const core = versionCore(version);
  const admitted = enclosing.some(({ prerelease_cores: cores }) => cores === 'any' || cores.includes(core));
  return admitted ? 'inside' : 'prerelease';
}

function withinBounds(key: string, interval: KeyInterval): boolean {
  const low = interval.lo === null ? 1 : compareKeys(key, interval.lo);
  const high = interval.hi === null ? -1 : compareKeys(key, interval.hi);
  return (low > 0 || (low === 0 && interval.lo_inclusive)) && (high < 0 || (high === 0 && interval.hi_inclusive));
}

function compileAlternative(comparators: readonly Comparator[], includePrerelease: boolean): KeyInterval {
  let lo: Bound | null = null;
  let hi: Bound | null = null;
  const cores = new Set<string>();
  for (const { operator, semver } of comparators.filter(isBounded)) {
    const bound = { key: keyOf(semver), inclusive: operator !== '>' && operator !== '<' };
    if (operator !== '<' && operator !== '<=') lo = lo === null ? bound : tighter(lo, bound, 1);
    if (operator !== '>' && operator !== '>=') hi = hi === null ? bound : tighter(hi, bound, -1);
    if (semver.prerelease.length > 0) cores.add(coreOf(semver));
  }
  return {
    lo: lo?.key ?? null,
    lo_inclusive: lo?.inclusive ?? false,
    hi: hi?.key ?? null,
    hi_inclusive: hi?.inclusive ?? false,
    prerelease_cores: includePrerelease ? 'any' : [...cores].sort(),
  };
}

/** The library writes "any version" as a comparator whose version is a symbol. */
function isBounded(comparator: Comparator): boolean {
  return typeof comparator.semver === 'object' && comparator.value !== '';
}

/** Of two bounds the one that leaves less: the higher for `direction` 1, the lower for -1; at equal keys the exclusive one. */
function tighter(a: Bound, b: Bound, direction: 1 | -1): Bound {
  const order = compareKeys(a.key, b.key) * direction;
  if (order !== 0) return order > 0 ? a : b;
  return a.inclusive ? b : a;
}

function isEmpty(interval: KeyInterval): boolean {
  if (interval.lo === null || interval.hi === null) return false;
  const order = compareKeys(interval.lo, interval.hi);
  return order > 0 || (order === 0 && !(interval.lo_inclusive && interval.hi_inclusive));
}

/** Keys are ASCII, so code unit order is byte order. */
function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
