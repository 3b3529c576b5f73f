/**
 * The canonical text of a component, of which the fingerprint is the SHA-256 (registry.md 2.9). Made here, hashed in
 * `registry/`. Key order, comments, quoting and dialect of the source never change it.
 *
 * Left out are volatile fields, fields the registry governs, and members that are empty or equal to their default,
 * so that an optional field added later changes no old fingerprint. What identifies the component always stays.
 */
import type { ComponentMetadata } from '../../contracts/component.ts';
import { canonicalJson } from '../json/canonical.ts';
import { isJsonObject, jsonEqual } from '../json/values.ts';
import { fieldDefaults } from './fields/defaults.ts';
import type { FieldName } from './fields/table.ts';

/** Change without the component changing, or are claims about it. */
export const volatileFields = [
  'hash',
  'hash_algorithm',
  'last_modified_at',
  'signature_block',
  'trust_score',
  'trust_score_stub',
] as const satisfies readonly FieldName[];

/** Governed by the registry, so that a signature survives a deprecation. */
export const operationalFields = [
  'lifecycle',
  'status',
  'deprecated_by',
  'deprecation_date',
  'end_of_life_date',
  'archived_reason',
  'archived_date',
] as const satisfies readonly FieldName[];

const identityFields: readonly string[] = ['uuid', 'type', 'namespace', 'name', 'version'] satisfies FieldName[];
const leftOut: ReadonlySet<string> = new Set([...volatileFields, ...operationalFields]);

/** Maps whose inside is the author's: an empty member there may mean something. */
const untouchedFields: ReadonlySet<string> = new Set([
  'x_extensions',
  'options_schema',
  'tools',
  'execution_constraints',
  'security_context',
  'compatibility',
] satisfies FieldName[]);

type Members = { readonly [key: string]: unknown };

/** Defaults of members inside fields. */
const memberDefaults: Readonly<Record<string, Members>> = {
  dependencies: { version_spec: '*', required: true },
  inputs: { required: true },
  outputs: { required: true },
  entrypoint: { version_spec: '*' },
  cache: { ttl_seconds: 3600 },
  resources: { memory_mb: 256, cpu: 1, disk_mb: 1024, pids: 64 },
};

/** RFC 8785 text of what makes the component what it is. */
export function canonicalForFingerprint(metadata: ComponentMetadata): string {
  const kept = Object.entries(withoutDefaults(metadata)).flatMap(([name, value]): [string, unknown][] => {
    if (leftOut.has(name)) return [];
    if (identityFields.includes(name)) return [[name, value]];
    const pruned = untouchedFields.has(name) ? value : prune(value, memberDefaults[name] ?? {});
    return isEmpty(pruned) ? [] : [[name, pruned]];
  });
  return canonicalJson(Object.fromEntries(kept));
}

/** The model without fields that are equal to their default; normalising it gives the model back. */
export function withoutDefaults(metadata: ComponentMetadata): Members {
  const defaults: Members = fieldDefaults(metadata.type, metadata.idempotent);
  const entries = Object.entries(metadata).filter(([name, value]) => !jsonEqual(value, defaults[name]));
  return Object.fromEntries(entries);
}

/** Drops empty and default members of mappings; items of lists stay. */
function prune(value: unknown, defaults: Members): unknown {
  if (Array.isArray(value)) return value.map((item) => prune(item, defaults));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value)
    .filter(([key, member]) => !(Object.hasOwn(defaults, key) && jsonEqual(member, defaults[key])))
    .map(([key, member]) => [key, prune(member, {})] as const);
  return Object.fromEntries(members.filter(([, member]) => !isEmpty(member)));
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}
