/** The feed of one process: live, from the past, over outages, and with readers that do not keep up. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventFeed, type EventFeed, type EventFeedOptions } from '../../../../api/events/event-feed.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { purgeOutbox } from '../../../../db/stores/outbox/purge.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { publishAll, writeEvent } from '../../db/outbox/fixtures.ts';
import { openOutage } from '../../registry/support/outage.ts';
import { upTo } from '../../workers/relay/support.ts';
import { follow } from './support.ts';

let test: TestDatabase;
let database: Database;
const feeds: EventFeed[] = [];

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test.url, { applicationName: 'feed test' });
});

afterEach(async () => {
  await Promise.all(feeds.splice(0).map((feed) => feed.close()));
  await database.close();
  await test.drop();
});

function feed(options: Partial<EventFeedOptions> = {}): EventFeed {
  const made = createEventFeed({ database, databaseUrl: test.url, pollMs: 50, ...options });
  feeds.push(made);
  return made;
}

async function publish(count: number, changes: Parameters<typeof writeEvent>[1] = {}): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) await writeEvent(database.pool, changes);
  await publishAll(test.url);
}

describe('a reader', () => {
  it('from now gets what is published from now on, in order', async () => {
    await publish(3);
    const stream = await feed().open({});
    expect(stream.position).toBe('3');
    const reader = follow(stream);
    await publish(4);
    await expect.poll(() => reader.numbers()).toEqual(['4', '5', '6', '7']);
  });

  it('is woken, and does not wait for the next look', async () => {
    const reader = follow(await feed({ pollMs: 60_000 }).open({}));
    await sleep(100);
    await publish(1);
    await expect.poll(() => reader.numbers()).toEqual(['1']);
    await publish(1);
    await expect.poll(() => reader.numbers()).toEqual(['1', '2']);
  });

  it('from the past gets what was, then what comes, without a seam', async () => {
    await publish(450);
    const source = feed();
    const readers = [
      follow(source.events({ after: '0' })),
      follow(source.events({ after: '200' })),
      follow(source.events({ after: '450' })),
    ];
    for (let round = 0; round < 10; round += 1) await publish(3);
    await expect.poll(() => readers.map(({ seen }) => seen.length)).toEqual([480, 280, 30]);
    expect(readers[0]?.numbers()).toEqual(upTo(480));
    expect(readers[1]?.numbers()).toEqual(upTo(480, 201));
    expect(readers[2]?.numbers()).toEqual(upTo(480, 451));
  });

  it('joins and leaves while others read, at any moment, and none misses or repeats anything', async () => {
    const source = feed();
    const written = (async () => {
      for (let round = 0; round < 60; round += 1) await publish(2);
    })();
    const visits: { after: string; seen: string[] }[] = [];
    const visitor = async (): Promise<void> => {
      let after = '0';
      while (after !== '120') {
        const stop = new AbortController();
        const seen: string[] = [];
        const size = 1 + Math.floor(Math.random() * 9);
        const from = after;
        for await (const { pub_seq } of source.events({ after, signal: stop.signal })) {
          seen.push(pub_seq);
          after = pub_seq;
          if (seen.length === size || pub_seq === '120') break;
        }
        visits.push({ after: from, seen });
      }
    };
    await Promise.all([written, visitor(), visitor(), visitor()]);
    for (const { after, seen } of visits) expect(seen).toEqual(upTo(Number(after) + seen.length, Number(after) + 1));
  });

  it('gets what it asked for: live and from the past by the same rule', async () => {
    const entity_id = randomUUID();
    const source = feed();
    const query = { domain: 'a', entity_id, types: ['x', 'y'], kinds: ['node'] };
    const live = follow(source.events(query));
    await sleep(50);
    for (const changes of [
      { domain: 'a', subject: entity_id, type: 'x' },
      { domain: 'b', subject: entity_id, type: 'x' },
      { domain: 'a', subject: randomUUID(), type: 'x' },
      { domain: 'a', subject: entity_id, type: 'z' },
      { domain: 'a', subject: entity_id, type: 'x', kind: 'run' },
      { domain: 'a', subject: entity_id, type: 'y' },
    ]) {
      await publish(1, changes);
    }
    const past = follow(source.events({ ...query, after: '0' }));
    await expect
      .poll(() => [live.numbers(), past.numbers()])
      .toEqual([
        ['1', '6'],
        ['1', '6'],
      ]);
  });

  it('knows where to go on: behind what it took, or behind what it did not want', async () => {
    const stream = await feed().open({ types: ['x'] });
    await publish(3);
    const first = stream.next();
    await expect.poll(() => stream.position).toBe('3');
    await publish(1, { type: 'x' });
    await first;
    // It has been given the event and did not come back yet: it may still be on its way.
    expect(stream.position).toBe('0');
    void stream.next();
    await expect.poll(() => stream.position).toBe('4');
  });

  it.each(['-1', 'abc', '1.5', '9223372036854775808', ''])('from %j is refused', async (after) => {
    await expect(feed().open({ after })).rejects.toMatchObject({ code: 'ND002' });
  });

  it('from a place that is gone, or was never reached, is refused', async () => {
    await publish(3);
    await purgeOutbox(database, { keepMs: 0 });
    const source = feed();
    await expect(source.open({ after: '1' })).rejects.toMatchObject({ code: 'ND018', details: { oldest: '4' } });
    await expect(source.open({ after: '4' })).rejects.toMatchObject({ code: 'ND018' });
    const reader = follow(await source.open({ after: '0' }));
    await publish(1);
    await expect.poll(() => reader.numbers()).toEqual(['4']);
  });

  it('ends with its signal, and leaves nothing behind', async () => {
    const source = feed({ readers: 1 });
    const stop = new AbortController();
    const reader = follow(await source.open({ signal: stop.signal }));
    await expect(source.open({})).rejects.toMatchObject({ code: 'ND014' });
    stop.abort();
    await reader.done;
    const next = follow(await source.open({}));
    await publish(1);
    await expect.poll(() => next.numbers()).toEqual(['1']);
  });
});

describe('a slow reader', () => {
  it('that takes nothing is cut off with the place to resume from, and slows nobody', async () => {
    const source = feed({ buffer: 50, stallMs: 100 });
    const slow = await source.open({});
    const fast = follow(await source.open({}));
    await publish(1);
    expect((await slow.next()).value).toMatchObject({ pub_seq: '1' });
    await publish(200);
    await expect.poll(() => fast.numbers()).toEqual(upTo(201));
    await sleep(250);
    const failure: unknown = await slow.next().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ND014', retryable: true, details: { after: '1' } });
    const resumed = follow(source.events({ after: '1' }));
    await expect.poll(() => resumed.numbers()).toEqual(upTo(201, 2));
  });

  it('that takes one now and then gets everything, whatever piles up', async () => {
    const source = feed({ buffer: 10, stallMs: 200 });
    const slow = await source.open({});
    const seen: (string | undefined)[] = [];
    const reading = (async () => {
      while (seen.length < 150) {
        const { value } = await slow.next();
        seen.push(value?.pub_seq);
        await sleep(5);
      }
    })();
    for (let round = 0; round < 15; round += 1) await publish(10);
    await reading;
    expect(seen).toEqual(upTo(150));
  });
});

describe('an outage', () => {
  it('interrupts no stream: readers go on behind it', async () => {
    const outage = await openOutage(test.url);
    const through = openDatabase(outage.url, { applicationName: 'feed test', connectTimeoutMs: 300 });
    const warn = vi.fn<(fields: object, message: string) => void>();
    try {
      const source = feed({ database: through, databaseUrl: outage.url, logger: { warn } });
      const live = follow(await source.open({}));
      await publish(300);
      await expect.poll(() => live.seen.length).toBe(300);
      const behind = await source.open({ after: '0' });
      expect((await behind.next()).value).toMatchObject({ pub_seq: '1' });
      await outage.refuse();
      await publish(5);
      await sleep(300);
      await expect(source.open({ after: '0' })).rejects.toMatchObject({ code: 'ND009', httpStatus: 503 });
      expect(live.seen).toHaveLength(300);
      await outage.serve();
      await expect.poll(() => live.numbers(), { timeout: 5_000 }).toEqual(upTo(305));
      const rest = follow(behind);
      await expect.poll(() => rest.numbers(), { timeout: 5_000 }).toEqual(upTo(305, 2));
      expect(warn).toHaveBeenCalledTimes(1);
    } finally {
      await outage.close();
      await through.close();
    }
  });

  it('of the listening connection alone costs at most the poll', async () => {
    const reader = follow(await feed({ pollMs: 100 }).open({}));
    await publish(1);
    await expect.poll(() => reader.numbers()).toEqual(['1']);
    const { rowCount } = await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'omnibase-events' AND datname = current_database()`,
    );
    expect(rowCount).toBe(1);
    await publish(1);
    await expect.poll(() => reader.numbers()).toEqual(['1', '2']);
    await expect
      .poll(async () => {
        const { rows } = await database.pool.query(
          `SELECT 1 FROM pg_stat_activity WHERE application_name = 'omnibase-events' AND datname = current_database()`,
        );
        return rows.length;
      })
      .toBe(1);
  });
});

it('many readers need one connection that listens', async () => {
  const source = feed();
  const readers = await Promise.all(Array.from({ length: 100 }, async () => follow(await source.open({ after: '0' }))));
  await publish(20);
  await expect.poll(() => readers.every(({ seen }) => seen.length === 20)).toBe(true);
  const { rows } = await database.pool.query(
    `SELECT 1 FROM pg_stat_activity WHERE application_name = 'omnibase-events' AND datname = current_database()`,
  );
  expect(rows).toHaveLength(1);
});

it('closing ends all streams without an error, coming ones too', async () => {
  const source = feed();
  const reader = follow(await source.open({}));
  await publish(1);
  await expect.poll(() => reader.seen.length).toBe(1);
  await source.close();
  await reader.done;
  await follow(await source.open({})).done;
});
