/** Metrics of the sweep (registration.md 11). No entity id is ever a label. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { SweepReport } from '../../contracts/node/sweep.ts';
import { type PokeKind, pokeKinds, registrationStates } from '../../contracts/node/vocabulary.ts';
import type { StateCount } from '../../db/stores/sweep/take-census.ts';

export interface SweepMetrics {
  poked(kind: PokeKind): void;
  swept(report: SweepReport): void;
  counted(states: readonly StateCount[]): void;
  incidentOpened(): void;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Sweeps may move to another process: counts that this one took longer ago say nothing any more, ms. */
const countsHoldMs = 180_000;

/** @param registry of the process; call once */
export function createSweepMetrics(registry: Registry): SweepMetrics {
  const registers = [registry];
  let countedAt = Number.NEGATIVE_INFINITY;
  const pokes = new Counter({
    name: 'omnibase_sweep_pokes_total',
    help: 'Workflows the sweep woke, by what it found',
    labelNames: ['kind'],
    registers,
  });
  // Alerts compare rates: a series must be there before its first poke.
  for (const kind of pokeKinds) pokes.inc({ kind }, 0);
  const duration = new Histogram({
    name: 'omnibase_sweep_seconds',
    help: 'Duration of a sweep, its paced pokes included',
    buckets: seconds,
    registers,
  });
  const states = new Gauge({
    name: 'omnibase_registration_state',
    help: 'Nodes by domain and state, as counted by the last sweep of this process',
    labelNames: ['domain', 'state'],
    registers,
    collect() {
      if (performance.now() - countedAt > countsHoldMs) this.reset();
    },
  });
  const incidents = new Counter({
    name: 'omnibase_fleet_incidents_total',
    help: 'Mass events that were opened',
    registers,
  });
  return {
    poked: (kind) => pokes.inc({ kind }),
    swept: ({ duration_ms }) => duration.observe(duration_ms / 1000),
    counted(counts) {
      countedAt = performance.now();
      states.reset();
      for (const domain of new Set(counts.map((count) => count.domain))) {
        for (const state of registrationStates) states.set({ domain, state }, 0);
      }
      for (const { domain, state, count } of counts) states.set({ domain, state }, count);
    },
    incidentOpened: () => incidents.inc(),
  };
}
