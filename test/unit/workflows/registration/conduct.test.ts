/** The life of a registration over ports (registration.md 9): boot, loop, the one timer, hand-over, end. */
import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { RowImage } from '../../../../contracts/node/projection.ts';
import type { AdmissionDecision } from '../../../../contracts/node/workflow.ts';
import {
  ackMessage,
  clock,
  consent,
  deregistration,
  introspection,
  refusal,
} from '../../domain/registration/decide/support.ts';
import { type FakeLife, startLife } from './support/fake-ports.ts';

const poke = (kind: string, epoch = 1) => ({ kind, epoch, incident_id: null });
const edge = (changes = {}) => ({
  message_id: introspection().message_id,
  epoch: 1,
  status: 'healthy',
  first: true,
  received_at: new Date(clock + 1_000).toISOString(),
  ...changes,
});

/** A node that has an offer. */
async function offered(script: Parameters<typeof startLife>[0] = {}) {
  const life = startLife(script);
  const asked = life.introspect(introspection());
  void life.begin();
  const answer = await asked;
  await life.settle();
  return { life, answer };
}

async function active(script: Parameters<typeof startLife>[0] = {}) {
  const { life, answer } = await offered(script);
  await life.ack(ackMessage(answer.attempt_id));
  await life.settle();
  return life;
}

describe('boot', () => {
  it('without a row completes at once for a poke', async () => {
    const life = startLife();
    life.poke(poke('liveness'));
    expect(await life.begin()).toEqual({ kind: 'completed' });
    expect(life.database.writes).toEqual([]);
  });

  it('without a row answers an ack and a deregistration, and completes', async () => {
    const life = startLife();
    const [ack, gone] = [life.ack(ackMessage(null)), life.deregister(deregistration())];
    void life.begin();
    expect((await ack).result).toBe('unknown_node');
    expect((await gone).result).toBe('unknown_node');
    await life.settle();
    expect(life.ending()).toEqual({ kind: 'completed' });
  });

  it('asks the policy while the row is read, once', async () => {
    let asked = 0;
    const { answer } = await offered({
      quickly: () => {
        asked += 1;
        return Promise.resolve(consent);
      },
    });
    expect(answer).toMatchObject({ result: 'started', state: 'awaiting_ack', epoch: 1, version: 3 });
    expect(asked).toBe(1);
  });

  it('continues the epochs of the row and goes on where its state waits', async () => {
    const first = await active();
    const next = startLife({}, { database: first.database, clock: first.time });
    void next.begin();
    await next.settle();
    expect(next.life.memory).toMatchObject({ state: 'active', epoch: 1, version: 5 });
    expect(next.waiting()).toEqual(['liveness check 60100']);
    const restarted = await next.introspect(introspection());
    expect(restarted).toMatchObject({ epoch: 2, state: 'awaiting_ack' });
  });

  it('in pending asks the policy for the facts of the row', async () => {
    const first = startLife({ quickly: () => Promise.resolve(null) });
    void first.introspect(introspection());
    void first.begin();
    await first.settle();
    const next = startLife({ beside: () => Promise.resolve(consent) }, { database: first.database, clock: first.time });
    void next.begin();
    await next.settle();
    expect(next.questions).toMatchObject([{ request: { message: null, epoch: 1 }, limitMs: null }]);
    expect(next.database.history).toBe('ES E1 E3');
  });

  it('in accepted delivers the offer again', async () => {
    const first = startLife({
      quickly: () => Promise.resolve(null),
      beside: (_, limitMs) => Promise.resolve(limitMs === null ? consent : null),
      deliver: () => new Promise(() => undefined),
    });
    void first.introspect(introspection({ endpoints: { control: 'http://127.0.0.1:1' } }));
    void first.begin();
    await first.settle();
    expect(first.database.history).toBe('ES E1');
    const next = startLife({}, { database: first.database, clock: first.time });
    void next.begin();
    await next.settle();
    expect(next.offers).toMatchObject([{ epoch: 1, ack_in_ms: 30_000 }]);
    expect(next.database.history).toBe('ES E1 E3');
  });

  it('in ack_received activates at once', async () => {
    const first = await offered();
    const { database, time } = first.life;
    if (database.image !== null) database.image = { ...database.image, current_state: 'ack_received', version: 4 };
    const next = startLife({}, { database, clock: time });
    void next.begin();
    await next.settle();
    expect(next.life.memory).toMatchObject({ state: 'active', version: 5 });
  });
});

describe('the one timer', () => {
  it('is set to the ack deadline, and found to be late only when it fires', async () => {
    const { life, answer } = await offered();
    expect(life.waiting()).toEqual(['ack deadline 30100']);
    await life.ack(ackMessage(answer.attempt_id));
    await life.settle();
    expect(life.timers).toHaveLength(1);
    await life.advance(30_100);
    expect(life.waiting()).toEqual(['liveness check 30000']);
    expect(life.timers.some(({ cancelled }) => cancelled)).toBe(false);
  });

  it('is armed anew when an earlier deadline appears', async () => {
    const life = await active();
    await life.advance(30_100);
    await life.introspect(introspection());
    await life.settle();
    expect(life.waiting()).toEqual(['liveness check 30000']);
    await life.deregister(deregistration());
    await life.settle();
    await life.advance(31_000);
    expect(life.waiting()).toEqual([`retire ${7 * 24 * 3_600_000 - 31_000}`]);
    await life.introspect(introspection());
    await life.settle();
    expect(life.waiting()).toEqual(['ack deadline 30100']);
    expect(life.timers.filter(({ cancelled }) => cancelled)).toHaveLength(1);
  });

  it('is a backstop in fleet mode, but for retry and retirement', async () => {
    const { life } = await fleet();
    expect(life.waiting()).toEqual(['backstop 1800000']);
    await life.advance(31_000);
    life.poke(poke('ack'));
    await life.settle();
    expect(life.database.history).toBe('ES E1 E3 E5');
    expect(life.waiting()).toEqual(['retry offer 5000']);
  });

  it('lets the backstop act when no poke comes', async () => {
    const { life, answer } = await fleet();
    await life.ack(ackMessage(answer.attempt_id));
    await life.advance(1_800_000);
    expect(life.life.memory.state).toBe('liveness_expired');
  });

  async function fleet() {
    const life = startLife();
    life.database.mode = 'fleet';
    const asked = life.introspect(introspection());
    void life.begin();
    const answer = await asked;
    await life.settle();
    return { life, answer };
  }
});

describe('time', () => {
  it('expires an offer, makes the next, and ends the series', async () => {
    const { life } = await offered();
    await life.advance(30_100);
    expect(life.database.history).toBe('ES E1 E3 E5');
    await life.advance(5_000);
    expect(life.life.memory).toMatchObject({ state: 'awaiting_ack', epoch: 2, attempt_number: 2 });
    await life.advance(30_100 + 10_000);
    expect(life.life.memory).toMatchObject({ epoch: 3, attempt_number: 3 });
    await life.advance(31_000);
    expect(life.life.memory).toMatchObject({ state: 'ack_timed_out', due: { retry: null } });
    await life.advance(7 * 24 * 3_600_000);
    expect(life.ending()).toEqual({ kind: 'completed' });
  });

  it('looks again when the database says it is early, and when the path is down', async () => {
    const life = await active();
    life.database.lastBeat = clock + 10_000;
    await life.advance(60_100);
    expect(life.database.history).not.toContain('E8');
    expect(life.waiting()).toEqual(['liveness check 40000']);
    // The card does not name a deadline that has passed, of a node that lives.
    const [, shown = ''] = /liveness deadline: `([^`]+)`/.exec(life.shown.at(-1)?.card ?? '') ?? [];
    expect(Date.parse(shown)).toBeGreaterThan(clock + 60_100);
    life.database.held = true;
    await life.advance(40_000);
    expect(life.waiting()).toEqual(['liveness check 45100']);
    life.database.held = false;
    await life.advance(45_100);
    expect(life.database.history).toContain('E8');
  });

  it('finds the receipt of an ack that came in time', async () => {
    const { life } = await offered();
    life.database.receipt = { command_id: introspection().message_id, received_at: new Date(clock + 1).toISOString() };
    await life.advance(30_100);
    expect(life.database.history).toBe('ES E1 E3 E4 E7');
  });

  it('is judged after what was said at the same moment', async () => {
    const { life, answer } = await offered();
    life.time.now += 29_000;
    const ack = life.ack(ackMessage(answer.attempt_id));
    await life.advance(2_000);
    expect((await ack).result).toBe('activated');
    expect(life.database.history).toBe('ES E1 E3 E4 E7');
  });

  it('rules over an ack that comes late, at once', async () => {
    const { life, answer } = await fleetLate();
    const late = await life.ack(ackMessage(answer.attempt_id));
    expect(late).toMatchObject({ result: 'too_late', state: 'ack_timed_out', next: 'wait', retry_after_ms: 5_000 });
    expect(life.database.history).toBe('ES E1 E3 E5');
  });

  async function fleetLate() {
    const life = startLife();
    life.database.mode = 'fleet';
    const asked = life.introspect(introspection());
    void life.begin();
    const answer = await asked;
    await life.advance(30_001);
    return { life, answer };
  }
});

describe('the policy', () => {
  const slow = (
    decide: Promise<AdmissionDecision | null>,
    patient: Promise<AdmissionDecision | null> = new Promise(() => undefined),
  ) => ({
    quickly: () => Promise.resolve(null),
    beside: (_: unknown, limitMs: number | null) => (limitMs === null ? patient : decide),
  });

  it('that needs longer still makes the offer the answer', async () => {
    const { answer, life } = await offered(slow(Promise.resolve(consent)));
    expect(answer).toMatchObject({ result: 'started', state: 'awaiting_ack' });
    expect(life.questions).toMatchObject([{ limitMs: 8_000, request: { epoch: 1 } }]);
    expect(life.database.steps.at(-1)?.event?.payload).toMatchObject({ delivery: 'answer' });
  });

  it('that refuses after a while answers so', async () => {
    const { answer } = await offered(slow(Promise.resolve(refusal)));
    expect(answer).toMatchObject({ result: 'rejected', state: 'rejected', reason: { code: 'domain_closed' } });
  });

  it('that cannot decide in time leaves the node waiting, and its offer is fetched', async () => {
    const decided = Promise.withResolvers<AdmissionDecision | null>();
    const { answer, life } = await offered(slow(Promise.resolve(null), decided.promise));
    expect(answer).toMatchObject({ result: 'deciding', state: 'pending_registration', next: 'wait' });
    expect(life.waiting()).toEqual([]);
    decided.resolve(consent);
    await life.settle();
    expect(life.database.history).toBe('ES E1 E3');
    expect(life.database.steps.at(-1)?.event?.payload).toMatchObject({ delivery: 'poll' });
  });

  it('that decides late calls a node that can be called, or notes that it could not', async () => {
    for (const delivered of [true, false]) {
      const life = startLife({
        ...slow(Promise.resolve(null), Promise.resolve(consent)),
        deliver: () => Promise.resolve(delivered),
      });
      void life.introspect(introspection({ endpoints: { control: 'http://127.0.0.1:1' } }));
      void life.begin();
      await life.settle();
      expect(life.database.steps.at(-1)?.event?.payload).toMatchObject({ delivery: delivered ? 'callback' : 'poll' });
    }
  });

  it('that gave up is asked again after a minute', async () => {
    const { life } = await offered(slow(Promise.resolve(null), Promise.resolve(null)));
    expect(life.waiting()).toEqual(['decision 60000']);
    await life.advance(60_000);
    expect(life.questions).toHaveLength(3);
  });

  it('on an attempt that was superseded is not waited for', async () => {
    const life = startLife(slow(new Promise(() => undefined)));
    const first = life.introspect(introspection());
    void life.begin();
    await life.settle();
    const joined = await life.introspect(introspection());
    expect(joined).toMatchObject({ result: 'joined', state: 'pending_registration', next: 'wait' });
    void life.introspect(introspection({ metadata: { other: true } }));
    const answer = await first;
    expect(answer).toMatchObject({ result: 'deciding', epoch: 1, next: 'wait' });
    expect(life.log.cancelledQuestions).toBe(1);
    expect(life.life.memory.epoch).toBe(2);
  });

  it('on an attempt that was withdrawn is told so', async () => {
    const life = startLife(slow(new Promise(() => undefined)));
    const first = life.introspect(introspection());
    void life.begin();
    await life.settle();
    expect(await life.deregister(deregistration())).toMatchObject({ result: 'withdrawn', next: 'stop' });
    expect(await first).toMatchObject({ result: 'rejected', reason: { code: 'withdrawn' } });
  });
});

describe('a change of facts', () => {
  const change = (region: string) => introspection({ reason: 'capability_change', metadata: { region } });

  it('is refreshed or refused at once', async () => {
    const life = await active();
    expect(await life.introspect(change('eu'))).toMatchObject({ result: 'refreshed', epoch: 1, version: 6 });
    const strict = await active({
      quickly: ({ message }) => Promise.resolve(message?.reason === 'capability_change' ? refusal : consent),
    });
    expect(await strict.introspect(change('eu'))).toMatchObject({
      result: 'refused_change',
      state: 'active',
      version: 5,
    });
  });

  it('that takes longer holds back those behind it, but no acks, and keeps their order', async () => {
    const decided = Promise.withResolvers<AdmissionDecision | null>();
    const life = await active({
      quickly: ({ message }) => Promise.resolve(message?.metadata['region'] === 'slow' ? null : consent),
      beside: () => decided.promise,
    });
    const order: string[] = [];
    const first = life.introspect(change('slow')).then(({ result }) => order.push(`first ${result}`));
    await life.settle();
    const second = life.introspect(change('quick')).then(({ result }) => order.push(`second ${result}`));
    await life.ack(ackMessage(null)).then(({ result }) => order.push(`ack ${result}`));
    life.control.long = true;
    await life.settle();
    expect(life.ending()).toBeNull();
    expect(life.life.snapshot().inbox_length).toBe(1);
    decided.resolve(consent);
    await Promise.all([first, second]);
    expect(order).toEqual(['ack duplicate', 'first refreshed', 'second refreshed']);
    expect(life.database.writes.at(-1)?.row.facts?.metadata).toEqual({ region: 'quick' });
  });

  it('that nobody decides is dropped, and may be sent again', async () => {
    const life = await active({
      quickly: ({ message }) => Promise.resolve(message?.reason === 'capability_change' ? null : consent),
      beside: () => Promise.resolve(null),
    });
    const message = change('eu');
    expect(await life.introspect(message)).toMatchObject({
      result: 'deciding',
      state: 'active',
      retry_after_ms: 5_000,
    });
    expect(await life.introspect(message)).toMatchObject({ result: 'deciding' });
  });

  it('does not hold back a node that leaves', async () => {
    const decided = Promise.withResolvers<AdmissionDecision | null>();
    const life = await active({
      quickly: ({ message }) => Promise.resolve(message?.reason === 'capability_change' ? null : consent),
      beside: () => decided.promise,
    });
    const changing = life.introspect(change('eu'));
    await life.settle();
    expect(await life.introspect(introspection({ reason: 'shutdown' }))).toMatchObject({ result: 'deregistered' });
    decided.resolve(consent);
    // Judged anew: the node is gone, so it registers again.
    expect(await changing).toMatchObject({ epoch: 2 });
  });
});

describe('another incarnation', () => {
  it('that was ahead is read, and the message judged again', async () => {
    const first = await active();
    const other = startLife({}, { database: first.database, clock: first.time });
    void other.begin();
    await other.settle();
    await other.introspect(introspection({ metadata: { other: true } }));
    const answer = await first.introspect(introspection({ reason: 'request', metadata: { other: true } }));
    expect(answer).toMatchObject({ epoch: 2, result: 'joined' });
    expect(first.life.memory.epoch).toBe(2);
  });

  it('that did the same before counts as ourselves', async () => {
    const message = introspection();
    const first = await offered();
    const life = startLife({}, { database: first.life.database, clock: first.life.time });
    void life.begin();
    await life.settle();
    const ack = ackMessage(first.answer.attempt_id);
    await first.life.ack(ack);
    expect(await life.ack(ack)).toMatchObject({ state: 'active' });
    expect(life.database.history).toBe('ES E1 E3 E4 E7');
    expect((await life.introspect(message)).result).toBe('started');
  });

  it('that never lets go ends in an error, not in a loop', async () => {
    const life = await active();
    const { database } = life;
    const persist = database.persist.bind(database);
    database.persist = (write) => ({
      ...persist({ ...write, steps: write.steps.map((step) => ({ ...step, ordering: { epoch: 0, version: 0 } })) }),
      known: false,
    });
    await expect(life.introspect(introspection())).rejects.toMatchObject({ code: 'ND012' });
    expect(life.told.refused).toEqual(['ND012']);
  });

  it('is not to blame for a message that only the history still knows', async () => {
    const life = await active();
    const { database } = life;
    const persist = database.persist.bind(database);
    database.persist = () => ({ ...persist(database.writes[0] ?? fail()), outcome: 'duplicate', known: false });
    expect(await life.introspect(introspection())).toMatchObject({ result: 'duplicate', state: 'active' });
  });

  it('whose database was restored is brought up to date', async () => {
    const life = await active();
    await life.introspect(introspection({ reason: 'request', metadata: { region: 'eu' } }));
    const { database } = life;
    if (database.image !== null) database.image = { ...database.image, version: 2, current_state: 'awaiting_ack' };
    life.poke(poke('edge'));
    await life.settle();
    expect(database.image).toMatchObject({ version: 7, current_state: 'active' });
    if (database.image !== null) database.image = { ...database.image, epoch: 0 };
    await life.advance(60_100);
    expect(database.image).toMatchObject({ epoch: 1, current_state: 'liveness_expired' });
  });
});

describe('a refusal', () => {
  const refuse = (code: 'ND005' | 'ND007') => (): never => {
    throw new OmniBaseError(code);
  };

  it('of the projector is the answer, and the workflow goes on', async () => {
    const life = startLife();
    life.database.refusals.push(refuse('ND005'));
    const asked = life.introspect(introspection());
    void life.begin();
    await expect(asked).rejects.toMatchObject({ code: 'ND005' });
    await life.settle();
    expect(life.ending()).toEqual({ kind: 'completed' });
    expect(life.told.refused).toEqual(['ND005']);
  });

  it('of a deadline is tried again after a minute', async () => {
    const life = await active();
    life.database.refusals.push(refuse('ND007'));
    await life.advance(60_100);
    expect(life.database.history).not.toContain('E8');
    await life.advance(60_000);
    expect(life.database.history).toContain('E8');
  });

  it('of an activation at boot, too', async () => {
    const first = await offered();
    const { database, time } = first.life;
    if (database.image !== null) database.image = { ...database.image, current_state: 'ack_received', version: 4 };
    database.refusals.push(refuse('ND007'));
    const next = startLife({}, { database, clock: time });
    void next.begin();
    await next.settle();
    expect(next.life.memory.state).toBe('ack_received');
    time.now += 60_000;
    next.poke(poke('stuck'));
    await next.settle();
    expect(next.life.memory.state).toBe('active');
  });

  it('that is a defect of ours stalls the workflow', async () => {
    const life = startLife();
    life.database.refusals.push(() => {
      throw new TypeError('a defect');
    });
    void life.introspect(introspection()).catch(() => undefined);
    await expect(life.begin()).rejects.toThrow('a defect');
  });
});

describe('what is said', () => {
  it('in the wrong shape is refused with every problem, or dropped and counted', async () => {
    const life = await active();
    expect(() => life.ack({ node_id: 1 })).toBeDefined();
    await expect(life.ack({ node_id: 1 })).rejects.toMatchObject({ code: 'ND001' });
    await expect(life.introspect(introspection({ node_id: introspection().message_id }))).rejects.toMatchObject({
      code: 'ND001',
    });
    await expect(life.deregister({})).rejects.toMatchObject({ code: 'ND001' });
    await expect(life.edge({})).rejects.toMatchObject({ code: 'ND001' });
    life.heartbeat({ status: 'fine' });
    life.heartbeat({ node_id: introspection().message_id, timestamp: '2026-01-01T00:00:00Z', uptime_seconds: 1 });
    life.poke('liveness');
    expect(life.unknown('x'.repeat(500))).toMatchObject({ code: 'ND001' });
    expect(life.told.dropped).toEqual(['heartbeat', 'heartbeat', 'poke', 'unknown']);
    await life.settle();
    expect(life.life.memory.state).toBe('active');
  });

  it('carries the mark of its call, or the path of a node that speaks for itself', async () => {
    const life = startLife();
    const asked = life.introspect(introspection(), { call_id: 'mine', path: 'gateway' });
    void life.begin();
    const answer = await asked;
    expect(answer.call_id).toBe('mine');
    expect(life.life.memory.path).toBe('gateway');
    const own = await life.ack(ackMessage(answer.attempt_id), null);
    expect(own).not.toHaveProperty('call_id');
    expect(life.life.memory.path).toBe('signal');
    expect(
      await life.introspect(introspection({ reason: 'request' }), { call_id: 'x'.repeat(65), path: 'gateway' }),
    ).not.toHaveProperty('call_id');
    expect(
      await life.introspect(introspection({ reason: 'request' }), { call_id: 'y', path: 'signal' }),
    ).toHaveProperty('call_id');
  });

  it('is counted with its result', async () => {
    const life = await active();
    await life.introspect(introspection({ reason: 'heartbeat' }));
    expect(life.told).toMatchObject({
      introspected: ['startup started', 'request unchanged'],
      acked: ['activated'],
      handshaken: [0],
    });
  });

  it('as an edge is applied once', async () => {
    const life = await active();
    expect(await life.edge(edge())).toEqual({ applied: true, state: 'active', epoch: 1, version: 6 });
    expect(
      await life.edge(edge({ first: false, status: 'degraded', received_at: new Date(clock + 2_000).toISOString() })),
    ).toMatchObject({ version: 7 });
    expect(await life.edge(edge({ epoch: 9 }))).toMatchObject({ applied: false });
  });
});

describe('a poke', () => {
  it('of a receipt reads it and activates', async () => {
    const { life, answer } = await offered();
    life.poke(poke('receipt'));
    await life.settle();
    expect(life.database.history).toBe('ES E1 E3');
    life.database.hot = {
      ack_command_id: introspection().message_id,
      attempt_id: answer.attempt_id,
      ack_received_at: new Date(clock).toISOString(),
    };
    life.poke(poke('receipt'));
    await life.settle();
    expect(life.database.history).toBe('ES E1 E3 E4 E7');
  });

  it('of an edge that was lost writes it', async () => {
    const life = await active();
    life.database.hot = { reported_status: 'degraded', last_heartbeat_at: new Date(clock + 5).toISOString() };
    life.poke(poke('edge'));
    await life.settle();
    expect(life.database.history).toBe('ES E1 E3 E4 E7 R');
  });

  it.each([
    ['of a row that is gone', () => null],
    [
      'of a row that was set back',
      (image: RowImage) => ({ ...image, version: 3, current_state: 'awaiting_ack' as const }),
    ],
  ])('%s brings it up to date, whatever it is about', async (_what, before) => {
    for (const kind of ['stuck', 'ack', 'liveness'] as const) {
      const life = await active();
      const { image } = life.database;
      life.database.image = image === null ? null : before(image);
      life.poke(poke(kind, kind === 'liveness' ? 0 : 1));
      await life.settle();
      expect(life.database.image).toMatchObject({ current_state: 'active', epoch: 1, version: 6 });
      expect(life.life.memory).toMatchObject({ state: 'active', epoch: 1, version: 6 });
    }
  });

  it('of a row that was set back behind an end lets it end again, and gives no epoch twice', async () => {
    const life = await active();
    const restored = life.database.image;
    await life.introspect(introspection());
    await life.introspect(introspection({ reason: 'shutdown' }));
    expect(life.life.memory).toMatchObject({ state: 'ack_timed_out', epoch: 2 });
    await life.introspect(introspection());
    const offer = await life.introspect(introspection({ reason: 'request', metadata: { changed: true } }));
    await life.ack(ackMessage(offer.attempt_id));
    await life.introspect(introspection({ reason: 'shutdown' }));
    expect(life.life.memory).toMatchObject({ state: 'liveness_expired', epoch: 4 });

    life.database.image = restored;
    life.poke(poke('liveness'));
    await life.settle();
    await life.advance(120_000);
    expect(life.database.image).toMatchObject({ current_state: 'liveness_expired', epoch: 1 });
    expect(await life.introspect(introspection())).toMatchObject({ result: 'started', epoch: 5 });
  });
});

describe('an introspection without news', () => {
  it('of a node whose row is gone writes it anew, with its facts', async () => {
    const life = startLife();
    const message = introspection({ reason: 'request' });
    const asked = life.introspect(message);
    void life.begin();
    await life.ack(ackMessage((await asked).attempt_id));
    life.database.image = null;
    const again = await life.introspect({ ...message, message_id: introspection().message_id });
    expect(again).toMatchObject({ state: 'active', epoch: 1 });
    expect(life.database.image).toMatchObject({ current_state: 'active', epoch: 1 });
  });

  it('reads the row once and writes nothing where all is well', async () => {
    const life = await active();
    const before = life.database.writes.length;
    expect((await life.introspect(introspection({ reason: 'request' }))).result).toBe('unchanged');
    expect(life.database.writes).toHaveLength(before);
  });
});

describe('the next run', () => {
  async function handedOver(life: FakeLife) {
    life.control.long = true;
    life.life.bell.ring();
    await life.settle();
    const ending = life.ending();
    if (ending?.kind !== 'continued') throw new Error('the run goes on');
    return JSON.parse(JSON.stringify(ending.carried)) as typeof ending.carried;
  }

  it('gets everything as plain JSON below 32 KiB', async () => {
    const life = await active();
    for (let index = 0; index < 40; index += 1) {
      await life.introspect(introspection({ reason: 'request', performance_metrics: { text: 'x'.repeat(4_000) } }));
    }
    for (let index = 0; index < 10; index += 1) await life.introspect(introspection({ metadata: { index } }));
    const { life: held } = life;
    const carried = await handedOver(life);
    expect(carried.memory).toEqual(held.memory);
    expect(carried.memory.seen).toHaveLength(32);
    expect(carried.memory.attempts).toHaveLength(8);
    expect(JSON.stringify(carried).length).toBeLessThan(32 * 1024);
  });

  it('goes on without reading: duplicates are known, deadlines kept, the timer set anew', async () => {
    const life = await active();
    const message = introspection({ reason: 'request' });
    await life.introspect(message);
    await life.advance(10_000);
    const carried = await handedOver(life);
    const next = startLife({ input: { carried } }, { database: life.database, clock: life.time });
    void next.begin();
    await next.settle();
    expect(next.waiting()).toEqual(['liveness check 50100']);
    expect((await next.introspect(message)).result).toBe('duplicate');
    await next.advance(50_100);
    expect(next.life.memory.state).toBe('liveness_expired');
  });

  it('takes over pokes and the held beat', async () => {
    const life = await active();
    const carried = await handedOver(life);
    const beat = { node_id: life.life.input.entity_id, domain: 'registration', status: 'healthy' } as never;
    const withMore = {
      ...carried,
      pokes: [poke('liveness'), 'nonsense'],
      held_beat: { beat, arrived_at: life.time.now, flushed_at: null },
    };
    const next = startLife({ input: { carried: withMore } }, { database: life.database, clock: life.time });
    void next.begin();
    await next.settle();
    expect(next.flushes).toEqual([{ status: 'healthy', age_ms: 0 }]);
    expect(next.database.history).toBe('ES E1 E3 E4 E7 R');
  });

  it('waits for callers, and for handlers that are about to end', async () => {
    const decided = Promise.withResolvers<AdmissionDecision | null>();
    const life = startLife({ quickly: () => Promise.resolve(null), beside: () => decided.promise });
    life.control.long = true;
    const asked = life.introspect(introspection());
    void life.begin();
    await life.settle();
    expect(life.ending()).toBeNull();
    decided.resolve(consent);
    expect((await asked).result).toBe('started');
    await life.settle();
    expect(life.ending()?.kind).toBe('continued');
  });

  it('does not begin before the last handler has ended, and hears what comes until then', async () => {
    const life = await active();
    life.control.long = true;
    life.control.unfinished = 1;
    life.poke(poke('stuck', 99));
    await life.settle();
    expect(life.ending()).toBeNull();
    expect((await life.introspect(introspection({ reason: 'request' }))).result).toBe('unchanged');
    life.finishHandler();
    await life.settle();
    expect(life.ending()?.kind).toBe('continued');
  });

  it('repeats an admission that nobody waits for', async () => {
    const life = startLife({
      quickly: () => Promise.resolve(null),
      beside: (_, limit) => (limit === null ? new Promise(() => undefined) : Promise.resolve(null)),
    });
    const asked = life.introspect(introspection());
    void life.begin();
    await asked;
    const carried = await handedOver(life);
    const next = startLife(
      { input: { carried }, beside: () => Promise.resolve(consent) },
      { database: life.database, clock: life.time },
    );
    void next.begin();
    await next.settle();
    expect(next.database.history).toBe('ES E1 E3');
  });
});

describe('the end', () => {
  it('comes when a node is only remembered, and not while it is spoken of', async () => {
    const life = await active();
    await life.deregister(deregistration());
    const week = 7 * 24 * 3_600_000;
    await life.advance(week - 1_000);
    expect(await life.ack(ackMessage(null))).toMatchObject({ result: 'closed' });
    await life.advance(2_000);
    expect(life.ending()).toBeNull();
    await life.advance(week);
    expect(life.ending()).toEqual({ kind: 'completed' });
  });

  it('is put off by a message that comes at the same moment', async () => {
    const life = await active();
    await life.deregister(deregistration());
    await life.advance(7 * 24 * 3_600_000 - 10_000);
    life.control.unfinished = 1;
    await life.advance(20_000);
    expect(life.ending()).toBeNull();
    expect(await life.introspect(introspection())).toMatchObject({ result: 'started', epoch: 2 });
    life.finishHandler();
    await life.settle();
    expect(life.ending()).toBeNull();
  });
});

describe('what is shown', () => {
  it('follows every write', async () => {
    const life = await active();
    await life.introspect(introspection({ reason: 'request', metadata: { a: 1 }, node_name: 'a`b  c' }));
    expect(life.shown.map(({ state }) => state)).toEqual(['awaiting_ack', 'active', 'active']);
    expect(life.shown.at(-1)?.card).toContain("`a'b c`");
    expect(life.shown.at(-1)?.card).toContain('epoch.version: `1.6`, attempt 1 of 3');
  });

  it('answers the query at once, also before anything is known', async () => {
    const life = startLife();
    expect(life.life.snapshot()).toMatchObject({ state: null, epoch: 0, timer: null, next_heartbeat_in_ms: null });
    const { life: later } = await offered();
    expect(later.life.snapshot()).toMatchObject({
      state: 'awaiting_ack',
      timer: { purpose: 'ack deadline', due_at: new Date(clock + 30_100).toISOString() },
      next_retry_at: null,
      next_heartbeat_in_ms: 30_000,
    });
    await later.advance(30_100);
    expect(later.life.snapshot().next_retry_at).toBe(new Date(clock + 35_100).toISOString());
    expect(later.shown.at(-1)?.card).toContain('next offer');
  });
});

function fail(): never {
  throw new Error('nothing was written');
}
