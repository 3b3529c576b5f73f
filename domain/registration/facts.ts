/**
 * The facts of an introspection and the columns that follow from them (registration.md 2 "facts", 4.1). This is the only
 * derivation: whoever writes facts, from whatever step, fills every denormalised column through it.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Introspection } from '../../contracts/node/messages.ts';
import type { FactsColumns, JsonObject } from '../../contracts/node/row.ts';
import type { ContractType } from '../../contracts/node/vocabulary.ts';
import { canonicalJson } from '../json/canonical.ts';
import { jsonEqual } from '../json/values.ts';
import { sortedSet } from '../text/bytes.ts';
import { capabilityTags } from './tags.ts';

export interface DerivedFacts {
  /** 64 hex digits; equal exactly where the facts are. */
  readonly facts_hash: string;
  readonly columns: FactsColumns;
}

/** Hash and columns of a checked introspection. Throws a TypeError for values JSON cannot hold. */
export function deriveFacts(message: Introspection): DerivedFacts {
  return { facts_hash: factsHash(message), columns: factsColumns(message) };
}

/** SHA-256 of the canonical JSON of the facts, hexadecimal. */
export function factsHash(message: Introspection): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(factsOf(message)))));
}

/** Columns of `before` and `after` that differ, by name, in the order of the row. */
export function changedFacts(before: FactsColumns, after: FactsColumns): string[] {
  return columnNames.filter((name) => !jsonEqual(before[name], after[name]));
}

/** Everything but what names, dates or explains the message, and but the measurements. */
function factsOf(message: Introspection): JsonObject {
  const { message_id: _m, correlation_id: _c, timestamp: _t, reason: _r, performance_metrics: _p, ...facts } = message;
  return facts;
}

function factsColumns(message: Introspection): FactsColumns {
  const { component, contract_capabilities: contract } = message;
  const intentTypes = sortedSet(contract?.intent_types ?? []);
  const protocols = sortedSet(contract?.protocols ?? []);
  return {
    node_type: message.node_type,
    node_version: message.node_version,
    node_name: message.node_name,
    component_id: component !== null && 'id' in component ? component.id : null,
    component_ref: component !== null && 'name' in component ? `${component.name}@${component.version}` : null,
    instance_id: message.instance_id,
    capabilities: effectiveCapabilities(message),
    capability_sources: {
      declared: message.declared_capabilities,
      discovered: message.discovered_capabilities,
      contract,
    },
    contract_type: contractTypeOf(contract),
    contract_version: contract?.contract_version ?? null,
    intent_types: intentTypes,
    protocols,
    capability_tags: capabilityTags({
      node_type: message.node_type,
      intent_types: intentTypes,
      protocols,
      explicit: contract?.capability_tags ?? [],
    }),
    subscribe_topics: sortedSet(message.subscribe_topics ?? []),
    publish_topics: sortedSet(message.publish_topics ?? []),
    endpoints: message.endpoints,
    metadata: message.metadata,
    feature_flags: message.feature_flags,
  };
}

type Contract = NonNullable<Introspection['contract_capabilities']>;

/** Null without a contract; `unknown` where one was given that does not say. */
function contractTypeOf(contract: Contract | null): ContractType | null {
  return contract === null ? null : (contract.contract_type ?? 'unknown');
}

/** Discovered, overlaid by declared, completed by the contract where both are silent. Members are overlaid whole. */
function effectiveCapabilities(message: Introspection): JsonObject {
  const stated: JsonObject = { ...message.discovered_capabilities, ...message.declared_capabilities };
  const completion = Object.entries(contractMembers(message.contract_capabilities)).filter(
    ([name]) => stated[name] === undefined || stated[name] === null,
  );
  return { ...stated, ...Object.fromEntries(completion) };
}

/** What a contract has to say: members that are neither null nor empty. */
function contractMembers(contract: Contract | null): JsonObject {
  if (contract === null) return {};
  const { contract_type, contract_version, intent_types, protocols, capability_tags } = contract;
  return {
    ...(contract_type === null ? {} : { contract_type }),
    ...(contract_version === null ? {} : { contract_version }),
    ...(intent_types.length === 0 ? {} : { intent_types: sortedSet(intent_types) }),
    ...(protocols.length === 0 ? {} : { protocols: sortedSet(protocols) }),
    ...(capability_tags.length === 0 ? {} : { capability_tags: sortedSet(capability_tags) }),
  };
}

const columnNames = [
  'node_type',
  'node_version',
  'node_name',
  'component_id',
  'component_ref',
  'instance_id',
  'capabilities',
  'capability_sources',
  'contract_type',
  'contract_version',
  'intent_types',
  'protocols',
  'capability_tags',
  'subscribe_topics',
  'publish_topics',
  'endpoints',
  'metadata',
  'feature_flags',
] as const satisfies readonly (keyof FactsColumns)[];
