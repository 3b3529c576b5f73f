/** The dashboard is one that Grafana loads as it is: ids once, no panel over another, only variables that are defined. */
import { describe, expect, it } from 'vitest';
import { dashboard } from './support/queries.ts';

const { panels, templating, ...rest } = dashboard();

describe('grafana/nodes.json', () => {
  it('has everything registration.md 11 names', () => {
    const used = JSON.stringify(panels);
    const metrics = [
      'omnibase_registration_transitions_total',
      'omnibase_registration_introspections_total',
      'omnibase_registration_acks_total',
      'omnibase_heartbeats_total',
      'omnibase_projection_writes_total',
      'omnibase_projection_gaps_total',
      'omnibase_sweep_pokes_total',
      'omnibase_node_flaps_total',
      'omnibase_fleet_incidents_total',
      'omnibase_registration_handshake_seconds',
      'omnibase_liveness_detection_lag_seconds',
      'omnibase_ack_detection_lag_seconds',
      'omnibase_heartbeat_ingest_seconds',
      'omnibase_heartbeat_batch_rows',
      'omnibase_sweep_seconds',
      'omnibase_registration_state',
      'omnibase_amnesty_active',
      'omnibase_component_age_seconds',
      'omnibase_outbox_oldest_seconds',
      'omnibase_circuit_state',
    ];
    expect(metrics.filter((metric) => !used.includes(metric))).toEqual([]);
  });

  it('numbers its panels once', () => {
    const ids = panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('puts no panel over another or beyond the 24 columns', () => {
    const cells = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells.get(`${x},${y}`), title).toBeUndefined();
          cells.set(`${x},${y}`, title);
        }
      }
    }
  });

  it('names its targets once per panel, and only variables that it defines', () => {
    for (const panel of panels) {
      if (panel.type === 'row') continue;
      const names = panel.targets.map(({ refId }) => refId);
      expect(new Set(names).size, panel.title).toBe(names.length);
    }
    const defined = new Set([...templating.list.map(({ name }) => name), '__rate_interval', '__all']);
    const used = JSON.stringify({ panels, templating, rest }).matchAll(/\$\{?(\w+)/g);
    expect([...used].map(([, name = '']) => name).filter((name) => !defined.has(name))).toEqual([]);
  });

  it('asks for labels that its variables really have', () => {
    const definitions = templating.list.flatMap(({ definition }) =>
      typeof definition === 'string' ? [definition] : [],
    );
    expect(definitions).toEqual(['label_values(omnibase_registration_state, domain)']);
  });
});
