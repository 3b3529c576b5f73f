/** `GET /api/v1/events` through a real gateway, with a real relay behind it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventFeed, type EventFeed, type EventFeedOptions } from '../../../../api/events/event-feed.ts';
import { outboxChannel } from '../../../../contracts/event.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { purgeOutbox } from '../../../../db/stores/outbox/purge.ts';
import { readHead } from '../../../../db/stores/outbox/read.ts';
import { type Relay, startRelay } from '../../../../workers/relay/start-relay.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { authorization } from '../../../unit/api/support/gateway.ts';
import { writeEvent } from '../../db/outbox/fixtures.ts';
import { upTo } from '../../workers/relay/support.ts';
import { type SocketHouse, socketHouse } from '../support.ts';
import { openSse } from './support.ts';

let test: TestDatabase;
let database: Database;
let relay: Relay;
let house: SocketHouse;
const feeds: EventFeed[] = [];

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test.url, { applicationName: 'sse test' });
  relay = startRelay({
    databaseUrl: test.url,
    database,
    sinks: [],
    logger: pino({ level: 'silent' }),
    metrics: new Registry(),
    pollMs: 50,
  });
  house = await socketHouse();
});

afterEach(async () => {
  await house.dispose();
  await Promise.all(feeds.splice(0).map((feed) => feed.close()));
  await relay.close();
  await database.close();
  await test.drop();
});

async function serve(options: Partial<EventFeedOptions> = {}, deps: { keepAliveMs?: number } = {}) {
  const events = createEventFeed({ database, databaseUrl: test.url, ...options });
  feeds.push(events);
  return await house.open({ deps: { events, ...deps } });
}

async function write(count: number, changes: Parameters<typeof writeEvent>[1] = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let nth = 0; nth < count; nth += 1) ids.push(await writeEvent(database.pool, changes));
  await database.pool.query('SELECT pg_notify($1, $2)', [outboxChannel, '']);
  return ids;
}

const published = (count: number) => expect.poll(() => readHead(database.pool)).toBe(String(count));

describe('the stream', () => {
  it('begins at once and gives one envelope per data, with type and position', async () => {
    const { socketPath } = await serve();
    const reader = await openSse(socketPath);
    expect([reader.status, reader.headers['content-type'], reader.headers['cache-control']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      'no-store',
    ]);
    await expect.poll(() => reader.blocks).toEqual([{ retry: '1000', id: '0' }]);
    const subject = randomUUID();
    const [event_id] = await write(1, { subject, type: 'node.liveness_expired', payload: { epoch: 2, note: 'a\nb' } });
    await expect.poll(() => reader.ids()).toEqual(['1']);
    const block = reader.blocks.at(-1);
    expect([block?.id, block?.event]).toEqual(['1', 'node.liveness_expired']);
    expect(JSON.parse(block?.data ?? '')).toEqual({
      event_id,
      type: 'node.liveness_expired',
      entity_id: subject,
      incident_id: null,
      epoch: 2,
      note: 'a\nb',
    });
    expect(JSON.parse(block?.meta ?? '')).toMatchObject({ pub_seq: '1', subject_kind: 'node', subject_id: subject });
    reader.destroy();
  });

  it('starts now without a position, with the oldest kept at 0, and behind any other', async () => {
    await write(5);
    await published(5);
    const { socketPath } = await serve();
    const open = async (path: string, headers = {}) =>
      (await openSse(socketPath, `/api/v1/events${path}`, headers)).ids;
    const ids = await Promise.all([
      open(''),
      open('?after=0'),
      open('?after=3'),
      open('', { 'last-event-id': '0' }),
      open('', { 'last-event-id': '3' }),
      // A browser that connects again keeps its address and sends where it was.
      open('?after=0', { 'last-event-id': '4' }),
      open('?after=2', { 'last-event-id': '' }),
    ]);
    await write(1);
    await expect
      .poll(() => ids.map((of) => of()))
      .toEqual([['6'], upTo(6), ['4', '5', '6'], upTo(6), ['4', '5', '6'], ['5', '6'], ['3', '4', '5', '6']]);
  });

  it('filters by domain, entity and types', async () => {
    const { socketPath } = await serve();
    const entity = randomUUID();
    await write(1, { type: 'a', domain: 'x', subject: entity });
    await write(1, { type: 'b', domain: 'x' });
    await write(1, { type: 'c', domain: 'y', subject: entity });
    await published(3);
    const ids = await Promise.all(
      ['domain=x', `entity_id=${entity}`, `entity_id=${entity.toUpperCase()}`, 'types=b,c', 'types=a&types=b'].map(
        async (query) => (await openSse(socketPath, `/api/v1/events?after=0&${query}`)).ids,
      ),
    );
    await expect
      .poll(() => ids.map((of) => of()))
      .toEqual([
        ['1', '2'],
        ['1', '3'],
        ['1', '3'],
        ['2', '3'],
        ['1', '2'],
      ]);
  });

  it('sends a comment while nothing happens, with the place it has come to', async () => {
    const { socketPath } = await serve({}, { keepAliveMs: 60 });
    const reader = await openSse(socketPath, '/api/v1/events?types=wanted');
    await expect.poll(() => reader.blocks.filter(({ comment }) => comment !== undefined).length).toBeGreaterThan(2);
    expect(reader.blocks.filter(({ id }) => id !== undefined)).toHaveLength(1);
    await write(3);
    await expect.poll(() => reader.blocks.find(({ comment, id }) => comment !== undefined && id === '3')).toBeDefined();
    await write(1, { type: 'wanted' });
    await expect.poll(() => reader.ids()).toEqual(['4']);
    const told = reader.blocks.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]));
    expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
    reader.destroy();
  });

  it.each([
    ['?after=abc', {}],
    ['?after=-1', {}],
    ['?after=9223372036854775808', {}],
    ['?after=1&after=2', {}],
    ['?unknown=1', {}],
    ['?domain=', {}],
    ['?types=', {}],
    ['', { 'last-event-id': 'abc' }],
  ])('refuses %s %j', async (path, headers) => {
    const { socketPath } = await serve();
    const reader = await openSse(socketPath, `/api/v1/events${path}`, headers);
    await reader.ended;
    expect(reader.status).toBe(400);
    expect(JSON.parse(reader.body())).toMatchObject({ error: { code: 'ND002' } });
  });

  it('answers 410 to a place that is gone', async () => {
    await write(3);
    await published(3);
    await purgeOutbox(database, { keepMs: 0 });
    const { socketPath } = await serve();
    const reader = await openSse(socketPath, '/api/v1/events', { 'last-event-id': '1' });
    await reader.ended;
    expect([reader.status, reader.headers['content-type']]).toEqual([410, 'application/json; charset=utf-8']);
    expect(JSON.parse(reader.body())).toMatchObject({
      error: { code: 'ND018', class: 'CursorTooOld', details: { after: '1', oldest: '4' } },
    });
  });

  it('has no HEAD, and is known with its method', async () => {
    const { gateway } = await serve();
    const answer = await gateway.inject({ method: 'HEAD', url: '/api/v1/events', headers: { authorization } });
    expect(answer.statusCode).toBe(405);
    const document = await gateway.inject({ method: 'GET', url: '/api/v1/openapi.json', headers: { authorization } });
    expect(document.json().paths['/api/v1/events'].get).toMatchObject({
      security: [{ token: ['node.read'] }],
      'x-stream': true,
    });
  });
});

describe('who reads', () => {
  it('needs node.read', async () => {
    const events = createEventFeed({ database, databaseUrl: test.url });
    feeds.push(events);
    const grants = { omb_0000000000000000none: [], omb_0000000000000000reg: ['node.register'] };
    const { gateway } = await house.open({
      deps: {
        events,
        authenticate: (token) => {
          const capabilities = Object.entries(grants).find(([known]) => known === token)?.[1];
          return capabilities === undefined ? null : { id: 'p', kind: 'service', capabilities };
        },
      },
    });
    const status = async (token: string) =>
      (await gateway.inject({ url: '/api/v1/events', headers: { authorization: `Bearer ${token}` } })).statusCode;
    expect([await status('omb_unknown0000000000000'), await status('omb_0000000000000000none')]).toEqual([401, 403]);
    expect(await status('omb_0000000000000000reg')).toBe(403);
  });

  it('sees events of the subjects it may read', async () => {
    await write(1, { kind: 'node' });
    await write(1, { kind: 'fleet', domain: null });
    await write(1, { kind: 'stage_run', domain: null });
    await write(1, { kind: 'something else', domain: null });
    await published(4);
    const seenWith = async (...capabilities: string[]): Promise<() => string[]> => {
      const events = createEventFeed({ database, databaseUrl: test.url });
      feeds.push(events);
      const own = await socketHouse();
      houses.push(own);
      const { socketPath } = await own.open({
        deps: { events, localPrincipal: { id: 'p', kind: 'user', capabilities } },
      });
      return (await openSse(socketPath, '/api/v1/events?after=0')).ids;
    };
    const houses: SocketHouse[] = [];
    try {
      const ids = [await seenWith('node.read'), await seenWith('node.read', 'stage.run'), await seenWith('admin')];
      await expect.poll(() => ids.map((of) => of())).toEqual([['1', '2'], ['1', '2', '3'], upTo(4)]);
    } finally {
      await Promise.all(houses.map((own) => own.dispose()));
    }
  });
});

describe('a reader that comes back', () => {
  it('behind its Last-Event-ID loses nothing and repeats nothing, whoever serves it', async () => {
    const gateways = [await serve()];
    const other = await socketHouse();
    const secondFeed = createEventFeed({ database, databaseUrl: test.url });
    feeds.push(secondFeed);
    const second = await other.open({ deps: { events: secondFeed } });
    const sockets = [gateways[0]?.socketPath ?? '', second.socketPath];
    try {
      const written = (async () => {
        for (let round = 0; round < 60; round += 1) {
          await write(5);
          await sleep(5);
        }
      })();
      const got: string[] = [];
      let last = '0';
      for (let visit = 0; last !== '300'; visit += 1) {
        const reader = await openSse(sockets[visit % 2] ?? '', '/api/v1/events', { 'last-event-id': last });
        await sleep(20 + (visit % 5) * 15);
        reader.destroy();
        await reader.ended;
        got.push(...reader.ids());
        last = got.at(-1) ?? '0';
      }
      await written;
      expect(got).toEqual(upTo(300));
    } finally {
      await other.dispose();
    }
  });

  it('that had seen no event yet goes on from where its first stream began', async () => {
    await write(2);
    await published(2);
    const { socketPath } = await serve();
    const first = await openSse(socketPath);
    await expect.poll(() => first.blocks.length).toBe(1);
    const { id = '' } = first.blocks[0] ?? {};
    first.destroy();
    await write(2);
    await published(4);
    const again = await openSse(socketPath, '/api/v1/events', { 'last-event-id': id });
    await expect.poll(() => again.ids()).toEqual(['3', '4']);
  });
});

describe('the end', () => {
  it('of the gateway closes the streams at once, without an error', async () => {
    const { socketPath, gateway } = await serve();
    const readers = await Promise.all(Array.from({ length: 5 }, () => openSse(socketPath)));
    await write(1);
    await expect.poll(() => readers.every((reader) => reader.ids().length === 1)).toBe(true);
    const begun = performance.now();
    await gateway.close();
    await Promise.all(readers.map(({ ended }) => ended));
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(readers.map((reader) => reader.body()).join('')).not.toContain('stream.error');
    expect(readers.every(({ response }) => response.complete)).toBe(true);
  });

  it('of a reader lets its place go', async () => {
    const { socketPath } = await serve({ readers: 1 });
    for (let round = 0; round < 5; round += 1) {
      const reader = await openSse(socketPath);
      expect(reader.status).toBe(200);
      const refused = await openSse(socketPath);
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, '5']);
      reader.destroy();
      await reader.ended;
      await expect
        .poll(async () => {
          const next = await openSse(socketPath);
          next.destroy();
          return next.status;
        })
        .toBe(200);
      await sleep(20);
    }
  });

  it('of a slow reader is an error that says where to resume; nobody else waits', async () => {
    const { socketPath } = await serve({ buffer: 100, stallMs: 150 });
    const slow = await openSse(socketPath, '/api/v1/events?after=0');
    await expect.poll(() => slow.blocks.length).toBe(1);
    slow.response.pause();
    const fast = await openSse(socketPath, '/api/v1/events?after=0');
    const filler = 'x'.repeat(20_000);
    await database.pool.query(
      `INSERT INTO outbox (class, topic, type, subject_kind, subject_id, payload)
       SELECT 'event', 'nodes', 'big', 'node', n::text, jsonb_build_object('filler', $1::text) FROM generate_series(1, 600) n`,
      [filler],
    );
    await expect.poll(() => fast.ids().length, { timeout: 10_000 }).toBe(600);
    // Two looks at readers that do not move.
    await sleep(400);
    slow.response.resume();
    await slow.ended;
    const error = slow.blocks.find(({ event }) => event === 'stream.error');
    expect(error?.id).toBeUndefined();
    const { error: body } = JSON.parse(error?.data ?? '{}');
    expect(body).toMatchObject({ code: 'ND014', retryable: true, details: { after: slow.ids().at(-1) } });
    const rest = await openSse(socketPath, '/api/v1/events', { 'last-event-id': body.details.after });
    await expect.poll(() => slow.ids().length + rest.ids().length, { timeout: 10_000 }).toBe(600);
    expect([...slow.ids(), ...rest.ids()]).toEqual(upTo(600));
  });
});
