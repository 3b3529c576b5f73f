/** Metrics of the sweep and of the paths: every series of registration.md 11 has the labels alerts select by. */
import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { createSweepMetrics } from '../../../activities/sweep.ts';
import { pokeKinds, registrationStates } from '../../../contracts/node/vocabulary.ts';
import { createCircuitMetrics } from '../../../workers/metrics/circuit-metrics.ts';
import { createPathMetrics } from '../../../workers/metrics/path-metrics.ts';
import { createProjectorMetrics, createRegistrationMetrics } from '../../../workers/metrics/registration-metrics.ts';

const report = {
  interval_ms: 5_000,
  monitored: 1,
  overdue: 0,
  renewed: 0,
  poked: { liveness: 0, ack: 0, receipt: 0, edge: 0, stuck: 0 },
  incident: 'none',
  duration_ms: 40,
} as const;

describe('the sweep', () => {
  it('shows all eight states of a domain, and forgets counts that another process took over', async () => {
    const registry = new Registry();
    const metrics = createSweepMetrics(registry);
    metrics.counted([{ domain: 'a', state: 'active', count: 7 }]);
    const text = await registry.metrics();
    for (const state of registrationStates) {
      expect(text).toContain(`omnibase_registration_state{domain="a",state="${state}"} ${state === 'active' ? 7 : 0}`);
    }
    metrics.counted([{ domain: 'b', state: 'rejected', count: 1 }]);
    expect(await registry.metrics()).not.toContain('domain="a"');
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      vi.advanceTimersByTime(0);
      metrics.counted([{ domain: 'b', state: 'rejected', count: 1 }]);
      vi.advanceTimersByTime(181_000);
      expect(await registry.metrics()).not.toContain('domain="b"');
    } finally {
      vi.useRealTimers();
    }
  });

  it('has a series for every kind of poke before the first, and counts', async () => {
    const registry = new Registry();
    const metrics = createSweepMetrics(registry);
    metrics.poked('edge');
    metrics.swept(report);
    metrics.incidentOpened();
    const text = await registry.metrics();
    for (const kind of pokeKinds) {
      expect(text).toContain(`omnibase_sweep_pokes_total{kind="${kind}"} ${kind === 'edge' ? 1 : 0}`);
    }
    expect(text).toContain('omnibase_sweep_seconds_count 1');
    expect(text).toContain('omnibase_fleet_incidents_total 1');
  });
});

describe('the paths', () => {
  const times = (seen: number, up: number) => ({ last_seen: -seen, up_since: -up });

  it.each([
    ['works for long', times(0, 200_000), 0],
    ['is back for less than a window', times(0, 80_000), 1],
    ['is down', times(11_000, 200_000), 1],
    ['was never there', null, 1],
  ])('a path that %s', async (_, path, amnesty) => {
    const registry = new Registry();
    createPathMetrics(registry).read({ now: 0, ingest: path, sweep: times(3_000, 500_000) }, 90_000);
    const text = await registry.metrics();
    expect(text).toContain(`omnibase_amnesty_active{path="gateway"} ${amnesty}`);
    expect(text).toContain('omnibase_amnesty_active{path="signal"} 0');
    expect(text).toMatch(/omnibase_component_age_seconds\{component="sweep"\} 3\.\d*/);
    expect(text.includes('component="ingest"')).toBe(path !== null);
  });
});

describe('registrations', () => {
  it('have every counter and histogram that the page names', async () => {
    const registry = new Registry();
    const projector = createProjectorMetrics(registry);
    const told = createRegistrationMetrics(registry);
    const circuit = createCircuitMetrics(registry, ['postgres']);
    projector.transition({ from: null, to: 'pending_registration', kind: 'epoch_start', legal: true });
    projector.write('applied');
    projector.gap();
    projector.flap();
    projector.ackDetectionLag(0.2);
    projector.livenessDetectionLag(0.3);
    told.introspected('startup', 'started');
    told.acked('activated');
    told.handshaken(0.05);
    told.dropped('poke');
    told.refused('ND007');
    told.delivered('delivered');
    circuit.circuitChanged('postgres', 'open');
    const text = await registry.metrics();
    for (const line of [
      'omnibase_registration_transitions_total{from="none",to="pending_registration",kind="epoch_start"} 1',
      'omnibase_projection_writes_total{outcome="applied"} 1',
      'omnibase_projection_gaps_total 1',
      'omnibase_node_flaps_total 1',
      'omnibase_ack_detection_lag_seconds_count 1',
      'omnibase_liveness_detection_lag_seconds_count 1',
      'omnibase_registration_introspections_total{reason="startup",result="started"} 1',
      'omnibase_registration_acks_total{result="activated"} 1',
      'omnibase_registration_handshake_seconds_count 1',
      'omnibase_registration_dropped_messages_total{message="poke"} 1',
      'omnibase_registration_refused_steps_total{code="ND007"} 1',
      'omnibase_registration_offer_deliveries_total{result="delivered"} 1',
      'omnibase_circuit_state{dependency="postgres"} 2',
    ]) {
      expect(text, line).toContain(line);
    }
  });
});
