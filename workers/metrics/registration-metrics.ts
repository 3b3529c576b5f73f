/**
 * Metrics of registrations (registration.md 11): what projector, activities and workflows tell, as Prometheus series.
 * Labels come from closed lists; no id of an entity is ever one.
 */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { RegistrationObserver } from '../../activities/registration.ts';
import type { RegistrationTelemetry } from '../../contracts/node/workflow.ts';
import type { ProjectorObserver } from '../../db/stores/registration/projector/observer.ts';

const handshakeBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const lagBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 30, 60, 300];

/** What the projector tells. @param registry of the process; call once */
export function createProjectorMetrics(registry: Registry): Required<ProjectorObserver> {
  const registers = [registry];
  const transitions = new Counter({
    name: 'omnibase_registration_transitions_total',
    help: 'Steps written, by edge and kind',
    labelNames: ['from', 'to', 'kind'],
    registers,
  });
  const writes = new Counter({
    name: 'omnibase_projection_writes_total',
    help: 'Writes of the projector, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const gaps = new Counter({
    name: 'omnibase_projection_gaps_total',
    help: 'Writes that found steps before them missing in the row',
    registers,
  });
  const flaps = new Counter({
    name: 'omnibase_node_flaps_total',
    help: 'Nodes that left active by missed heartbeats or a restart',
    registers,
  });
  const lag = (subject: 'ack' | 'liveness'): Histogram =>
    new Histogram({
      name: `omnibase_${subject}_detection_lag_seconds`,
      help: 'From the effective deadline to the transition, by the clock of the database',
      buckets: lagBuckets,
      registers,
    });
  const [ackLag, livenessLag] = [lag('ack'), lag('liveness')];
  return {
    transition: ({ from, to, kind }) => transitions.inc({ from: from ?? 'none', to, kind }),
    write: (outcome) => writes.inc({ outcome }),
    gap: () => gaps.inc(),
    flap: () => flaps.inc(),
    ackDetectionLag: (seconds) => ackLag.observe(seconds),
    livenessDetectionLag: (seconds) => livenessLag.observe(seconds),
  };
}

/** What workflows and their activities tell. @param registry of the process; call once */
export function createRegistrationMetrics(
  registry: Registry,
): RegistrationTelemetry & Required<Pick<RegistrationObserver, 'delivered'>> {
  const registers = [registry];
  const introspections = new Counter({
    name: 'omnibase_registration_introspections_total',
    help: 'Introspections answered, by reason and result',
    labelNames: ['reason', 'result'],
    registers,
  });
  const acks = new Counter({
    name: 'omnibase_registration_acks_total',
    help: 'Acknowledgements answered by a workflow',
    labelNames: ['result'],
    registers,
  });
  const handshakes = new Histogram({
    name: 'omnibase_registration_handshake_seconds',
    help: 'From the opening of an attempt to the activation of its node',
    buckets: handshakeBuckets,
    registers,
  });
  const drops = new Counter({
    name: 'omnibase_registration_dropped_messages_total',
    help: 'Signals that were malformed, and messages of unknown names',
    labelNames: ['message'],
    registers,
  });
  const refusals = new Counter({
    name: 'omnibase_registration_refused_steps_total',
    help: 'Steps that the table or the projector refused',
    labelNames: ['code'],
    registers,
  });
  const deliveries = new Counter({
    name: 'omnibase_registration_offer_deliveries_total',
    help: 'Offers posted to the endpoint a node named',
    labelNames: ['result'],
    registers,
  });
  return {
    introspected: (reason, result) => introspections.inc({ reason, result }),
    acked: (result) => acks.inc({ result }),
    handshaken: (seconds) => handshakes.observe(seconds),
    dropped: (message) => drops.inc({ message }),
    refused: (code) => refusals.inc({ code }),
    delivered: (result) => deliveries.inc({ result }),
  };
}
