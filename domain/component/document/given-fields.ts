/** Sorts the members of a document into fields by canonical name (registry.md 2.3, 2.10). */
import { jsonEqual } from '../../json/values.ts';
import { readComponentType } from '../../versions/reference.ts';
import type { GivenMembers } from '../reading/collections.ts';
import { reportTwice, reportUnknown } from '../reading/collections.ts';
import { fail, inside, type Place } from '../reading/place.ts';
import { capabilitiesKey, fieldSynonyms, renamedFields } from '../fields/names.ts';
import { fieldNames } from '../fields/table.ts';

const knownFields: ReadonlySet<string> = new Set([...fieldNames, capabilitiesKey]);
const allNames: readonly string[] = [...knownFields, ...Object.keys(fieldSynonyms), ...Object.keys(renamedFields)];

/**
 * Fields by canonical name, `capabilities` under its own. Members that are null count as absent. SC002 for two
 * spellings of one field, SC009 W for an old name, SC010 W for an unknown one.
 */
export function collectFields(document: { readonly [key: string]: unknown }, at: Place): GivenMembers {
  const given = new Map<string, { key: string; value: unknown }>();
  for (const [key, value] of Object.entries(document)) {
    const name = canonicalName(key);
    const present = name === undefined ? undefined : given.get(name);
    if (name === undefined) reportUnknown(key, allNames, inside(at, key));
    else if (value === null) continue;
    else if (present === undefined) {
      given.set(name, { key, value });
      reportRenamed(key, name, inside(at, key));
    } else if (name === 'type') compareTypes(present, { key, value }, at);
    else reportTwice(key, present.key, inside(at, key));
  }
  return given;
}

function canonicalName(key: string): string | undefined {
  if (knownFields.has(key)) return key;
  if (Object.hasOwn(fieldSynonyms, key)) return fieldSynonyms[key as keyof typeof fieldSynonyms];
  return Object.hasOwn(renamedFields, key) ? renamedFields[key as keyof typeof renamedFields] : undefined;
}

function reportRenamed(key: string, name: string, at: Place): void {
  if (!Object.hasOwn(renamedFields, key)) return;
  at.problems.warn('SC009', at.path, `${key} is the old name of ${name}`, () => ({ hint: `write ${name}` }));
}

/** `type` and `meta_type` may both stand there if they mean the same. */
function compareTypes(a: { readonly key: string; readonly value: unknown }, b: typeof a, at: Place): void {
  if (jsonEqual(meaning(a.value), meaning(b.value))) return;
  fail(inside(at, b.key), 'SC002', `${a.key} and ${b.key} differ`, () => ({ hint: 'keep one of them' }));
}

function meaning(type: unknown): unknown {
  return typeof type === 'string' ? (readComponentType(type.trim()) ?? type) : type;
}
