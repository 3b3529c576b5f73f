/**
 * Says that heartbeats over the gateway can be stored (registration.md 6.4): every 2 s a write on the path that beats
 * take, and right after it the shared row `ingest`. While no gateway does so, nobody counts as silent; afterwards every
 * node has a full window again. A gateway that turns beats away does not vouch for the path either.
 */
import type { Database } from '../../db/client.ts';
import { refreshPath } from '../../db/stores/liveness/path.ts';
import { probeHeartbeatPath } from '../../db/stores/node-liveness/probe.ts';

export interface IngestProbeOptions {
  readonly database: Database;
  /** Whether beats are taken at this moment. */
  readonly takesBeats: () => boolean;
  /** From one refresh to the next, ms; default 2,000, a fifth of the age at which the path counts as down. */
  readonly intervalMs?: number;
  /** Told when the path stops or starts to work. */
  readonly onChange?: (works: boolean, error: unknown) => void;
}

export interface IngestProbe {
  /** Waits for the probe under way and sends no other. */
  close(): Promise<void>;
}

const defaultIntervalMs = 2000;

/** Starts at once; failures are told by `onChange` and tried again with the next interval. */
export function startIngestProbe(options: IngestProbeOptions): IngestProbe {
  const { database, takesBeats, intervalMs = defaultIntervalMs, onChange } = options;
  let works: boolean | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  async function probe(): Promise<void> {
    const error = await attempt(database, takesBeats);
    const now = error === null;
    if (works !== now) onChange?.(now, error);
    works = now;
    if (!closed) timer = setTimeout(next, intervalMs);
  }

  function next(): void {
    running = probe();
  }

  let running = probe();
  return {
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}

/** Null when the path works. */
async function attempt(database: Database, takesBeats: () => boolean): Promise<unknown> {
  if (!takesBeats()) return new Error('beats are turned away');
  try {
    await probeHeartbeatPath(database);
    await refreshPath(database, 'ingest');
    return null;
  } catch (error) {
    return error ?? new Error('the probe failed');
  }
}
