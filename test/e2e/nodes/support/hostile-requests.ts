/**
 * Requests made from the OpenAPI document: as it describes them, and then with something spoiled – a value of another
 * type or out of range, a member too many or missing, a header nobody expects, bytes that are no JSON.
 */
import * as fc from 'fast-check';
import type { HttpOptions } from './http.ts';
import type { OpenApi, Operation, Schema } from './open-api.ts';

export interface HostileRequest extends HttpOptions {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
}

/** A few ids, so that requests meet: one node gets all kinds of messages. */
const ids = Array.from({ length: 4 }, (_, index) => `00000000-0000-4000-8000-00000000000${index}`);
const domains = ['registration', 'fuzz'];

/** Names whose values only mean something when they are met again. */
const familiar: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  id: fc.constantFrom(...ids),
  node_id: fc.constantFrom(...ids),
  domain: fc.constantFrom(...domains),
  timestamp: fc.constantFrom('2026-01-01T00:00:00Z', '9999-12-31T23:59:59.999+14:00', '1970-01-01T00:00:00-00:00'),
  updated_since: fc.constantFrom('2026-01-01T00:00:00Z', '9999-12-31T23:59:59Z'),
  node_version: fc.constantFrom('1.0.0', '2.0.0-rc.1+build'),
  capability: fc.constantFrom('mail', '{"read":true}'),
  endpoints: fc.constant({ control: 'http://127.0.0.1:9/' }),
  // Asking for a long wait would only make the fuzzer slow.
  wait: fc.constantFrom('0', '0.05'),
};

const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom('', ' ', '..', '../../etc/passwd', '%', '%00', '%zz', "' or 1=1 --", '$(id)', '<script>', '🦉'),
  fc.constantFrom('\u0000', '\ud800', '\u202e', 'NaN', '1e309', '9'.repeat(400), 'x'.repeat(2049), '*', '__proto__'),
  fc.constantFrom(null, true, false, 0, -1, 1.5, 1e308, -0, 2 ** 53, 2 ** 31),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant(Array.from({ length: 300 }, () => 'many')),
);

export function hostileRequests(document: OpenApi): fc.Arbitrary<HostileRequest> {
  return fc.constantFrom(...document.operations).chain((operation) => requestOf(operation, document.definitions));
}

function requestOf(operation: Operation, definitions: Definitions): fc.Arbitrary<HostileRequest> {
  const given = (place: string) => {
    const wanted = operation.parameters.filter((parameter) => parameter.in === place);
    const values = wanted.map(({ name, schema }) => [name, spoiledOrNot(valueOf(schema, definitions, name))] as const);
    const names = wanted.map(({ name }) => name);
    return fc.record<Record<string, unknown>, string>(Object.fromEntries(values), {
      requiredKeys: place === 'path' ? names : [],
    });
  };
  const body =
    operation.body === null
      ? fc.constant({})
      : valueOf(operation.body, definitions).chain((value) =>
          fc.oneof(
            { weight: 6, arbitrary: fc.constant({ body: value }) },
            { weight: 6, arbitrary: spoiledDocument(value).map((spoiled) => ({ body: spoiled })) },
            { weight: 1, arbitrary: nasty.map((any) => ({ body: any ?? null })) },
            { weight: 1, arbitrary: broken(JSON.stringify(value)).map((raw) => ({ raw })) },
          ),
        );
  return fc
    .tuple(given('path'), given('query'), given('header'), extraQuery, extraHeaders, otherMethod, body)
    .map(([params, query, headers, moreQuery, moreHeaders, method, payload]) => ({
      operation,
      method: method ?? operation.method,
      path: addressOf(operation.path, params, [...Object.entries(query), ...moreQuery]),
      headers: { ...textsOf(headers), ...moreHeaders },
      ...payload,
    }));
}

const rarely = <T>(arbitrary: fc.Arbitrary<T>, otherwise: T, weight = 12): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

const spoiledOrNot = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: nasty });
const extraQuery = rarely<[string, unknown][]>(fc.array(fc.tuple(fc.string({ maxLength: 8 }), nasty)), []);
const otherMethod = rarely<string | null>(fc.constantFrom('PUT', 'PATCH', 'OPTIONS', 'HEAD'), null, 40);
const extraHeaders = rarely<Record<string, string>>(
  fc.constantFrom<Record<string, string>>(
    { 'x-correlation-id': '../../x' },
    { 'x-correlation-id': 'a'.repeat(4000) },
    { 'x-deadline-ms': 'soon' },
    { 'x-deadline-ms': '1' },
    { 'content-type': 'text/html' },
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-encoding': 'br' },
    { authorization: 'Bearer x' },
    { range: 'bytes=0-1' },
    { expect: '200-ok' },
    { accept: 'image/png' },
    { 'if-none-match': '*' },
    { host: '' },
    { 'transfer-encoding': 'identity' },
  ),
  {},
  6,
);

type Definitions = Readonly<Record<string, Schema>>;

/** Values that the schema allows, mostly; what it cannot say (patterns, formats) is left to words. */
function valueOf(schema: Schema, definitions: Definitions, name = '', depth = 0): fc.Arbitrary<unknown> {
  const known = familiar[name];
  if (known !== undefined) return known;
  const next = (inner: Schema, member = '') => valueOf(inner, definitions, member, depth + 1);
  const { $ref, anyOf, type } = schema as { $ref?: string; anyOf?: readonly Schema[]; type?: string };
  if ($ref !== undefined) {
    const target = definitions[$ref.split('/').at(-1) ?? ''];
    return target === undefined || depth > 6 ? fc.constant(null) : next(target);
  }
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if ('const' in schema) return fc.constant(schema['const']);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => next(one, name)));
  switch (type) {
    case 'object':
      return objectOf(schema, next);
    case 'array':
      return fc.array(next((schema['items'] as Schema | undefined) ?? {}), { maxLength: 3 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'integer':
    case 'number':
      return numberOf(schema, type);
    case 'string':
      return textOf(schema);
    default:
      return nasty;
  }
}

function objectOf(schema: Schema, next: (schema: Schema, member: string) => fc.Arbitrary<unknown>) {
  const { properties = {}, required = [] } = schema as {
    properties?: Readonly<Record<string, Schema>>;
    required?: readonly string[];
  };
  const members = Object.entries(properties).map(([member, inner]) => [member, next(inner, member)] as const);
  return fc.record(Object.fromEntries(members), {
    requiredKeys: [...required, 'domain'].filter((one) => one in properties),
  });
}

function numberOf({ minimum = 0, maximum = 2 ** 31 - 1 }: Schema, type: 'integer' | 'number') {
  const [min, max] = [Number(minimum), Math.min(Number(maximum), 2 ** 40)];
  return type === 'integer' ? fc.integer({ min, max }) : fc.double({ min, max: Math.min(max, 1e6), noNaN: true });
}

function textOf({ pattern, minLength = 0 }: Schema): fc.Arbitrary<string> {
  if (typeof pattern === 'string' && pattern.includes('-[0-9a-f]{12}')) return fc.uuid();
  return fc.oneof(
    fc.constantFrom('mail', 'gpu', 'postgres.write', 'a'),
    fc.string({ minLength: Number(minLength), maxLength: 20 }),
  );
}

/** One member of it, or of something within it, replaced, left out or added. */
function spoiledDocument(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return nasty;
  const names = [...Object.keys(value), 'extra'];
  return fc
    .tuple(fc.constantFrom(...names), fc.constantFrom('replace', 'omit', 'within'), nasty)
    .chain(([name, how, other]) => {
      const inner = (value as Record<string, unknown>)[name];
      const put = (member: unknown) =>
        Array.isArray(value) ? [...value, member] : Object.fromEntries([...Object.entries(value), [name, member]]);
      if (how === 'omit') return fc.constant(put(undefined));
      if (how === 'within' && typeof inner === 'object' && inner !== null) return spoiledDocument(inner).map(put);
      return fc.constant(put(other));
    });
}

/** Bytes that once were JSON. */
function broken(text: string): fc.Arbitrary<string | Uint8Array> {
  return fc.oneof(
    fc.nat(text.length).map((end) => text.slice(0, end)),
    fc.constant(`${text}}`),
    fc.constant(text.replaceAll('"', "'")),
    fc.uint8Array({ maxLength: 60 }),
    fc.constant('['.repeat(70_000)),
  );
}

function addressOf(
  path: string,
  params: Readonly<Record<string, unknown>>,
  query: readonly (readonly [string, unknown])[],
): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(params[name]));
  const search = query.flatMap(([name, value]) =>
    (Array.isArray(value) ? value.slice(0, 50) : [value]).map((one) => `${encoded(name)}=${encoded(one)}`),
  );
  return search.length === 0 ? filled : `${filled}?${search.join('&')}`;
}

function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  // A lone surrogate cannot travel in an address.
  return encodeURIComponent(text.toWellFormed().slice(0, 3000));
}

/** A header can carry visible ASCII only. */
function textsOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const visible = (value: unknown) => JSON.stringify(value ?? null).replaceAll(/[^ -~]/g, '');
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, visible(value).slice(0, 2000)]));
}
