/** The outbox relay of a serving process: every process has one, and one in all works (registration.md 6.4). */
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import type { Database } from '../../db/client.ts';
import { createLogSink } from '../relay/log-sink.ts';
import { type Relay, startRelay } from '../relay/start-relay.ts';
import type { Sink } from '../relay/sink.ts';

export interface RelayParts {
  readonly databaseUrl: string;
  readonly database: Database;
  /** Beside the log. */
  readonly webhooks: readonly Sink[];
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

export function openRelay({ webhooks, logger, ...parts }: RelayParts): Relay {
  return startRelay({ ...parts, logger, sinks: [createLogSink(logger), ...webhooks] });
}
