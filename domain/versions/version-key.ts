/**
 * The sort key of a version: text whose byte order is version precedence, so that Postgres (`COLLATE "C"`), a
 * stored edge and memory compare versions the same way without parsing them (registry.md 7.1). Each number
 * is a length letter (`a` = one digit) and its digits; then `~` for a release, or `-` and the identifiers joined
 * by `!`.
 */
import { type ParsedVersion, requireVersion } from './version.ts';

/** Key of a version, e.g. `a1a2a3~` for 1.2.3; build metadata plays no part. Throws a RangeError if it is no version. */
export function versionKey(version: string): string {
  return keyOf(requireVersion(version));
}

/** Key of a parsed version or of the semver library's own object. */
export function keyOf(version: ParsedVersion): string {
  const core = [version.major, version.minor, version.patch].map(numberKey).join('');
  if (version.prerelease.length === 0) return `${core}~`;
  return `${core}-${version.prerelease.map(identifierKey).join('!')}`;
}

/** Numbers up to 2^53-1 have at most 16 digits: length letters `a` to `p`. */
function numberKey(value: number): string {
  const digits = String(value);
  return String.fromCharCode('a'.charCodeAt(0) + digits.length - 1) + digits;
}

/** `0` before a number and `1` before text put every number first, as precedence wants. */
function identifierKey(part: string | number): string {
  return typeof part === 'number' ? `0${numberKey(part)}` : `1${part}`;
}
