/**
 * Looks after the deadline sweep (registration.md 9): every serving process reads every 5 s how long ago the shared parts
 * were seen and how many nodes are active; one with the control role starts the sweep, and starts it again when it has
 * been silent, whoever ended it.
 */
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import { ensureDeadlineSweep } from '../../client/deadline-sweep.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { Database } from '../../db/client.ts';
import { countActiveNodes } from '../../db/stores/sweep/count-active.ts';
import { type PathStates, readPaths } from '../../db/stores/liveness/path.ts';
import { createPathMetrics } from '../metrics/path-metrics.ts';

export interface SweepCare {
  readonly database: Database;
  /** Null without the control role: then nobody would do the work. */
  readonly client: Client | null;
  readonly settings: () => NodeSettings;
  /** Told with every look. */
  readonly counted: (activeNodes: number) => void;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
  /** Between two looks, ms; default 5,000. */
  readonly everyMs?: number;
}

const defaultEveryMs = 5_000;
/** Until the sweep has been ensured once, ms. */
const firstRestMs = 1_000;
/** Silence after which the sweep counts as missing, ms; at least three of its intervals. */
const missingAfterMs = 15_000;

/** Starts at once; failures are logged and tried again. `close` waits for the look under way. */
export function tendSweep(care: SweepCare): { close(): Promise<void> } {
  const { database, client, settings, logger, everyMs = defaultEveryMs } = care;
  const metrics = createPathMetrics(care.metrics);
  let started = false;
  /** When this process last made sure of it, by the database's clock. */
  let startedAt: number | undefined;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    if (client !== null && !started) {
      await ensureDeadlineSweep(client);
      started = true;
      logger.info({ code: 'sweep.ensured' }, 'the deadline sweep runs');
    }
    const [paths, active] = await Promise.all([readPaths(database), countActiveNodes(database)]);
    care.counted(active);
    const { registration, damping, sweep } = settings();
    metrics.read(paths, registration.liveness_window_ms * damping.missed_windows);
    startedAt ??= paths.now;
    if (client === null || !isMissing(paths, startedAt, sweep.interval_ms)) return;
    await ensureDeadlineSweep(client);
    // Time to sweep before it counts as missing again.
    startedAt = paths.now;
    logger.warn({ code: 'sweep.revived' }, 'the deadline sweep was silent; it has been started if it was missing');
  };
  const lookAgain = async (): Promise<void> => {
    let restMs = everyMs;
    try {
      await look();
    } catch (err) {
      if (!started) restMs = Math.min(everyMs, firstRestMs);
      logger.warn({ code: 'sweep.unattended', err }, 'the deadline sweep could not be looked after');
    }
    if (!closed) {
      timer = setTimeout(() => {
        looking = lookAgain();
      }, restMs);
    }
  };
  let looking = lookAgain();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

function isMissing({ now, sweep }: PathStates, startedAt: number, intervalMs: number): boolean {
  const silentSince = Math.max(sweep?.last_seen ?? startedAt, startedAt);
  return now - silentSince > Math.max(missingAfterMs, 3 * intervalMs);
}
