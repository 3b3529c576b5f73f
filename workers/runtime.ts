/**
 * The one Temporal runtime of a process: its logs go through the product's logger, its metrics into the product's
 * registry, and it installs no signal handlers, because `serve` drains by itself (platform.md 8).
 */
import type { Logger as TemporalLogger, LogLevel, LogMetadata, MetricsBuffer } from '@temporalio/worker';
import type { Logger } from 'pino';

export interface RuntimeSettings {
  readonly logger: Logger;
  /** Receives the metrics of Temporal's core; see `temporal-metrics.ts`. */
  readonly metrics?: MetricsBuffer;
}

/** Call once per process, before the first connection. */
export async function installRuntime({ logger, metrics }: RuntimeSettings): Promise<void> {
  const { Runtime } = await import('@temporalio/worker');
  Runtime.install({
    logger: bridgeTo(logger.child({ component: 'temporal' })),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: { level: 'WARN' }, filter: { core: 'WARN', other: 'ERROR' } },
      ...(metrics === undefined ? {} : { metrics: { buffer: metrics } }),
    },
  });
}

/** Temporal's state changes and polling notes are details here, so its INFO is our debug. */
const levels = { TRACE: 'trace', DEBUG: 'trace', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/** A logger as Temporal wants it that writes to pino. */
export function bridgeTo(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta?: LogMetadata): void => {
    logger[levels[level]](fieldsOf(meta), message);
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}

function fieldsOf(meta: LogMetadata | undefined): Record<string, unknown> {
  if (meta === undefined) return {};
  const { error, ...rest } = meta as LogMetadata & { error?: unknown };
  return { ...rest, ...(error === undefined ? {} : { err: error }) };
}
