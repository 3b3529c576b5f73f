/**
 * The outbox relay (registration.md 6.4). Every serving process runs one and one of them works: the holder of an
 * advisory lock numbers events in the order of publication, tells the streams, drives the sinks and removes what is old.
 * When its connection breaks it stops at once, and whoever gets the lock next goes on from what Postgres knows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import type { Database } from '../../db/client.ts';
import { purgeOutbox, type PurgeOptions } from '../../db/stores/outbox/purge.ts';
import { listenForEvents, relayOnce, tryRelayLock } from '../../db/stores/outbox/relay.ts';
import { WakeUp } from '../../db/stores/outbox/wake-up.ts';
import type { RetrySettings } from './attempts.ts';
import { createRelayMetrics, measureOldest, type RelayMetrics, streamSink } from './relay-metrics.ts';
import { openSession, type RelaySession } from './session.ts';
import type { Sink } from './sink.ts';
import { SinkRunner } from './sink-runner.ts';

export interface RelayOptions {
  /** For the relay's own connection: it must lead to Postgres itself, not to a pooler that shares sessions. */
  readonly databaseUrl: string;
  readonly database: Database;
  readonly sinks: readonly Sink[];
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Between looks without a wake-up, and between attempts to become the holder, ms; default 1,000. */
  readonly pollMs?: number;
  /** Between purges, ms; default 60,000. */
  readonly purgeEveryMs?: number;
  readonly purge?: PurgeOptions;
  readonly retry?: RetrySettings;
}

export interface Relay {
  /** Whether this process is the one that publishes. */
  readonly holds: boolean;
  /** Lets go of the lock; deliveries under way are broken off and repeated by the next holder. */
  close(): Promise<void>;
}

const batch = 500;
/** Least time between two publications: a burst of single events becomes a few batches. */
const restMs = 10;
const defaultPollMs = 1_000;
const defaultPurgeEveryMs = 60_000;

/** Starts in the background and never throws: while the database is away it tries again every second. */
export function startRelay(options: RelayOptions): Relay {
  const relay = new RunningRelay(options);
  return {
    get holds() {
      return relay.holds;
    },
    close: () => relay.close(),
  };
}

class RunningRelay {
  holds = false;
  readonly #options: RelayOptions;
  readonly #metrics: RelayMetrics;
  readonly #oldest: { close(): Promise<void> };
  readonly #closing = new AbortController();
  readonly #wakeUp = new WakeUp();
  readonly #ended: Promise<void>;
  readonly #logger: Logger;
  readonly #pollMs: number;
  #inTrouble = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#pollMs = options.pollMs ?? defaultPollMs;
    this.#logger = options.logger.child({ component: 'relay' });
    this.#metrics = createRelayMetrics(options.metrics);
    this.#oldest = measureOldest(options.metrics, options.database);
    this.#ended = this.#runAlways();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#ended, this.#oldest.close()]);
  }

  async #runAlways(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#runSession();
      } catch (error) {
        // Once per trouble: an outage of an hour is one line, not thousands.
        const level = this.#inTrouble ? 'debug' : 'warn';
        this.#inTrouble = true;
        if (!signal.aborted)
          this.#logger[level]({ event: 'outbox.relay_lost', err: error }, 'the relay was interrupted');
      }
      await pause(this.#pollMs, signal);
    }
  }

  async #runSession(): Promise<void> {
    const session = await openSession(this.#options.databaseUrl, () => this.#wakeUp.ring());
    const stop = AbortSignal.any([this.#closing.signal, session.lost]);
    try {
      while (!stop.aborted && !(await tryRelayLock(session.client))) {
        this.#inTrouble = false;
        await pause(this.#pollMs, stop);
      }
      if (!stop.aborted) await this.#hold(session, stop);
      if (session.lost.aborted && !this.#closing.signal.aborted) throw new Error('the connection of the relay is gone');
    } finally {
      this.#setHolds(false);
      await session.end();
    }
  }

  /** Works until the signal fires or one part fails; then all parts end before this does. */
  async #hold({ client }: RelaySession, stop: AbortSignal): Promise<void> {
    const { logger, sinks, retry } = this.#options;
    const failed = new AbortController();
    const signal = AbortSignal.any([stop, failed.signal]);
    const runners = sinks.map(
      (sink) =>
        new SinkRunner({
          sink,
          connection: client,
          logger,
          metrics: this.#metrics,
          ...(retry === undefined ? {} : { retry }),
        }),
    );
    for (const runner of runners) await runner.open();
    await listenForEvents(client);
    this.#setHolds(true);
    this.#inTrouble = false;
    this.#logger.info({ event: 'outbox.relay_started', sinks: sinks.map(({ name }) => name) }, 'publishing events');
    const parts = [
      this.#publish(client, runners, signal),
      ...runners.map((runner) => runner.run(signal)),
      this.#purge(signal),
    ];
    const guarded = parts.map((part) =>
      part.catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    );
    const results = await Promise.allSettled(guarded);
    const first = results.find((result) => result.status === 'rejected');
    if (first !== undefined) throw first.reason;
  }

  async #publish(client: RelaySession['client'], runners: readonly SinkRunner[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { published } = await relayOnce(client, batch);
      if (published > 0) {
        this.#metrics.published(streamSink, published);
        for (const runner of runners) runner.ring();
      }
      if (published < batch) {
        if (published > 0) await pause(restMs, signal);
        await this.#wakeUp.wait(this.#pollMs, signal);
      }
    }
  }

  async #purge(signal: AbortSignal): Promise<void> {
    const { database, purge = {}, purgeEveryMs = defaultPurgeEveryMs } = this.#options;
    const most = purge.batch ?? 1_000;
    while (!signal.aborted) {
      let removed = 0;
      try {
        removed = await purgeOutbox(database, { ...purge, batch: most });
      } catch (error) {
        this.#logger.warn({ event: 'outbox.purge_failed', err: error }, 'old events could not be removed');
      }
      // A full batch: more is due, but the relay wants the counter's row in between.
      await pause(removed === most ? restMs : purgeEveryMs, signal);
    }
  }

  #setHolds(value: boolean): void {
    this.holds = value;
    this.#metrics.holds(value);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
