/**
 * Version specs: which versions a caller would accept (registry.md 7.1). The meaning of ranges is that of
 * node-semver; on top come `latest`, the directory form `v1_0_0` and the comma as AND. A spec compiles to
 * intervals of version keys, the one form that SQL, stored edges and memory share.
 */
import { Range } from 'semver';
import { OmniBaseError } from '../../contracts/error.ts';
import { compileRange, type KeyInterval } from './interval.ts';
import { isVersion, versionOfDirectory } from './version.ts';

export interface VersionSpec {
  /** As the caller wrote it, trimmed; `latest` for an empty one. */
  readonly source: string;
  readonly kind: 'latest' | 'exact' | 'range';
  /** Only for `exact`: the version named, without build metadata. */
  readonly version?: string;
  /** A version fits when it lies in any of these. */
  readonly intervals: readonly KeyInterval[];
}

export interface VersionSpecOptions {
  /** Ranges accept every prerelease inside their bounds. Default false. */
  readonly includePrerelease?: boolean;
}

const longestSpec = 255;

/**
 * Reads a version spec of at most 255 characters.
 *
 * @throws {OmniBaseError} QY002 with `spec`, `reason` and `position` (1-based character of the part that is wrong)
 */
export function parseVersionSpec(text: string, options: VersionSpecOptions = {}): VersionSpec {
  const source = text.trim();
  if (source.length > longestSpec)
    throw refusal(source, `more than ${String(longestSpec)} characters`, longestSpec + 1);
  if (source === '' || source === 'latest') {
    return { source: 'latest', kind: 'latest', intervals: compileRange(new Range('*', options)) };
  }
  const plain = (versionOfDirectory(source) ?? source).replaceAll(',', ' ');
  checkCommas(source);
  const range = readRange(plain, source, options);
  const exact = exactVersion(range);
  if (exact === null) return { source, kind: 'range', intervals: compileRange(range) };
  return { source, kind: 'exact', version: exact, intervals: compileRange(range) };
}

/** Whether `text` is a spec that `parseVersionSpec` accepts. */
export function isVersionSpec(text: string): boolean {
  try {
    parseVersionSpec(text);
    return true;
  } catch (error) {
    if (error instanceof OmniBaseError) return false;
    throw error;
  }
}

function readRange(plain: string, source: string, options: VersionSpecOptions): Range {
  try {
    return new Range(plain, options);
  } catch (error) {
    const wrong = firstWrongPart(plain);
    throw refusal(source, `${JSON.stringify(wrong.text)} is no version or range`, wrong.position, error);
  }
}

/** The version when the range is one comparator without an operator. */
function exactVersion(range: Range): string | null {
  const [alternative, ...others] = range.set;
  const [comparator, ...further] = alternative ?? [];
  if (comparator === undefined || others.length > 0 || further.length > 0) return null;
  return comparator.operator === '' && isVersion(comparator.value) ? comparator.semver.version : null;
}

/** A comma stands between two comparators of one alternative: never first, last or beside another. */
function checkCommas(source: string): void {
  const stray = /(?:^|,|\|\|)\s*,|,\s*(?:$|\|\|)/.exec(source);
  if (stray !== null) throw refusal(source, 'a comma must stand between two conditions', stray.index + 1);
}

/** Blames the first blank-separated part that is no range by itself; the whole text if each of them is one. */
function firstWrongPart(plain: string): { readonly text: string; readonly position: number } {
  for (const part of plain.matchAll(/[^\s|]+/g)) {
    const operator = /^(?:[<>]=?|[=~^-]|~>)$/.test(part[0]);
    if (!operator && !isRange(part[0])) return { text: part[0], position: part.index + 1 };
  }
  return { text: plain, position: 1 };
}

function isRange(text: string): boolean {
  try {
    return new Range(text).set.length > 0;
  } catch {
    // The library says "not a range" by throwing.
    return false;
  }
}

function refusal(spec: string, reason: string, position: number, cause?: unknown): OmniBaseError {
  const shown = spec.slice(0, longestSpec);
  return new OmniBaseError('QY002', { details: { spec: shown, reason, position }, cause });
}
