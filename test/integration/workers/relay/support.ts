/** Relays on a database of their own, with sinks that remember what they were given. */
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { byNumber, type Notice } from '../../../../domain/outbox/notices.ts';
import type { Sink } from '../../../../workers/relay/sink.ts';
import { type Relay, type RelayOptions, startRelay } from '../../../../workers/relay/start-relay.ts';
import { createTestDatabase } from '../../../support/postgres.ts';

export interface RelayHouse {
  readonly url: string;
  readonly database: Database;
  start(options: Partial<RelayOptions> & Pick<RelayOptions, 'sinks'>): StartedRelay;
  /** Cuts the connection of the relay that publishes, as a failing network or a restart would. */
  cutHolder(): Promise<number>;
  dispose(): Promise<void>;
}

export interface StartedRelay extends Relay {
  readonly metrics: Registry;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  value(name: string, sink?: string): Promise<number | undefined>;
}

/** Quick enough that a test does not wait for the second-long defaults. */
const quick = { pollMs: 50, retry: { first_ms: 20, max_ms: 100, jitter_percent: 20 } } as const;

export async function relayHouse(): Promise<RelayHouse> {
  const test = await createTestDatabase();
  const database = openDatabase(test.url, { applicationName: 'relay test' });
  const relays: Relay[] = [];
  return {
    url: test.url,
    database,
    start(options) {
      const metrics = new Registry();
      const lines: Record<string, unknown>[] = [];
      const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
      const relay = startRelay({ databaseUrl: test.url, database, logger, metrics, ...quick, ...options });
      relays.push(relay);
      return {
        get holds() {
          return relay.holds;
        },
        close: () => relay.close(),
        metrics,
        lines,
        async value(name, sink) {
          const found = await metrics.getSingleMetric(name)?.get();
          return found?.values.find(({ labels }) => sink === undefined || labels['sink'] === sink)?.value;
        },
      };
    },
    async cutHolder() {
      const { rowCount } = await database.pool.query(
        `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
          WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()`,
      );
      return rowCount ?? 0;
    },
    async dispose() {
      await Promise.all(relays.map((relay) => relay.close()));
      await database.close();
      await test.drop();
    },
  };
}

export interface RememberingSink extends Sink {
  readonly given: Notice[];
  /** Event ids in the order in which they were taken, repetitions included. */
  ids(): string[];
  /** Numbers, each once, in order. */
  numbers(): string[];
}

/** @param take rejects to fail the delivery, or waits to slow it down */
export function rememberingSink(
  name: string,
  take: (notice: Notice, signal: AbortSignal) => Promise<void> | void = () => undefined,
  rest: Partial<Sink> = {},
): RememberingSink {
  const given: Notice[] = [];
  const events = () => given.flatMap((notice) => (notice.kind === 'event' ? [notice.event] : []));
  return {
    name,
    ...rest,
    given,
    async deliver(notice, signal) {
      await take(notice, signal);
      given.push(notice);
    },
    ids: () => events().map(({ event_id }) => event_id),
    numbers: () => [...new Set(events().map(({ pub_seq }) => pub_seq))].toSorted(byNumber),
  };
}

/** A delivery that ends only when it is broken off. */
export async function hang(_notice: Notice, signal: AbortSignal): Promise<void> {
  await new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('broken off')), { once: true });
  });
}

export const upTo = (last: number, from = 1): string[] =>
  Array.from({ length: last - from + 1 }, (_, index) => String(from + index));
