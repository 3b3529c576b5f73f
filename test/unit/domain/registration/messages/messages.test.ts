import { describe, expect, it } from 'vitest';
import {
  ackSchema,
  actorSchema,
  deregisterSchema,
  heartbeatSchema,
  introspectionSchema,
} from '../../../../../contracts/node/messages.ts';
import {
  checkAck,
  checkDeregister,
  type Checked,
  checkHeartbeat,
  checkIntrospection,
  checkPoke,
  checkStatusEdge,
} from '../../../../../domain/registration/messages.ts';
import { capabilityFlags } from '../../../../../domain/registration/messages/json.ts';
import { canonicalTime } from '../../../../../domain/registration/messages/timestamp.ts';

const node = '0a1b2c3d-0000-4000-8000-000000000001';
const other = '0a1b2c3d-0000-4000-8000-000000000002';
const timestamp = '2026-01-02T03:04:05.000Z';
const introspection = { correlation_id: other, node_id: node, node_type: 'effect', timestamp };
const beat = { node_id: node, timestamp, uptime_seconds: 1 };

function paths(checked: Checked<unknown>): string[] {
  return checked.ok ? [] : checked.issues.map(({ path }) => path);
}

/** `value` inside `levels` lists. */
function nested(levels: number, value: unknown = 1): unknown {
  return levels === 0 ? value : nested(levels - 1, [value]);
}

describe('defaults', () => {
  it('fill an introspection', () => {
    expect(checkIntrospection(introspection)).toEqual({
      ok: true,
      value: {
        ...introspection,
        message_id: other,
        domain: 'registration',
        node_name: null,
        node_version: '1.0.0',
        reason: 'startup',
        status: null,
        instance_id: null,
        component: null,
        declared_capabilities: {},
        discovered_capabilities: {},
        contract_capabilities: null,
        endpoints: {},
        subscribe_topics: null,
        publish_topics: null,
        metadata: {},
        feature_flags: {},
        performance_metrics: null,
      },
    });
  });

  it('fill a heartbeat', () => {
    expect(checkHeartbeat(beat)).toEqual({
      ok: true,
      value: {
        ...beat,
        domain: 'registration',
        epoch: null,
        message_id: null,
        correlation_id: null,
        node_version: null,
        status: 'healthy',
        active_operations_count: 0,
        memory_usage_mb: null,
        cpu_usage_percent: null,
        sequence: null,
        note: null,
      },
    });
  });

  it('take the ids of the call where the sender gave none', () => {
    const { correlation_id: _id, ...anonymous } = introspection;
    const defaults = { correlation_id: node, command_id: other };
    const ack = { node_id: node, timestamp };
    const order = { node_id: node, reason: 'x', actor: { type: 'node', id: 'n' } };
    expect(checkIntrospection(anonymous, defaults)).toMatchObject({
      value: { correlation_id: node, message_id: node },
    });
    expect(checkHeartbeat(beat, defaults)).toMatchObject({ value: { correlation_id: node } });
    expect(checkAck(ack, defaults)).toMatchObject({ value: { correlation_id: node, command_id: other } });
    expect(checkDeregister(order, defaults)).toMatchObject({ value: { correlation_id: node, command_id: other } });
  });

  it('do not stand in for what was given', () => {
    const defaults = { correlation_id: node, command_id: node };
    expect(checkIntrospection(introspection, defaults)).toMatchObject({ value: { correlation_id: other } });
    expect(paths(checkIntrospection({ ...introspection, correlation_id: 'no' }, defaults))).toEqual(['correlation_id']);
    expect(checkAck({ node_id: node, timestamp, command_id: other }, defaults)).toMatchObject({
      value: { command_id: other },
    });
  });

  it('are needed for ids that nobody gave', () => {
    expect(paths(checkIntrospection({ node_id: node, node_type: 'effect', timestamp }))).toEqual(['correlation_id']);
    expect(paths(checkAck({ node_id: node, timestamp }))).toEqual(['command_id']);
    expect(paths(checkDeregister({ node_id: node, reason: 'x', actor: { type: 'node', id: 'n' } }))).toEqual([
      'command_id',
    ]);
  });
});

describe('reading', () => {
  it('lowers uuids', () => {
    expect(checkHeartbeat({ ...beat, node_id: node.toUpperCase() })).toMatchObject({ value: { node_id: node } });
  });

  it('takes the reason heartbeat as request', () => {
    expect(checkIntrospection({ ...introspection, reason: 'heartbeat' })).toMatchObject({
      value: { reason: 'request' },
    });
  });

  it.each([[undefined], [null], ['no uuid'], [7]])(
    'takes %j as the correlation id of the attempt',
    (correlation_id) => {
      const ack = { command_id: other, node_id: node, timestamp, correlation_id };
      expect(checkAck(ack)).toMatchObject({ ok: true, value: { correlation_id: null, attempt_id: null } });
    },
  );

  it('keeps extra capabilities', () => {
    const declared_capabilities = { postgres: true, gpu: { count: 2 }, batch_size: null };
    expect(checkIntrospection({ ...introspection, declared_capabilities })).toMatchObject({
      value: { declared_capabilities },
    });
  });

  it('brings measures into the range of their columns', () => {
    const wild = { ...beat, memory_usage_mb: 1e300, cpu_usage_percent: 1e-300, uptime_seconds: 1e300 };
    expect(checkHeartbeat(wild)).toMatchObject({
      value: { memory_usage_mb: 3.402_823_466_385_288_6e38, cpu_usage_percent: 0, uptime_seconds: 1e300 },
    });
  });
});

describe('times', () => {
  it.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123Z'],
    ['2026-01-02T03:04:05+02:30', '2026-01-02T00:34:05.000Z'],
    ['2026-01-02T03:04:05-23:59', '2026-01-03T03:03:05.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59-01:00', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalTime(text)).toBe(canonical);
  });

  it.each([
    '2026-01-02T03:04:05',
    '2026-01-02T03:04Z',
    '2026-01-02',
    '2026-01-02 03:04:05Z',
    '2026-01-02t03:04:05z',
    '2026-1-2T03:04:05Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-02T24:00:00Z',
    '2026-01-02T03:04:60Z',
    '2026-01-02T03:04:05+0200',
    '2026-01-02T03:04:05+24:00',
    '2026-01-02T03:04:05.Z',
    ' 2026-01-02T03:04:05Z',
    '2026-01-02T03:04:05Z\n',
    `2026-01-02T03:04:05.${'1'.repeat(200)}Z`,
    '',
  ])('%j is none', (text) => {
    expect(canonicalTime(text)).toBeNull();
  });
});

describe('problems', () => {
  it('are all reported together, each where it is', () => {
    const checked = checkIntrospection({
      node_id: 'x',
      correlation_id: other,
      node_type: 'robot',
      node_version: 'v1',
      timestamp: 'yesterday',
      nodeName: 'n',
      contract_capabilities: { intent_types: ['a', ''], protocol: [] },
      endpoints: { control: 'http://user:secret@host', other: 'nonsense' },
      feature_flags: { on: 'yes' },
      component: { id: node, name: 'c' },
    });
    expect(paths(checked).toSorted()).toEqual([
      'component.name',
      'contract_capabilities.intent_types.1',
      'contract_capabilities.protocol',
      'endpoints.control',
      'endpoints.other',
      'feature_flags.on',
      'nodeName',
      'node_id',
      'node_type',
      'node_version',
      'timestamp',
    ]);
  });

  it('never repeat a value', () => {
    const secret = 's3cr3t';
    const all = [
      checkIntrospection(Object.fromEntries(Object.keys(introspectionSchema.shape).map((name) => [name, secret]))),
      checkHeartbeat(Object.fromEntries(Object.keys(heartbeatSchema.shape).map((name) => [name, [secret]]))),
      checkIntrospection({ ...introspection, endpoints: { a: `http://${secret}:${secret}@host` } }),
      checkIntrospection({ ...introspection, metadata: { a: `${secret}\u0000` } }),
      checkAck(secret),
    ];
    for (const checked of all) {
      expect(checked.ok).toBe(false);
      expect(JSON.stringify(checked)).not.toContain(secret);
    }
  });

  it('suggest the name that was meant', () => {
    expect(checkHeartbeat({ ...beat, nodeVersion: '1.0.0' })).toMatchObject({
      issues: [{ path: 'nodeVersion', hint: 'did you mean node_version?' }],
    });
  });

  it('show names from outside cut and without control characters', () => {
    expect(paths(checkHeartbeat({ ...beat, [`a\n\ud800${'x'.repeat(100)}`]: 1 }))).toEqual([`a??${'x'.repeat(61)}`]);
  });

  it('stop being listed after a hundred', () => {
    const endless = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${String(index)}`, 1]));
    expect(paths(checkHeartbeat(endless))).toHaveLength(100);
  });

  it('suggest no more than three names, so that nonsense costs little', () => {
    const misspelt = { nodeId: 1, nodeid: 1, statuss: 1, sequences: 1, epochs: 1 };
    const checked = checkHeartbeat({ ...beat, ...misspelt });
    const hints = checked.ok ? [] : checked.issues.map(({ hint }) => hint !== undefined);
    expect(hints).toEqual([true, true, true, false, false]);
  });

  it.each([[null], [undefined], [1], ['text'], [[]], [true]])('refuse %j as a message', (value) => {
    const checks = [checkIntrospection, checkHeartbeat, checkAck, checkDeregister, checkStatusEdge, checkPoke];
    for (const check of checks) {
      expect(check(value)).toMatchObject({ ok: false, issues: [{ path: '', message: 'must be an object' }] });
    }
  });
});

describe('what nothing behind the border could hold', () => {
  const metadata = (value: unknown) => checkIntrospection({ ...introspection, metadata: { a: value } });

  it.each<[string, unknown]>([
    ['U+0000', 'a\u0000b'],
    ['a lone surrogate', 'a\ud800b'],
    ['U+0000 in a name', { 'a\u0000': 1 }],
    ['U+0000 in a list', ['a', '\u0000']],
    ['the key __proto__', JSON.parse('{"__proto__":{"polluted":true}}')],
    ['an endless number', Number.POSITIVE_INFINITY],
    ['a function', () => 1],
    ['a big integer', 1n],
    ['a date', new Date(0)],
    ['undefined in a list', [undefined]],
    ['65 levels', nested(64)],
    ['a hundred thousand levels', JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
  ])('%s is refused', (_what, value) => {
    expect(metadata(value)).toMatchObject({ ok: false, issues: [{ path: expect.stringMatching(/^metadata\.a/) }] });
  });

  it.each<[string, unknown]>([
    ['64 levels', nested(62)],
    ['a name of Object.prototype', { constructor: 1, toString: 2 }],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an emoji', '😀'],
    ['null', null],
  ])('%s passes', (_what, value) => {
    expect(paths(metadata(value))).toEqual([]);
  });

  it('is refused in capabilities, endpoints and flags, too', () => {
    const proto: unknown = JSON.parse('{"__proto__":true}');
    const checked = checkIntrospection({
      ...introspection,
      declared_capabilities: { gpu: '\u0000' },
      discovered_capabilities: proto,
      endpoints: { a: 'http://host/\u0000' },
      feature_flags: proto,
      performance_metrics: [],
    });
    expect(paths(checked).toSorted()).toEqual([
      'declared_capabilities.gpu',
      'discovered_capabilities.__proto__',
      'endpoints.a',
      'feature_flags.__proto__',
      'performance_metrics',
    ]);
  });

  it('is a message of more than 64 KiB of JSON', () => {
    const bulky = (length: number) => ({ ...introspection, declared_capabilities: { x: 'y'.repeat(length) } });
    const rest = JSON.stringify(bulky(0)).length;
    expect(checkIntrospection(bulky(65_536 - rest)).ok).toBe(true);
    expect(checkIntrospection(bulky(65_537 - rest))).toMatchObject({ issues: [{ path: '' }] });
  });
});

describe('known fields', () => {
  /** A message that has nothing but unknown values tells by its problems which fields the checker knows. */
  function knownTo(check: (value: unknown) => Checked<unknown>, names: readonly string[]): string[] {
    const checked = check(Object.fromEntries(names.map((name) => [name, Number.NaN])));
    const unknown = checked.ok ? [] : checked.issues.filter(({ message }) => message === 'is not a known field');
    return names.filter((name) => unknown.every(({ path }) => path !== name));
  }

  it.each([
    ['introspection', checkIntrospection, introspectionSchema],
    ['heartbeat', checkHeartbeat, heartbeatSchema],
    ['ack', checkAck, ackSchema],
    ['deregister', checkDeregister, deregisterSchema],
  ] as const)('of %s are those of the schema', (_name, check, schema) => {
    const names = Object.keys(schema.shape);
    expect(knownTo(check, [...names, 'nodeId'])).toEqual(names);
  });

  it('of an actor are those of the schema', () => {
    expect(Object.keys(actorSchema.shape)).toEqual(['type', 'id']);
  });

  it('include the eight flags of the page', () => {
    const wrong = Object.fromEntries(capabilityFlags.map((name) => [name, 'yes']));
    expect(paths(checkIntrospection({ ...introspection, declared_capabilities: wrong }))).toEqual(
      capabilityFlags.map((name) => `declared_capabilities.${name}`),
    );
    expect(capabilityFlags).toHaveLength(8);
  });
});
