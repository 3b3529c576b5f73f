/** The client against a real socket: what it asks, what it makes of answers, and of none. */
import { createServer, type Server } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../api/client/client.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { CallContext } from '../../../contracts/registry.ts';
import { exampleUuid } from '../../unit/api/support/memory-registry.ts';
import { exampleReport, exampleRequest, exampleSummary } from '../../unit/api/support/memory-stage-runs.ts';
import { type SocketHouse, socketHouse } from './support.ts';

let house: SocketHouse;
beforeEach(async () => void (house = await socketHouse()));
afterEach(() => house.dispose());

const context: CallContext = { principal: { id: 'x', kind: 'user', capabilities: [] }, correlation_id: 'c-1' };

async function listening(server: Server | ReturnType<typeof createNetServer>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(house.socketPath, resolve);
  await promise;
}

describe('calls', () => {
  it('carry every option of the registry there and every answer back', async () => {
    const { client, registry } = await house.open();
    const query = {
      type: ['validator', 'tool'],
      tags: ['a b', 'c&d', 'é'],
      any_tag: ['x'],
      lifecycle: ['active'],
      status: 'active',
      text: '100%',
      name_pattern: 'json*',
      view: 'all',
      sort: [
        { key: 'version', order: 'desc' },
        { key: 'name', order: 'asc' },
      ],
      limit: 5,
      cursor: 'c=/+',
      with_total: true,
    } as const;
    const found = await client.registry.search(query, context);
    const patched = await client.registry
      .update(
        'team/json@^1',
        { description: null },
        { if_revision: 1, dry_run: true, force: false, reason: 'r', idempotency_key: 'k' },
        context,
      )
      .catch((error: unknown) => error);
    await client.registry.remove(exampleUuid, { hard: false, reason: 'ü', if_revision: 1 }, context);
    await client.registry.sync({ full: true }, context);
    const stats = await client.registry.cacheStats(context);
    expect(registry.calls.map(({ operation, arguments: given }) => [operation, ...given])).toEqual([
      ['search', query],
      [
        'update',
        'team/json@^1',
        { description: null },
        { dry_run: true, reason: 'r', if_revision: 1, idempotency_key: 'k' },
      ],
      ['remove', exampleUuid, { reason: 'ü', if_revision: 1 }],
      ['sync', { full: true }],
      ['cacheStats'],
    ]);
    expect(found).toMatchObject({
      data: { items: [{ metadata: { uuid: exampleUuid } }], page: { total: 1 } },
      warnings: [],
    });
    expect(patched).toMatchObject({ code: 'RG001', details: { ref: 'team/json@^1' } });
    expect(stats.data.l1.hit_ratio).toBe(0.75);
    expect(registry.calls.every((call) => call.context.correlation_id === 'c-1')).toBe(true);
  });

  it('rebuild errors whole', async () => {
    const { client } = await house.open();
    const error = await client.registry
      .update(exampleUuid, { a: 1 }, { if_revision: 9 }, context)
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OmniBaseError);
    expect(error).toMatchObject({
      code: 'RG011',
      class: 'RevisionConflictError',
      exitCode: 3,
      details: { current: 1, yours: { a: 1 } },
    });
  });

  it('know plan, list, show, cancel, handshake and identity', async () => {
    const { client, store, engine } = await house.open();
    const request = exampleRequest();
    store.runs.set(request.run_id, exampleSummary(request.run_id));
    store.reports.set(request.run_id, exampleReport(request.run_id));
    engine.close(`stage/pre-commit/${request.run_id}`);
    expect((await client.stageRuns.plan(request, {})).plan_hash).toHaveLength(64);
    expect(await client.stageRuns.list({ stage: 'pre-commit', limit: 3 })).toEqual([exampleSummary(request.run_id)]);
    expect(await client.stageRuns.show('last')).toEqual(exampleReport(request.run_id));
    expect(await client.stageRuns.cancel(request.run_id, { command_id: 'c', reason: 'r', actor: 'ana' })).toEqual({
      state: 'cancelling',
    });
    expect(engine.cancelled[0]?.command).toEqual({ command_id: 'c', reason: 'r', actor: 'ana' });
    expect((await client.handshake()).host_id).toBe('host-1');
    expect((await client.identity()).epoch).toBe(1);
  });

  it('survive a gateway that restarts between two of them', async () => {
    const first = await house.open();
    await first.client.handshake();
    await first.gateway.close();
    await house.open({ instanceId: 'instance-2' });
    expect((await first.client.handshake()).instance_id).toBe('instance-2');
  });
});

describe('no answer', () => {
  it.each([
    ['there is no socket', { socketPath: '/nonexistent/omnibase.sock' }, 'ENOENT', 'does not exist'],
    ['nobody listens', { url: 'http://127.0.0.1:1' }, 'ECONNREFUSED', 'nobody listens'],
  ])('because %s', async (_name, target, reason, text) => {
    const client = createApiClient(target);
    const error = await client.handshake().catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: 'OB010',
      exitCode: 6,
      details: { reason },
      message: expect.stringContaining(text),
    });
    expect(error).toMatchObject({ next: expect.stringContaining('omnibase up'), details: { address: client.address } });
    client.close();
  });

  it('within the deadline', async () => {
    const { registry, client } = await house.open();
    registry.lookup = () => new Promise(() => undefined);
    const begun = performance.now();
    await expect(client.registry.lookup(exampleUuid, {}, { ...context, deadline_ms: 60 })).rejects.toMatchObject({
      code: 'OB016',
      exitCode: 124,
    });
    expect(performance.now() - begun).toBeLessThan(1500);
  });

  it('from a peer that accepts and is silent', async () => {
    const silent = createNetServer(() => undefined);
    await listening(silent);
    const client = createApiClient({ socketPath: house.socketPath }, { timeoutMs: 80 });
    await expect(client.handshake()).rejects.toMatchObject({
      code: 'OB016',
      message: expect.stringContaining(house.socketPath),
    });
    client.close();
    silent.close();
  });

  it('because the caller gave up; the service is told', async () => {
    const { registry, client } = await house.open();
    const seen = Promise.withResolvers<AbortSignal | undefined>();
    registry.lookup = (_ref, _options, { signal }) => {
      seen.resolve(signal);
      return new Promise(() => undefined);
    };
    const abort = new AbortController();
    const call = client.registry.lookup(exampleUuid, {}, { ...context, signal: abort.signal });
    const signal = await seen.promise;
    abort.abort(new Error('Ctrl-C'));
    await expect(call).rejects.toThrow('Ctrl-C');
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
    await promise;
  });

  it('is asked for once the caller has given up before', async () => {
    const { client, registry } = await house.open();
    await expect(
      client.registry.lookup(exampleUuid, {}, { ...context, signal: AbortSignal.abort(new Error('gone')) }),
    ).rejects.toThrow('gone');
    expect(registry.calls).toEqual([]);
  });
});

describe('answers of something else', () => {
  it.each<[string, number, string, string]>([
    ['a page', 200, '<html>', 'OB017'],
    ['a page that says no', 404, '<html>', 'OB017'],
    ['a list', 200, '[]', 'OB017'],
    ['a proxy without gateway', 502, '<html>bad gateway', 'OB010'],
    ['an error of the future', 418, '{"error":{"code":"ZZ999","message":"teapot"}}', 'OB001'],
    ['a redirect', 302, '', 'OB017'],
  ])('%s', async (_name, status, text, code) => {
    const server = createServer((_request, response) =>
      response.writeHead(status, { location: 'http://elsewhere/' }).end(text),
    );
    await listening(server);
    const client = createApiClient({ socketPath: house.socketPath });
    await expect(client.handshake()).rejects.toMatchObject({ code });
    await expect(client.stageRuns.attach('last', {})[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code });
    client.close();
    server.close();
  });

  it.each(['localhost:8080', 'ftp://host', 'http://user:secret@host', 'http://host?x=1', '', '/tmp/socket'])(
    'the address %j is refused',
    (url) => {
      expect(() => createApiClient({ url })).toThrow(
        expect.objectContaining({ code: 'OB003', message: expect.not.stringContaining('secret') }),
      );
    },
  );

  it('below a path of a proxy the same routes are found', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.url} ${request.headers.host} ${request.headers.authorization}`);
      response.end('{}');
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', resolve);
    await promise;
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const client = createApiClient({ url: `http://127.0.0.1:${port}/team/`, token: 'omb_x' });
    await client.handshake();
    expect(seen).toEqual([`/team/api/v1/handshake 127.0.0.1:${port} Bearer omb_x`]);
    client.close();
    server.close();
  });
});
