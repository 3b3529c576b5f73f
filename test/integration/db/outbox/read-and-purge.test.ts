import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { oldestUnpublishedSeconds } from '../../../../db/stores/outbox/oldest.ts';
import { purgeOutbox } from '../../../../db/stores/outbox/purge.ts';
import { type PublishedPosition, readHead, readPublished } from '../../../../db/stores/outbox/read.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { publishAll, writeEvent } from './fixtures.ts';

let test: TestDatabase;
let database: Database;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test.url, { applicationName: 'outbox test' });
});

afterEach(async () => {
  await database.close();
  await test.drop();
});

async function publish(count: number): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) await writeEvent(database.pool);
  await publishAll(test.url);
}

async function age(through: number, days: number): Promise<void> {
  await database.pool.query(`UPDATE outbox SET published_at = now() - $2 * interval '1 day' WHERE pub_seq <= $1`, [
    through,
    days,
  ]);
}

const read = (position: PublishedPosition) => readPublished(database.pool, position);
const numbers = async (position: PublishedPosition) => (await read(position)).events.map(({ pub_seq }) => pub_seq);

describe('reading', () => {
  it('goes page by page and knows the end', async () => {
    await publish(5);
    const first = await read({ after: '0', limit: 3 });
    expect([first.events.length, first.next, first.complete]).toEqual([3, '3', false]);
    const rest = await read({ after: first.next, limit: 3 });
    expect([rest.events.length, rest.next, rest.complete]).toEqual([2, '5', true]);
    expect(await read({ after: rest.next })).toEqual({ events: [], next: '5', complete: true });
    expect(await numbers({ after: '0', limit: -1 })).toEqual(['1']);
    expect(await readHead(database.pool)).toBe('5');
  });

  it('answers an empty outbox', async () => {
    expect(await read({ after: '0' })).toEqual({ events: [], next: '0', complete: true });
  });

  it('does not see what has no number yet', async () => {
    await writeEvent(database.pool);
    expect(await numbers({ after: '0' })).toEqual([]);
    expect(await oldestUnpublishedSeconds(database)).toBeGreaterThan(0);
    await publishAll(test.url);
    expect(await numbers({ after: '0' })).toEqual(['1']);
    expect(await oldestUnpublishedSeconds(database)).toBe(0);
  });

  it('gives the whole event', async () => {
    const subject = randomUUID();
    const event_id = await writeEvent(database.pool, { subject, payload: { to_state: 'active' } });
    await publishAll(test.url);
    expect((await read({ after: '0' })).events).toEqual([
      {
        pub_seq: '1',
        event_id,
        topic: 'nodes',
        type: 'node.became_active',
        subject_kind: 'node',
        subject_id: subject,
        domain: 'registration',
        payload: { event_id, type: 'node.became_active', entity_id: subject, incident_id: null, to_state: 'active' },
        published_at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      },
    ]);
  });

  it('filters by domain, entity, type and kind, all together', async () => {
    const subject = randomUUID();
    await writeEvent(database.pool, { subject, domain: 'a', type: 'x' });
    await writeEvent(database.pool, { subject, domain: 'b', type: 'x' });
    await writeEvent(database.pool, { subject, domain: 'b', type: 'y' });
    await writeEvent(database.pool, { domain: 'b', type: 'y' });
    await writeEvent(database.pool, { domain: null, type: 'y', kind: 'fleet' });
    await publishAll(test.url);
    expect(await numbers({ after: '0', domain: 'b' })).toEqual(['2', '3', '4']);
    expect(await numbers({ after: '0', entity_id: subject })).toEqual(['1', '2', '3']);
    expect(await numbers({ after: '0', types: ['y', 'z'] })).toEqual(['3', '4', '5']);
    expect(await numbers({ after: '0', kinds: ['fleet'] })).toEqual(['5']);
    expect(await numbers({ after: '0', domain: 'b', entity_id: subject, types: ['y'], kinds: ['node'] })).toEqual([
      '3',
    ]);
    expect(await numbers({ after: '0', types: [] })).toEqual([]);
  });

  it('gets past a long stretch without a match, a bounded piece at a time', async () => {
    await database.pool.query(
      `INSERT INTO outbox (class, topic, type, subject_kind, subject_id, payload)
       SELECT 'event', 'nodes', 'filler', 'node', 'x', '{}' FROM generate_series(1, 12000)`,
    );
    const wanted = await writeEvent(database.pool, { type: 'wanted' });
    await publishAll(test.url, 5000);
    const first = await read({ after: '0', types: ['wanted'] });
    expect([first.events, first.next, first.complete]).toEqual([[], '5000', false]);
    const second = await read({ after: first.next, types: ['wanted'] });
    const third = await read({ after: second.next, types: ['wanted'] });
    expect(third.events.map(({ event_id }) => event_id)).toEqual([wanted]);
    expect([third.next, third.complete]).toEqual(['12001', true]);
  });
});

describe('purging', () => {
  it('removes what is older than seven days, in batches, and keeps the rest', async () => {
    await publish(10);
    await age(7, 7.01);
    expect(await purgeOutbox(database, { batch: 4 })).toBe(4);
    expect(await purgeOutbox(database, { batch: 4 })).toBe(3);
    expect(await purgeOutbox(database, { batch: 4 })).toBe(0);
    expect(await numbers({ after: '0' })).toEqual(['8', '9', '10']);
  });

  it('stops at the first event that is young enough, so that no hole appears', async () => {
    await publish(5);
    await age(5, 8);
    await database.pool.query('UPDATE outbox SET published_at = now() WHERE pub_seq = 3');
    expect(await purgeOutbox(database)).toBe(2);
    expect(await numbers({ after: '0' })).toEqual(['3', '4', '5']);
  });

  it('keeps what was never published, however old', async () => {
    await writeEvent(database.pool);
    await database.pool.query(`UPDATE outbox SET created_at = now() - interval '30 days'`);
    expect(await purgeOutbox(database)).toBe(0);
    await publishAll(test.url);
    expect(await numbers({ after: '0' })).toEqual(['1']);
    expect(await oldestUnpublishedSeconds(database)).toBe(0);
  });

  it('never gives a number twice, even after everything was removed', async () => {
    await publish(3);
    await age(3, 8);
    expect(await purgeOutbox(database)).toBe(3);
    expect(await read({ after: '0' })).toEqual({ events: [], next: '3', complete: true });
    await publish(1);
    expect(await numbers({ after: '0' })).toEqual(['4']);
  });

  it('makes cursors too old exactly where events are missing', async () => {
    await publish(6);
    await age(4, 8);
    await purgeOutbox(database);
    for (const after of ['1', '2', '3']) {
      await expect(read({ after })).rejects.toMatchObject({
        code: 'ND018',
        httpStatus: 410,
        details: { after, oldest: '5', newest: '6' },
      });
    }
    expect(await numbers({ after: '4' })).toEqual(['5', '6']);
    expect(await numbers({ after: '0' })).toEqual(['5', '6']);
  });

  it('goes side by side with publishing', async () => {
    await publish(200);
    await age(200, 8);
    const written = (async () => {
      for (let count = 0; count < 40; count += 1) await writeEvent(database.pool);
    })();
    const purged = (async () => {
      let total = 0;
      while (total < 200) total += await purgeOutbox(database, { batch: 10 });
      return total;
    })();
    await Promise.all([written, publishAll(test.url, 3), purged]);
    await publishAll(test.url);
    expect(await numbers({ after: '0' })).toEqual(Array.from({ length: 40 }, (_, index) => String(201 + index)));
  });
});

it('a cursor ahead of the stream is refused: it comes from other data', async () => {
  await publish(2);
  await expect(read({ after: '3' })).rejects.toMatchObject({
    code: 'ND018',
    message: expect.stringContaining('ahead'),
  });
});
