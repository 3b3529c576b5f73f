/**
 * JSON merge patch (RFC 7396): apply one, make one, and list what differs between two documents.
 *
 * A merge patch can remove a member but never set one to null: null means removal at every level of
 * objects. Nulls inside arrays are data, because arrays are replaced whole. All functions are pure and treat
 * `__proto__` as an ordinary key. They recurse, so hand them values whose nesting was checked
 * (`inspectJson`).
 */
import { compareUtf8 } from '../text/bytes.ts';
import { isJsonObject, jsonEqual } from './values.ts';

type Members = { readonly [key: string]: unknown };

/** The document that results from `patch` on `target` (RFC 7396, section 2). Neither is changed. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map<string, unknown>(isJsonObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, applyMergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

/**
 * A patch that turns `a` into `b`; `{}` when they are equal objects. Members of `b` that are null count as
 * absent, since no merge patch can express them.
 */
export function createMergePatch(a: unknown, b: unknown): unknown {
  return isJsonObject(a) && isJsonObject(b) ? patchOfObjects(a, b) : b;
}

function patchOfObjects(a: Members, b: Members): Members {
  const patch: [string, unknown][] = [];
  for (const key of Object.keys(a)) {
    if (memberOf(b, key) === undefined) patch.push([key, null]);
  }
  for (const key of Object.keys(b)) {
    const [from, to] = [memberOf(a, key), memberOf(b, key)];
    if (to !== undefined && !jsonEqual(from, to)) patch.push([key, createMergePatch(from, to)]);
  }
  return Object.fromEntries(patch);
}

/** An own member that holds something; null and inherited names count as absent. */
function memberOf(object: Members, key: string): unknown {
  return Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;
}

/**
 * Dotted paths of the members that differ, sorted; a list or scalar counts as one member. `['']` when the
 * documents differ as a whole (one of them is no object), `[]` when they are equal.
 */
export function changedPaths(a: unknown, b: unknown): string[] {
  return differences(a, b, '').sort(compareUtf8);
}

function differences(a: unknown, b: unknown, path: string): string[] {
  if (!isJsonObject(a) || !isJsonObject(b)) return jsonEqual(a, b) ? [] : [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences(own(a, key), own(b, key), path === '' ? key : `${path}.${key}`));
}

function own(object: Members, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Paths that stand in both lists, or one of which lies inside the other: what two patches fight over. */
export function overlappingPaths(left: readonly string[], right: readonly string[]): string[] {
  const inside = (path: string, other: string): boolean =>
    path === other || path.startsWith(`${other}.`) || other === '';
  const overlap = [...left, ...right].filter((path) =>
    [left, right].every((paths) => paths.some((other) => inside(path, other))),
  );
  return [...new Set(overlap)].sort(compareUtf8);
}
