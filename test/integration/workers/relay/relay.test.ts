/** One relay at a time, whatever breaks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outboxChannel } from '../../../../contracts/event.ts';
import { readHead, readPublished } from '../../../../db/stores/outbox/read.ts';
import { openOutage } from '../../registry/support/outage.ts';
import { writeEvent } from '../../db/outbox/fixtures.ts';
import { hang, type RelayHouse, relayHouse, rememberingSink, upTo } from './support.ts';

let house: RelayHouse;
beforeEach(async () => void (house = await relayHouse()));
afterEach(() => house.dispose());

const write = async (count: number, subject?: string): Promise<string[]> => {
  const ids: string[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    ids.push(await writeEvent(house.database.pool, subject === undefined ? {} : { subject }));
  }
  return ids;
};
const head = () => readHead(house.database.pool);

describe('a relay', () => {
  it('publishes what was there before it, and what comes', async () => {
    await write(3);
    const sink = rememberingSink('a');
    const relay = house.start({ sinks: [sink] });
    await expect.poll(() => sink.numbers()).toEqual(upTo(3));
    await write(2);
    await expect.poll(() => sink.numbers()).toEqual(upTo(5));
    expect(sink.given).toHaveLength(5);
    expect(relay.holds).toBe(true);
    expect(await relay.value('omnibase_outbox_published_total', 'a')).toBe(5);
    expect(await relay.value('omnibase_outbox_published_total', 'stream')).toBe(5);
    expect(await relay.value('omnibase_outbox_relay_active')).toBe(1);
  });

  it('is woken by an announcement, long before it would look by itself', async () => {
    const sink = rememberingSink('a');
    const relay = house.start({ sinks: [sink], pollMs: 60_000 });
    await expect.poll(() => relay.holds).toBe(true);
    await sleep(50);
    await write(1);
    await house.database.pool.query('SELECT pg_notify($1, $2)', [outboxChannel, '']);
    await expect.poll(() => sink.numbers()).toEqual(['1']);
  });

  it('gets through a backlog of many batches', async () => {
    await house.database.pool.query(
      `INSERT INTO outbox (class, topic, type, subject_kind, subject_id, payload)
       SELECT 'event', 'nodes', 'filler', 'node', n::text, '{}' FROM generate_series(1, 2500) n`,
    );
    const sink = rememberingSink('a');
    house.start({ sinks: [sink] });
    await expect.poll(() => sink.given.length, { timeout: 10_000 }).toBe(2500);
    expect(sink.numbers()).toEqual(upTo(2500));
  });

  it('measures the age of what waits, also when it does not publish', async () => {
    await house.database.pool.query('SELECT pg_advisory_lock(6210437725104518113)');
    await write(1);
    await house.database.pool.query(`UPDATE outbox SET created_at = now() - interval '42 seconds'`);
    const relay = house.start({ sinks: [] });
    await expect.poll(() => relay.value('omnibase_outbox_oldest_seconds')).toBeGreaterThanOrEqual(42);
    expect(relay.holds).toBe(false);
    expect(await head()).toBe('0');
  });

  it('removes what is old, batch after batch', async () => {
    await write(25);
    const relay = house.start({ sinks: [], purgeEveryMs: 20, purge: { keepMs: 200, batch: 10 } });
    await expect.poll(() => head()).toBe('25');
    await expect
      .poll(async () => (await house.database.pool.query('SELECT 1 FROM outbox')).rowCount, { timeout: 5_000 })
      .toBe(0);
    expect(relay.holds).toBe(true);
    await expect(readPublished(house.database.pool, { after: '3' })).rejects.toMatchObject({ code: 'ND018' });
  });

  it('lets go at once when it is closed, also while a sink hangs', async () => {
    const hanging = rememberingSink('hanging', hang);
    const relay = house.start({ sinks: [hanging] });
    await write(1);
    await expect.poll(() => head()).toBe('1');
    const begun = performance.now();
    await relay.close();
    expect(performance.now() - begun).toBeLessThan(1_000);
    const next = rememberingSink('hanging');
    house.start({ sinks: [next] });
    await expect.poll(() => next.numbers()).toEqual(['1']);
  });
});

describe('two relays', () => {
  it('share the work in time and not at the same time', async () => {
    const [first, second] = [rememberingSink('a'), rememberingSink('a')];
    const relays = [house.start({ sinks: [first] }), house.start({ sinks: [second] })];
    await expect.poll(() => relays.filter(({ holds }) => holds).length).toBe(1);
    await write(20);
    await expect.poll(() => [...first.numbers(), ...second.numbers()]).toEqual(upTo(20));
    expect(Math.min(first.given.length, second.given.length)).toBe(0);

    const holder = relays[0]?.holds === true ? relays[0] : relays[1];
    await holder?.close();
    await write(5);
    await expect.poll(() => new Set([...first.numbers(), ...second.numbers()]).size).toBe(25);
    expect([...first.ids(), ...second.ids()]).toHaveLength(25);
    expect(await head()).toBe('25');
  });

  it('lose and repeat no number while the holder is cut off again and again', async () => {
    const sinks = [rememberingSink('a'), rememberingSink('a')];
    for (const sink of sinks) house.start({ sinks: [sink] });
    const writing = (async () => {
      for (let round = 0; round < 40; round += 1) {
        await write(5);
        await sleep(10);
      }
    })();
    let cuts = 0;
    for (let round = 0; round < 6; round += 1) {
      await sleep(120);
      cuts += await house.cutHolder();
    }
    await writing;
    const taken = () => new Set(sinks.flatMap((sink) => sink.numbers())).size;
    await expect.poll(taken, { timeout: 10_000 }).toBe(200);
    expect(cuts).toBeGreaterThanOrEqual(3);
    expect(await head()).toBe('200');
    const ids = new Set(sinks.flatMap((sink) => sink.ids()));
    expect(ids.size).toBe(200);
  });
});

describe('a lost connection', () => {
  it('between publishing and delivery loses nothing', async () => {
    const dying = rememberingSink('a', hang);
    const first = house.start({ sinks: [dying], pollMs: 300 });
    const ids = await write(4);
    await expect.poll(() => head()).toBe('4');
    const next = rememberingSink('a');
    const second = house.start({ sinks: [next], pollMs: 20 });
    await house.cutHolder();
    await expect.poll(() => next.ids().toSorted()).toEqual(ids.toSorted());
    expect([dying.given.length, first.holds, second.holds]).toEqual([0, false, true]);
  });

  it('breaks off deliveries that are under way', async () => {
    let brokenOff = 0;
    const dying = rememberingSink('a', (notice, signal) => hang(notice, signal).finally(() => (brokenOff += 1)));
    const relay = house.start({ sinks: [dying], pollMs: 500 });
    await write(1);
    await expect.poll(() => head()).toBe('1');
    await sleep(30);
    await house.cutHolder();
    await expect.poll(() => brokenOff).toBe(1);
    await expect.poll(() => relay.lines.some(({ event }) => event === 'outbox.relay_lost')).toBe(true);
  });

  it('ends publishing until the lock is held again: an outage of the database', async () => {
    const outage = await openOutage(house.url);
    try {
      const sink = rememberingSink('a');
      const relay = house.start({ sinks: [sink], databaseUrl: outage.url });
      await write(2);
      await expect.poll(() => sink.numbers()).toEqual(upTo(2));
      await outage.refuse();
      await expect.poll(() => relay.holds).toBe(false);
      const ids = await write(3);
      await sleep(200);
      expect(await head()).toBe('2');
      await outage.serve();
      await expect.poll(() => sink.numbers(), { timeout: 5_000 }).toEqual(upTo(5));
      expect(sink.ids().slice(2)).toEqual(ids);
      expect(relay.lines.filter(({ event, level }) => event === 'outbox.relay_lost' && level === 40)).toHaveLength(1);
    } finally {
      await outage.close();
    }
  });

  it('is noticed when the server hangs without a word', async () => {
    const outage = await openOutage(house.url);
    try {
      const sink = rememberingSink('a');
      const hanging = house.start({ sinks: [sink], databaseUrl: outage.url });
      await expect.poll(() => hanging.holds).toBe(true);
      outage.hang();
      await vi.waitFor(() => expect(hanging.holds).toBe(false), { timeout: 10_000, interval: 100 });
      await outage.refuse();
      const other = house.start({ sinks: [rememberingSink('a')] });
      await expect.poll(() => other.holds, { timeout: 5_000 }).toBe(true);
    } finally {
      await outage.close();
    }
  });
});
