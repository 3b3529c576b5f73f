/**
 * What strangers send that is wrong (registration.md 14): each request with the status, the code and the places it must
 * be refused with. Every wrong value holds `secret`, which no answer may repeat.
 */
import { randomUUID } from 'node:crypto';
import type { HttpOptions } from './http.ts';

export interface BadRequest extends HttpOptions {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  readonly path: string;
  readonly status: number;
  readonly code: string;
  /** Path of every issue, in any order; absent where the error has none. */
  readonly issues?: readonly string[];
}

export const secret = 'sw0rdfish';
/** Names members that no object of JSON.stringify has. */
const dangerous = `{"node_type":"effect","__proto__":{"${secret}":1}}`;
const nodes = '/api/v1/nodes';
const id = randomUUID();
const other = randomUUID();
const one = `${nodes}/${id}`;
const timestamp = '2026-01-01T00:00:00Z';
const zoneless = '2026-01-01T00:00:00';
const announced = { node_id: id, node_type: 'effect', timestamp };
const beat = { timestamp, uptime_seconds: 1 };
const farewell = { reason: 'done', actor: { type: 'operator', id: 'me' } };

/** A message that is refused with every issue. */
function message(name: string, path: string, body: unknown, issues?: readonly string[]): BadRequest {
  const places = issues === undefined ? {} : { issues };
  return { name, method: 'POST', path, body, status: 422, code: 'ND001', ...places };
}

const deregistered = (request: BadRequest): BadRequest => ({ ...request, method: 'DELETE' });

const everythingWrong = {
  node_id: secret,
  domain: `-${secret}`,
  node_name: `${secret}\n`,
  node_type: secret,
  node_version: `v1.0.0-${secret}`,
  reason: secret,
  status: secret,
  timestamp: zoneless,
  instance_id: '',
  component: { name: secret },
  declared_capabilities: { read: secret },
  contract_capabilities: { intent_types: [secret, 1] },
  endpoints: { control: `http://user:${secret}@host/`, other: secret },
  subscribe_topics: secret,
  metadata: [secret],
  feature_flags: { fast: secret },
  extra: secret,
};
const placesOfEverything = `node_id domain node_name node_type node_version reason status timestamp instance_id
  component.version declared_capabilities.read contract_capabilities.intent_types.1 endpoints.control endpoints.other
  subscribe_topics metadata feature_flags.fast extra`.split(/\s+/);
const wrongBeat = {
  timestamp: zoneless,
  epoch: 0,
  status: secret,
  uptime_seconds: -1,
  active_operations_count: 1.5,
  memory_usage_mb: -1,
  cpu_usage_percent: 101,
  sequence: -1,
  note: secret.repeat(40),
  node_version: secret,
};
const tooMany = Array.from({ length: 1001 }, () => beat);

const messages: readonly BadRequest[] = [
  message('an empty announcement', nodes, {}, ['node_id', 'node_type', 'timestamp']),
  message('an announcement with everything wrong at once', nodes, everythingWrong, placesOfEverything),
  ...['1.0', '01.0.0', 'v1.0.0', '1.0.0-', ' 1.0.0'].map((version) =>
    message(`the version "${version}"`, nodes, { ...announced, node_version: version }, ['node_version']),
  ),
  ...[zoneless, '2026-13-01T00:00:00Z', '2026-01-01', 1_767_225_600, 'now'].map((time) =>
    message(`the time "${time}"`, nodes, { ...announced, timestamp: time }, ['timestamp']),
  ),
  message('metadata above 16 KiB', nodes, { ...announced, metadata: { a: 'x'.repeat(16_384) } }, ['metadata']),
  message('an ack that names another node', `${one}/ack`, { node_id: other, timestamp }, ['node_id']),
  message('a beat that names another node', `${one}/heartbeat`, { ...beat, node_id: other }, ['node_id']),
  message('a beat with everything out of range', `${one}/heartbeat`, wrongBeat, Object.keys(wrongBeat)),
  message('an ack of no attempt', `${one}/ack`, { timestamp, attempt_id: secret, command_id: secret }, [
    'attempt_id',
    'command_id',
  ]),
  message('an id in the path that is none', `${nodes}/${secret}/ack`, {}, ['params.id']),
  deregistered(message('a farewell that names another node', one, { ...farewell, node_id: other }, ['node_id'])),
  deregistered(
    message('a farewell of nobody', one, { reason: '', actor: { type: secret } }, ['reason', 'actor.type', 'actor.id']),
  ),
  message('a batch that is a list', `${nodes}/heartbeats`, [beat], ['']),
  ...[{}, { items: [] }, { items: tooMany }, { items: secret }].map((body, index) =>
    message(`a batch of none or too many (${index})`, `${nodes}/heartbeats`, body, ['items']),
  ),
  ...[{}, { ids: [] }, { ids: [secret] }, { all: false }, { all: true, ids: [id] }].map((body, index) =>
    message(`a request for introspections of nobody (${index})`, `${nodes}/introspection-requests`, body),
  ),
];

/** A question that is not understood, or about somebody unknown. */
function question(name: string, path: string, code: 'ND002' | 'ND003' = 'ND002'): BadRequest {
  return { name, method: 'GET', path, status: code === 'ND002' ? 400 : 404, code };
}

function choice(name: string, body: object, code: 'ND002' | 'ND004' = 'ND002'): BadRequest {
  return { name, method: 'POST', path: `${nodes}/select`, body, status: code === 'ND002' ? 400 : 404, code };
}

const filters = `limit=0 limit=1001 limit=${secret} limit=1&limit=2 cursor=${secret} state=${secret} node_type=${secret}
  tag= intent= direction=publish topic=t&direction=${secret} capability=[] capability={${secret}
  updated_since=${zoneless} overdue=${secret} domain=- unknown=${secret}`.split(/\s+/);

const questions: readonly BadRequest[] = [
  ...filters.map((filter) => question(`a list by ${filter}`, `${nodes}?${encodeURI(filter)}`)),
  question('counts of a domain that is none', `${nodes}/counts?domain=-${secret}`),
  question('an id that is none', `${nodes}/${secret}`),
  question('transitions before the first', `${one}/transitions?since_id=-1`),
  question('an offer waited for too long', `${one}/offer?wait=26`),
  question('events after nothing', `/api/v1/events?after=${secret}`),
  { ...question('events behind nothing', '/api/v1/events'), headers: { 'last-event-id': secret } },
  choice('a choice by nothing', {}),
  choice('a choice by an empty list', { intent_types: [] }),
  choice('a choice by an unknown strategy', { capability: 'x', strategy: secret }),
  choice('a choice with an unknown member', { capability: 'x', more: secret }),
  choice('a choice among nobody', { capability: secret }, 'ND004'),
  ...['', '/transitions', '/live', '/offer'].map((view) =>
    question(`an unknown node${view}`, `${nodes}/${other}${view}`, 'ND003'),
  ),
];

/** Bytes that are refused before anything reads them as a message. */
function bytes(name: string, status: 400 | 413 | 415, rest: Partial<BadRequest>): BadRequest {
  const code = { 400: 'OB004', 413: 'OB009', 415: 'OB008' }[status];
  return { name, method: 'POST', path: nodes, status, code, ...rest };
}

const json = JSON.stringify(announced);
const notJson = [`{"node_id":"${secret}",`, secret, '\u0000', '{"a":1}}', '"\\ud800"', '"\\u0000"', dangerous];
const bodies: readonly BadRequest[] = [
  ...notJson.map((raw) => bytes(`the body ${JSON.stringify(raw.slice(0, 10))}`, 400, { raw })),
  bytes('bytes that are no text', 400, { raw: Buffer.from([0x22, 0xff, 0x22]) }),
  bytes('a tower of lists', 400, { raw: '['.repeat(100) }),
  bytes('an announcement above 64 KiB', 413, { body: { ...announced, note: secret.repeat(8192) } }),
  bytes('a beat above 64 KiB', 413, { path: `${one}/heartbeat`, body: { ...beat, note: secret.repeat(8192) } }),
  // Refused by what its headers promise: the answer does not wait for the bytes.
  bytes('a batch above 1 MiB', 413, {
    path: `${nodes}/heartbeats`,
    raw: '{',
    headers: { 'content-length': String(1024 * 1024 + 1) },
  }),
  ...['text/plain', 'application/xml', 'application/json; charset=latin1', 'nonsense'].map((type) =>
    bytes(`the type ${type}`, 415, { raw: json, headers: { 'content-type': type } }),
  ),
  bytes('a packed body', 415, { raw: json, headers: { 'content-encoding': 'gzip' } }),
  { name: 'no body', method: 'POST', path: nodes, raw: '', status: 422, code: 'ND001' },
  { name: 'a method no route has', method: 'PUT', path: nodes, body: announced, status: 405, code: 'OB007' },
  { name: 'a path no route has', method: 'GET', path: `${one}/secrets`, status: 404, code: 'OB005' },
];

export const badRequests: readonly BadRequest[] = [...messages, ...questions, ...bodies];
