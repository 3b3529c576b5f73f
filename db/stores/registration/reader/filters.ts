/**
 * Filters of lists as conditions of SQL (registration.md 8). Every value is checked before anything is asked, and every
 * filter is in the statement: a page is never thinned out afterwards. Matching is exact and case-sensitive.
 */
import type { CapabilityFilter, NodeFilter } from '../../../../contracts/node/query.ts';
import { contractTypes, nodeTypes, registrationStates } from '../../../../contracts/node/vocabulary.ts';
import type { EffectiveDeadlines } from '../../node-liveness/effective-deadlines.ts';
import { checkFragment, checkInstant, checkText, checkTexts, checkWord, invalidQuery } from './invalid-query.ts';
import type { Condition } from './parameters.ts';

/** Conditions on the row alone. @throws ND002 */
export function filterConditions(filter: NodeFilter & CapabilityFilter): readonly Condition[] {
  return [...rowConditions(filter), ...capabilityConditions(filter)];
}

/** Conditions that need the effective deadlines beside the row. */
export function timeConditions({ overdue }: NodeFilter): readonly ((deadlines: EffectiveDeadlines) => string)[] {
  if (overdue === undefined) return [];
  return [({ livenessOverdue, ackOverdue }) => `(${livenessOverdue} OR ${ackOverdue})${overdue ? '' : ' IS NOT TRUE'}`];
}

/** True where the order of the list is S: a capability is asked for. */
export function asksForCapability(filter: CapabilityFilter): boolean {
  return capabilityMembers.some((member) => filter[member] !== undefined);
}

const capabilityMembers = [
  'tag',
  'any_tag',
  'all_tags',
  'intent',
  'intents',
  'protocol',
  'contract_type',
  'capability',
  'topic',
] as const satisfies readonly (keyof CapabilityFilter)[];

function rowConditions(filter: NodeFilter): readonly Condition[] {
  return [
    ...given(filter.state, (states) => {
      if (states.length === 0) throw invalidQuery('state', 'must name at least one state');
      const known = states.map((state) => checkWord('state', state, registrationStates));
      return ({ add }) => `p.current_state = ANY(${add([...new Set(known)], 'registration_state[]')})`;
    }),
    ...given(filter.node_type, (type) => equals('p.node_type', checkWord('node_type', type, nodeTypes))),
    ...given(filter.component, (component) => {
      const wanted = checkText('component', component);
      return ({ add }) =>
        `(p.component_ref = ${add(wanted, 'text')} OR p.component_id::text = ${add(wanted.toLowerCase(), 'text')})`;
    }),
    ...given(filter.name_prefix, (prefix) => {
      const wanted = checkText('name_prefix', prefix);
      return ({ add }) => `starts_with(p.node_name, ${add(wanted, 'text')})`;
    }),
    ...given(
      filter.flapping,
      (flapping) => () => `coalesce(p.flapping_until > statement_timestamp(), false) = ${flapping ? 'true' : 'false'}`,
    ),
    ...given(filter.updated_since, (since) => {
      const wanted = checkInstant('updated_since', since);
      return ({ add }) => `p.updated_at >= ${add(wanted, 'timestamptz')}`;
    }),
  ];
}

function capabilityConditions(filter: CapabilityFilter): readonly Condition[] {
  if (filter.direction !== undefined && filter.topic === undefined) {
    throw invalidQuery('direction', 'belongs to a topic');
  }
  return [
    ...given(filter.tag, (tag) => contains('p.capability_tags', [checkText('tag', tag)])),
    ...given(filter.any_tag, (tags) => overlaps('p.capability_tags', checkTexts('any_tag', tags))),
    ...given(filter.all_tags, (tags) => contains('p.capability_tags', checkTexts('all_tags', tags))),
    ...given(filter.intent, (intent) => contains('p.intent_types', [checkText('intent', intent)])),
    ...given(filter.intents, (intents) => overlaps('p.intent_types', checkTexts('intents', intents))),
    ...given(filter.protocol, (protocol) => contains('p.protocols', [checkText('protocol', protocol)])),
    ...given(filter.contract_type, (type) =>
      equals('p.contract_type', checkWord('contract_type', type, contractTypes)),
    ),
    ...given(filter.capability, (fragment) => {
      const wanted = checkFragment('capability', fragment);
      return ({ add }) => `p.capabilities @> ${add(wanted, 'jsonb')}`;
    }),
    ...given(filter.topic, (topic) => {
      const wanted = JSON.stringify([checkText('topic', topic)]);
      const columns = topicColumns(filter.direction);
      return ({ add }) => `(${columns.map((column) => `${column} @> ${add(wanted, 'jsonb')}`).join(' OR ')})`;
    }),
  ];
}

/** Without a direction a node matches that takes part in the topic either way. */
function topicColumns(direction: CapabilityFilter['direction']): readonly string[] {
  switch (direction) {
    case undefined:
      return ['p.subscribe_topics', 'p.publish_topics'];
    default:
      return [`p.${checkWord('direction', direction, ['subscribe', 'publish'])}_topics`];
  }
}

function equals(column: string, value: string): Condition {
  return ({ add }) => `${column} = ${add(value, 'text')}`;
}

/** In the form the GIN index serves; `= ANY(column)` is not. */
function contains(column: string, values: readonly string[]): Condition {
  return ({ add }) => `${column} @> ${add(values, 'text[]')}`;
}

function overlaps(column: string, values: readonly string[]): Condition {
  return ({ add }) => `${column} && ${add(values, 'text[]')}`;
}

function given<T>(value: T | undefined, condition: (value: T) => Condition): readonly Condition[] {
  return value === undefined ? [] : [condition(value)];
}
