/** The activities of the control role: database statements of stage runs, registrations, and the deadline sweep. */
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import { createRegistrationActivities } from '../../activities/registration.ts';
import {
  createStageDatabaseActivities,
  type StageActivityDeps,
  type StageDatabaseActivities,
} from '../../activities/stages.ts';
import { createNodeSweep, createSweepActivities, createSweepMetrics } from '../../activities/sweep.ts';
import { createHeartbeatMetrics } from '../../api/metrics/heartbeat-metrics.ts';
import { pokeNode } from '../../client/registration.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { SweepActivities } from '../../contracts/node/sweep.ts';
import { heartbeatResults } from '../../contracts/node/vocabulary.ts';
import type { RegistrationActivities, RegistrationTelemetry } from '../../contracts/node/workflow.ts';
import { createRegistrationMetrics } from '../metrics/registration-metrics.ts';
import type { Projection } from './open-projection.ts';

export interface ControlParts {
  readonly stages: Omit<StageActivityDeps, 'runner'>;
  readonly client: Client;
  readonly projection: Projection;
  readonly settings: () => NodeSettings;
  readonly activeNodes: () => number;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
}

export interface ControlWork {
  readonly activities: StageDatabaseActivities & RegistrationActivities & SweepActivities;
  readonly telemetry: RegistrationTelemetry;
}

export function createControlWork(parts: ControlParts): ControlWork {
  const { stages, projection, settings, activeNodes, metrics } = parts;
  const { database, registry } = stages;
  const observer = createRegistrationMetrics(metrics);
  const beats = createHeartbeatMetrics(metrics);
  return {
    activities: {
      ...createStageDatabaseActivities(stages),
      ...createRegistrationActivities({
        projector: projection.projector,
        database,
        registry,
        settings,
        observer: {
          delivered: observer.delivered,
          heartbeat(path, result) {
            const known = heartbeatResults.find((one) => one === result);
            if (known !== undefined) beats.beat(path, known);
          },
        },
        activeNodes,
      }),
      ...createSweep(parts),
    },
    telemetry: observer,
  };
}

function createSweep({ stages: { database }, client, settings, metrics: registry, logger }: ControlParts) {
  const metrics = createSweepMetrics(registry);
  const log = logger.child({ component: 'sweep' });
  const nodes = createNodeSweep({
    database,
    poke: (key, poke) => pokeNode(client, key, poke),
    counted: (states) => metrics.counted(states),
    incidentChanged(change, incident_id, { affected, active, sample }) {
      const fields = { code: `fleet.incident_${change}`, incident_id, affected, active, sample };
      if (change === 'opened') {
        metrics.incidentOpened();
        log.warn(fields, 'many nodes fell silent at once');
      } else log.info(fields, 'the fleet is calm again');
    },
  });
  return createSweepActivities({
    database,
    settings,
    subjects: [nodes],
    observer: {
      poked: (kind) => metrics.poked(kind),
      pokeFailed: (target, err) => log.warn({ code: 'sweep.poke_failed', ...target, err }, 'a poke was not delivered'),
      swept(report) {
        metrics.swept(report);
        log.debug({ code: 'sweep.done', ...report }, 'swept');
      },
    },
  });
}
