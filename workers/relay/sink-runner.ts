/**
 * Drives one sink: reads on from its cursor, delivers lane by lane, tries again what failed, keeps the cursor. It reads
 * and writes on the connection that holds the relay's lock: with the lock it loses the power to move its cursor.
 *
 * A failing notice holds up the later ones of its own subject, and the cursor, but not the other subjects: they go on
 * for a window of events beyond the cursor. A process that dies repeats at most what it had delivered of that window.
 */
import type { Logger } from 'pino';
import { OmniBaseError } from '../../contracts/error.ts';
import type { Connection } from '../../db/stores/outbox/connection.ts';
import { type PublishedPage, readPublished } from '../../db/stores/outbox/read.ts';
import { openSink, type SinkProgress, saveSink } from '../../db/stores/outbox/sinks.ts';
import { WakeUp } from '../../db/stores/outbox/wake-up.ts';
import { byHead, byNumber, headOf, type PlannedNotice, planNotices } from '../../domain/outbox/notices.ts';
import { Attempts, defaultRetry, type RetrySettings } from './attempts.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { type Sink, SinkRefusal } from './sink.ts';

export interface SinkRunnerDeps {
  readonly sink: Sink;
  readonly connection: Connection;
  readonly logger: Logger;
  readonly metrics: RelayMetrics;
  readonly retry?: RetrySettings;
  readonly random?: () => number;
}

/** Events looked at together: how far delivery may run ahead of the cursor. */
const windowSize = 200;
/** Failures without a delivery between them after which a turn ends: the receiver is away. */
const failuresPerTurn = 3;
const incidentsKept = 8;
/** Notices under way at once. */
const concurrency = 4;
/** Longest sleep; a ring comes earlier. */
const idleMs = 30_000;

interface Rest {
  readonly milliseconds: number;
  /** While the receiver is away new events are no reason to try. */
  readonly deaf: boolean;
}

export class SinkRunner {
  readonly #deps: SinkRunnerDeps;
  readonly #logger: Logger;
  readonly #attempts: Attempts;
  readonly #wakeUp = new WakeUp();
  /** Beyond the cursor, and delivered. */
  readonly #done = new Set<string>();
  #position = '0';
  #incidents: readonly string[] = [];
  #failures = 0;
  #lastError: string | null = null;
  /** Turns in a row in which nothing was delivered. */
  #deadTurns = 0;

  constructor(deps: SinkRunnerDeps) {
    this.#deps = deps;
    this.#logger = deps.logger.child({ sink: deps.sink.name });
    this.#attempts = new Attempts(deps.retry ?? defaultRetry, deps.random ?? Math.random);
  }

  /** Finds its place; before the first publication of this relay, so that a new sink misses nothing of it. */
  async open(): Promise<void> {
    const { pub_seq, incidents }: SinkProgress = await openSink(this.#deps.connection, this.#deps.sink.name);
    this.#position = pub_seq;
    this.#incidents = incidents;
  }

  /** New events were published. */
  ring(): void {
    this.#wakeUp.ring();
  }

  /** Delivers until the signal fires; rejects when the database does not serve. */
  async run(signal: AbortSignal): Promise<void> {
    const silence = new WakeUp();
    while (!signal.aborted) {
      const rest = await this.#turn(signal);
      if (rest.milliseconds > 0) await (rest.deaf ? silence : this.#wakeUp).wait(rest.milliseconds, signal);
    }
  }

  async #turn(signal: AbortSignal): Promise<Rest> {
    const { metrics, sink } = this.#deps;
    const before = this.#state();
    const page = await this.#read();
    const plan = planNotices(
      page.events.filter(({ pub_seq }) => !this.#done.has(pub_seq)),
      this.#incidents,
    );
    for (const pubSeq of plan.folded) this.#done.add(pubSeq);
    metrics.published(sink.name, plan.folded.length);
    const total = sink.order === 'total';
    const alive = await this.#deliver(total ? [plan.lanes.flat().toSorted(byHead)] : plan.lanes, signal);
    const pending = this.#advance(page);
    metrics.pending(sink.name, pending);
    if (JSON.stringify(before) !== JSON.stringify(this.#state())) await this.#save();
    if (!alive) return { milliseconds: this.#attempts.delay(++this.#deadTurns), deaf: true };
    this.#deadTurns = 0;
    if (pending === 0) return { milliseconds: page.complete ? idleMs : 0, deaf: false };
    const due = this.#attempts.nextDue() - performance.now();
    return { milliseconds: Math.min(Math.max(due, 1), idleMs), deaf: false };
  }

  /** @returns false when the receiver seems to be away */
  async #deliver(lanes: readonly (readonly PlannedNotice[])[], signal: AbortSignal): Promise<boolean> {
    const now = performance.now();
    const due = lanes
      .map((lane) => ({ lane, key: lane[0] === undefined ? '0' : headOf(lane[0]) }))
      .filter(({ key }) => this.#attempts.isDue(key, now))
      // What failed often comes last, so that a few bad ones do not use up the turn.
      .toSorted((a, b) => this.#attempts.count(a.key) - this.#attempts.count(b.key))
      .map(({ lane }) => lane);
    const outcome = { delivered: 0, failed: 0 };
    const isDead = (): boolean => outcome.delivered === 0 && outcome.failed >= failuresPerTurn;
    const queue = due.values();
    const carry = async (): Promise<void> => {
      for (const lane of queue) {
        if (signal.aborted || isDead()) return;
        await this.#deliverLane(lane, outcome, signal);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, carry));
    return !isDead();
  }

  async #deliverLane(
    lane: readonly PlannedNotice[],
    outcome: { delivered: number; failed: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { sink, metrics } = this.#deps;
    for (const planned of lane) {
      if (signal.aborted) return;
      const key = headOf(planned);
      try {
        await sink.deliver(planned.notice, signal);
      } catch (error) {
        if (signal.aborted) return;
        // Who refuses is there.
        if (!(error instanceof SinkRefusal)) outcome.failed += 1;
        if (!this.#failed(planned, error)) return;
        continue;
      }
      outcome.delivered += 1;
      this.#attempts.delivered(key, performance.now());
      this.#failures = 0;
      if (planned.announces !== null) this.#incidents = [...this.#incidents, planned.announces].slice(-incidentsKept);
      for (const pubSeq of planned.covers) this.#done.add(pubSeq);
      metrics.published(sink.name, planned.covers.length);
    }
  }

  /** @returns true when the notice is given up and its lane may go on */
  #failed(planned: PlannedNotice, error: unknown): boolean {
    const { sink, metrics } = this.#deps;
    const key = headOf(planned);
    this.#failures += 1;
    this.#lastError = (error instanceof Error ? error.message : String(error)).slice(0, 500);
    metrics.failed(sink.name);
    const givenUp = this.#attempts.failed(key, performance.now(), error);
    const facts = { pub_seq: key, attempts: this.#attempts.count(key), reason: this.#lastError };
    if (!givenUp) {
      this.#logger.warn({ event: 'outbox.delivery_failed', ...facts }, 'an event could not be delivered');
      return false;
    }
    metrics.abandoned(sink.name, planned.covers.length);
    this.#logger.error(
      { event: 'outbox.delivery_abandoned', ...facts },
      'an event is given up: the receiver refuses it',
    );
    for (const pubSeq of planned.covers) this.#done.add(pubSeq);
    return true;
  }

  async #read(): Promise<PublishedPage> {
    const { connection, sink } = this.#deps;
    const { types } = sink;
    const position = { limit: windowSize, ...(types === undefined ? {} : { types }) };
    try {
      return await readPublished(connection, { ...position, after: this.#position });
    } catch (error) {
      if (!(error instanceof OmniBaseError) || error.code !== 'ND018') throw error;
      this.#logger.error(
        { event: 'outbox.sink_lost_events', pub_seq: this.#position, ...error.details },
        'events were removed before this sink could deliver them',
      );
      this.#done.clear();
      // Ahead of the stream: the database was restored, and what it holds was delivered in its former life.
      const { newest } = error.details ?? {};
      const isAhead = typeof newest === 'string' && byNumber(this.#position, newest) > 0;
      return await readPublished(connection, { ...position, after: isAhead ? newest : '0' });
    }
  }

  /** Moves the cursor to before the first event that is not delivered. @returns how many of the window are not */
  #advance(page: PublishedPage): number {
    const pending = page.events.filter(({ pub_seq }) => !this.#done.has(pub_seq));
    const [first] = pending;
    this.#position = first === undefined ? page.next : String(BigInt(first.pub_seq) - 1n);
    this.#attempts.forget(this.#position);
    for (const pubSeq of this.#done) if (byNumber(pubSeq, this.#position) <= 0) this.#done.delete(pubSeq);
    return pending.length;
  }

  #state() {
    return {
      pub_seq: this.#position,
      incidents: this.#incidents,
      failures: this.#failures,
      last_error: this.#failures === 0 ? null : this.#lastError,
    };
  }

  async #save(): Promise<void> {
    await saveSink(this.#deps.connection, this.#deps.sink.name, this.#state());
  }
}
