import { describe, expect, it } from 'vitest';
import { nodeTypes } from '../../../../contracts/node/vocabulary.ts';
import { capabilityTags } from '../../../../domain/registration/tags.ts';

const none = { node_type: 'effect', intent_types: [], protocols: [], explicit: [] } as const;
const inferred = (sources: object) => capabilityTags({ ...none, ...sources }).filter((tag) => !tag.startsWith('node.'));

describe('capabilityTags', () => {
  it.each(nodeTypes)('tags a %s', (node_type) => {
    expect(capabilityTags({ ...none, node_type })).toEqual([`node.${node_type}`]);
  });

  it.each([
    ['postgres.query', 'postgres.storage'],
    ['kafka.publish', 'kafka.messaging'],
    ['valkey.get', 'valkey.caching'],
    ['http.request', 'http.transport'],
    ['postgres.', 'postgres.storage'],
  ])('infers from the intent %s the tag %s', (intent, tag) => {
    expect(inferred({ intent_types: [intent] })).toEqual([tag]);
  });

  it.each([
    ['ProtocolReducer', 'state.reducer'],
    ['BillingProtocolReducer', 'state.reducer'],
    ['DatabaseAdapter', 'database.adapter'],
    ['ProtocolDatabaseAdapter', 'database.adapter'],
    ['EventBus', 'event.bus'],
    ['ProtocolEventBus', 'event.bus'],
    ['CacheAdapter', 'cache.adapter'],
    ['RedisCacheAdapter', 'cache.adapter'],
    ['ServiceDiscovery', 'service.discovery'],
    ['ConsulServiceDiscovery', 'service.discovery'],
  ])('infers from the protocol %s the tag %s', (protocol, tag) => {
    expect(inferred({ protocols: [protocol] })).toEqual([tag]);
  });

  it.each(['postgres', 'Postgres.query', 'my.postgres.query', 'mongo.query', ''])(
    'infers nothing from %j',
    (intent) => {
      expect(inferred({ intent_types: [intent] })).toEqual([]);
    },
  );

  it.each(['eventbus', 'EventBusX', 'Reducer', 'postgres.query'])('infers nothing from the protocol %s', (protocol) => {
    expect(inferred({ protocols: [protocol] })).toEqual([]);
  });

  it('joins explicit and inferred tags', () => {
    expect(
      capabilityTags({
        node_type: 'reducer',
        intent_types: ['kafka.a', 'kafka.b', 'http.c'],
        protocols: ['XEventBus', 'EventBus'],
        explicit: ['zeta', 'kafka.messaging', 'Alpha'],
      }),
    ).toEqual(['Alpha', 'event.bus', 'http.transport', 'kafka.messaging', 'node.reducer', 'zeta']);
  });
});
