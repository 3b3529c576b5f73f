/** The numbers of the outbox as Prometheus series (registration.md 11). Labels are names of sinks, never of entities. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../../db/client.ts';
import { oldestUnpublishedSeconds } from '../../db/stores/outbox/oldest.ts';

/** Label of what was published to streams. */
export const streamSink = 'stream';

export interface RelayMetrics {
  published(sink: string, events: number): void;
  failed(sink: string): void;
  abandoned(sink: string, events: number): void;
  /** Events a sink has read and not delivered. */
  pending(sink: string, events: number): void;
  /** Whether this process holds the lock. */
  holds(value: boolean): void;
}

/** @param registry the process's registry of metrics; call once per process */
export function createRelayMetrics(registry: Registry): RelayMetrics {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['sink'], registers: [registry] });
  const published = counter('omnibase_outbox_published_total', 'Events published to streams and delivered to sinks');
  const failed = counter('omnibase_outbox_failed_total', 'Attempts to deliver to a sink that failed');
  const abandoned = counter('omnibase_outbox_abandoned_total', 'Events given up because a sink refuses them');
  const pending = new Gauge({
    name: 'omnibase_outbox_pending_events',
    help: 'Events a sink has read and not yet delivered, at most one window of them',
    labelNames: ['sink'],
    registers: [registry],
  });
  const holds = new Gauge({
    name: 'omnibase_outbox_relay_active',
    help: '1 in the process that publishes',
    registers: [registry],
  });
  return {
    published: (sink, events) => published.inc({ sink }, events),
    failed: (sink) => failed.inc({ sink }),
    abandoned: (sink, events) => abandoned.inc({ sink }, events),
    pending: (sink, events) => pending.set({ sink }, events),
    holds: (value) => holds.set(value ? 1 : 0),
  };
}

const everyMs = 2_000;

/**
 * The gauge `omnibase_outbox_oldest_seconds`, measured beside the relay and not by it: a relay that hangs must show.
 * While the database is away the gauge keeps its value.
 */
export function measureOldest(registry: Registry, database: Database): { close(): Promise<void> } {
  const gauge = new Gauge({
    name: 'omnibase_outbox_oldest_seconds',
    help: 'Age of the oldest event that waits to be published',
    registers: [registry],
  });
  const measure = async (): Promise<void> => {
    const age = await oldestUnpublishedSeconds(database).catch(() => null);
    if (age !== null) gauge.set(age);
  };
  let running = measure();
  const timer = setInterval(() => {
    running = running.then(measure);
  }, everyMs);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
