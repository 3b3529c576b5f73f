/** The gauge `total_components` (registry.md 12): one grouped query on a timer, never on a scrape. */
import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../../db/client.ts';
import { countByType } from '../../db/stores/components/count-by-type.ts';

const everyMs = 30_000;

/**
 * Counts at once and then every 30 s. While the database is away the gauge keeps its value.
 *
 * @returns `close` ends it and waits for a count that runs
 */
export function countComponents(registry: Registry, database: Database): { close(): Promise<void> } {
  const gauge = new Gauge({
    name: 'total_components',
    help: 'Components in the registry',
    labelNames: ['type', 'lifecycle'],
    registers: [registry],
  });
  const count = async (): Promise<void> => {
    const rows = await countByType(database).catch(() => null);
    if (rows === null) return;
    // What has gone to zero has no row any more.
    gauge.reset();
    for (const { type, lifecycle, count: total } of rows) gauge.set({ type, lifecycle }, total);
  };
  let running = count();
  const timer = setInterval(() => {
    running = running.then(count);
  }, everyMs);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
