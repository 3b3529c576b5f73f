/** Readers of the fields that are mappings with known members (registry.md 2.3, 2.4). */
import * as values from '../../../contracts/component-values.ts';
import type { ComponentMetadata, Port, Resources } from '../../../contracts/component.ts';
import { jsonBytes } from '../../json/inspect.ts';
import { isJsonObject } from '../../json/values.ts';
import { list, type MemberReaders, openMap, record, set } from '../reading/collections.ts';
import { fail, failType, inside, type Reader } from '../reading/place.ts';
import { boolean, integer, number, oneOf, text } from '../reading/scalars.ts';
import { resourceDefaults } from './defaults.ts';
import { hexDigits } from './patterns.ts';

type Field<Name extends keyof ComponentMetadata> = NonNullable<ComponentMetadata[Name]>;

const portMembers: MemberReaders<Port> = {
  name: text(),
  required: boolean,
  schema_ref: text(),
  format_hint: oneOf(values.formatHints),
  description: text({ max: 8192 }),
};

const port = record<Port>(portMembers, { required: ['name'], defaults: { required: true } });
const portList = list<Port>((value, at) => port(typeof value === 'string' ? { name: value } : value, at), { max: 128 });

/** Inputs or outputs: a name, or a mapping; names are unique. */
export const ports: Reader<Port[]> = (value, at) => {
  const read = portList(value, at);
  const names = new Set<string>();
  for (const [index, { name }] of (read ?? []).entries()) {
    if (names.has(name)) fail(inside(inside(at, index), 'name'), 'SC002', `${JSON.stringify(name)} stands here twice`);
    names.add(name);
  }
  return read;
};

type CachePolicy = Exclude<Field<'cache'>, string>;

const cachePolicy = record<CachePolicy>(
  {
    enabled: boolean,
    strategy: oneOf(values.cacheStrategies),
    scope: oneOf(values.cacheScopes),
    ttl_seconds: integer(0, Number.MAX_SAFE_INTEGER),
    memoization_tier: oneOf(values.memoizationTiers),
  },
  { defaults: { ttl_seconds: 3600 } },
);

/** The word `allow`, or a policy. */
export const cache: Reader<Field<'cache'>> = (value, at) => {
  if (typeof value === 'string') return oneOf(['allow'])(value, at);
  return isJsonObject(value) ? cachePolicy(value, at) : failType(at, 'the word allow or a mapping', value);
};

/** Function names with what is known of each; kept, not interpreted. */
export const tools: Reader<Field<'tools'>> = (value, at) => {
  const map = openMap(value, at);
  if (map === undefined) return undefined;
  const entries = Object.entries(map).map(([name, tool]) => [name, openMap(tool, inside(at, name))] as const);
  const complete = entries.flatMap(([name, tool]) => (tool === undefined ? [] : [[name, tool] as const]));
  return complete.length === entries.length ? Object.fromEntries(complete) : undefined;
};

export const sourceRepository: Reader<Field<'source_repository'>> = record<Field<'source_repository'>>({
  url: text({ max: 2048 }),
  commit_hash: hexDigits(40),
  path: text({ max: 1024 }),
});

export const testing: Reader<Field<'testing'>> = record<Field<'testing'>>({
  canonical_test_case_ids: set(text()),
  required_ci_tiers: set(oneOf(values.ciTiers)),
  minimum_coverage_percentage: number(0, 100),
});

export const dataHandling: Reader<Field<'data_handling_declaration'>> = record<Field<'data_handling_declaration'>>(
  {
    processes_sensitive_data: boolean,
    data_residency_required: text(),
    data_classification: oneOf(values.dataClassifications),
  },
  { required: ['processes_sensitive_data'] },
);

export const loggingConfig: Reader<Field<'logging_config'>> = record<Field<'logging_config'>>({
  level: oneOf(values.logLevels),
  format: oneOf(values.logFormats),
  audit_events: set(text()),
});

export const resources: Reader<Resources> = record<Resources>(
  {
    memory_mb: integer(16, 65_536),
    cpu: number(0.1, 64),
    disk_mb: integer(1, 1_048_576),
    pids: integer(1, 32_768),
  },
  { defaults: resourceDefaults },
);

/** Anything, stored and returned untouched, up to 64 KiB as JSON. */
export const extensions: Reader<Field<'x_extensions'>> = (value, at) => {
  const map = openMap(value, at);
  const limit = values.documentLimits.extension_bytes;
  if (map === undefined || jsonBytes(map) <= limit) return map;
  return fail(at, 'SC006', `more than ${String(limit)} bytes as JSON`, () => ({
    expected: `at most ${String(limit)} bytes`,
  }));
};

const attempts = record<{ readonly max_attempts: number }>(
  { max_attempts: integer(1, 10) },
  { required: ['max_attempts'] },
);

/** `{max_attempts: n}`, read as the n-1 attempts after the first. */
export const retryPolicy: Reader<number> = (value, at) => {
  const read = attempts(value, at);
  return read === undefined ? undefined : read.max_attempts - 1;
};
