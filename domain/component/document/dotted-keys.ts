/** Expands dotted keys of map fields, `entrypoint.type: node`, into mappings (registry.md 2.7). */
import { documentLimits } from '../../../contracts/component-values.ts';
import { dangerousKeys } from '../../json/inspect.ts';
import { isJsonObject } from '../../json/values.ts';
import { dottedFields } from '../fields/names.ts';
import { fail, inside, type Place } from '../reading/place.ts';
import type { Locate } from '../source/positions.ts';

type Members = { readonly [key: string]: unknown };
/** A mapping under construction; a Map so that no key means anything special. */
type Growing = Map<string, unknown>;

export interface Expansion {
  readonly document: Members;
  /** Dotted keys that were expanded. */
  readonly expanded: ReadonlySet<string>;
}

/** A member given both ways, or below a value that is no mapping, is SC002. Other dotted keys stay as they are. */
export function expandDottedKeys(document: Members, at: Place): Expansion {
  const dotted = Object.keys(document).filter(isExpandable);
  if (dotted.length === 0) return { document, expanded: new Set() };
  const grown: Growing = new Map(Object.entries(document).filter(([key]) => !isExpandable(key)));
  for (const key of dotted) {
    const segments = key.split('.');
    if (segments.length > documentLimits.nesting) fail(inside(at, key), 'SC006', 'too many levels of nesting');
    else if (segments.some((segment) => dangerousKeys.has(segment)))
      fail(inside(at, key), 'SC002', 'this key is refused');
    else if (!place(grown, segments, document[key])) {
      fail(inside(at, key), 'SC002', 'this member is given twice, or inside a value that is no mapping');
    }
  }
  return { document: harden(grown), expanded: new Set(dotted) };
}

function isExpandable(key: string): boolean {
  const segments = key.split('.');
  return segments.length > 1 && dottedFields.has(segments[0] ?? '') && !segments.includes('');
}

/** False when the place is taken. */
function place(grown: Growing, segments: readonly string[], value: unknown): boolean {
  const [first = '', ...rest] = segments;
  const present = grown.get(first);
  if (rest.length === 0) {
    if (grown.has(first)) return false;
    grown.set(first, value);
    return true;
  }
  const inner = present instanceof Map ? present : isJsonObject(present) ? new Map(Object.entries(present)) : null;
  if (inner === null && present !== undefined && present !== null) return false;
  const next: Growing = inner ?? new Map<string, unknown>();
  grown.set(first, next);
  return place(next, rest, value);
}

function harden(grown: Growing): Members {
  return Object.fromEntries([...grown].map(([key, value]) => [key, value instanceof Map ? harden(value) : value]));
}

/** Finds members under the dotted key that the author wrote. */
export function locateExpanded(locate: Locate, expanded: ReadonlySet<string>): Locate {
  return (path) => {
    for (let length = path.length; length > 1; length--) {
      const key = path.slice(0, length).join('.');
      if (expanded.has(key)) return locate([key, ...path.slice(length)]);
    }
    return locate(path);
  };
}
