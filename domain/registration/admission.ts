/**
 * The admission policy (registration.md 3.4): a pure function of facts, policy and what the registry knows. Checks run in
 * one order and the first that fails is named.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { FactsColumns } from '../../contracts/node/row.ts';
import type { AdmissionPolicy } from '../../contracts/node/settings.ts';
import { type AdmissionCode, admissionCodes } from '../../contracts/node/vocabulary.ts';
import type { AdmissionDecision } from '../../contracts/node/workflow.ts';
import { canonicalJson } from '../json/canonical.ts';
import { keyOf } from '../versions/version-key.ts';
import { parseVersion } from '../versions/version.ts';

/** What is to be admitted. */
export interface AdmissionFacts {
  readonly domain: string;
  readonly columns: FactsColumns;
}

/** What the registry knows of the component the node names. */
export interface RegistryFacts {
  /** Null when the node names none, or one that is not registered. */
  readonly component: { readonly name: string; readonly version: string; readonly lifecycle: string } | null;
}

/** Decides. The reason names what was found wrong, in at most 1024 characters. */
export function admit(facts: AdmissionFacts, policy: AdmissionPolicy, registry: RegistryFacts): AdmissionDecision {
  const revision = policyRevision(policy);
  for (const code of admissionCodes) {
    const reason = checks[code](facts, policy, registry);
    if (reason !== null) {
      const short = reason.slice(0, longestReason).toWellFormed();
      return { decision: 'reject', code, reason: short, policy_revision: revision };
    }
  }
  return { decision: 'accept', code: null, reason: null, policy_revision: revision };
}

/** Names a policy by its content: 16 hex digits, the same in every process with the same configuration. */
export function policyRevision(policy: AdmissionPolicy): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(policy)))).slice(0, 16);
}

const longestReason = 1024;

/** Answers what is wrong, or null. */
type Check = (facts: AdmissionFacts, policy: AdmissionPolicy, registry: RegistryFacts) => string | null;

const checks: Readonly<Record<AdmissionCode, Check>> = {
  domain_closed: ({ domain }, policy) =>
    policy.closed_domains.includes(domain) ? `the domain ${domain} takes no nodes` : null,
  node_type_not_allowed: ({ columns }, policy) =>
    policy.node_types.length === 0 || policy.node_types.includes(columns.node_type)
      ? null
      : `nodes of type ${columns.node_type} are not admitted`,
  version_below_minimum: (facts, policy, registry) =>
    nodeVersionProblem(facts.columns, policy) ?? componentVersionProblem(policy, registry),
  component_not_found: ({ columns }, policy, registry) => {
    const named = columns.component_id ?? columns.component_ref;
    if (named !== null) return registry.component === null ? `the component ${named} is not registered` : null;
    return policy.require_component ? 'the node names no component' : null;
  },
  component_archived: (_facts, _policy, { component }) =>
    component?.lifecycle === 'archived' ? `the component ${component.name}@${component.version} is archived` : null,
  capability_forbidden: ({ columns }, policy) => {
    const offered = offeredCapabilities(columns);
    const forbidden = policy.forbidden_capabilities.filter((name) => offered.has(name));
    return forbidden.length === 0 ? null : `not admitted with ${forbidden.join(', ')}`;
  },
  capability_required_missing: ({ columns }, policy) => {
    const offered = offeredCapabilities(columns);
    const missing = policy.required_capabilities.filter((name) => !offered.has(name));
    return missing.length === 0 ? null : `not admitted without ${missing.join(', ')}`;
  },
};

function nodeVersionProblem({ node_type, node_version }: FactsColumns, policy: AdmissionPolicy): string | null {
  const minimum = ownValue(policy.minimum_versions, node_type);
  return minimum === undefined || isAtLeast(node_version, minimum)
    ? null
    : `version ${node_version} of a node of type ${node_type} is below ${minimum}`;
}

/** Judges the record of the registry; a component that is not there has its own code. */
function componentVersionProblem(policy: AdmissionPolicy, { component }: RegistryFacts): string | null {
  if (component === null) return null;
  const minimum = ownValue(policy.minimum_component_versions, component.name);
  return minimum === undefined || isAtLeast(component.version, minimum)
    ? null
    : `version ${component.version} of the component ${component.name} is below ${minimum}`;
}

/** Names come from outside: `constructor` is no entry of a policy. */
function ownValue(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** By precedence of Semantic Versioning. What cannot be compared does not pass. */
function isAtLeast(version: string, minimum: string): boolean {
  const [given, least] = [parseVersion(version), parseVersion(minimum)];
  return given !== null && least !== null && keyOf(given) >= keyOf(least);
}

/** Tags, and the capabilities a node says it has. */
function offeredCapabilities(columns: FactsColumns): ReadonlySet<string> {
  const stated = Object.entries(columns.capabilities).filter(([, value]) => value === true);
  return new Set([...columns.capability_tags, ...stated.map(([name]) => name)]);
}
