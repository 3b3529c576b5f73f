/** Readers of lists, sets and mappings. */
import { isJsonObject } from '../../json/values.ts';
import { compareUtf8 } from '../../text/bytes.ts';
import { nearest } from '../../text/nearest.ts';
import { fail, failType, inside, type Place, type Reader } from './place.ts';

export interface ListRule {
  readonly max?: number;
}

/** A list in the order given. Every item is read, so that all problems come at once. SC004, SC006. */
export function list<T>(item: Reader<T>, rule: ListRule = {}): Reader<T[]> {
  const max = rule.max ?? Number.POSITIVE_INFINITY;
  return (value, at) => {
    if (!Array.isArray(value)) {
      const hint = typeof value === 'string' ? 'write it as a list: [ … ]' : undefined;
      return failType(at, 'a list', value, hint);
    }
    if (value.length > max) {
      return fail(at, 'SC006', `${String(value.length)} items, at most ${String(max)} are allowed`, () => ({
        expected: `at most ${String(max)}`,
        received: String(value.length),
      }));
    }
    const items = value.map((each, index) => item(each, inside(at, index)));
    return items.every((each) => each !== undefined) ? items : undefined;
  };
}

/** A list whose order and repetitions mean nothing: sorted by UTF-8 bytes, each item once. */
export function set<T extends string>(item: Reader<T>, rule: ListRule = {}): Reader<T[]> {
  const readList = list(item, rule);
  return (value, at) => {
    const items = readList(value, at);
    return items === undefined ? undefined : [...new Set(items)].sort(compareUtf8);
  };
}

/** A mapping kept exactly as it came. SC004. */
export const openMap: Reader<{ readonly [key: string]: unknown }> = (value, at) =>
  isJsonObject(value) ? value : failType(at, 'a mapping', value);

/** Readers of the members of a mapping, in the order in which the model lists them. */
export type MemberReaders<T> = { readonly [Key in keyof T]-?: Reader<Exclude<T[Key], undefined>> };

export interface RecordRule<T> {
  readonly required?: readonly (keyof T & string)[];
  readonly defaults?: Partial<T>;
  /** Other names of members, e.g. `type` for `kind`. */
  readonly synonyms?: Readonly<Record<string, keyof T & string>>;
}

/**
 * A mapping with known members. Members that are null count as absent; unknown ones are left out with SC010 W; two
 * spellings of one member are SC002; a missing required one is SC003.
 */
export function record<T extends object>(readers: MemberReaders<T>, rule: RecordRule<T> = {}): Reader<T> {
  return (value, at) => {
    if (!isJsonObject(value)) return failType(at, 'a mapping', value);
    const given = collectMembers(value, Object.keys(readers), rule.synonyms ?? {}, at);
    return readMembers(readers, given, rule, at);
  };
}

/** Values by canonical name, each with the key the author used. */
export type GivenMembers = ReadonlyMap<string, { readonly key: string; readonly value: unknown }>;

/** Sorts the members of a mapping into known ones (by canonical name) and unknown ones (reported). */
export function collectMembers(
  value: { readonly [key: string]: unknown },
  known: readonly string[],
  synonyms: Readonly<Record<string, string>>,
  at: Place,
): GivenMembers {
  const given = new Map<string, { key: string; value: unknown }>();
  for (const [key, member] of Object.entries(value)) {
    const name = Object.hasOwn(synonyms, key) ? synonyms[key] : known.includes(key) ? key : undefined;
    const present = name === undefined ? undefined : given.get(name);
    if (name === undefined) reportUnknown(key, [...known, ...Object.keys(synonyms)], inside(at, key));
    else if (member === null || member === undefined) continue;
    else if (present === undefined) given.set(name, { key, value: member });
    else reportTwice(key, present.key, inside(at, key));
  }
  return given;
}

/** SC010 W with the nearest known name. */
export function reportUnknown(key: string, known: readonly string[], at: Place): void {
  at.problems.warn('SC010', at.path, 'this field is not known and is left out', () => {
    const near = nearest(key, known);
    return near === undefined ? {} : { hint: `did you mean ${near}?` };
  });
}

/** SC002: the same member under two names. */
export function reportTwice(key: string, other: string, at: Place): void {
  fail(at, 'SC002', `${key} and ${other} are two spellings of one field`, () => ({ hint: 'keep one of them' }));
}

function readMembers<T extends object>(
  readers: MemberReaders<T>,
  given: GivenMembers,
  rule: RecordRule<T>,
  at: Place,
): T | undefined {
  const members = new Map<string, unknown>();
  let complete = true;
  for (const [name, reader] of Object.entries<Reader<unknown>>(readers)) {
    const member = given.get(name);
    const read = member === undefined ? defaultOf(rule, name) : reader(member.value, inside(at, member.key));
    if (read !== undefined) members.set(name, read);
    else if (member !== undefined) complete = false;
    else if (rule.required?.some((required) => required === name) === true) {
      complete = false;
      fail(inside(at, name), 'SC003', `${name} is required here`);
    }
  }
  // The table of readers has one reader per member of T, so what they read together is a T.
  return complete ? (Object.fromEntries(members) as T) : undefined;
}

function defaultOf<T extends object>(rule: RecordRule<T>, name: string): unknown {
  const { defaults } = rule;
  return defaults !== undefined && Object.hasOwn(defaults, name) ? defaults[name as keyof T] : undefined;
}
