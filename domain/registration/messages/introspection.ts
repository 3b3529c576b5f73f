/** Check of an introspection (registration.md 4.1). */
import type { Introspection } from '../../../contracts/node/messages.ts';
import {
  contractTypes,
  defaultNodeDomain,
  introspectionReasons,
  nodeTypes,
  reportedStatuses,
} from '../../../contracts/node/vocabulary.ts';
import { type Checked, checkMessage, type Members, type MessageDefaults, openMembers, type Rule } from './check.ts';
import { capabilities, isStorable, jsonLength, jsonObject } from './json.ts';
import { mapOf, texts } from './lists.ts';
import { flag, nodeDomain, oneOf, semanticVersion, text, uuid } from './rules.ts';
import { timestamp } from './timestamp.ts';

/** Bytes of JSON of a whole message; a node that speaks Temporal passes no gateway that would look. */
const largestMessage = 64 * 1024;

/**
 * Checks an introspection and fills in its defaults: the message id is the correlation id where none was given, the
 * correlation id the one in `defaults`; the reason `heartbeat` is read as `request`.
 */
export function checkIntrospection(value: unknown, defaults: MessageDefaults = {}): Checked<Introspection> {
  const checked = checkMessage(value, fields, (message) => readIntrospection(message, defaults));
  if (!checked.ok || jsonLength(value) <= largestMessage) return checked;
  const message = `must be at most ${String(largestMessage)} bytes of JSON`;
  return { ok: false, issues: [{ code: 'ND001', severity: 'error', path: '', message }] };
}

function readIntrospection(message: Members, defaults: MessageDefaults): Introspection {
  const correlationId = message.defaulted('correlation_id', uuid, defaults.correlation_id);
  const reason = message.optional('reason', saidReason, 'startup');
  return {
    message_id: message.optional('message_id', uuid, correlationId),
    correlation_id: correlationId,
    node_id: message.required('node_id', uuid),
    domain: message.optional('domain', nodeDomain, defaultNodeDomain),
    node_name: message.nullable('node_name', name),
    node_type: message.required('node_type', nodeType),
    node_version: message.optional('node_version', semanticVersion, '1.0.0'),
    reason: reason === 'heartbeat' ? 'request' : reason,
    status: message.nullable('status', status),
    timestamp: message.required('timestamp', timestamp),
    instance_id: message.nullable('instance_id', name),
    component: message.nullable('component', component),
    declared_capabilities: message.optional('declared_capabilities', capabilities, {}),
    discovered_capabilities: message.optional('discovered_capabilities', capabilities, {}),
    contract_capabilities: message.nullable('contract_capabilities', contract),
    endpoints: message.optional('endpoints', endpoints, {}),
    subscribe_topics: message.nullable('subscribe_topics', texts),
    publish_topics: message.nullable('publish_topics', texts),
    metadata: message.optional('metadata', metadata, {}),
    feature_flags: message.optional('feature_flags', featureFlags, {}),
    performance_metrics: message.nullable('performance_metrics', performanceMetrics),
  };
}

const fields: ReadonlySet<string> = new Set<keyof Introspection>([
  'message_id',
  'correlation_id',
  'node_id',
  'domain',
  'node_name',
  'node_type',
  'node_version',
  'reason',
  'status',
  'timestamp',
  'instance_id',
  'component',
  'declared_capabilities',
  'discovered_capabilities',
  'contract_capabilities',
  'endpoints',
  'subscribe_topics',
  'publish_topics',
  'metadata',
  'feature_flags',
  'performance_metrics',
]);

const name = text(128);
const nodeType = oneOf(nodeTypes);
const saidReason = oneOf([...introspectionReasons, 'heartbeat']);
const status = oneOf(reportedStatuses);
const metadata = jsonObject(16 * 1024);
const performanceMetrics = jsonObject(4 * 1024);
const featureFlags = mapOf(256, flag);

type Contract = NonNullable<Introspection['contract_capabilities']>;

const contractType = oneOf(contractTypes);
const contractVersion = text(64);
const contractFields: ReadonlySet<string> = new Set<keyof Contract>([
  'contract_type',
  'contract_version',
  'intent_types',
  'protocols',
  'capability_tags',
]);

const contract: Rule<Contract> = {
  blank: { contract_type: null, contract_version: null, intent_types: [], protocols: [], capability_tags: [] },
  read(value, path, problems): Contract {
    const members = openMembers(value, path, contractFields, problems);
    if (members === null) return this.blank;
    return {
      contract_type: members.nullable('contract_type', contractType),
      contract_version: members.nullable('contract_version', contractVersion),
      intent_types: members.optional('intent_types', texts, []),
      protocols: members.optional('protocols', texts, []),
      capability_tags: members.optional('capability_tags', texts, []),
    };
  },
};

type Component = NonNullable<Introspection['component']>;

const componentName = text(256);
const componentVersion = text(128);
const byId: ReadonlySet<string> = new Set(['id']);
const byName: ReadonlySet<string> = new Set(['name', 'version']);

/** By id or by name and version, never both. */
const component: Rule<Component> = {
  blank: { id: '' },
  read(value, path, problems): Component {
    const named = typeof value === 'object' && value !== null && !('id' in value);
    const members = openMembers(value, path, named ? byName : byId, problems);
    if (members === null) return this.blank;
    return named
      ? { name: members.required('name', componentName), version: members.required('version', componentVersion) }
      : { id: members.required('id', uuid) };
  },
};

const longestEndpoint = 2048;

/** A URL with scheme and host. User info would put a credential into every list of nodes. */
const endpoint: Rule<string> = {
  blank: '',
  read(value, path, problems): string {
    if (typeof value === 'string' && value.length <= longestEndpoint && isEndpoint(value)) return value;
    problems.note(
      path,
      `must be a URL of at most ${String(longestEndpoint)} characters with scheme and host and without user info`,
    );
    return '';
  },
};
const endpoints = mapOf(16, endpoint);

function isEndpoint(value: string): boolean {
  if (!isStorable(value) || !URL.canParse(value)) return false;
  const { host, username, password } = new URL(value);
  return host !== '' && username === '' && password === '';
}
