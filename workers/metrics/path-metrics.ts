/** Gauges of the parts that nodes depend on (registration.md 11): how long ago each was seen, and which path is in amnesty. */
import { Gauge, type Registry } from 'prom-client';
import type { PathStates } from '../../db/stores/liveness/path.ts';
import { isInAmnesty, isPathDown } from '../../domain/deadlines/path.ts';

export interface PathMetrics {
  /** @param windowMs longest silence that nodes are granted */
  read(paths: PathStates, windowMs: number): void;
}

const rows = { gateway: 'ingest', signal: 'sweep' } as const;

/** @param registry of the process; call once */
export function createPathMetrics(registry: Registry): PathMetrics {
  let newest: { readonly paths: PathStates; readonly at: number } | null = null;
  const registers = [registry];
  const ages = new Gauge({
    name: 'omnibase_component_age_seconds',
    help: 'Time since a shared part was last seen alive; absent before it was',
    labelNames: ['component'],
    registers,
    // Ages go on while the database, where they are read, is away.
    collect() {
      if (newest === null) return;
      const { paths, at } = newest;
      for (const component of Object.values(rows)) {
        const path = paths[component];
        if (path !== null) ages.set({ component }, (paths.now - path.last_seen + performance.now() - at) / 1000);
      }
    },
  });
  const amnesty = new Gauge({
    name: 'omnibase_amnesty_active',
    help: '1 while the silence of nodes on this path counts as ours: it is down, or back for less than a window',
    labelNames: ['path'],
    registers,
  });
  return {
    read(paths, windowMs) {
      newest = { paths, at: performance.now() };
      for (const [path, component] of Object.entries(rows)) {
        const times = paths[component];
        const active = isPathDown(times, paths.now) || isInAmnesty(times, windowMs, paths.now);
        amnesty.set({ path }, active ? 1 : 0);
      }
    },
  };
}
