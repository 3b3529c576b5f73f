/**
 * Messages as they come: mostly right, often wrong in one field or several, sometimes wrong throughout. Every field has
 * values inside and outside its rule; `wrong` fits none.
 */
import fc from 'fast-check';

type Values = fc.Arbitrary<unknown>;

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'.split('')), minLength: length, maxLength: length });
export const uuid: fc.Arbitrary<string> = fc
  .tuple(hex(8), hex(4), hex(4), hex(4), hex(12))
  .map((parts) => parts.join('-'));

/** Characters that rules treat differently: letters, controls, surrogates alone and in pairs, separators. */
const character = fc.constantFrom(
  'a',
  'Z',
  '0',
  '.',
  '_',
  ':',
  '-',
  '/',
  ' ',
  '\n',
  '\u0000',
  '\u007f',
  '\ud800',
  '😀',
  'é',
);
export const wildText: fc.Arbitrary<string> = fc.string({ unit: character, maxLength: 6 });
const longText = fc.constantFrom(64, 65, 128, 129, 256, 257, 1024, 1025, 2049).map((length) => 'x'.repeat(length));
const wrong = fc.constantFrom<unknown>(null, undefined, true, 0, -1, 1.5, 1e308, '', 'text', [], {}, Number.NaN);
/** Members of open objects came as JSON, which knows no undefined. */
const wrongJson = wrong.filter((value) => value !== undefined);

const digits = (least: number, most: number, length = 2) =>
  fc.integer({ min: least, max: most }).map((value) => String(value).padStart(length, '0'));
const year = fc.oneof(digits(1600, 2400, 4), fc.constantFrom('0000', '0001', '1900', '2000', '2024', '9999'));
const date = fc.oneof(
  fc.tuple(year, digits(1, 12), digits(1, 28)),
  fc.tuple(year, digits(0, 13), digits(0, 32)),
  fc.tuple(year, fc.constant('02'), fc.constant('29')),
);
const clock = fc.oneof(
  fc.tuple(digits(0, 23), digits(0, 59), digits(0, 59)),
  fc.tuple(digits(0, 25), digits(0, 61), digits(0, 61)),
);
const fraction = fc.constantFrom('', '', '.1', '.123456789', '.', ',5');
const zone = fc.constantFrom('Z', 'Z', 'z', '', '+00:00', '-00:00', '+23:59', '-11:30', '+24:00', '+0100');
export const timestamp: fc.Arbitrary<string> = fc
  .tuple(date, fc.constantFrom('T', 'T', 'T', 't', ' '), clock, fraction, zone)
  .map(([days, separator, hours, rest, offset]) => `${days.join('-')}${separator}${hours.join(':')}${rest}${offset}`);
const usualTime = fc.constantFrom('2026-01-02T03:04:05Z', '2026-01-02T03:04:05.678901+02:00');

const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'node-1', 'é') },
  { arbitrary: wildText, weight: 1 },
  { arbitrary: longText, weight: 1 },
);
const names = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.constantFrom('a', 'b', 'kafka.publish'), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(name, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(256, 257).map((length) => Array.from({ length }, () => 'a')) },
);
const version = fc.oneof(
  fc.constantFrom('1.0.0', '0.0.0', '1.2.3-rc.1+build', '1.0.0-0a', '99999999999999999999.0.0'),
  fc.constantFrom('v1.0.0', '1.0', '01.0.0', '1.0.0-01', '1.0.0-', '1.0.0+', ' 1.0.0', `1.0.0-${'a'.repeat(60)}`),
);
const number = fc.oneof(
  fc.constantFrom<unknown>(0, -0, 1, 100, 100.5, 0.5, -0.1, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e-320, 1e39),
  fc.constantFrom<unknown>('1', Number.NaN, Number.POSITIVE_INFINITY, null),
  fc.double({ min: 0, max: 100 }),
);
const json = fc.jsonValue({ maxDepth: 3 }) as Values;
const openMembers = fc.dictionary(fc.constantFrom('role', 'region', 'x', 'constructor', ''), json, { maxKeys: 3 });
const bigObject = fc
  .constantFrom(4 * 1024, 16 * 1024)
  .chain((bytes) =>
    fc
      .integer({ min: -2, max: 2 })
      .map((more) => ({ x: 'é'.repeat(4) + 'y'.repeat(bytes + more - '{"x":""}'.length - 8) })),
  );
const domain = fc.oneof(
  fc.constantFrom('registration', 'a', '0', 'fleet.eu:1_-', '.a', '-a', 'a/b', 'a b', 'é'),
  wildText,
  longText,
);

const capability = fc.record(
  {
    postgres: fc.oneof(fc.boolean(), wrongJson),
    feature: fc.boolean(),
    batch_size: fc.oneof(number, fc.constant(null)),
    max_batch: fc.constantFrom<unknown>(1, null),
    supported_types: names,
    config: fc.oneof(openMembers as Values, wrongJson),
    extra: json,
  },
  { requiredKeys: [] },
);
const contract = fc.record(
  {
    contract_type: fc.constantFrom<unknown>('effect', 'unknown', null, 'other', 1),
    contract_version: fc.oneof(name as Values, fc.constant(null)),
    intent_types: names,
    protocols: names,
    capability_tags: fc.oneof(names as Values, fc.constant(null)),
  },
  { requiredKeys: [] },
);
const component = fc.oneof(
  fc.record({ id: fc.oneof(uuid, name) }) as Values,
  fc.record({ name, version: name }),
  fc.record({ name }),
  fc.record({ id: uuid, name, version: name }),
  fc.record({ id: uuid, more: json }),
  wrong,
);
const endpoint = fc.oneof(
  fc.constantFrom('http://a', 'https://a.example:8443/x?y#z', 'ftp://h', 'ws://[::1]:1', 'http:a', 'HTTP://A', 'x://h'),
  fc.constantFrom(
    'a',
    '/x',
    'http://',
    'http://u@h',
    'http://u:p@h',
    'http://:p@h',
    'mailto:a@b',
    'file:///x',
    'data:,x',
  ),
  fc.constantFrom(`http://a/${'x'.repeat(2039)}`, `http://a/${'x'.repeat(2040)}`),
);
const endpoints = fc.oneof(
  fc.dictionary(name, endpoint as Values, { maxKeys: 3 }),
  fc
    .constantFrom(16, 17)
    .map((length) => Object.fromEntries(Array.from({ length }, (_, i) => [String(i), 'http://a']))),
);
const flags = fc.oneof(
  fc.dictionary(name, fc.oneof({ weight: 8, arbitrary: fc.boolean() }, { weight: 1, arbitrary: wrong }), {
    maxKeys: 3,
  }),
  fc.constantFrom(256, 257).map((length) => Object.fromEntries(Array.from({ length }, (_, i) => [String(i), true]))),
);
const open = fc.oneof({ weight: 4, arbitrary: openMembers }, { weight: 1, arbitrary: bigObject });
const status = fc.constantFrom<unknown>('healthy', 'degraded', 'unhealthy', 'ill');

/** Field → usual values and every kind of value. */
interface Field {
  readonly usual: Values;
  readonly any: Values;
  readonly needed?: true;
}

const id: Field = {
  usual: uuid,
  any: fc.oneof(
    name,
    uuid.map((text) => `${text}0`),
  ),
};
const time: Field = { usual: usualTime, any: timestamp, needed: true };
const inDomain: Field = { usual: fc.constantFrom('registration', 'other'), any: domain };

const introspectionFields: Readonly<Record<string, Field>> = {
  message_id: id,
  correlation_id: { ...id, needed: true },
  node_id: { ...id, needed: true },
  domain: inDomain,
  node_name: { usual: fc.constantFrom('node', null), any: name },
  node_type: { usual: fc.constantFrom('effect', 'reducer'), any: name, needed: true },
  node_version: { usual: fc.constant('1.2.3'), any: version },
  reason: { usual: fc.constantFrom('startup', 'heartbeat', 'shutdown'), any: name },
  status: { usual: status, any: status },
  timestamp: time,
  instance_id: { usual: fc.constantFrom('i-1', null), any: name },
  component: { usual: fc.record({ name: fc.constant('c'), version: fc.constant('1.0.0') }), any: component },
  declared_capabilities: { usual: fc.constant({ postgres: true, config: { a: [1] } }), any: capability },
  discovered_capabilities: { usual: fc.constant({ batch_size: null }), any: capability },
  contract_capabilities: { usual: fc.constantFrom(null, { protocols: ['EventBus'] }), any: contract },
  endpoints: { usual: fc.constant({ control: 'http://a:1/x' }), any: endpoints },
  subscribe_topics: { usual: fc.constantFrom(null, ['t']), any: names },
  publish_topics: { usual: fc.constantFrom(null, []), any: names },
  metadata: { usual: fc.constant({ role: 'x' }), any: open },
  feature_flags: { usual: fc.constant({ a: true }), any: flags },
  performance_metrics: { usual: fc.constantFrom(null, { rps: 1.5 }), any: open },
};

const heartbeatFields: Readonly<Record<string, Field>> = {
  node_id: { ...id, needed: true },
  domain: inDomain,
  timestamp: time,
  epoch: { usual: fc.constantFrom(1, null), any: number },
  message_id: id,
  correlation_id: id,
  node_version: { usual: fc.constantFrom('1.2.3', null), any: version },
  status: { usual: fc.constantFrom('healthy', 'degraded'), any: status },
  uptime_seconds: { usual: fc.double({ min: 0, max: 1e6, noNaN: true }), any: number, needed: true },
  active_operations_count: { usual: fc.nat(), any: number },
  memory_usage_mb: { usual: fc.constantFrom(512.5, null), any: number },
  cpu_usage_percent: { usual: fc.constantFrom(12.5, null), any: number },
  sequence: { usual: fc.constantFrom(0, null), any: number },
  note: { usual: fc.constantFrom('fine', '', null), any: fc.oneof(wildText, longText) },
};

const ackFields: Readonly<Record<string, Field>> = {
  command_id: id,
  node_id: { ...id, needed: true },
  domain: inDomain,
  attempt_id: { usual: fc.oneof(uuid as Values, fc.constant(null)), any: name },
  correlation_id: { usual: uuid, any: json },
  timestamp: time,
};

const actor = fc.oneof(
  fc.record({ type: fc.constantFrom('node', 'operator', 'system', 'other'), id: name }) as Values,
  fc.record({ type: fc.constant('node') }),
  fc.record({ type: fc.constant('node'), id: name, more: json }),
);
const deregisterFields: Readonly<Record<string, Field>> = {
  command_id: id,
  node_id: { ...id, needed: true },
  domain: inDomain,
  reason: { usual: fc.constant('maintenance'), any: fc.oneof(wildText, longText), needed: true },
  actor: { usual: fc.constant({ type: 'operator', id: 'ops' }), any: actor, needed: true },
  correlation_id: id,
  epoch: { usual: fc.constantFrom(1, null), any: number },
};

const statusEdgeFields: Readonly<Record<string, Field>> = {
  message_id: { ...id, needed: true },
  correlation_id: { usual: fc.oneof(uuid as Values, fc.constant(null)), any: name },
  epoch: { usual: fc.constant(1), any: number, needed: true },
  status: { usual: fc.constant('healthy'), any: status, needed: true },
  first: { usual: fc.boolean(), any: wrong, needed: true },
  received_at: time,
};

const pokeFields: Readonly<Record<string, Field>> = {
  kind: { usual: fc.constantFrom('liveness', 'ack', 'receipt', 'edge', 'stuck'), any: name, needed: true },
  epoch: { usual: fc.nat(), any: number, needed: true },
  incident_id: { usual: fc.oneof(uuid as Values, fc.constant(null)), any: name, needed: true },
};

function messages(fields: Readonly<Record<string, Field>>): Values {
  const needed = Object.keys(fields).filter((field) => fields[field]?.needed);
  const usual = fc.record(
    mapFields(fields, ({ usual }) => usual),
    { requiredKeys: needed },
  );
  const few = fc.dictionary(fc.constantFrom(...Object.keys(fields)), wrong, { maxKeys: 2 });
  const oneOdd = fc
    .constantFrom(...Object.keys(fields))
    .chain((field) => fc.record({ [field]: fields[field]?.any ?? wrong }));
  const unknown = fc.dictionary(fc.constantFrom('nodeId', 'extra', 'node_ids', ''), wrong, { maxKeys: 1, minKeys: 1 });
  return fc.oneof(
    { weight: 3, arbitrary: usual },
    { weight: 8, arbitrary: fc.tuple(usual, oneOdd).map(([a, b]) => ({ ...a, ...b })) },
    {
      weight: 3,
      arbitrary: fc.record(
        mapFields(fields, ({ any }) => any),
        { requiredKeys: [] },
      ),
    },
    { weight: 2, arbitrary: fc.tuple(usual, few).map(([a, b]) => ({ ...a, ...b })) },
    { weight: 2, arbitrary: fc.tuple(usual, unknown).map(([a, b]) => ({ ...a, ...b })) },
    { weight: 1, arbitrary: wrong },
  );
}

function mapFields<T>(fields: Readonly<Record<string, Field>>, pick: (field: Field) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, pick(field)]));
}

export const introspections: Values = messages(introspectionFields);
export const heartbeats: Values = messages(heartbeatFields);
export const acks: Values = messages(ackFields);
export const deregistrations: Values = messages(deregisterFields);
export const statusEdges: Values = messages(statusEdgeFields);
export const pokes: Values = messages(pokeFields);
