import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Introspection } from '../../../../contracts/node/messages.ts';
import { changedFacts, deriveFacts } from '../../../../domain/registration/facts.ts';
import { checkIntrospection } from '../../../../domain/registration/messages.ts';

const node = '0a1b2c3d-0000-4000-8000-000000000001';
const minimal = { correlation_id: node, node_id: node, node_type: 'effect', timestamp: '2026-01-02T03:04:05Z' };
const full = {
  ...minimal,
  node_name: 'writer',
  node_version: '2.1.0',
  instance_id: 'i-1',
  component: { name: 'billing', version: '1.4.0' },
  declared_capabilities: { postgres: true, read: false, config: { a: 1 } },
  discovered_capabilities: { postgres: false, write: true, config: { b: 2 }, contract_version: 'discovered' },
  contract_capabilities: {
    contract_type: 'effect',
    contract_version: '3.0.0',
    intent_types: ['postgres.write', 'billing.charge', 'postgres.write'],
    protocols: ['EventBus'],
    capability_tags: ['billing', 'billing', 'audit'],
  },
  endpoints: { control: 'http://host:1' },
  subscribe_topics: ['b', 'a', 'b'],
  publish_topics: null,
  metadata: { region: 'eu' },
  feature_flags: { fast: true },
};

function message(value: object = {}): Introspection {
  const checked = checkIntrospection({ ...minimal, ...value });
  if (!checked.ok) throw new TypeError(JSON.stringify(checked.issues));
  return checked.value;
}

const columnsOf = (value: object) => deriveFacts(message(value)).columns;
const hashOf = (value: object) => deriveFacts(message(value)).facts_hash;

describe('columns', () => {
  it('follow from the message', () => {
    expect(columnsOf(full)).toEqual({
      node_type: 'effect',
      node_version: '2.1.0',
      node_name: 'writer',
      component_id: null,
      component_ref: 'billing@1.4.0',
      instance_id: 'i-1',
      capabilities: {
        postgres: true,
        read: false,
        write: true,
        config: { a: 1 },
        contract_type: 'effect',
        contract_version: 'discovered',
        intent_types: ['billing.charge', 'postgres.write'],
        protocols: ['EventBus'],
        capability_tags: ['audit', 'billing'],
      },
      capability_sources: {
        declared: full.declared_capabilities,
        discovered: full.discovered_capabilities,
        contract: full.contract_capabilities,
      },
      contract_type: 'effect',
      contract_version: '3.0.0',
      intent_types: ['billing.charge', 'postgres.write'],
      protocols: ['EventBus'],
      capability_tags: ['audit', 'billing', 'event.bus', 'node.effect', 'postgres.storage'],
      subscribe_topics: ['a', 'b'],
      publish_topics: [],
      endpoints: { control: 'http://host:1' },
      metadata: { region: 'eu' },
      feature_flags: { fast: true },
    });
  });

  it('are filled for a message that says nothing', () => {
    expect(columnsOf({})).toMatchObject({
      node_version: '1.0.0',
      component_id: null,
      component_ref: null,
      capabilities: {},
      capability_sources: { declared: {}, discovered: {}, contract: null },
      contract_type: null,
      contract_version: null,
      intent_types: [],
      capability_tags: ['node.effect'],
      subscribe_topics: [],
    });
  });

  it('name a component by its id', () => {
    expect(columnsOf({ component: { id: node } })).toMatchObject({ component_id: node, component_ref: null });
  });

  it('tell a contract without type from no contract', () => {
    expect(columnsOf({ contract_capabilities: {} })).toMatchObject({ contract_type: 'unknown', capabilities: {} });
    expect(columnsOf({ contract_capabilities: null }).contract_type).toBeNull();
  });

  it('overlay discovered by declared capabilities, null included, and complete both by the contract', () => {
    const { capabilities } = columnsOf({
      discovered_capabilities: { batch_size: 5, max_batch: 7, protocols: null },
      declared_capabilities: { batch_size: null },
      contract_capabilities: { protocols: ['CacheAdapter'], contract_version: '1' },
    });
    expect(capabilities).toEqual({
      batch_size: null,
      max_batch: 7,
      protocols: ['CacheAdapter'],
      contract_version: '1',
    });
  });

  it('are sorted by bytes and without duplicates, whatever the order of the message', () => {
    const words = fc.array(fc.constantFrom('b', 'a', 'B', 'é', '😀', '\uffee'), { maxLength: 8 });
    fc.assert(
      fc.property(words, words, (first, second) => {
        const lists = (names: string[]) => ({
          contract_capabilities: { intent_types: names, protocols: names, capability_tags: names },
          subscribe_topics: names,
          publish_topics: names,
        });
        const once = columnsOf(lists([...first, ...second]));
        const { capability_sources: _s, ...again } = columnsOf(lists([...second, ...first, ...first]));
        expect(once).toMatchObject(again);
        for (const list of [once.intent_types, once.capability_tags, once.subscribe_topics]) {
          const bytes = list.map((name) => Buffer.from(name));
          expect(bytes).toEqual(bytes.toSorted((a, b) => Buffer.compare(a, b)));
          expect(new Set(list).size).toBe(list.length);
        }
      }),
    );
  });
});

describe('facts hash', () => {
  it('is the SHA-256 of the canonical JSON of the facts', () => {
    const { message_id, correlation_id, timestamp, reason, performance_metrics, ...facts } = message(full);
    expect([message_id, correlation_id, timestamp, reason, performance_metrics]).toHaveLength(5);
    expect(hashOf(full)).toBe(
      createHash('sha256')
        .update(canonicalize(facts) ?? '')
        .digest('hex'),
    );
  });

  it('is what it was in every release: stored facts must not all seem changed', () => {
    expect(hashOf(minimal)).toBe('abcda93ae8f928fdef953a91c59b12dafa9d978eb2b6e1111a28f58688396b68');
  });

  it.each<[string, object]>([
    ['message id', { message_id: '0a1b2c3d-0000-4000-8000-00000000aaaa' }],
    ['correlation id', { correlation_id: '0a1b2c3d-0000-4000-8000-00000000bbbb' }],
    ['timestamp', { timestamp: '2027-01-01T00:00:00Z' }],
    ['reason', { reason: 'health_change' }],
    ['performance metrics', { performance_metrics: { rps: 4 } }],
    ['defaults spelt out', { domain: 'registration', node_version: '1.0.0', metadata: {}, subscribe_topics: null }],
  ])('does not see the %s', (_what, other) => {
    expect(hashOf(other)).toBe(hashOf({}));
  });

  it('does not see the order of members', () => {
    expect(hashOf(Object.fromEntries(Object.entries(full).toReversed()))).toBe(hashOf(full));
  });

  it.each<[string, object]>([
    ['node', { node_id: '0a1b2c3d-0000-4000-8000-00000000cccc' }],
    ['domain', { domain: 'other' }],
    ['name', { node_name: 'x' }],
    ['type', { node_type: 'reducer' }],
    ['version', { node_version: '1.0.1' }],
    ['status', { status: 'degraded' }],
    ['process', { instance_id: 'i-2' }],
    ['component', { component: { id: node } }],
    ['declared capabilities', { declared_capabilities: { postgres: true } }],
    ['discovered capabilities', { discovered_capabilities: { postgres: true } }],
    ['contract', { contract_capabilities: {} }],
    ['endpoints', { endpoints: { a: 'http://b' } }],
    ['subscribed topics', { subscribe_topics: [] }],
    ['published topics', { publish_topics: ['t'] }],
    ['metadata', { metadata: { a: 1 } }],
    ['flags', { feature_flags: { a: false } }],
  ])('sees another %s', (_what, other) => {
    expect(hashOf(other)).not.toBe(hashOf({}));
  });
});

describe('changedFacts', () => {
  it('is empty for equal columns', () => {
    expect(changedFacts(columnsOf(full), columnsOf(structuredClone(full)))).toEqual([]);
  });

  it('names columns that differ, in the order of the row', () => {
    const other = { ...full, metadata: { region: 'us' }, node_version: '2.1.1', publish_topics: ['t'] };
    expect(changedFacts(columnsOf(full), columnsOf(other))).toEqual(['node_version', 'publish_topics', 'metadata']);
  });

  it('names everything a capability touches', () => {
    const other = { ...full, contract_capabilities: { ...full.contract_capabilities, protocols: [] } };
    expect(changedFacts(columnsOf(full), columnsOf(other))).toEqual([
      'capabilities',
      'capability_sources',
      'protocols',
      'capability_tags',
    ]);
  });

  it('knows every column', () => {
    const before = columnsOf(minimal);
    const names = Object.keys(before);
    const after = Object.fromEntries(names.map((name) => [name, 'changed'])) as unknown as typeof before;
    expect(changedFacts(before, after).toSorted()).toEqual(names.toSorted());
  });
});
