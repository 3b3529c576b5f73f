/** Sinks: each by itself, in order per subject, at least once, and one notice of a mass incident. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHead } from '../../../../db/stores/outbox/read.ts';
import { createLogSink } from '../../../../workers/relay/log-sink.ts';
import { SinkRefusal } from '../../../../workers/relay/sink.ts';
import { createWebhookSinks } from '../../../../workers/relay/webhook-sink.ts';
import { writeEvent } from '../../db/outbox/fixtures.ts';
import { hang, type RelayHouse, relayHouse, rememberingSink, upTo } from './support.ts';

let house: RelayHouse;
beforeEach(async () => void (house = await relayHouse()));
afterEach(() => house.dispose());

const write = (subject: string = randomUUID(), payload = {}, type = 'node.became_active') =>
  writeEvent(house.database.pool, { subject, payload, type });
const positionOf = async (name: string) =>
  (
    await house.database.pool.query<{
      pub_seq: string;
      incidents: string[];
      failures: number;
      last_error: string | null;
    }>('SELECT pub_seq, incidents, failures, last_error FROM outbox_sinks WHERE name = $1', [name])
  ).rows[0];

describe('a failing sink', () => {
  it('holds up no other, whether it fails or hangs', async () => {
    const failing = rememberingSink('failing', () => Promise.reject(new Error('away')));
    const hanging = rememberingSink('hanging', hang);
    const good = rememberingSink('good');
    const relay = house.start({ sinks: [failing, hanging, good] });
    for (let nth = 0; nth < 30; nth += 1) await write();
    await expect.poll(() => good.numbers()).toEqual(upTo(30));
    expect([failing.given, hanging.given]).toEqual([[], []]);
    await expect.poll(() => relay.value('omnibase_outbox_failed_total', 'failing')).toBeGreaterThan(2);
    expect(await relay.value('omnibase_outbox_failed_total', 'good')).toBeUndefined();
    await expect.poll(async () => (await positionOf('good'))?.pub_seq).toBe('30');
    await expect.poll(async () => (await positionOf('failing'))?.last_error).toBe('away');
    expect((await positionOf('failing'))?.pub_seq).toBe('0');
  });

  it('gets everything once it is well again, in order', async () => {
    let well = false;
    const sink = rememberingSink('a', () => (well ? undefined : Promise.reject(new Error('away'))));
    house.start({ sinks: [sink] });
    for (let nth = 0; nth < 20; nth += 1) await write();
    await expect.poll(async () => (await positionOf('a'))?.failures).toBeGreaterThan(3);
    expect((await positionOf('a'))?.pub_seq).toBe('0');
    well = true;
    await expect.poll(() => sink.numbers()).toEqual(upTo(20));
    expect(sink.given).toHaveLength(20);
    await expect.poll(() => positionOf('a')).toMatchObject({ pub_seq: '20', failures: 0 });
  });

  it('keeps the order of a subject and does not stop the others', async () => {
    const [bad, ...others] = [randomUUID(), randomUUID(), randomUUID()];
    let well = false;
    const sink = rememberingSink('a', (notice) =>
      notice.kind === 'event' && notice.event.subject_id === bad && !well
        ? Promise.reject(new Error('not this one'))
        : undefined,
    );
    const relay = house.start({ sinks: [sink] });
    const ofBad: string[] = [];
    const ofOthers: string[] = [];
    for (let nth = 0; nth < 5; nth += 1) {
      ofBad.push(await write(bad));
      for (const other of others) ofOthers.push(await write(other));
    }
    await expect.poll(() => sink.ids().toSorted()).toEqual(ofOthers.toSorted());
    // The cursor waits for the one that is missing, so that a new holder would try it too.
    expect((await positionOf('a'))?.pub_seq).toBe('0');
    await expect.poll(() => relay.value('omnibase_outbox_pending_events', 'a')).toBe(5);
    well = true;
    await expect.poll(() => sink.ids().filter((id) => ofBad.includes(id))).toEqual(ofBad);
    expect(sink.given).toHaveLength(15);
    await expect.poll(async () => (await positionOf('a'))?.pub_seq).toBe('15');
  });

  it('that refuses one event for good loses that one and says so', async () => {
    const bad = randomUUID();
    const sink = rememberingSink('a', (notice) =>
      notice.kind === 'event' && notice.event.subject_id === bad
        ? Promise.reject(new SinkRefusal('answered HTTP 422'))
        : undefined,
    );
    const relay = house.start({ sinks: [sink] });
    await write(bad);
    const kept = await write();
    await expect.poll(async () => (await positionOf('a'))?.pub_seq, { timeout: 5_000 }).toBe('2');
    expect(sink.ids()).toEqual([kept]);
    expect(await relay.value('omnibase_outbox_abandoned_total', 'a')).toBe(1);
    expect(relay.lines.find(({ event }) => event === 'outbox.delivery_abandoned')).toMatchObject({
      sink: 'a',
      pub_seq: '1',
      reason: 'answered HTTP 422',
    });
  });

  it('a hundred bad events do not starve the good ones behind them', async () => {
    const sink = rememberingSink('a', (notice) =>
      notice.kind === 'event' && notice.event.type === 'bad' ? Promise.reject(new SinkRefusal('no')) : undefined,
    );
    for (let nth = 0; nth < 100; nth += 1) await write(randomUUID(), {}, 'bad');
    const good = await write();
    house.start({ sinks: [sink] });
    await expect.poll(() => sink.ids()).toEqual([good]);
    await expect.poll(async () => (await positionOf('a'))?.pub_seq, { timeout: 5_000 }).toBe('101');
  });
});

describe('the place of a sink', () => {
  it('begins with what is published once it is there', async () => {
    const early = rememberingSink('early');
    const first = house.start({ sinks: [early] });
    await write();
    await expect.poll(() => early.numbers()).toEqual(['1']);
    await first.close();
    const late = rememberingSink('late');
    house.start({ sinks: [late] });
    await write();
    await expect.poll(() => late.numbers()).toEqual(['2']);
  });

  it('survives the process: nothing is lost or repeated over orderly restarts', async () => {
    const sink = rememberingSink('a');
    for (let round = 0; round < 3; round += 1) {
      const relay = house.start({ sinks: [sink] });
      for (let nth = 0; nth < 5; nth += 1) await write();
      await expect.poll(() => sink.given.length).toBeGreaterThan(round * 7);
      await relay.close();
      for (let nth = 0; nth < 2; nth += 1) await write();
    }
    house.start({ sinks: [sink] });
    await expect.poll(() => sink.numbers()).toEqual(upTo(21));
    expect(sink.given).toHaveLength(21);
  });

  it('goes on behind what was removed, and tells that something is missing', async () => {
    const sink = rememberingSink('a');
    const first = house.start({ sinks: [sink] });
    await write();
    await expect.poll(async () => (await positionOf('a'))?.pub_seq).toBe('1');
    await first.close();
    const other = house.start({ sinks: [], purgeEveryMs: 20, purge: { keepMs: 0 } });
    for (let nth = 0; nth < 3; nth += 1) await write();
    await expect.poll(() => readHead(house.database.pool)).toBe('4');
    await expect.poll(async () => (await house.database.pool.query('SELECT 1 FROM outbox')).rowCount).toBe(0);
    await other.close();
    const relay = house.start({ sinks: [sink] });
    const id = await write();
    await expect.poll(() => sink.ids().at(-1)).toBe(id);
    expect(relay.lines.find(({ event }) => event === 'outbox.sink_lost_events')).toMatchObject({
      sink: 'a',
      level: 50,
    });
  });

  it('moves on over types the sink does not want', async () => {
    const sink = rememberingSink('a', undefined, { types: ['wanted'] });
    house.start({ sinks: [sink] });
    await write();
    const wanted = await write(randomUUID(), {}, 'wanted');
    await write();
    await expect.poll(() => sink.ids()).toEqual([wanted]);
    await expect.poll(async () => (await positionOf('a'))?.pub_seq).toBe('3');
  });
});

describe('a mass incident', () => {
  const incident_id = '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9b';
  const expire = () => write(randomUUID(), { incident_id }, 'node.liveness_expired');
  const fleetEvent = (type: string) =>
    writeEvent(house.database.pool, {
      type,
      kind: 'fleet',
      subject: incident_id,
      domain: null,
      payload: { incident_id },
    });

  it('is one notice, over restarts too; its end is another', async () => {
    const sink = rememberingSink('a');
    const first = house.start({ sinks: [sink] });
    const opened = await fleetEvent('fleet.incident_opened');
    for (let nth = 0; nth < 30; nth += 1) await expire();
    await expect.poll(async () => (await positionOf('a'))?.pub_seq).toBe('31');
    await first.close();
    expect((await positionOf('a'))?.incidents).toEqual([incident_id]);
    house.start({ sinks: [sink] });
    for (let nth = 0; nth < 10; nth += 1) await expire();
    const alone = await write(randomUUID(), { incident_id: null }, 'node.liveness_expired');
    const closed = await fleetEvent('fleet.incident_closed');
    await expect.poll(async () => (await positionOf('a'))?.pub_seq).toBe('43');
    expect(sink.ids()[0]).toBe(opened);
    expect(sink.ids().slice(1).toSorted()).toEqual([alone, closed].toSorted());
    expect(sink.given).toHaveLength(3);
  });

  it('is one notice to a sink that only wants expiries, tried again until it is taken', async () => {
    let calls = 0;
    const sink = rememberingSink('a', () => ((calls += 1) <= 3 ? Promise.reject(new Error('away')) : undefined), {
      types: ['node.liveness_expired'],
    });
    await fleetEvent('fleet.incident_opened');
    for (let nth = 0; nth < 30; nth += 1) await expire();
    house.start({ sinks: [sink] });
    await expect.poll(async () => (await positionOf('a'))?.pub_seq).toBe('31');
    for (let nth = 0; nth < 5; nth += 1) await expire();
    await expect.poll(async () => (await positionOf('a'))?.pub_seq).toBe('36');
    expect(sink.given).toEqual([
      { kind: 'incident', notice: expect.objectContaining({ type: 'fleet.incident_notice', incident_id, count: 30 }) },
    ]);
  });
});

describe('the log', () => {
  it('has one line per event in the order of publication, with its type as code', async () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
    house.start({ sinks: [createLogSink(logger)] });
    const subjects = [randomUUID(), randomUUID()];
    for (let nth = 0; nth < 12; nth += 1) {
      await write(subjects[nth % 2], {
        epoch: 1,
        version: nth,
        from_state: 'active',
        to_state: 'liveness_expired',
        secret: 'x',
      });
    }
    await expect.poll(() => lines.length).toBe(12);
    expect(lines.map(({ pub_seq }) => pub_seq)).toEqual(upTo(12));
    expect(lines[3]).toMatchObject({
      event: 'node.became_active',
      entity_id: subjects[1],
      domain: 'registration',
      epoch: 1,
      version: 3,
      from: 'active',
      to: 'liveness_expired',
    });
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});

describe('webhooks over HTTP', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  async function receiver(answer: (nth: number) => number | 'hang') {
    const bodies: { event_id: string }[] = [];
    let nth = 0;
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const status = answer((nth += 1));
        if (status === 'hang') return;
        if (status < 300) bodies.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        response.writeHead(status).end();
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return { bodies, url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/` };
  }

  it('a good one is served while one fails and one hangs; the failing one gets all in the end', async () => {
    const good = await receiver(() => 200);
    let failing = true;
    const flaky = await receiver(() => (failing ? 503 : 204));
    const hanging = await receiver(() => 'hang');
    const settings = [good, flaky, hanging].map(({ url }) => ({ url, secret_env: 'S' }));
    house.start({ sinks: createWebhookSinks(settings, { S: 'secret' }) });
    const ids: string[] = [];
    for (let nth = 0; nth < 25; nth += 1) ids.push(await write());
    await expect.poll(() => good.bodies.map(({ event_id }) => event_id).toSorted()).toEqual(ids.toSorted());
    expect(flaky.bodies).toEqual([]);
    failing = false;
    await expect.poll(() => flaky.bodies.map(({ event_id }) => event_id).toSorted()).toEqual(ids.toSorted());
    expect(hanging.bodies).toEqual([]);
  });
});
