/**
 * Reads rows of Postgres column by column, so that a row nobody should have written is found where it is read and fails
 * nothing else (registration.md 8 "Lists"). A table of readers has one entry per member of the row: the compiler holds
 * it complete.
 */

/** Stands for "not a value of this column". */
export const unreadable = Symbol('unreadable');

export type Read<T> = (value: unknown) => T | typeof unreadable;

export type Readers<Row> = { readonly [Member in keyof Row]-?: Read<Row[Member]> };

export type ReadRow<Row> =
  | { readonly ok: true; readonly row: Row }
  /** Name of the first column that cannot be read, never its value. */
  | { readonly ok: false; readonly path: string };

/** Reads one row. Columns beyond the table of readers are ignored. */
export function readColumns<Row>(readers: Readers<Row>, values: Readonly<Record<string, unknown>>): ReadRow<Row> {
  const row: Record<string, unknown> = {};
  for (const [column, read] of Object.entries<Read<unknown>>(readers)) {
    const value = read(values[column]);
    if (value === unreadable) return { ok: false, path: column };
    row[column] = value;
  }
  // Every member was filled by its own reader.
  return { ok: true, row: row as Row };
}

export const text: Read<string> = (value) => (typeof value === 'string' ? value : unreadable);

/** `int8` comes as text, smaller ones as numbers; what a number cannot hold exactly is unreadable. */
export const integer: Read<number> = (value) => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : unreadable;
};

export const float: Read<number> = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? value : unreadable;

/** RFC 3339 UTC with milliseconds; `infinity` is no time. */
export const time: Read<string> = (value) =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : unreadable;

export const object: Read<Readonly<Record<string, unknown>>> = (value) => (isObject(value) ? value : unreadable);

export const texts: Read<readonly string[]> = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : unreadable;

export function mapOf<T>(read: Read<T>): Read<Readonly<Record<string, T>>> {
  return (value) => {
    if (!isObject(value)) return unreadable;
    const entries: [string, T][] = [];
    for (const [key, item] of Object.entries(value)) {
      const itemRead = read(item);
      if (itemRead === unreadable) return unreadable;
      entries.push([key, itemRead]);
    }
    return Object.fromEntries(entries);
  };
}

export const flag: Read<boolean> = (value) => (typeof value === 'boolean' ? value : unreadable);

export function oneOf<T extends string>(known: readonly T[]): Read<T> {
  return (value) => known.find((word) => word === value) ?? unreadable;
}

export function nullable<T>(read: Read<T>): Read<T | null> {
  return (value) => (value === null ? null : read(value));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
