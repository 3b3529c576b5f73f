/** Who is let in: bearer tokens, capabilities, public routes. The unix socket is tested where there is one. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { hasCapability, staticToken } from '../../../api/plugins/auth.ts';
import type { Capability } from '../../../contracts/gateway.ts';
import type { Principal } from '../../../contracts/registry.ts';
import { authorization, testGateway, testToken } from './support/gateway.ts';

const open: ReturnType<typeof testGateway>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ gateway }) => gateway.close()));
});

function gatewayWith(capabilities: readonly string[] | null) {
  const principal: Principal = { id: 'service:ci', kind: 'service', capabilities: capabilities ?? [] };
  const test = testGateway({
    deps: { authenticate: (token) => (capabilities !== null && token === testToken ? principal : null) },
  });
  open.push(test);
  return test;
}

describe('without a valid token', () => {
  it.each([
    undefined,
    '',
    'Bearer',
    `Basic ${testToken}`,
    `Bearer ${testToken}x`,
    `Bearer  ${testToken}`,
    'Bearer omb_short',
    'Bearer ghp_0123456789abcdef0123456789abcdef',
    `Bearer ${testToken}, Bearer ${testToken}`,
    "Bearer omb_' or 1=1 --aaaaaaaaaaaaaaaaa",
  ])('%s is 401', async (given) => {
    const { gateway } = gatewayWith(['admin']);
    const headers = given === undefined ? {} : { authorization: given };
    const answer = await gateway.inject({ url: '/api/v1/handshake', headers });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(answer.json().error).toMatchObject({ code: 'OB006', class: 'AuthenticationError' });
    expect(answer.body).not.toContain(testToken);
  });

  it('nothing but health and readiness is answered, not even which routes exist', async () => {
    const { gateway } = gatewayWith(null);
    const urls = ['/healthz', '/readyz', '/metrics', '/api/v1/openapi.json', '/api/v1/stage-runs', '/nowhere', '/'];
    const answers = await Promise.all(urls.map((url) => gateway.inject({ url, headers: { authorization } })));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 401, 401, 401, 401, 401]);
  });

  it('is 401 to everybody when no token lookup is configured', async () => {
    const test = testGateway();
    open.push(test);
    const { gateway } = testGateway({ deps: { authenticate: undefined as never } });
    const answer = await gateway.inject({ url: '/api/v1/handshake', headers: { authorization } });
    expect(answer.statusCode).toBe(401);
    await gateway.close();
  });

  it('refuses before it reads the body', async () => {
    const { gateway } = gatewayWith(null);
    const answer = await gateway.inject({ method: 'POST', url: '/api/v1/registry/components', payload: '{broken' });
    expect(answer.statusCode).toBe(401);
  });

  it('fails closed when the lookup fails', async () => {
    const test = testGateway({
      deps: {
        authenticate: async () => {
          throw new Error('database is away');
        },
      },
    });
    open.push(test);
    const answer = await test.gateway.inject({ url: '/api/v1/handshake', headers: { authorization } });
    expect(answer.statusCode).toBe(500);
  });
});

describe('capabilities', () => {
  it.each([
    [['registry.read'], 'GET', '/api/v1/registry/identity', 200],
    [['registry.write'], 'GET', '/api/v1/registry/identity', 200],
    [['REGISTRY_READ'], 'GET', '/api/v1/registry/identity', 200],
    [['stage.run'], 'GET', '/api/v1/registry/identity', 403],
    [['registry.read'], 'GET', '/api/v1/stage-runs', 403],
    [['registry.write'], 'POST', '/api/v1/stage-runs', 403],
    [['registry.write'], 'POST', '/api/v1/stage-runs/plan', 403],
    [['registry.write'], 'POST', '/api/v1/stage-runs/last/cancel', 403],
    [['stage.run'], 'GET', '/api/v1/stage-runs', 200],
    [['admin'], 'GET', '/api/v1/stage-runs', 200],
    [['*'], 'GET', '/api/v1/stage-runs', 200],
    [[], 'GET', '/api/v1/stage-runs/last/events', 403],
    [[], 'GET', '/api/v1/handshake', 200],
  ])('%j: %s %s is %d', async (capabilities, method, url, status) => {
    const { gateway, engine } = gatewayWith(capabilities);
    const answer = await gateway.inject({ method: method as 'GET', url, headers: { authorization } });
    expect(answer.statusCode).toBe(status);
    if (status === 403) {
      expect(answer.json().error).toMatchObject({ code: 'SX001', class: 'CapabilityError' });
      expect(engine.cancelled).toEqual([]);
    }
  });

  it.each<[string[], Capability, boolean]>([
    [['registry.write:tool/team.*'], 'registry.write', true],
    [['registry.write:tool/team.*'], 'registry.read', true],
    [['registry.read:**'], 'registry.write', false],
    [['registry.reader'], 'registry.read', false],
    [['registry'], 'registry.read', false],
    [['*'], 'registry.read', true],
    [['REGISTRY_ADMIN'], 'stage.run', true],
    [['stage.run'], 'run.control', false],
  ])('%j covers %s: %s', (grants, capability, expected) => {
    expect(hasCapability({ id: 'x', kind: 'user', capabilities: grants }, capability)).toBe(expected);
  });
});

it('knows a static token by its hash alone', () => {
  const principal: Principal = { id: 'service:x', kind: 'service', capabilities: [] };
  const authenticate = staticToken(createHash('sha256').update(testToken).digest('hex'), principal);
  expect([authenticate(testToken), authenticate('omb_other'), staticToken('', principal)(testToken)]).toEqual([
    principal,
    null,
    null,
  ]);
});
