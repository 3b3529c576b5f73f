/**
 * What an experiment lets its runs override and operators tune (runs.md 8). `trainer.*` allows everything below, `*` all,
 * nothing is allowed by default. Bounds narrow, they never widen.
 */
import type { TunePayload } from '../../contracts/run/command.ts';
import type { WhitelistEntry } from '../../contracts/run/requests.ts';
import { tunables } from '../../contracts/run/vocabulary.ts';
import { isJsonObject } from '../json/values.ts';

/** The first thing that is not allowed; null bounds = none. */
export interface NotAllowed {
  readonly path: string;
  readonly min: number | null;
  readonly max: number | null;
}

/** Every leaf must match an entry and lie in its bounds. */
export function refuseOverrides(overrides: unknown, whitelist: readonly WhitelistEntry[]): NotAllowed | null {
  for (const { path, value } of leaves(overrides, '')) {
    const refused = refuseValue(path, value, whitelist);
    if (refused !== null) return refused;
  }
  return null;
}

/** The first tuned key that is not allowed. */
export function refuseTune(payload: TunePayload, whitelist: readonly WhitelistEntry[]): NotAllowed | null {
  for (const key of tunables) {
    const value = payload[key];
    const refused = value === undefined ? null : refuseValue(key, value, whitelist);
    if (refused !== null) return refused;
  }
  return null;
}

export function matchesPath(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('.*') && path.startsWith(pattern.slice(0, -1)) && path.length >= pattern.length;
}

interface Leaf {
  readonly path: string;
  readonly value: unknown;
}

/** Whatever is not an object with members is a leaf, lists too. */
function* leaves(value: unknown, path: string): Generator<Leaf> {
  if (isJsonObject(value) && (path === '' || Object.keys(value).length > 0)) {
    for (const [key, member] of Object.entries(value)) yield* leaves(member, path === '' ? key : `${path}.${key}`);
  } else yield { path, value };
}

function refuseValue(path: string, value: unknown, whitelist: readonly WhitelistEntry[]): NotAllowed | null {
  const entries = whitelist.map(entryOf).filter((entry) => matchesPath(entry.path, path));
  if (entries.some((entry) => isWithin(value, entry))) return null;
  return { path, min: entries[0]?.min ?? null, max: entries[0]?.max ?? null };
}

interface Entry {
  readonly path: string;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

function entryOf(entry: WhitelistEntry): Entry {
  return typeof entry === 'string' ? { path: entry } : entry;
}

/** Bounds speak of numbers only. */
function isWithin(value: unknown, { min, max }: Entry): boolean {
  return typeof value !== 'number' || ((min === undefined || value >= min) && (max === undefined || value <= max));
}
