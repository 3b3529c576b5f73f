/**
 * Settings of run control with their defaults (runs.md 4, 6). The configuration schema checks ranges, `domain/run/policy`
 * checks the pairs. Seconds, as the page and the API have them.
 */
import type { DeadlineMode } from '../node/vocabulary.ts';
import type { CommandType, StartTimeoutAction, UnresponsiveAction } from './vocabulary.ts';

/** How one run is watched: given at creation over the defaults, complete and fixed from then on. */
export interface RunPolicy {
  /** What agents are told, 5-300. */
  readonly cadence_s: number;
  /** At least 3 cadences; stale when the age is strictly greater. */
  readonly stale_after_s: number;
  /** At least twice stale, counted from the same beat. */
  readonly unresponsive_after_s: number;
  /** At least stale. */
  readonly paused_stale_after_s: number;
  /** 60-604800, per entry into queued and into provisioning. */
  readonly start_timeout_s: number;
  readonly on_start_timeout: StartTimeoutAction;
  /** 0-3600. */
  readonly terminate_grace_s: number;
  /** 0-3600, of a terminate with `final_checkpoint`. */
  readonly final_checkpoint_grace_s: number;
  readonly on_unresponsive: { readonly action: UnresponsiveAction; readonly after_s: number };
  readonly deadlines: { readonly mode: DeadlineMode };
}

/** Settings of the platform that every run shares. */
export interface RunSettings {
  /** Defaults of the policy. */
  readonly policy: RunPolicy;
  /** After an `applied` ack of pause or resume, until a beat must have confirmed it. */
  readonly confirmation_s: number;
  /** How long a delivered command is held for the agent that took it. */
  readonly lease_s: number;
  /** From acceptance; null = never. */
  readonly expiry_s: Readonly<Record<CommandType, number | null>>;
  /** Timer of fleet mode. */
  readonly backstop_s: number;
  /** `token`, or `uuid`: run ids must be UUIDs. */
  readonly id_mode: 'token' | 'uuid';
  /** Whether the compact body of heartbeats is taken. */
  readonly compact_heartbeat: boolean;
  /** First part of every topic. */
  readonly topic: string;
}

export const defaultRunPolicy: RunPolicy = {
  cadence_s: 15,
  stale_after_s: 45,
  unresponsive_after_s: 135,
  paused_stale_after_s: 900,
  start_timeout_s: 900,
  on_start_timeout: 'warn',
  terminate_grace_s: 120,
  final_checkpoint_grace_s: 600,
  on_unresponsive: { action: 'none', after_s: 0 },
  deadlines: { mode: 'precise' },
};

export const defaultRunSettings: RunSettings = {
  policy: defaultRunPolicy,
  confirmation_s: 60,
  lease_s: 30,
  expiry_s: { tune: 3_600, pause: 600, resume: 600, terminate: null },
  backstop_s: 1_800,
  id_mode: 'token',
  compact_heartbeat: false,
  topic: 'run-status',
};
