/**
 * Paths as the bytes git stores (stages.md, head): globs match bytes, entries and findings sort by bytes. A **byte
 * string** holds one byte per character (U+0000 to U+00FF), so that ordinary string functions see bytes.
 */

import { compareUtf8 } from '../text/bytes.ts';

/** Anything that names a path: an entry, a finding. */
export interface Located {
  readonly path?: string;
  /** Base64 of the exact path where it is not UTF-8. */
  readonly path_bytes?: string;
}

/** A path taken apart once, to be matched many times. */
export interface SplitPath {
  readonly bytes: string;
  /** Between the slashes. */
  readonly parts: readonly string[];
}

const beyondAscii = /[\u0080-\uFFFF]/;
const encoder = new TextEncoder();

/** The exact bytes of a path; empty where there is none. */
export function pathBytes(located: Located): string {
  return located.path_bytes === undefined ? bytesOf(located.path ?? '') : atob(located.path_bytes);
}

export function splitPath(located: Located): SplitPath {
  const bytes = pathBytes(located);
  return { bytes, parts: bytes.split('/') };
}

/** The UTF-8 bytes of a text as a byte string. */
export function bytesOf(text: string): string {
  if (!beyondAscii.test(text)) return text;
  let bytes = '';
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** Orders by path bytes; what has no path comes first. */
export function comparePaths(a: Located, b: Located): number {
  // Both UTF-8, the case of nearly all: no need to make bytes of them first.
  if (a.path_bytes === undefined && b.path_bytes === undefined) return compareUtf8(a.path ?? '', b.path ?? '');
  return compareBytes(pathBytes(a), pathBytes(b));
}

/** Orders two byte strings. */
function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
