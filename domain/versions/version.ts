/** One version: Semantic Versioning 2.0 without leniency (registry.md 2.3). */

const number = '(0|[1-9]\\d*)';
const identifier = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const pattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** Longest version text; the semver library has nearly the same limit. */
const longestVersion = 255;

export interface ParsedVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Identifiers after `-`, in order; numeric ones as numbers. Empty for a release. */
  readonly prerelease: readonly (string | number)[];
}

/**
 * Reads a version; null when it is not one: a prefix `v`, missing parts, leading zeros, numbers above 2^53-1
 * and texts above 255 characters are refused.
 */
export function parseVersion(text: string): ParsedVersion | null {
  if (text.length > longestVersion) return null;
  const match = pattern.exec(text);
  if (match === null) return null;
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const prerelease = match[4] === undefined ? [] : match[4].split('.').map(toIdentifier);
  const numbers = [major, minor, patch, ...prerelease.filter((part) => typeof part === 'number')];
  return numbers.every((part) => Number.isSafeInteger(part)) ? { major, minor, patch, prerelease } : null;
}

function toIdentifier(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** Whether `text` is a version the registry accepts. */
export function isVersion(text: string): boolean {
  return parseVersion(text) !== null;
}

/** `parseVersion` for text that was checked before; throws a RangeError otherwise. */
export function requireVersion(text: string): ParsedVersion {
  const parsed = parseVersion(text);
  if (parsed === null) throw new RangeError(`not a version: ${text.slice(0, longestVersion)}`);
  return parsed;
}

/** The x.y.z part of a version. Throws a RangeError if it is no version. */
export function versionCore(version: string): string {
  return coreOf(requireVersion(version));
}

/** Whether a version has prerelease identifiers. Throws a RangeError if it is no version. */
export function isPrerelease(version: string): boolean {
  return requireVersion(version).prerelease.length > 0;
}

/** x.y.z of a parsed version or of the semver library's own object. */
export function coreOf(version: Pick<ParsedVersion, 'major' | 'minor' | 'patch'>): string {
  return `${String(version.major)}.${String(version.minor)}.${String(version.patch)}`;
}

/** The version a directory name stands for: `v1_0_0` is 1.0.0; null for any other name. */
export function versionOfDirectory(name: string): string | null {
  const match = /^v(\d+)_(\d+)_(\d+)$/.exec(name);
  if (match === null) return null;
  const version = match.slice(1).join('.');
  return isVersion(version) ? version : null;
}
