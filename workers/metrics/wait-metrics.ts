/**
 * Gauges of registrations that wait (registration.md 11), measured beside the sweep and not by it: that somebody waits is
 * often the sign that workers or sweep do not work.
 */
import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../../db/client.ts';
import { readOldestWaits } from '../../db/stores/sweep/oldest-waits.ts';

const everyMs = 5_000;

/**
 * Measures at once and then every 5 s. While the database is away the gauges keep their values.
 *
 * @param registry of the process; call once
 * @returns `close` ends it and waits for a look that is under way
 */
export function measureWaits(registry: Registry, database: Database): { close(): Promise<void> } {
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });
  const pending = gauge(
    'omnibase_registration_oldest_pending_seconds',
    'Longest wait for a decision on a registration',
  );
  const receipt = gauge(
    'omnibase_registration_oldest_receipt_seconds',
    'Longest wait of a written acknowledgement to be applied',
  );
  const look = async (): Promise<void> => {
    const waits = await readOldestWaits(database).catch(() => null);
    if (waits === null) return;
    pending.set(waits.pending);
    receipt.set(waits.receipt);
  };
  let running = look();
  const timer = setInterval(() => {
    running = running.then(look);
  }, everyMs);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
