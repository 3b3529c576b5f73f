/**
 * Reads every field of a document: what its dialect requires, what it gives, in the order of the model, so that all
 * problems come as one flat list (registry.md 2.2-2.4).
 */
import type { ComponentMetadata, ComponentType } from '../../../contracts/component.ts';
import { sortedSet } from '../../text/bytes.ts';
import { appliesTo, isExecutable } from '../fields/defaults.ts';
import { componentType } from '../fields/identity.ts';
import { capabilitiesKey } from '../fields/names.ts';
import { duration } from '../fields/patterns.ts';
import { parsePermission } from '../fields/permissions.ts';
import { retryPolicy } from '../fields/structures.ts';
import { type FieldName, fieldNames, fieldReaders } from '../fields/table.ts';
import { type GivenMembers, list } from '../reading/collections.ts';
import { fail, inside, type Place, type Reader } from '../reading/place.ts';
import { text } from '../reading/scalars.ts';

/** A document with the key `type` is A, any other B. */
export type Dialect = 'A' | 'B';

/** Fields that were read without a problem; `type` undefined when it is unknown. */
export interface ReadFields {
  readonly type: ComponentType | undefined;
  readonly fields: Partial<ComponentMetadata>;
}

const requiredFields: Readonly<Record<Dialect, readonly FieldName[]>> = {
  A: ['uuid', 'type', 'name', 'version'],
  B: ['uuid', 'namespace', 'name', 'author', 'created_at', 'last_modified_at', 'hash', 'entrypoint'],
};

/** A warning if missing. */
const expectedFields: Readonly<Record<Dialect, readonly FieldName[]>> = {
  A: ['namespace', 'author', 'created_at'],
  B: ['version'],
};

export function readFields(given: GivenMembers, dialect: Dialect, at: Place): ReadFields {
  const type = readType(given, dialect, at);
  const read = new Map<FieldName, unknown>(type === undefined ? [] : [['type', type]]);
  for (const name of fieldNames) {
    const member = given.get(name);
    if (name === 'type') continue;
    if (member === undefined) reportMissing(name, dialect, type, given, at);
    else if (type !== undefined && !appliesTo(name, type)) reportOutOfPlace(name, member.key, type, at);
    else {
      const value = readerFor(name, member.key)(member.value, inside(at, member.key));
      if (value !== undefined) read.set(name, value);
    }
  }
  splitCapabilities(given, read, at);
  // One reader per field of the model, so what they read is part of a model.
  return { type, fields: Object.fromEntries(read) as Partial<ComponentMetadata> };
}

function readType(given: GivenMembers, dialect: Dialect, at: Place): ComponentType | undefined {
  const member = given.get('type');
  if (member !== undefined) return componentType(member.value, inside(at, member.key));
  return dialect === 'B' ? 'tool' : fail(inside(at, 'type'), 'SC003', 'type is required');
}

function reportMissing(
  name: FieldName,
  dialect: Dialect,
  type: ComponentType | undefined,
  given: GivenMembers,
  at: Place,
): void {
  const place = inside(at, name);
  const needsEntrypoint = name === 'entrypoint' && type !== undefined && isExecutable(type);
  if (requiredFields[dialect].includes(name) || needsEntrypoint) {
    fail(place, name === 'version' ? 'MD006' : 'SC003', `${name} is required`, () =>
      hintOfDialect(name, dialect, given),
    );
  } else if (expectedFields[dialect].includes(name)) {
    place.problems.warn(name === 'version' ? 'MD006' : 'SC003', place.path, `${name} should be given`);
  }
}

/** Whoever forgets `type` gets the longer list of dialect B; say so. */
function hintOfDialect(name: FieldName, dialect: Dialect, given: GivenMembers): { readonly hint?: string } {
  const onlyInB = !requiredFields.A.includes(name) && name !== 'entrypoint';
  return dialect === 'B' && onlyInB && !given.has('type')
    ? { hint: 'or add `type`: then this field is not required' }
    : {};
}

function reportOutOfPlace(name: FieldName, key: string, type: ComponentType, at: Place): void {
  at.problems.warn(
    'SC010',
    inside(at, key).path,
    `${name} means nothing on a component of type ${type} and is left out`,
  );
}

const profileWord: Reader<unknown> = (value, at) =>
  fieldReaders.profiles(typeof value === 'string' ? [value] : value, at);

/** Synonyms that are written in another form than the field itself. */
const readersByKey: Readonly<Record<string, Reader<unknown>>> = {
  timeout: duration,
  retry: retryPolicy,
  profile: profileWord,
};

function readerFor(name: FieldName, key: string): Reader<unknown> {
  return (Object.hasOwn(readersByKey, key) ? readersByKey[key] : undefined) ?? fieldReaders[name];
}

const capabilityList = list(text());

/** Items of `capabilities` that parse as a permission are required ones, the others provided ones. */
function splitCapabilities(given: GivenMembers, read: Map<FieldName, unknown>, at: Place): void {
  const member = given.get(capabilitiesKey);
  const items = member === undefined ? undefined : capabilityList(member.value, inside(at, member.key));
  if (items === undefined) return;
  const permissions = items.flatMap((item) => parsePermission(item) ?? []);
  const provided = items.filter((item) => parsePermission(item) === null);
  if (permissions.length > 0) add(read, 'capabilities_required', permissions);
  if (provided.length > 0) add(read, 'provides', provided);
}

function add(read: Map<FieldName, unknown>, name: FieldName, items: readonly string[]): void {
  const present = read.get(name);
  const before: readonly string[] = Array.isArray(present) ? present : [];
  read.set(name, sortedSet([...before, ...items]));
}
