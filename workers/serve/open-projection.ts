/** Projector and reader of a serving process behind one breaker, with the metrics of what they do. */
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';

import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { Database } from '../../db/client.ts';
import { createBreaker } from '../../db/resilience/breaker.ts';
import { createProjector, type Projector } from '../../db/stores/registration/projector.ts';
import { createNodeReader, type NodeReader } from '../../db/stores/registration/reader.ts';
import { createCircuitMetrics } from '../metrics/circuit-metrics.ts';
import { createProjectorMetrics } from '../metrics/registration-metrics.ts';

export interface Projection {
  readonly projector: Projector;
  readonly reader: NodeReader;
}

export interface ProjectionParts {
  readonly database: Database;
  readonly settings: () => NodeSettings;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
}

const dependency = 'postgres';

export function openProjection({ database, settings, metrics, logger }: ProjectionParts): Projection {
  const log = logger.child({ component: 'projection' });
  const circuit = createCircuitMetrics(metrics, [dependency]);
  const breaker = createBreaker({
    name: dependency,
    settings: () => settings().breaker,
    observer: {
      circuitChanged(name, state) {
        circuit.circuitChanged(name, state);
        log.warn({ code: `circuit.${state}`, dependency: name }, 'the circuit breaker changed');
      },
    },
  });
  return {
    projector: createProjector({ database, settings, breaker, observer: createProjectorMetrics(metrics), logger: log }),
    reader: createNodeReader({ database, settings, breaker, logger: log }),
  };
}
