/** The unix socket and TCP: who gets in, what lies on the disk, how it all ends. */
import { lstat, mkdir, rename, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../api/client/client.ts';
import { listenGateway } from '../../../api/listen.ts';
import { errorAnswerSchema } from '../../../api/schemas/answers.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import { testGateway, testToken } from '../../unit/api/support/gateway.ts';
import { exampleUuid } from '../../unit/api/support/memory-registry.ts';
import { until } from '../../unit/api/support/until.ts';
import { rawExchange, type SocketHouse, socketHouse } from './support.ts';

let house: SocketHouse;
beforeEach(async () => void (house = await socketHouse()));
afterEach(() => house.dispose());

const context = { principal: { id: 'x', kind: 'user', capabilities: [] }, correlation_id: 'c-1' } as const;

describe('the socket file', () => {
  it('is for its owner only, and is gone afterwards', async () => {
    const { gateway } = await house.open();
    const found = await lstat(house.socketPath);
    expect([found.isSocket(), (found.mode & 0o777).toString(8)]).toEqual([true, '600']);
    await gateway.close();
    await expect(lstat(house.socketPath)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that is stale is replaced', async () => {
    const dead = createServer().listen(house.socketPath);
    await until(() => dead.listening);
    // Closing would remove the file: the handle is closed by hand, as a crash does it.
    await rename(house.socketPath, `${house.socketPath}.kept`);
    dead.close();
    await rename(`${house.socketPath}.kept`, house.socketPath);
    const { client } = await house.open();
    expect((await client.handshake()).protocol).toBe(1);
  });

  it('on which somebody answers is left alone', async () => {
    const { client } = await house.open();
    await expect(house.open()).rejects.toMatchObject({
      code: 'OB011',
      message: expect.stringContaining('another process answers'),
    });
    expect((await client.handshake()).protocol).toBe(1);
  });

  it.each([
    ['a file', async (at: string) => writeFile(at, 'precious')],
    ['a folder', async (at: string) => mkdir(at)],
  ])('is refused where %s is', async (_name, make) => {
    await make(house.socketPath);
    await expect(house.open()).rejects.toMatchObject({ code: 'OB011', message: expect.stringContaining('no socket') });
    expect((await lstat(house.socketPath)).isSocket()).toBe(false);
  });

  it('is refused when its path is too long or its folder is missing', async () => {
    for (const at of [
      path.join(house.directory, 'x'.repeat(120)),
      path.join(house.directory, 'missing/gateway.sock'),
    ]) {
      const { gateway } = testGateway();
      await expect(listenGateway(gateway, { socketPath: at, tcp: null })).rejects.toMatchObject({ code: 'OB011' });
    }
  });

  it('of a successor survives the end of its predecessor', async () => {
    const first = await house.open();
    await unlink(house.socketPath);
    const second = await house.open({ instanceId: 'instance-2' });
    await first.gateway.close();
    expect((await second.client.handshake()).instance_id).toBe('instance-2');
  });
});

describe('who gets in', () => {
  it('the local user without a token, with everything granted', async () => {
    const { client, registry } = await house.open();
    await client.registry.lookup(exampleUuid, {}, context);
    expect(registry.calls[0]?.context.principal).toMatchObject({
      id: expect.stringMatching(/^local:/),
      capabilities: expect.arrayContaining(['admin']),
    });
  });

  it('over TCP only with a token', async () => {
    const { url } = await house.open({ listen: { tcp: { host: '127.0.0.1', port: 0 } } });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const stranger = createApiClient({ url: url ?? '' });
    const friend = createApiClient({ url: url ?? '', token: testToken });
    await expect(stranger.handshake()).rejects.toMatchObject({ code: 'OB006', exitCode: 5 });
    expect((await stranger.ready()).status).toBe('ready');
    expect((await friend.handshake()).protocol).toBe(1);
    await friend.registry.register({ uuid: exampleUuid }, { source: { kind: 'file', ref: '/x' } }, context);
    stranger.close();
    friend.close();
  });

  it('keeps the claim of the local user about the source of a document', async () => {
    const { client, registry } = await house.open();
    await client.registry.register(
      { uuid: exampleUuid },
      { source: { kind: 'file', ref: '/a b/validator.yml' } },
      context,
    );
    expect(registry.calls[0]?.arguments[1]).toEqual({ source: { kind: 'file', ref: '/a b/validator.yml' } });
  });

  it('a taken port is refused by name', async () => {
    const { url } = await house.open({ listen: { tcp: { host: '127.0.0.1', port: 0 } } });
    const port = Number(new URL(url ?? '').port);
    const { gateway } = testGateway();
    const refused = listenGateway(gateway, { socketPath: null, tcp: { host: '127.0.0.1', port } });
    await expect(refused).rejects.toMatchObject({ code: 'OB011', message: expect.stringContaining('EADDRINUSE') });
  });
});

describe('bytes that are no requests', () => {
  it.each([
    ['noise', '\x16\x03\x01\x02\x00', 400],
    ['no HTTP', 'HELLO\r\n\r\n', 400],
    ['a header without name', 'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['endless headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
  ])('%s: answered, closed, and nobody else is disturbed', async (_name, bytes, status) => {
    const { client } = await house.open();
    const answer = await rawExchange(house.socketPath, bytes);
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    const { correlation_id, error } = errorAnswerSchema.parse(JSON.parse(body));
    expect(error.code).toBe('OB004');
    expect(head.toLowerCase().split('\r\n')).toContain(`x-correlation-id: ${correlation_id}`);
    expect((await client.handshake()).protocol).toBe(1);
  });

  it('an expectation that nobody knows is passed over', async () => {
    await house.open();
    const request = 'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nConnection: close\r\n\r\n';
    const answer = await rawExchange(house.socketPath, request);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('x-correlation-id: ');
  });

  it.each([
    '/api/v1/registry/components/%2e%2e',
    '/api/v1/../../etc/passwd',
    '//healthz',
    '/healthz/../api',
    '*',
    'http://elsewhere/healthz',
  ])('the target %s is never anything but an answer', async (target) => {
    await house.open();
    const answer = await rawExchange(
      house.socketPath,
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400|404)/);
    expect(answer).not.toContain('root:');
  });
});

describe('the end', () => {
  it('lets calls in flight finish and takes no new ones', async () => {
    const { gateway, registry, client } = await house.open();
    const released = Promise.withResolvers<void>();
    const lookup = registry.lookup.bind(registry);
    let waiting = false;
    registry.lookup = async (...given) => {
      waiting = true;
      await released.promise;
      return lookup(...given);
    };
    const inFlight = client.registry.lookup(exampleUuid, {}, context);
    await until(() => waiting);
    const closed = gateway.close();
    const other = createApiClient({ socketPath: house.socketPath });
    await expect(other.handshake()).rejects.toMatchObject({ code: 'OB010', exitCode: 6 });
    released.resolve();
    expect((await inFlight).data.metadata.uuid).toBe(exampleUuid);
    await closed;
    other.close();
  });

  it('cuts what does not finish in time', async () => {
    const { gateway, registry, client } = await house.open({ listen: { drainMs: 50 } });
    let waiting = false;
    registry.lookup = () => {
      waiting = true;
      return new Promise(() => undefined);
    };
    const inFlight = client.registry.lookup(exampleUuid, {}, context);
    inFlight.catch(() => undefined);
    await until(() => waiting);
    const begun = performance.now();
    await gateway.close();
    expect(performance.now() - begun).toBeLessThan(2000);
    await expect(inFlight).rejects.toMatchObject({ code: 'OB010' });
  });

  it('answers 503 on connections that are still open while it drains', async () => {
    const { gateway, registry, client } = await house.open();
    const released = Promise.withResolvers<void>();
    let waiting = 0;
    registry.lookup = async () => {
      waiting += 1;
      await released.promise;
      throw new OmniBaseError('RG001');
    };
    const request = (url: string) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const busy = client.registry.lookup(exampleUuid, {}, context);
    busy.catch(() => undefined);
    const socket = connect(house.socketPath);
    let answers = '';
    socket.on('data', (chunk) => void (answers += chunk.toString()));
    // Half a request: the connection is not idle, so that closing does not take it at once.
    socket.write(request('/api/v1/handshake').slice(0, -2));
    await until(() => waiting === 1);
    const closed = gateway.close();
    await until(() => gateway.drain.draining);
    socket.write('\r\n');
    await until(() => answers.includes('OB010'));
    released.resolve();
    await expect(busy).rejects.toMatchObject({ code: 'RG001' });
    await closed;
    expect(answers).toMatch(/^HTTP\/1\.1 503[^]*connection: close/);
    expect(answers).toContain('the gateway is shutting down');
  });
});
