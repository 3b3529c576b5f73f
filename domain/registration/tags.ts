/**
 * Capability tags of a node (registration.md 4.1): those its contract names, and those that follow from its intents,
 * protocols and type. Matching is case-sensitive; the first rule that matches a value decides.
 */
import type { NodeType } from '../../contracts/node/vocabulary.ts';
import { sortedSet } from '../text/bytes.ts';

export interface TagSources {
  readonly node_type: NodeType;
  readonly intent_types: readonly string[];
  readonly protocols: readonly string[];
  /** Tags the contract names. */
  readonly explicit: readonly string[];
}

/** Explicit and inferred tags, sorted, without duplicates. */
export function capabilityTags({ node_type, intent_types, protocols, explicit }: TagSources): string[] {
  const byIntent = intent_types.map((intent) => firstMatch(intentRules, (prefix) => intent.startsWith(prefix)));
  const byProtocol = protocols.map((protocol) => firstMatch(protocolRules, (suffix) => protocol.endsWith(suffix)));
  const inferred = [...byIntent, ...byProtocol].filter((tag) => tag !== undefined);
  return sortedSet([...explicit, ...inferred, `node.${node_type}`]);
}

/** Prefix of an intent → tag. */
export const intentRules = [
  ['postgres.', 'postgres.storage'],
  ['kafka.', 'kafka.messaging'],
  ['valkey.', 'valkey.caching'],
  ['http.', 'http.transport'],
] as const;

/** Name or suffix of a protocol → tag. */
export const protocolRules = [
  ['ProtocolReducer', 'state.reducer'],
  ['DatabaseAdapter', 'database.adapter'],
  ['EventBus', 'event.bus'],
  ['CacheAdapter', 'cache.adapter'],
  ['ServiceDiscovery', 'service.discovery'],
] as const;

function firstMatch(
  rules: readonly (readonly [string, string])[],
  matches: (affix: string) => boolean,
): string | undefined {
  return rules.find(([affix]) => matches(affix))?.[1];
}
