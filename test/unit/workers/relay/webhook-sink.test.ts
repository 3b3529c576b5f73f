/** What a receiver sees of a webhook, and what becomes of its answers. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { PublishedEvent } from '../../../../contracts/event.ts';
import { SinkRefusal } from '../../../../workers/relay/sink.ts';
import { createWebhookSinks } from '../../../../workers/relay/webhook-sink.ts';

const env = { HOOK_SECRET: 'a shared secret' };
const event: PublishedEvent = {
  pub_seq: '7',
  event_id: '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9b',
  topic: 'nodes',
  type: 'node.became_active',
  subject_kind: 'node',
  subject_id: '0190a2b4-7c1d-7e2f-8a3b-000000000001',
  domain: 'registration',
  payload: { note: 'ünïcode' },
  published_at: '2026-01-01T00:00:00.000Z',
};
const never = new AbortController().signal;

let server: Server | null = null;
afterEach(async () => {
  const open = server;
  server = null;
  if (open === null) return;
  open.closeAllConnections();
  await new Promise((resolve) => open.close(resolve));
});

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: string;
}

/** A receiver that answers with a status, or never. */
async function receiver(status: number | 'hang', headers: Record<string, string> = {}) {
  const received: Received[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url } = request;
      received.push({ headers: request.headers, method, url, body: Buffer.concat(chunks).toString('utf8') });
      if (status !== 'hang') response.writeHead(status, headers).end('ok');
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/hook?token=hidden`, received };
}

function sinkFor(url: string, types?: readonly string[]) {
  const [sink] = createWebhookSinks([{ url, secret_env: 'HOOK_SECRET', types }], env);
  if (sink === undefined) throw new Error('one entry gives one sink');
  return sink;
}

describe('a webhook', () => {
  it('posts the event as JSON, signed over time and body', async () => {
    const { url, received } = await receiver(204);
    await sinkFor(url).deliver({ kind: 'event', event }, never);
    const [request] = received;
    expect([request?.method, request?.url]).toEqual(['POST', '/hook?token=hidden']);
    expect(JSON.parse(request?.body ?? '')).toEqual(event);
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'omnibase-event-id': event.event_id,
      'omnibase-event-type': event.type,
    });
    const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request?.headers['omnibase-signature'])) ?? [];
    expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(10);
    expect(createHmac('sha256', env.HOOK_SECRET).update(`${time}.${request?.body}`).digest('hex')).toBe(mac);
  });

  it('posts one notice about an incident', async () => {
    const { url, received } = await receiver(200);
    const notice = {
      type: 'fleet.incident_notice',
      schema_version: 1,
      incident_id: event.event_id,
      count: 2000,
      sample: [event.subject_id],
      first_pub_seq: '1',
      last_pub_seq: '2000',
    } as const;
    await sinkFor(url).deliver({ kind: 'incident', notice }, never);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(notice);
    expect(received[0]?.headers['omnibase-event-id']).toBe(notice.incident_id);
  });

  it.each([400, 409, 410, 413, 422])('that is refused with %i is no matter of patience', async (status) => {
    const { url } = await receiver(status);
    await expect(sinkFor(url).deliver({ kind: 'event', event }, never)).rejects.toThrow(SinkRefusal);
  });

  it.each([401, 403, 404, 408, 429, 500, 502, 503])('that is answered %i is tried again', async (status) => {
    const { url } = await receiver(status);
    const failure = await sinkFor(url)
      .deliver({ kind: 'event', event }, never)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(SinkRefusal);
    expect(String(failure)).toContain(String(status));
  });

  it('follows no redirect', async () => {
    const { url, received } = await receiver(307, { location: '/elsewhere' });
    await expect(sinkFor(url).deliver({ kind: 'event', event }, never)).rejects.toThrow('redirected (HTTP 307)');
    expect(received).toHaveLength(1);
  });

  it('waits three seconds for an answer and no longer', async () => {
    const { url } = await receiver('hang');
    const begun = performance.now();
    await expect(sinkFor(url).deliver({ kind: 'event', event }, never)).rejects.toThrow('no answer within 3000 ms');
    expect(performance.now() - begun).toBeGreaterThan(2_900);
    expect(performance.now() - begun).toBeLessThan(4_500);
  });

  it('is broken off when the process may not deliver any more', async () => {
    const { url } = await receiver('hang');
    const stop = new AbortController();
    const delivering = sinkFor(url).deliver({ kind: 'event', event }, stop.signal);
    setTimeout(() => stop.abort(), 20);
    await expect(delivering).rejects.toThrow();
  });

  it('never tells its address: paths and queries are often secrets', async () => {
    const { url } = await receiver(200);
    server?.close();
    server?.closeAllConnections();
    server = null;
    const failure = await sinkFor(url)
      .deliver({ kind: 'event', event }, never)
      .catch((error: unknown) => error);
    expect(String(failure)).toMatch(/no connection \(ECONN/);
    expect(String(failure)).not.toContain('hidden');
    expect(sinkFor(url).name).not.toContain('hidden');
  });
});

describe('the settings of webhooks', () => {
  const good = { url: 'https://hooks.example.com/a', secret_env: 'HOOK_SECRET' };

  it('give each a name that stays when entries change places', () => {
    const other = { url: 'https://hooks.example.com/b', secret_env: 'HOOK_SECRET', types: ['x'] };
    const names = createWebhookSinks([good, other], env).map(({ name }) => name);
    expect(createWebhookSinks([other, good], env).map(({ name }) => name)).toEqual(names.toReversed());
    expect(names[0]).toMatch(/^webhook:hooks\.example\.com:[0-9a-f]{8}$/);
    expect(new Set(createWebhookSinks([good, good], env).map(({ name }) => name)).size).toBe(2);
    expect(createWebhookSinks([other], env)[0]?.types).toEqual(['x']);
  });

  it.each([
    ['a missing secret', { ...good, secret_env: 'NOT_THERE' }, 'outbox.webhooks[0].secret_env'],
    ['an empty secret', { ...good, secret_env: 'EMPTY' }, 'outbox.webhooks[0].secret_env'],
    ['another scheme', { ...good, url: 'ftp://example.com' }, 'outbox.webhooks[0].url'],
    ['a file', { ...good, url: 'file:///etc/passwd' }, 'outbox.webhooks[0].url'],
    ['user information', { ...good, url: 'https://u:p@example.com' }, 'outbox.webhooks[0].url'],
    ['no address at all', { ...good, url: 'nowhere' }, 'outbox.webhooks[0].url'],
  ])('refuse %s, without the value', (_, setting, key) => {
    expect(() => createWebhookSinks([setting], { ...env, EMPTY: '' })).toThrow(
      expect.objectContaining({ code: 'ND016', details: expect.objectContaining({ key }) }),
    );
    expect(() => createWebhookSinks([setting], { ...env, EMPTY: '' })).not.toThrow(/u:p/);
  });
});
