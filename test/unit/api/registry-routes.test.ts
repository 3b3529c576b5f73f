/** How registry routes translate between HTTP and the service. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authorization, type TestGateway, testGateway } from './support/gateway.ts';
import { exampleUuid } from './support/memory-registry.ts';

let test: TestGateway;
const components = '/api/v1/registry/components';
const one = `${components}/${exampleUuid}`;
beforeEach(() => void (test = testGateway()));
afterEach(() => test.gateway.close());

async function ask(method: string, url: string, payload?: object, headers: Record<string, string> = {}) {
  const answer = await test.gateway.inject({
    method: method as 'GET',
    url,
    headers: { authorization, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
}

describe('registering', () => {
  it('passes document, options and key on, and answers 201 then 200 with the revision as ETag', async () => {
    const document = { uuid: '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9c' };
    const url = `${components}?strict&dry_run=false&force=1&reason=why%20not`;
    const first = await ask('POST', url, document, { 'idempotency-key': 'k-1' });
    const second = await ask('POST', components, document);
    expect([first.status, first.headers['etag'], second.status]).toEqual([201, '"1"', 200]);
    expect(first.body).toMatchObject({ schema_version: 1, data: { registered: true, created: true }, warnings: [] });
    expect(test.registry.calls[0]?.arguments).toEqual([
      document,
      {
        strict: true,
        dry_run: false,
        force: true,
        reason: 'why not',
        idempotency_key: 'k-1',
      },
    ]);
  });

  it('does not believe a remote caller where its document came from', async () => {
    await ask('POST', `${components}?source_kind=file&source_ref=/etc/passwd`, { uuid: exampleUuid });
    expect(test.registry.calls[0]?.arguments[1]).toEqual({});
  });

  it('hands every JSON value to the service, whose answer counts', async () => {
    const { status, body } = await ask('POST', components, [1, 2]);
    expect([status, body.error.code, body.error.issues[0].path]).toEqual([422, 'SC003', 'uuid']);
  });
});

describe('updating', () => {
  it('takes If-Match as the revision, quoted or not', async () => {
    for (const revision of ['"1"', '2'])
      expect((await ask('PATCH', one, {}, { 'if-match': revision })).status).toBe(200);
    expect(test.registry.calls.map((call) => call.arguments[2])).toEqual([{ if_revision: 1 }, { if_revision: 2 }]);
  });

  it('answers a stale If-Match with both sides', async () => {
    const { status, body } = await ask('PATCH', one, { description: 'a' }, { 'if-match': '"7"' });
    expect([status, body.error.class]).toEqual([409, 'RevisionConflictError']);
    expect(body.error.details).toEqual({
      expected: 7,
      current: 1,
      theirs: { description: 'b' },
      yours: { description: 'a' },
    });
  });

  it.each(['*', undefined])('applies to the current revision with If-Match %s', async (given) => {
    const headers: Record<string, string> = given === undefined ? {} : { 'if-match': given };
    const { status, headers: answered } = await ask('PATCH', one, {}, headers);
    expect([status, answered['etag'], test.registry.calls[0]?.arguments[2]]).toEqual([200, '"2"', {}]);
  });

  it.each(['W/"1"', '"1", "2"', '"x"', ''])('refuses If-Match %j', async (given) => {
    expect((await ask('PATCH', one, {}, { 'if-match': given })).status).toBe(400);
  });
});

describe('reading and removing', () => {
  it('passes lookup options on', async () => {
    await ask('GET', `${one}?version_spec=%5E1.0&include_prerelease&include_archived=true&max_stale_ms=500`);
    expect(test.registry.calls[0]?.arguments).toEqual([
      exampleUuid,
      { version_spec: '^1.0', include_prerelease: true, include_archived: true, max_stale_ms: 500 },
    ]);
  });

  it('archives with a reason, removes with hard', async () => {
    const archived = await ask('DELETE', `${one}?reason=old`, undefined, { 'if-match': '"1"' });
    const removed = await ask('DELETE', `${one}?hard&force&reason=gone`);
    expect([archived.body.data.op, removed.body.data.op]).toEqual(['archived', 'removed']);
    expect(test.registry.calls.map((call) => call.arguments[1])).toEqual([
      { reason: 'old', if_revision: 1 },
      { hard: true, force: true, reason: 'gone' },
    ]);
  });

  it('syncs with and without a body', async () => {
    await ask('POST', '/api/v1/registry/sync');
    await ask('POST', '/api/v1/registry/sync', { full: true });
    expect(test.registry.calls.map((call) => call.arguments[0])).toEqual([{}, { full: true }]);
    expect((await ask('POST', '/api/v1/registry/sync', { ful: true })).status).toBe(400);
  });
});

it('hands the principal of the connection to the service', async () => {
  await ask('GET', one);
  expect(test.registry.calls[0]?.context.principal.id).toBe('service:test');
});
