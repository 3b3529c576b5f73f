/** The gauge of circuit breakers (registration.md 11). */
import { Gauge, type Registry } from 'prom-client';
import type { BreakerObserver } from '../../db/resilience/breaker.ts';

const values = { closed: 0, half_open: 1, open: 2 } as const;

/** @param dependencies whose circuits are closed to begin with */
export function createCircuitMetrics(registry: Registry, dependencies: readonly string[]): BreakerObserver {
  const gauge = new Gauge({
    name: 'omnibase_circuit_state',
    help: 'Circuit breakers: 0 closed, 1 half open, 2 open',
    labelNames: ['dependency'],
    registers: [registry],
  });
  for (const dependency of dependencies) gauge.set({ dependency }, values.closed);
  return { circuitChanged: (dependency, state) => gauge.set({ dependency }, values[state]) };
}
