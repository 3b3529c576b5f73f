/**
 * Settings of node registration with their defaults (registration.md 2). The configuration schema checks ranges; here
 * is what the code works with once all sources are read. Milliseconds throughout.
 */
import type { DeadlineMode, NodeType } from './vocabulary.ts';

/** `registration.*`. */
export interface RegistrationSettings {
  readonly ack_timeout_ms: number;
  readonly first_liveness_ms: number;
  readonly liveness_window_ms: number;
  readonly heartbeat_interval_ms: number;
  /** Per cent around the told interval, 0-50. */
  readonly heartbeat_jitter_percent: number;
  readonly heartbeat_max_per_second: number;
  readonly max_attempts: number;
  readonly retry_backoff: { readonly first_ms: number; readonly max_ms: number; readonly jitter_percent: number };
  readonly decision_wait_ms: number;
  readonly retire_after_ms: number;
  readonly admission: AdmissionPolicy;
}

/** `registration.admission.*`: what the policy allows; everything when empty. */
export interface AdmissionPolicy {
  readonly closed_domains: readonly string[];
  /** Empty = all four. */
  readonly node_types: readonly NodeType[];
  /** Node type → least version. */
  readonly minimum_versions: Readonly<Record<string, string>>;
  /** Component name → least version. */
  readonly minimum_component_versions: Readonly<Record<string, string>>;
  readonly require_component: boolean;
  readonly forbidden_capabilities: readonly string[];
  readonly required_capabilities: readonly string[];
}

/** `deadlines.*`, shared with runs. */
export interface DeadlineSettings {
  readonly mode: DeadlineMode;
  readonly backstop_ms: number;
}

/** `sweep.*`, shared with runs. */
export interface SweepSettings {
  readonly interval_ms: number;
  readonly batch: number;
  readonly pokes_per_second: number;
  readonly mass_ratio: number;
  readonly mass_minimum: number;
}

/** `breaker.*`, shared. */
export interface BreakerSettings {
  readonly threshold: number;
  readonly reset_ms: number;
}

/** `damping.*`. */
export interface DampingSettings {
  readonly missed_windows: number;
  readonly healthy_beats: number;
  readonly unhealthy_beats: number;
  /** 0 = off. */
  readonly flap_threshold: number;
  readonly flap_period_ms: number;
  readonly flap_hold_ms: number;
}

export interface NodeSettings {
  readonly registration: RegistrationSettings;
  readonly deadlines: DeadlineSettings;
  readonly sweep: SweepSettings;
  readonly breaker: BreakerSettings;
  readonly damping: DampingSettings;
}

const minute = 60_000;
const day = 24 * 60 * minute;

export const defaultNodeSettings: NodeSettings = {
  registration: {
    ack_timeout_ms: 30_000,
    first_liveness_ms: 60_000,
    liveness_window_ms: 90_000,
    heartbeat_interval_ms: 30_000,
    heartbeat_jitter_percent: 10,
    heartbeat_max_per_second: 1000,
    max_attempts: 3,
    retry_backoff: { first_ms: 5_000, max_ms: 60_000, jitter_percent: 20 },
    decision_wait_ms: 10_000,
    retire_after_ms: 7 * day,
    admission: {
      closed_domains: [],
      node_types: [],
      minimum_versions: {},
      minimum_component_versions: {},
      require_component: false,
      forbidden_capabilities: [],
      required_capabilities: [],
    },
  },
  deadlines: { mode: 'precise', backstop_ms: 30 * minute },
  sweep: { interval_ms: 5_000, batch: 500, pokes_per_second: 50, mass_ratio: 0.2, mass_minimum: 10 },
  breaker: { threshold: 5, reset_ms: 60_000 },
  damping: {
    missed_windows: 1,
    healthy_beats: 1,
    unhealthy_beats: 1,
    flap_threshold: 0,
    flap_period_ms: 10 * minute,
    flap_hold_ms: 5 * minute,
  },
};
