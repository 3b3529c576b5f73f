/**
 * Reads answers of a gateway into their types, member by member: what does not fit is `ND017` with the place, never the
 * value. Without zod, which costs more than a command line has to start. Members that are not known are left out, so a
 * newer gateway may say more.
 */
import { OmniBaseError } from '../../contracts/error.ts';

/** Reads the value found at `path` (dotted, empty for the answer itself). */
export type Read<T> = (value: unknown, path: string) => T;

/** `ND017`: the answer breaks the contract at this place. */
export function breaks(path: string): OmniBaseError {
  return new OmniBaseError('ND017', { details: { path: path === '' ? 'its top' : path } });
}

export const text: Read<string> = (value, path) => {
  if (typeof value === 'string') return value;
  throw breaks(path);
};

export const truth: Read<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value;
  throw breaks(path);
};

export const amount: Read<number> = (value, path) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw breaks(path);
};

/** Not below 0. */
export const count: Read<number> = (value, path) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw breaks(path);
};

/** RFC 3339; not looked into further. */
export const time: Read<string> = (value, path) => {
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value)) return value;
  throw breaks(path);
};

export const members: Read<Readonly<Record<string, unknown>>> = (value, path) => {
  if (isObject(value)) return value;
  throw breaks(path);
};

export function nullable<T>(read: Read<T>): Read<T | null> {
  return (value, path) => (value === null ? null : read(value, path));
}

export function oneOf<T extends string>(words: readonly T[]): Read<T> {
  return (value, path) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw breaks(path);
    return found;
  };
}

export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw breaks(path);
    return value.map((item: unknown, index) => read(item, join(path, String(index))));
  };
}

export function mapOf<T>(read: Read<T>): Read<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(members(value, path)).map(([name, member]) => [name, read(member, join(path, name))]),
    );
}

/** An object whose members are all there; one that may be absent reads `undefined` itself. */
export function object<T extends object>(shape: { readonly [Key in keyof T]-?: Read<T[Key]> }): Read<T> {
  const readers: readonly [string, Read<unknown>][] = Object.entries(shape);
  return (value, path) => {
    const given = members(value, path);
    // Each member was read by the reader of its name.
    return Object.fromEntries(readers.map(([name, read]) => [name, read(given[name], join(path, name))])) as T;
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names come from outside: cut. */
function join(path: string, name: string): string {
  const shown = name.slice(0, 64);
  return path === '' ? shown : `${path}.${shown}`;
}
