/** Canonical JSON (RFC 8785): the one text that stands for a value, so that hashes of it can be compared. */
import canonicalize from 'canonicalize';

/** RFC 8785 text of a JSON value. Throws a TypeError for what JSON cannot hold (undefined, NaN). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('only a JSON value has a canonical form');
  return text;
}
