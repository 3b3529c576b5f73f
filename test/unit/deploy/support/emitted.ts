/**
 * What a serving process can emit: the real metrics, told one of everything that the product's vocabularies allow, and
 * read as Prometheus reads them. Metrics of the engine's own library are not here; they exist once they have happened.
 */
import { pino } from 'pino';
import { Gauge, Registry } from 'prom-client';
import { createSweepMetrics } from '../../../../activities/sweep.ts';
import { createHeartbeatMetrics } from '../../../../api/metrics/heartbeat-metrics.ts';
import type { RegistrationEngine } from '../../../../api/nodes/engine.ts';
import { createNodes } from '../../../../api/nodes/service.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import {
  ackResults,
  heartbeatResults,
  introspectionReasons,
  introspectionResults,
  nodePaths,
  pokeKinds,
  registrationStates,
} from '../../../../contracts/node/vocabulary.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createNodeReader } from '../../../../db/stores/registration/reader.ts';
import { legalSteps } from '../../../../domain/registration/states.ts';
import { createCircuitMetrics } from '../../../../workers/metrics/circuit-metrics.ts';
import { createPathMetrics } from '../../../../workers/metrics/path-metrics.ts';
import { createProjectorMetrics, createRegistrationMetrics } from '../../../../workers/metrics/registration-metrics.ts';
import { measureWaits } from '../../../../workers/metrics/wait-metrics.ts';
import { createRelayMetrics, measureOldest, streamSink } from '../../../../workers/relay/relay-metrics.ts';
import { checkItself } from '../../../../workers/serve/check-itself.ts';
import { selfCheckDomain } from '../../../../workers/self-check.ts';
import { type Exposition, readExposition } from './exposition.ts';

export async function emittedMetrics(): Promise<Exposition> {
  const registry = new Registry();
  tellHeartbeats(registry);
  tellRegistrations(registry);
  tellSweep(registry);
  tellOutbox(registry);
  const paths = createPathMetrics(registry);
  paths.read({ now: 2, ingest: { up_since: 0, last_seen: 1 }, sweep: { up_since: 0, last_seen: 1 } }, 90_000);
  createCircuitMetrics(registry, ['postgres']);
  // Their gauges are there when nothing can be reached, too.
  const nowhere = openDatabase('postgres://127.0.0.1:1/none', { applicationName: 'test' });
  const measured = [measureOldest(registry, nowhere), measureWaits(registry, nowhere)];
  await tellSelfCheck(registry, nowhere);
  await Promise.all(measured.map((one) => one.close()));
  await nowhere.close();
  return readExposition(await registry.metrics());
}

/** Its result takes a window to come about; prom-client refuses a label that the gauge was not made with. */
async function tellSelfCheck(registry: Registry, nowhere: Database): Promise<void> {
  const settings = () => defaultNodeSettings;
  const nodes = createNodes({
    engine: absentEngine,
    database: nowhere,
    reader: createNodeReader({ database: nowhere, settings }),
    settings,
    feed: { async *events() {} },
  });
  const logger = pino({ level: 'silent' });
  const check = checkItself({ nodes, settings, hostId: 'test', metrics: registry, logger });
  await check.close();
  await nodes.close();
  const gauge = registry.getSingleMetric('omnibase_self_check_passed');
  if (!(gauge instanceof Gauge)) throw new Error('the self-check has no gauge');
  gauge.set({ check: 'registration' }, 1);
}

const away = (): Promise<never> => Promise.reject(new OmniBaseError('ND013'));
const absentEngine: RegistrationEngine = { introspect: away, ack: away, deregister: away, edge: away, snapshot: away };

function tellHeartbeats(registry: Registry): void {
  const metrics = createHeartbeatMetrics(registry);
  for (const path of nodePaths) for (const result of heartbeatResults) metrics.beat(path, result);
  for (const outcome of ['invalid', 'overloaded', 'failed'] as const) metrics.beat('gateway', outcome);
  metrics.ingested(0.01);
  metrics.batch(100);
}

function tellRegistrations(registry: Registry): void {
  const projector = createProjectorMetrics(registry);
  for (const { kind, from, to } of legalSteps()) projector.transition({ kind, from, to, legal: true });
  for (const outcome of ['applied', 'duplicate', 'stale', 'not_due', 'failed'] as const) projector.write(outcome);
  projector.gap();
  projector.flap();
  projector.ackDetectionLag(1);
  projector.livenessDetectionLag(1);
  const telemetry = createRegistrationMetrics(registry);
  for (const reason of introspectionReasons) {
    for (const result of introspectionResults) telemetry.introspected(reason, result);
  }
  for (const result of ackResults) telemetry.acked(result);
  for (const message of ['heartbeat', 'poke', 'unknown']) telemetry.dropped(message);
  telemetry.refused('ND007');
  telemetry.handshaken(0.1);
  telemetry.delivered('delivered');
}

function tellSweep(registry: Registry): void {
  const metrics = createSweepMetrics(registry);
  const poked = Object.fromEntries(pokeKinds.map((kind) => [kind, 1])) as Record<(typeof pokeKinds)[number], number>;
  const { interval_ms } = defaultNodeSettings.sweep;
  metrics.swept({ interval_ms, monitored: 1, overdue: 0, renewed: 0, poked, incident: 'none', duration_ms: 5 });
  for (const kind of pokeKinds) metrics.poked(kind);
  const domains = ['registration', selfCheckDomain];
  metrics.counted(domains.flatMap((domain) => registrationStates.map((state) => ({ domain, state, count: 1 }))));
  metrics.incidentOpened();
}

function tellOutbox(registry: Registry): void {
  const metrics = createRelayMetrics(registry);
  for (const sink of [streamSink, 'log', 'webhook']) {
    metrics.published(sink, 1);
    metrics.failed(sink);
    metrics.abandoned(sink, 1);
    metrics.pending(sink, 1);
  }
  metrics.holds(true);
}
