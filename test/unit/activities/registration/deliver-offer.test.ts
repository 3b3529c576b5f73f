/** Offers posted to nodes (registration.md 9, platform.md 6): where to, how long, and what comes of it. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { allowedAddresses } from '../../../../activities/registration/allowed-addresses.ts';
import { deliverOffer, postLimitMs } from '../../../../activities/registration/deliver-offer.ts';
import { attempt, loadedFrom, memoryIn, nodeId } from '../../domain/registration/decide/support.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `:${(server.address() as AddressInfo).port}`;
}

const offer = {
  entity_id: nodeId,
  domain: 'registration',
  epoch: 2,
  attempt_id: attempt,
  ack_deadline: '2026-01-01T00:00:30.000Z',
  ack_in_ms: 30_000,
};

async function deliver(control: string | null, changes: { attempt_id?: string; networks?: string[] } = {}) {
  const told: string[] = [];
  const loaded = loadedFrom(memoryIn('accepted'), {
    endpoints: control === null ? {} : { control },
    attempt_id: changes.attempt_id ?? attempt,
  });
  const projector = { load: () => Promise.resolve(control === 'no row' ? null : loaded) } as never;
  const observer = { delivered: (result: string) => void told.push(result) };
  const { delivered } = await deliverOffer({ projector, observer, allowedNetworks: changes.networks ?? [] }, offer);
  return `${String(delivered)} ${told.join()}`;
}

describe('an offer', () => {
  it('is posted whole, and a 2xx means that the node has it', async () => {
    const bodies: unknown[] = [];
    const port = await serve((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      request.on('end', () => {
        bodies.push([request.method, request.url, request.headers['content-type'], JSON.parse(text)]);
        response.writeHead(202).end('never read'.repeat(100_000));
      });
    });
    expect(await deliver(`http://127.0.0.1${port}/a?b=c`)).toBe('true delivered');
    expect(await deliver(`http://localhost${port}/`)).toBe('true delivered');
    const { entity_id, ...rest } = offer;
    expect(bodies[0]).toEqual(['POST', '/a?b=c', 'application/json', { node_id: entity_id, ...rest, next: 'ack' }]);
  });

  it('is not delivered by another answer, a redirect, a broken or a silent endpoint', async () => {
    let redirected = 0;
    const port = await serve((request, response) => {
      if (request.url === '/elsewhere') redirected += 1;
      if (request.url === '/moved') response.writeHead(307, { location: '/elsewhere' }).end();
      else if (request.url === '/broken') request.socket.destroy();
      else if (request.url !== '/silent') response.writeHead(500).end();
    });
    expect(await deliver(`http://127.0.0.1${port}/`)).toBe('false failed');
    expect(await deliver(`http://127.0.0.1${port}/moved`)).toBe('false failed');
    expect(redirected).toBe(0);
    expect(await deliver(`http://127.0.0.1${port}/broken`)).toBe('false failed');
    expect(await deliver('http://127.0.0.1:1/')).toBe('false failed');
    expect(await deliver(`https://127.0.0.1${port}/`)).toBe('false failed');
    const asked = performance.now();
    expect(await deliver(`http://127.0.0.1${port}/silent`)).toBe('false failed');
    expect(performance.now() - asked).toBeLessThan(postLimitMs + 1_000);
  });

  it('goes to nobody without an endpoint, a row, or the attempt it is for', async () => {
    expect(await deliver(null)).toBe('false no_endpoint');
    expect(await deliver('no row')).toBe('false no_endpoint');
    expect(await deliver('http://127.0.0.1:1/', { attempt_id: nodeId })).toBe('false no_endpoint');
  });

  it('goes nowhere but to loopback and allowed networks, by address or by name', async () => {
    for (const control of [
      'http://10.1.2.3/',
      'http://[2001:db8::1]/',
      'http://0.0.0.0/',
      'ftp://127.0.0.1/',
      'http://169.254.169.254/',
    ]) {
      expect(await deliver(control)).toBe('false not_allowed');
    }
    expect(await deliver('http://[::1]:1/')).toBe('false failed');
    expect(await deliver('http://192.0.2.1:1/', { networks: ['192.0.2.0/24'] })).toMatch(/^false failed/);
  }, 15_000);
});

describe('allowed addresses', () => {
  it('are loopback and what an operator names', () => {
    const allowed = allowedAddresses(['10.0.0.0/8', 'fd00::/8']);
    expect(['127.0.0.1', '127.9.9.9', '::1', '10.255.0.1', 'fd12::1'].every((address) => allowed.has(address))).toBe(
      true,
    );
    expect(['11.0.0.1', '::', 'fe80::1', 'localhost', ''].some((address) => allowed.has(address))).toBe(false);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/x', 'fd00::/129', 'host/8', '10.0.0.0/-1'])(
    '%s is no network',
    (network) => {
      expect(() => allowedAddresses([network])).toThrow(RangeError);
    },
  );

  it('are checked where a name becomes an address', async () => {
    const { lookup } = allowedAddresses();
    const resolved = await new Promise((resolve) => lookup('localhost', { all: true }, (...answer) => resolve(answer)));
    expect(resolved).toEqual([null, expect.arrayContaining([expect.objectContaining({ address: '127.0.0.1' })])]);
    const one = await new Promise((resolve) => lookup('localhost', { family: 4 }, (...answer) => resolve(answer)));
    expect(one).toEqual([null, '127.0.0.1', 4]);
    const forbidden = await new Promise((resolve) => lookup('0.0.0.0', {}, (error) => resolve(error)));
    expect(forbidden).toMatchObject({ code: 'EFORBIDDEN' });
    const unknown = await new Promise((resolve) => lookup('does.not.exist.invalid', {}, (error) => resolve(error)));
    expect(unknown).toBeInstanceOf(Error);
  });
});
