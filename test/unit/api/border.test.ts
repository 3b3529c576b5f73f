/** What the gateway does with requests before any service sees them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authorization, type TestGateway, testGateway } from './support/gateway.ts';
import { exampleUuid } from './support/memory-registry.ts';
import { exampleRequest } from './support/memory-stage-runs.ts';

let test: TestGateway;
const components = '/api/v1/registry/components';
const one = `${components}/${exampleUuid}`;

beforeAll(async () => {
  test = testGateway();
  await test.gateway.ready();
});
beforeEach(() => void (test.registry.calls.length = 0));
afterAll(() => test.gateway.close());

async function ask(
  method: string,
  url: string,
  more: { headers?: Record<string, string>; payload?: string | Buffer } = {},
) {
  const answer = await test.gateway.inject({
    method: method as 'GET',
    url,
    headers: { authorization, ...more.headers },
    ...(more.payload === undefined ? {} : { payload: more.payload }),
  });
  const json = answer.headers['content-type']?.toString().includes('json') === true && answer.body !== '';
  return { status: answer.statusCode, headers: answer.headers, body: json ? answer.json() : answer.body };
}

const send = (method: string, url: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
  ask(method, url, { payload, headers: { 'content-type': 'application/json', ...headers } });

describe('unknown routes and methods', () => {
  it.each([
    ['GET', '/api/v1/registry/componets', '/api/v1/registry/components'],
    ['POST', '/api/v1/stage-run', '/api/v1/stage-runs'],
    ['GET', `/api/v1/stage-runs/${exampleUuid}/event`, '/api/v1/stage-runs/:id/events'],
    ['GET', '/health', '/healthz'],
  ])('%s %s names %s', async (method, url, nearest) => {
    const { status, body } = await ask(method, url);
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: 'OB005', details: { nearest } });
    expect(body.error.next).toContain(nearest);
  });

  it.each(['/', '/something/else', '/api/v1/nodes'])('%s has no near route', async (url) => {
    const { status, body } = await ask('GET', url);
    expect([status, body.error.code, body.error.details.nearest]).toEqual([404, 'OB005', undefined]);
  });

  it.each([
    ['DELETE', components, 'GET, HEAD, POST'],
    ['PUT', one, 'DELETE, GET, HEAD, PATCH'],
    ['HEAD', `/api/v1/stage-runs/${exampleUuid}/events`, 'GET'],
    ['GET', `/api/v1/stage-runs/${exampleUuid}/cancel`, 'POST'],
    ['OPTIONS', '/healthz', 'GET, HEAD'],
  ])('%s %s is 405 and allows %s', async (method, url, allowed) => {
    const { status, headers, body } = await ask(method, url);
    expect([status, headers['allow']]).toEqual([405, allowed]);
    if (method !== 'HEAD') expect(body.error).toMatchObject({ code: 'OB007', class: 'RouteNotFoundError' });
  });

  it('answers HEAD like GET without a body', async () => {
    const { status, headers, body } = await ask('HEAD', one);
    expect([status, body, headers['etag']]).toEqual([200, '', '"1"']);
  });

  it('refuses a body type before a route is missed', async () => {
    const { status } = await send('POST', '/api/v1/nothing', 'a=b', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(status).toBe(404);
  });
});

describe('bodies', () => {
  it.each([
    ['broken JSON', '{"a": 1,\n b: 2}', { path: 'body', message: 'is not valid JSON', line: 2, column: 2 }],
    ['a cut document', '{"a": [1, 2', { message: 'is not valid JSON' }],
    ['two values', '{}{}', { message: 'is not valid JSON' }],
    ['NaN', '{"a": NaN}', { message: 'is not valid JSON' }],
    ['a byte order mark', '\uFEFF{}', { message: 'is not valid JSON' }],
    ['deep arrays', '['.repeat(200_000), { message: 'is nested deeper than 64 levels' }],
    ['deep objects', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, { message: 'is nested deeper than 64 levels' }],
    ['__proto__', '{"uuid": "x", "__proto__": {"a": 1}}', { message: 'holds the forbidden member name __proto__' }],
    ['escaped __proto__', '{"a": {"\\u005f_proto__": 1}}', { message: 'holds the forbidden member name __proto__' }],
    ['a NUL character', '{"uuid": "a\\u0000b"}', { message: 'holds a NUL character or broken Unicode' }],
    ['a lone surrogate', '{"uuid": "\\ud800"}', { message: 'holds a NUL character or broken Unicode' }],
    ['a NUL in a name', '{"a\\u0000": 1}', { message: 'holds a NUL character or broken Unicode' }],
  ])('refuses %s', async (_name, payload, issue) => {
    const { status, body } = await send('POST', components, payload);
    expect([status, body.error.code]).toEqual([400, 'OB004']);
    expect(body.error.issues[0]).toMatchObject(issue);
    expect(test.registry.calls).toEqual([]);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const { status, body } = await send('POST', components, Buffer.from([0x22, 0xff, 0xfe, 0x22]));
    expect([status, body.error.issues[0].message]).toEqual([400, 'is not UTF-8']);
  });

  it.each([
    ['a pair of escaped surrogates', '{"uuid": "\\ud83d\\ude00"}'],
    ['an escaped backslash before u0000', '{"uuid": "\\\\u0000"}'],
    ['64 levels', `${'{"a":'.repeat(63)}{"uuid":"x"}${'}'.repeat(63)}`],
    ['brackets within strings', JSON.stringify({ uuid: '[{'.repeat(100) })],
  ])('takes %s', async (_name, payload) => {
    await send('POST', components, payload);
    expect(test.registry.calls).toHaveLength(1);
  });

  it('refuses a missing document, a huge one and other media types', async () => {
    const missing = await ask('POST', components);
    expect([missing.status, missing.body.error.issues[0].path]).toEqual([400, 'body']);
    const huge = await send('POST', components, JSON.stringify({ a: 'x'.repeat(1024 * 1024) }));
    expect([huge.status, huge.body.error]).toEqual([
      413,
      expect.objectContaining({ code: 'OB009', details: { limit_bytes: 1024 * 1024 } }),
    ]);
    const yaml = await send('POST', components, 'uuid: x', { 'content-type': 'application/yaml' });
    expect([yaml.status, yaml.body.error.details]).toEqual([
      415,
      { received: 'application/yaml', expected: 'application/json' },
    ]);
  });

  it.each([
    'application/json; charset=latin1',
    'application/merge-patch+json',
    'nonsense',
    'text/plain',
    'multipart/form-data',
  ])('answers 415 to a document sent as %s', async (type) => {
    const { status, body } = await send('POST', components, '{"uuid": "x"}', { 'content-type': type });
    expect([status, body.error.code]).toEqual([415, 'OB008']);
  });

  it('answers 415 to a compressed body and to one without a type', async () => {
    const compressed = await send('POST', components, '{}', { 'content-encoding': 'gzip' });
    const untyped = await ask('POST', components, { payload: Buffer.from('{}'), headers: { 'content-type': '' } });
    expect([compressed.status, untyped.status]).toEqual([415, 415]);
  });

  it.each(['application/json', 'application/merge-patch+json', 'application/json; charset=UTF-8'])(
    'patches with %s',
    async (type) => {
      const { status } = await send('PATCH', one, '{"description": "x"}', { 'content-type': type });
      expect(status).toBe(200);
    },
  );

  it('refuses a body where none belongs', async () => {
    const { status, body } = await send('DELETE', one, '{"hard": true}');
    expect([status, body.error.issues[0].message]).toEqual([400, 'this route takes no body']);
  });

  it('limits each route on its own', async () => {
    const { status } = await send(
      'POST',
      '/api/v1/registry/sync',
      JSON.stringify({ full: true, x: 'y'.repeat(70_000) }),
    );
    expect(status).toBe(413);
  });
});

describe('parameters', () => {
  it('collects all problems of all parts', async () => {
    const { status, body } = await send('PATCH', `${one}?forse&dry_run=maybe`, '{}', { 'if-match': 'W/"x"' });
    expect(status).toBe(400);
    expect(body.error.issues.map(({ path }: { path: string }) => path)).toEqual([
      'query.dry_run',
      'query.forse',
      'headers.if-match',
    ]);
    expect(body.error.issues[1].hint).toBe('did you mean force?');
    expect(body.error.message).toContain('(and 2 more)');
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=1e2',
    'limit=-1',
    'limit=',
    'limit=1&limit=2',
    'sort=size',
    'sort=name:up',
    'view=mine',
    'type=thing',
    'lifecycle=activ',
    'tag=a%00b',
    'cursor=%0A',
    'with_total=yes',
    'unknown',
    '__proto__=1',
    'constructor=1',
    'tag[]=a',
  ])('refuses ?%s', async (query) => {
    const { status, body } = await ask('GET', `${components}?${query}`);
    expect([status, body.error.code]).toEqual([400, 'OB004']);
    expect(test.registry.calls).toEqual([]);
  });

  it('reads every criterion', async () => {
    const query =
      'tag=a&tag=b,c&any_tag=d&type=validator,tool&type=test&lifecycle=active&status=active&text=x%20y&name_pattern=json*&view=all&sort=name,-version&sort=type:desc&limit=7&cursor=abc&with_total';
    await ask('GET', `${components}?${query}`);
    expect(test.registry.calls[0]?.arguments[0]).toEqual({
      tags: ['a', 'b,c'],
      any_tag: ['d'],
      type: ['validator', 'tool', 'test'],
      lifecycle: ['active'],
      status: 'active',
      text: 'x y',
      name_pattern: 'json*',
      view: 'all',
      sort: [
        { key: 'name', order: 'asc' },
        { key: 'version', order: 'desc' },
        { key: 'type', order: 'desc' },
      ],
      limit: 7,
      cursor: 'abc',
      with_total: true,
    });
  });

  it('refuses long texts and paths', async () => {
    const long = await ask('GET', `${components}?text=${'x'.repeat(257)}`);
    const path = await ask('GET', `/${'x'.repeat(3000)}`);
    expect([long.status, path.status]).toEqual([400, 404]);
  });

  it('takes include_archived for the view of all', async () => {
    await ask('GET', `${components}?include_archived`);
    expect(test.registry.calls[0]?.arguments[0]).toEqual({ view: 'all' });
  });

  it.each(['..%2F..%2Fetc%2Fpasswd', 'validator%3Ateam%2Fjson%40%5E1.0', '%E2%9C%93', 'a%25b', "'%3B--"])(
    'hands the reference %s on as it was meant',
    async (ref) => {
      const { status } = await ask('GET', `${components}/${ref}`);
      expect(status).toBe(404);
      expect(test.registry.calls[0]?.arguments[0]).toBe(decodeURIComponent(ref));
    },
  );

  it.each([
    ['%zz', '%zz'],
    ['%', '%'],
    ['%c3%28', '%c3%28'],
    ['%00', '%00'],
    ['a%0Ab', 'a%0Ab'],
    ['of 1025 letters', 'x'.repeat(1025)],
    ['of 5000 letters', 'x'.repeat(5000)],
  ])('refuses the reference %s', async (_name, ref) => {
    const { status, body } = await ask('GET', `${components}/${ref}`);
    expect([status, body.error.code]).toEqual([400, 'OB004']);
    expect(test.registry.calls).toEqual([]);
  });

  it.each(['abcdef', 'LAST', "'or'1'='1", '..%2f..'])('does not find the run %s', async (id) => {
    const { status, body } = await ask('GET', `/api/v1/stage-runs/${encodeURIComponent(id)}`);
    expect([status, body.error.code]).toEqual([404, 'OR030']);
  });

  it('refuses a run id that no run can have', async () => {
    const answers = await Promise.all(['0'.repeat(65), '%00'].map((id) => ask('GET', `/api/v1/stage-runs/${id}`)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
  });
});

describe('headers', () => {
  it('echoes a valid correlation id and passes it on', async () => {
    const { headers, body } = await ask('GET', `${components}/nobody`, {
      headers: { 'x-correlation-id': 'build-7/a' },
    });
    expect([headers['x-correlation-id'], body.correlation_id]).toEqual(['build-7/a', 'build-7/a']);
    expect(test.registry.calls[0]?.context.correlation_id).toBe('build-7/a');
  });

  it.each([
    ['none', ''],
    ['one with a blank', 'a b'],
    ['one of 129 letters', 'x'.repeat(129)],
    ['one with a tab', 'tab\there'],
    ['one beyond ASCII', 'umläut'],
  ])('replaces %s by a UUIDv7', async (_name, given) => {
    const { headers } = await ask('GET', '/healthz', { headers: { 'x-correlation-id': given } });
    expect(headers['x-correlation-id']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it.each(['0', '-1', 'soon', '1.5', '9'.repeat(20)])('refuses the deadline %s', async (given) => {
    const { status } = await ask('GET', one, { headers: { 'x-deadline-ms': given } });
    expect(status).toBe(400);
  });

  it('answers 504 when the deadline passes, and tells the service', async () => {
    const slow = testGateway({ deps: {} });
    const seen = Promise.withResolvers<AbortSignal | undefined>();
    slow.registry.lookup = (_ref, _options, context) => {
      seen.resolve(context.signal);
      return new Promise(() => undefined);
    };
    const url = `${components}/${exampleUuid}`;
    const answer = await slow.gateway.inject({ url, headers: { authorization, 'x-deadline-ms': '30' } });
    expect([answer.statusCode, answer.json().error.code]).toEqual([504, 'OB016']);
    expect((await seen.promise)?.aborted).toBe(true);
    await slow.gateway.close();
  });

  it('keeps answers out of caches', async () => {
    expect((await ask('GET', one)).headers['cache-control']).toBe('no-store');
  });
});

describe('failures of services', () => {
  it('hides an unexpected error and keeps its correlation id', async () => {
    const broken = testGateway();
    broken.registry.lookup = async () => {
      throw new Error('password=hunter2');
    };
    const answer = await broken.gateway.inject({ url: one, headers: { authorization, 'x-correlation-id': 'c-1' } });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    expect(answer.json()).toMatchObject({ error: { code: 'OB001', class: 'InternalError' }, correlation_id: 'c-1' });
    await broken.gateway.close();
  });

  it('answers a run that cannot start with its error, not with a stream', async () => {
    const { OmniBaseError } = await import('../../../contracts/error.ts');
    test.engine.failStart = new OmniBaseError('OB010');
    const { status, headers, body } = await send('POST', '/api/v1/stage-runs', JSON.stringify(exampleRequest()));
    test.engine.failStart = null;
    expect([status, body.error.code, headers['retry-after']]).toEqual([503, 'OB010', '1']);
  });
});
