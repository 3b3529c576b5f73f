/** Access tokens on a real gateway and a real Postgres: made over the socket, used over TCP (platform.md 6). */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../api/client/client.ts';
import type { Denial } from '../../../api/plugins/auth.ts';
import { createTokens } from '../../../api/tokens/tokens.ts';
import type { CallContext } from '../../../contracts/registry.ts';
import type { TokenRequest } from '../../../contracts/token.ts';
import { type Database, openDatabase } from '../../../db/client.ts';
import { verifyAuditChain } from '../../../db/stores/audit/verify-chain.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type Listening, type SocketHouse, socketHouse } from './support.ts';

const call: CallContext = { principal: { id: 'x', kind: 'user', capabilities: [] }, correlation_id: 'c-1' };

let created: TestDatabase;
let database: Database;
let house: SocketHouse;
let gateway: Listening & { readonly url: string };
let denials: Denial[];

beforeEach(async () => {
  created = await createTestDatabase();
  database = openDatabase(created.url, { applicationName: 'tokens test' });
  house = await socketHouse();
  denials = [];
  const tokens = createTokens(database);
  const opened = await house.open({
    listen: { tcp: { host: '127.0.0.1', port: 0 } },
    deps: { tokens, authenticate: tokens.authenticate, onDenied: (denial) => denials.push(denial) },
  });
  if (opened.url === null) throw new Error('no TCP listener');
  gateway = { ...opened, url: opened.url };
});

afterEach(async () => {
  await house.dispose();
  await database.close();
  await created.drop();
});

function get(path: string, token?: string): Promise<Response> {
  return fetch(`${gateway.url}${path}`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
}

const request: TokenRequest = { name: 'ci', capabilities: ['registry.read'], expires_in_ms: null };

describe('a token', () => {
  it('lets its bearer in over TCP, with its capabilities and no more', async () => {
    const { token, prefix, state } = await gateway.client.tokens.create(request, call);
    expect([token.startsWith(prefix), token.length, state]).toEqual([true, 47, 'active']);
    expect((await get('/api/v1/registry/components', token)).status).toBe(200);
    const refused = await get('/api/v1/tokens', token);
    expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([
      403,
      'SX001',
    ]);
    expect(denials).toEqual([
      { principal: 'token:ci', capability: 'admin', operation: 'tokens.list', correlation_id: expect.any(String) },
    ]);
  });

  it('is stored as a hash, and never shown again', async () => {
    const { token } = await gateway.client.tokens.create(request, call);
    const listed = await gateway.client.tokens.list(call);
    const { rows } = await database.pool.query<{ all: string }>(
      `SELECT (SELECT string_agg(access_tokens::text, ' ') FROM access_tokens) ||
              (SELECT string_agg(audit_log::text, ' ') FROM audit_log) AS all`,
    );
    expect(JSON.stringify(listed) + (rows[0]?.all ?? '')).not.toContain(token.slice(12));
  });

  it.each([['none'], ['omb_0123456789abcdef0123456789abcdef0123456789a'], ["omb_'; drop table access_tokens"]])(
    'that was never made lets nobody in: %s',
    async (token) => {
      expect((await get('/api/v1/registry/components', token)).status).toBe(401);
    },
  );

  it('is refused within two seconds of its revocation, and at once by the gateway that revoked it', async () => {
    const { token, id } = await gateway.client.tokens.create(request, call);
    expect((await get('/api/v1/registry/components', token)).status).toBe(200);
    const other = createTokens(database);
    expect(await other.authenticate(token)).toMatchObject({ id: 'token:ci' });
    const first = await gateway.client.tokens.revoke(id, call);
    expect((await get('/api/v1/registry/components', token)).status).toBe(401);
    expect(await gateway.client.tokens.revoke('ci', call)).toEqual(first);
    await sleep(2_050);
    expect(await other.authenticate(token)).toBeNull();
  });

  it('stops at its expiry and frees its name', async () => {
    const { token } = await gateway.client.tokens.create({ ...request, expires_in_ms: 1000 }, call);
    await database.pool.query(`UPDATE access_tokens SET expires_at = now() - interval '1 second'`);
    expect((await get('/api/v1/registry/components', token)).status).toBe(401);
    expect((await gateway.client.tokens.list(call)).map(({ state }) => state)).toEqual(['expired']);
    await gateway.client.tokens.create(request, call);
    expect((await gateway.client.tokens.list(call)).map(({ state }) => state)).toEqual(['active', 'revoked']);
  });

  it('is audited when it is made and revoked, in one chain', async () => {
    await gateway.client.tokens.create(request, call);
    await gateway.client.tokens.revoke('ci', call);
    await gateway.client.tokens.revoke('ci', call);
    const { rows } = await database.pool.query(`SELECT subject, action, outcome FROM audit_log ORDER BY id`);
    expect(rows).toEqual([
      { subject: 'token/ci', action: 'token.create', outcome: 'allowed' },
      { subject: 'token/ci', action: 'token.revoke', outcome: 'allowed' },
    ]);
    expect(await verifyAuditChain(database)).toMatchObject({ rows: 2, broken: null });
  });

  it('remembers its last use to the minute', async () => {
    const { token } = await gateway.client.tokens.create(request, call);
    await get('/api/v1/registry/components', token);
    const [used] = await gateway.client.tokens.list(call);
    expect(used?.last_used_at).not.toBeNull();
  });
});

describe('bad requests', () => {
  it.each([
    [{ name: '', capabilities: ['registry.read'] }],
    [{ name: 'a b', capabilities: ['registry.read'] }],
    [{ name: 'x', capabilities: [] }],
    [{ name: 'x', capabilities: ['registry.fly'] }],
    [{ name: 'x', capabilities: ['registry.read'], expires_in_ms: 10 }],
    [{ name: 'x', capabilities: ['registry.read'], admin: true }],
  ])('are refused with every problem: %j', async (body) => {
    await expect(gateway.client.tokens.create(body as never, call)).rejects.toMatchObject({ code: 'OB004' });
  });

  it('a second active token of one name is refused, also when two come at once', async () => {
    const answers = await Promise.allSettled([1, 2, 3].map(() => gateway.client.tokens.create(request, call)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(gateway.client.tokens.create(request, call)).rejects.toMatchObject({ code: 'SX005' });
  });

  it('an unknown token cannot be revoked', async () => {
    await expect(gateway.client.tokens.revoke("no'body", call)).rejects.toMatchObject({ code: 'SX004' });
  });

  it('a client with a revoked token is told to authenticate', async () => {
    const { token } = await gateway.client.tokens.create(request, call);
    await gateway.client.tokens.revoke('ci', call);
    const client = createApiClient({ url: gateway.url, token });
    await expect(client.registry.search({}, call)).rejects.toMatchObject({ code: 'OB006' });
    client.close();
  });
});
