/** What the routes of nodes ask of the service and how they answer: names, statuses, tags, refusals. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../contracts/error.ts';
import { errorAnswerSchema } from '../../../api/schemas/answers.ts';
import { staticToken } from '../../../api/plugins/auth.ts';
import { createHash } from 'node:crypto';
import { authorization, type TestGateway, testGateway, testToken } from './support/gateway.ts';
import {
  exampleAttemptId,
  exampleBeat,
  exampleIntrospection,
  exampleNode,
  exampleNodeId,
  type MemoryNodes,
  memoryNodes,
} from './support/memory-nodes.ts';

let test: TestGateway;
let nodes: MemoryNodes;
const base = '/api/v1/nodes';
const one = `${base}/${exampleNodeId}`;

beforeAll(async () => {
  nodes = memoryNodes();
  test = testGateway({ deps: { nodes } });
  await test.gateway.ready();
});
beforeEach(() => {
  nodes.calls.length = 0;
  for (const operation of Object.keys(nodes.script)) Reflect.deleteProperty(nodes.script, operation);
});
afterAll(() => test.gateway.close());

async function ask(method: string, url: string, payload?: unknown, headers: Record<string, string> = {}) {
  const answer = await test.gateway.inject({
    method: method as 'GET',
    url,
    headers: { authorization, ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(payload === undefined ? {} : { payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? null : answer.json() };
}

const ackBody = { attempt_id: exampleAttemptId, timestamp: '2026-01-01T00:00:00Z' };
const actor = { type: 'operator', id: 'ops' };

describe('statuses', () => {
  it.each([
    ['started', 201],
    ['deciding', 202],
    ['joined', 200],
    ['rejected', 200],
    ['duplicate', 200],
    ['unknown_node', 200],
  ])('an introspection that is %s is %i', async (result, status) => {
    nodes.script.introspect = [{ result }];
    expect((await ask('POST', base, exampleIntrospection())).status).toBe(status);
  });

  it.each([
    ['activated', 200],
    ['recorded', 202],
    ['too_late', 200],
    ['unknown_node', 200],
  ])('an ack that is %s is %i', async (result, status) => {
    nodes.script.ack = [{ result }];
    expect((await ask('POST', `${one}/ack`, ackBody)).status).toBe(status);
  });

  it.each(['accepted', 'ignored_terminal', 'stale_epoch', 'unknown_node'])(
    'a beat that is %s is 200',
    async (result) => {
      nodes.script.heartbeat = [{ result }];
      expect((await ask('POST', `${one}/heartbeat`, exampleBeat())).status).toBe(200);
    },
  );

  it.each(['deregistered', 'already_closed', 'unknown_node', 'stale_epoch'])(
    'a goodbye that is %s is 200',
    async (result) => {
      nodes.script.deregister = [{ result }];
      expect((await ask('DELETE', one, { reason: 'done', actor })).status).toBe(200);
    },
  );

  it('an offer is 200, none is 204', async () => {
    expect((await ask('GET', `${one}/offer?wait=2.5`)).status).toBe(200);
    expect(nodes.given('offer')).toEqual([{ key: { node_id: exampleNodeId }, wait_ms: 2500 }]);
    const none = testGateway({ deps: { nodes: { ...nodes, offer: async () => null } } });
    const answer = await none.gateway.inject({ url: `${one}/offer`, headers: { authorization } });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    await none.gateway.close();
  });

  it('a request for introspections is 202', async () => {
    const { status, body } = await ask('POST', `${base}/introspection-requests`, { ids: [exampleNodeId] });
    expect([status, body]).toEqual([202, { requested: 2 }]);
    await ask('POST', `${base}/introspection-requests`, { all: true, domain: '*' });
    expect(nodes.given('requestIntrospection')).toEqual([
      { ids: [exampleNodeId], domain: 'registration' },
      { ids: 'all', domain: null },
    ]);
  });
});

describe('messages', () => {
  it('takes id and correlation from path and header, and makes what is missing', async () => {
    const correlation = '99999999-2222-4333-8444-555555555555';
    const headers = { 'x-correlation-id': correlation.toUpperCase() };
    await ask('POST', base, exampleIntrospection(), headers);
    expect(nodes.given('introspect')[0]).toMatchObject({
      node_id: exampleNodeId,
      correlation_id: correlation,
      message_id: correlation,
      domain: 'registration',
      reason: 'startup',
    });
    await ask('POST', `${one}/heartbeat`, { timestamp: '2026-01-01T00:00:00Z', uptime_seconds: 1 }, headers);
    expect(nodes.given('heartbeat')[0]).toMatchObject({ node_id: exampleNodeId, correlation_id: correlation });
    await ask('POST', `${one}/ack`, ackBody, headers);
    expect(nodes.given('ack')[0]).toMatchObject({
      command_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      correlation_id: null,
    });
    await ask('DELETE', one, { reason: 'done', actor });
    expect(nodes.given('deregister')[0]).toMatchObject({ node_id: exampleNodeId, reason: 'done', actor, epoch: null });
  });

  it('makes a correlation id where the header is none for a message', async () => {
    const { headers } = await ask('POST', base, exampleIntrospection(), { 'x-correlation-id': 'build-17' });
    expect(headers['x-correlation-id']).toBe('build-17');
    expect(nodes.given<{ correlation_id: string }>('introspect')[0]?.correlation_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('reads the reason heartbeat as request', async () => {
    await ask('POST', base, exampleIntrospection({ reason: 'heartbeat' }));
    expect(nodes.given('introspect')[0]).toMatchObject({ reason: 'request' });
  });

  it('takes ids in upper case as the same', async () => {
    const { status } = await ask('POST', `${base}/${exampleNodeId.toUpperCase()}/heartbeat`, exampleBeat());
    expect([status, nodes.calls.length]).toEqual([200, 1]);
  });

  it.each<[string, string, string, unknown, string]>([
    ['a wrong type', 'POST', base, exampleIntrospection({ node_type: 7 }), 'node_type'],
    ['a zone-less time', 'POST', base, exampleIntrospection({ timestamp: '2026-01-01T00:00:00' }), 'timestamp'],
    ['an unknown field', 'POST', base, exampleIntrospection({ nodeName: 'x' }), 'nodeName'],
    ['bad semver', 'POST', base, exampleIntrospection({ node_version: 'v1.0.0' }), 'node_version'],
    [
      'a URL with user info',
      'POST',
      base,
      exampleIntrospection({ endpoints: { a: 'http://u:secret@h/' } }),
      'endpoints.a',
    ],
    ['no body', 'POST', base, undefined, ''],
    ['a list', 'POST', base, [], ''],
    ['a beat out of range', 'POST', `${one}/heartbeat`, exampleBeat({ cpu_usage_percent: 101 }), 'cpu_usage_percent'],
    ['an ack without time', 'POST', `${one}/ack`, { attempt_id: null }, 'timestamp'],
    ['a goodbye without reason', 'DELETE', one, { actor }, 'reason'],
    ['a goodbye without body', 'DELETE', one, undefined, ''],
    ['an id unlike the path', 'POST', `${one}/heartbeat`, exampleBeat({ node_id: exampleAttemptId }), 'node_id'],
    ['an id that is none', 'POST', `${base}/7/heartbeat`, exampleBeat(), 'params.id'],
    ['neither ids nor all', 'POST', `${base}/introspection-requests`, {}, 'body'],
    ['both ids and all', 'POST', `${base}/introspection-requests`, { all: true, ids: [exampleNodeId] }, 'body'],
    ['no items', 'POST', `${base}/heartbeats`, {}, 'items'],
    ['zero items', 'POST', `${base}/heartbeats`, { items: [] }, 'items'],
    ['1001 items', 'POST', `${base}/heartbeats`, { items: Array.from({ length: 1001 }, () => 0) }, 'items'],
    ['an unknown query name', 'DELETE', `${one}?force=1`, { reason: 'x', actor }, 'query.force'],
  ])('refuses %s with ND001', async (_name, method, url, payload, path) => {
    const { status, body } = await ask(method, url, payload);
    errorAnswerSchema.parse(body);
    expect([status, body.error.code]).toEqual([422, 'ND001']);
    expect(body.error.issues.map((issue: { path: string }) => issue.path)).toContain(path);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(nodes.calls).toEqual([]);
  });

  it('lists all problems together', async () => {
    const { body } = await ask('POST', base, { node_id: 'x', node_type: 'y', status: 'z', color: 1 });
    expect(body.error.issues.map((issue: { path: string }) => issue.path).sort()).toEqual(
      ['color', 'node_id', 'node_type', 'status', 'timestamp'].sort(),
    );
  });

  it.each<[string, string, unknown, Record<string, string>, number, string]>([
    ['bad JSON', base, '{"node_id":', {}, 400, 'OB004'],
    ['another media type', base, 'a=b', { 'content-type': 'text/plain' }, 415, 'OB008'],
    ['more than 64 KiB', base, exampleIntrospection({ metadata: { a: 'x'.repeat(65_536) } }), {}, 413, 'OB009'],
    ['a batch of more than 1 MiB', `${base}/heartbeats`, { items: ['x'.repeat(1024 * 1024)] }, {}, 413, 'OB009'],
  ])('refuses %s before anything looks at it', async (_name, url, payload, headers, status, code) => {
    const answer = await ask('POST', url, payload, headers);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(nodes.calls).toEqual([]);
  });

  it('takes a batch of more than 64 KiB as it is', async () => {
    const items = Array.from({ length: 1000 }, () => exampleBeat());
    const { status, body } = await ask('POST', `${base}/heartbeats`, { items });
    expect([status, body.items.length]).toEqual([200, 1000]);
  });
});

describe('filters', () => {
  it('hands every name on', async () => {
    const query = [
      'state=active',
      'state=rejected',
      'node_type=compute',
      'component=team%2Fa%401.0.0',
      'name_prefix=res',
      'tag=a',
      'tag=b',
      'any_tag=c',
      'intent=i',
      'intent=j',
      'protocol=P',
      'contract_type=effect',
      `capability=${encodeURIComponent('{"read":true}')}`,
      'topic=t',
      'direction=publish',
      'overdue=false',
      'flapping',
      'updated_since=2026-01-01T00:00:00Z',
      'domain=*',
      'limit=7',
      'cursor=abc',
    ];
    expect((await ask('GET', `${base}?${query.join('&')}`)).status).toBe(200);
    expect(nodes.given('list')).toEqual([
      {
        state: ['active', 'rejected'],
        node_type: 'compute',
        component: 'team/a@1.0.0',
        name_prefix: 'res',
        all_tags: ['a', 'b'],
        any_tag: ['c'],
        intents: ['i', 'j'],
        protocol: 'P',
        contract_type: 'effect',
        capability: { read: true },
        topic: 't',
        direction: 'publish',
        overdue: false,
        flapping: true,
        updated_since: '2026-01-01T00:00:00Z',
        domain: null,
        limit: 7,
        cursor: 'abc',
      },
    ]);
  });

  it('asks for one domain unless told otherwise', async () => {
    await ask('GET', base);
    await ask('GET', `${base}/counts`);
    await ask('GET', `${base}/counts?domain=*`);
    await ask('GET', `${one}?domain=edge`);
    expect(nodes.calls.map(({ given }) => given)).toEqual([
      {},
      'registration',
      null,
      { node_id: exampleNodeId, domain: 'edge' },
    ]);
  });

  it.each([
    ['GET', `${base}?colour=red`],
    ['GET', `${base}?limit=0`],
    ['GET', `${base}?limit=1001`],
    ['GET', `${base}?limit=x`],
    ['GET', `${base}?state=dead`],
    ['GET', `${base}?capability=[1]`],
    ['GET', `${base}?capability=%7B`],
    ['GET', `${base}?direction=publish`],
    ['GET', `${base}?updated_since=yesterday`],
    ['GET', `${base}?domain=a/b`],
    ['GET', `${base}?node_type=a&node_type=b`],
    ['GET', `${base}/counts?state=active`],
    ['GET', `${one}/offer?wait=26`],
    ['GET', `${one}/offer?wait=-1`],
    ['GET', `${base}/not-an-id`],
  ])('%s %s is ND002', async (method, url) => {
    const { status, body } = await ask(method, url);
    expect([status, body.error.code]).toEqual([400, 'ND002']);
    expect(nodes.calls).toEqual([]);
  });

  it.each([{ strategy: 'best', capability: 'a' }, { intent_types: [] }, { colour: 'red' }, [], 'x'])(
    'a choice by %j is ND002',
    async (payload) => {
      const { status, body } = await ask('POST', `${base}/select`, JSON.stringify(payload));
      expect([status, body.error.code]).toEqual([400, 'ND002']);
    },
  );

  it('says ND004 when there is no candidate, ND003 when there is no node', async () => {
    nodes.script.select = [new OmniBaseError('ND004')];
    nodes.script.get = [new OmniBaseError('ND003', { details: { id: exampleNodeId, domain: 'registration' } })];
    expect(await ask('POST', `${base}/select`, { capability: 'x' })).toMatchObject({
      status: 404,
      body: { error: { code: 'ND004' } },
    });
    expect(await ask('GET', one)).toMatchObject({ status: 404, body: { error: { code: 'ND003' } } });
  });
});

describe('entity tags', () => {
  it.each([one, `${one}/transitions`, `${one}/live`])(
    'GET %s has epoch and version, and knows them again',
    async (url) => {
      const first = await ask('GET', url);
      expect([first.status, first.headers['etag']]).toEqual([200, '"3.7"']);
      for (const known of ['"3.7"', 'W/"3.7"', '"1.1", "3.7"', '*']) {
        const { status, body, headers } = await ask('GET', url, undefined, { 'if-none-match': known });
        expect([status, body, headers['etag']]).toEqual([304, null, '"3.7"']);
      }
      const other = await ask('GET', url, undefined, { 'if-none-match': '"3.6"' });
      expect(other.status).toBe(200);
    },
  );

  it('leaves the tag out where epoch and version do not change with the row', async () => {
    nodes.script.get = [exampleNode({ ordering_mode: 'sequence', epoch: 0, version: 0 })];
    const { status, headers } = await ask('GET', one, undefined, { 'if-none-match': '"0.0"' });
    expect([status, headers['etag']]).toEqual([200, undefined]);
  });
});

describe('trouble behind the border', () => {
  it.each<[string, OmniBaseError, number, string | undefined]>([
    ['ND013', new OmniBaseError('ND013', { details: { part: 'the worker' } }), 503, '1'],
    ['ND014', new OmniBaseError('ND014', { details: { retry_after_s: 3 } }), 429, '3'],
    ['ND009', new OmniBaseError('ND009'), 503, '1'],
    ['ND010', new OmniBaseError('ND010'), 503, '1'],
    ['ND011', new OmniBaseError('ND011', { details: { retry_after_seconds: 17 } }), 503, '17'],
    ['ND012', new OmniBaseError('ND012', { details: { kind: 'Error' } }), 500, undefined],
    ['ND005', new OmniBaseError('ND005', { details: { stored: 'workflow', given: 'offset' } }), 409, undefined],
    ['ND006', new OmniBaseError('ND006'), 409, undefined],
    [
      'ND007',
      new OmniBaseError('ND007', { details: { from: 'active', to: 'rejected', kind: 'edge' } }),
      409,
      undefined,
    ],
    ['ND008', new OmniBaseError('ND008'), 409, undefined],
    ['ND018', new OmniBaseError('ND018', { details: { after: '1', oldest: '2' } }), 410, undefined],
  ])('%s has its status and says when to come back', async (code, error, status, retryAfter) => {
    nodes.script.introspect = [error];
    const answer = await ask('POST', base, exampleIntrospection());
    expect([answer.status, answer.body.error.code, answer.headers['retry-after']]).toEqual([status, code, retryAfter]);
  });

  it.each([
    ['POST', `${one}/heartbeat`, exampleBeat()],
    ['POST', `${base}/heartbeats`, { items: [exampleBeat()] }],
  ])('a full ingest is 503 for %s %s', async (method, url, payload) => {
    const full = new OmniBaseError('ND014', { details: { retry_after_s: 1 } });
    nodes.script.heartbeat = [full];
    nodes.script.heartbeats = [full];
    const { status, headers, body } = await ask(method, url, payload);
    expect([status, headers['retry-after'], body.error.code]).toEqual([503, '1', 'ND014']);
  });
});

describe('access', () => {
  const routes: [string, string, string][] = [
    ['POST', base, 'node.register'],
    ['POST', `${base}/heartbeats`, 'node.register'],
    ['POST', `${base}/introspection-requests`, 'node.register'],
    ['POST', `${one}/ack`, 'node.register'],
    ['POST', `${one}/heartbeat`, 'node.register'],
    ['DELETE', one, 'node.register'],
    ['GET', base, 'node.read'],
    ['GET', `${base}/counts`, 'node.read'],
    ['POST', `${base}/select`, 'node.read'],
    ['GET', one, 'node.read'],
    ['GET', `${one}/transitions`, 'node.read'],
    ['GET', `${one}/live`, 'node.read'],
    ['GET', `${one}/offer`, 'node.read'],
  ];
  it.each(routes)('%s %s needs %s', async (method, url, capability) => {
    const other = capability === 'node.read' ? 'node.register' : 'node.read';
    const authenticate = staticToken(createHash('sha256').update(testToken).digest('hex'), {
      id: 'service:other',
      kind: 'service',
      capabilities: [other],
    });
    const limited = testGateway({ deps: { nodes, authenticate } });
    const refused = await limited.gateway.inject({ method: method as 'GET', url, headers: { authorization } });
    expect(refused.statusCode).toBe(403);
    expect(refused.json().error).toMatchObject({ code: 'SX001', details: { capability } });
    const unknown = await limited.gateway.inject({ method: method as 'GET', url });
    expect(unknown.statusCode).toBe(401);
    await limited.gateway.close();
  });

  it('does not exist without nodes', async () => {
    const without = testGateway();
    expect((await without.gateway.inject({ url: base, headers: { authorization } })).statusCode).toBe(404);
    await without.gateway.close();
  });
});
