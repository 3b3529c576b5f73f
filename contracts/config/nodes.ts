/**
 * Settings of node registration in the configuration (registration.md 2), with their ranges: `registration.*`, and the
 * groups `deadlines.*`, `sweep.*`, `breaker.*`, `damping.*` and `outbox.*` that runs share. The defaults are
 * `defaultNodeSettings` of `contracts/node/settings.ts`; `domain/config/node-settings` checks what spans two keys.
 */
import { z } from 'zod';
import { defaultNodeSettings } from '../node/settings.ts';
import { deadlineModes, nodeTypes } from '../node/vocabulary.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const whole = (least: number, most: number, about: string) =>
  z.number().int().min(least).max(most).optional().describe(about);
const names = (about: string) => z.array(z.string().min(1).max(128)).max(256).optional().describe(about);
const version = z
  .string()
  .max(64)
  .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/, 'a version like 1.2.0');

const admission = z
  .strictObject({
    closed_domains: names('domains that take no nodes'),
    node_types: z.array(z.enum(nodeTypes)).max(4).optional().describe('node types that are let in; empty = all four'),
    minimum_versions: z
      .partialRecord(z.enum(nodeTypes), version)
      .optional()
      .describe('node type → least version of a node'),
    minimum_component_versions: z
      .record(z.string().min(1).max(256), version)
      .optional()
      .describe('component name → least version of the component a node names'),
    require_component: z.boolean().optional().describe('whether a node must name a registered component'),
    forbidden_capabilities: names('capabilities no node may offer'),
    required_capabilities: names('capabilities every node must offer'),
  })
  .optional();

const registration = z
  .strictObject({
    ack_timeout_ms: whole(second, 10 * minute, 'how long a node has to acknowledge an offer'),
    first_liveness_ms: whole(second, hour, 'how long a new active node has for its first heartbeat'),
    liveness_window_ms: whole(
      3 * second,
      hour,
      'silence after which a node counts as dead; at least three heartbeat intervals',
    ),
    heartbeat_interval_ms: whole(second, 10 * minute, 'how often nodes are told to beat'),
    heartbeat_jitter_percent: z.number().min(0).max(50).optional().describe('spread around that interval, per cent'),
    heartbeat_max_per_second: whole(
      1,
      1_000_000,
      'heartbeats a second the whole fleet may cause; more nodes are told to beat less often',
    ),
    max_attempts: whole(1, 10, 'handshakes of one retry series, the first included'),
    retry_backoff: z
      .strictObject({
        first_ms: whole(1, day, 'wait before the second attempt; doubles from there'),
        max_ms: whole(1, day, 'longest wait between two attempts'),
        jitter_percent: z.number().min(0).max(100).optional().describe('spread around that wait, per cent'),
      })
      .optional(),
    decision_wait_ms: whole(second, minute, 'how long an introspection waits for the policy before it is answered'),
    retire_after_ms: whole(hour, 365 * day, 'how long the workflow of an ended registration stays without a message'),
    admission,
  })
  .optional();

/** Groups of the configuration, each optional, each strict. */
export const nodeConfigShape = {
  registration,
  deadlines: z
    .strictObject({
      mode: z
        .enum(deadlineModes)
        .optional()
        .describe('precise: a timer per deadline; fleet: a backstop timer, the sweep finds what is due'),
      backstop_ms: whole(5 * minute, 120 * minute, 'the timer of fleet mode'),
    })
    .optional(),
  sweep: z
    .strictObject({
      interval_ms: whole(second, minute, 'time between two sweeps'),
      batch: whole(100, 5_000, 'rows of one page of a sweep'),
      pokes_per_second: whole(1, 1_000, 'workflows a sweep wakes in a second, at most'),
      mass_ratio: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe('share of the fleet falling silent that is one incident'),
      mass_minimum: whole(1, 1_000_000, 'nodes falling silent that are one incident, at least'),
    })
    .optional(),
  breaker: z
    .strictObject({
      threshold: whole(1, 1_000, 'failures in a row after which Postgres is left alone'),
      reset_ms: whole(0, hour, 'for how long'),
    })
    .optional(),
  damping: z
    .strictObject({
      missed_windows: whole(1, 10, 'liveness windows a node may miss'),
      healthy_beats: whole(1, 10, 'beats in a row that change the reported status for the better'),
      unhealthy_beats: whole(1, 10, 'beats in a row that change it for the worse'),
      flap_threshold: whole(0, 100, 'returns within the period that make a node flapping; 0 = off'),
      period_ms: whole(minute, day, 'the period they are counted in'),
      hold_ms: whole(minute, day, 'how long a flapping node is not selected'),
    })
    .optional(),
  outbox: z
    .strictObject({
      webhooks: z
        .array(
          z.strictObject({
            url: z
              .url({ protocol: /^https?$/ })
              .max(2048)
              .refine(withoutUserInfo, 'must not carry a user name or password'),
            secret_env: z
              .string()
              .max(128)
              .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable'),
            types: z.array(z.string().min(1).max(128)).max(64).optional(),
          }),
        )
        .max(16)
        .optional()
        .describe(
          'receivers of events, each with url, secret_env (the variable that holds the signing secret) and types (all when absent)',
        ),
    })
    .optional(),
} as const;

function withoutUserInfo(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

const { flap_period_ms: period_ms, flap_hold_ms: hold_ms, ...damping } = defaultNodeSettings.damping;
const policy = defaultNodeSettings.registration.admission;

/** `defaultNodeSettings` under the keys of the configuration. */
export const nodeConfigDefaults = {
  registration: {
    ...defaultNodeSettings.registration,
    admission: {
      ...policy,
      // Copies, because the type of a configuration has lists that may be written to.
      closed_domains: [...policy.closed_domains],
      node_types: [...policy.node_types],
      forbidden_capabilities: [...policy.forbidden_capabilities],
      required_capabilities: [...policy.required_capabilities],
    },
  },
  deadlines: defaultNodeSettings.deadlines,
  sweep: defaultNodeSettings.sweep,
  breaker: defaultNodeSettings.breaker,
  damping: { ...damping, period_ms, hold_ms },
  outbox: { webhooks: [] },
};
