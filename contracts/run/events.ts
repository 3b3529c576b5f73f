/**
 * Events of runs (runs.md 11). One type has one schema, shared by writer and reader: the only builder is
 * `domain/run/events`, readers parse with `runEventSchema`.
 */
import { z } from 'zod';
import type { RunEventType } from './event-table.ts';
import {
  artifactKinds,
  changeSources,
  commandOutcomes,
  commandTypes,
  runHealths,
  runStates,
  runtimeStatuses,
  severities,
} from './vocabulary.ts';

const instant = z.iso.datetime({ offset: true });
const count = z.number().int().min(0);
const actor = { actor_type: z.enum(['operator', 'system', 'agent']), actor_id: z.string() } as const;
const command = { command_id: z.string(), command_type: z.enum(commandTypes) } as const;
const silence = {
  last_heartbeat_at: instant.nullable(),
  /** Silence at the moment of the verdict. */
  age_s: z.number().min(0),
} as const;
/** What a pager is told; null where this event is nothing to it. */
const page = z
  .strictObject({
    /** `run_id:attempt:episode`. */
    key: z.string(),
    action: z.enum(['trigger', 'hold', 'resolve']),
  })
  .nullable();
const progress = { step: count, checkpoint_version: count, at: instant } as const;

/** Event type → its `data`. */
export const runEventData = {
  'run.created': z.strictObject({
    experiment_id: z.string(),
    version_id: z.string(),
    priority: z.number().int(),
    created_by: z.string().nullable(),
  }),
  'run.state_changed': z.strictObject({
    from_state: z.enum(runStates).nullable(),
    to_state: z.enum(runStates),
    changed_by: z.enum(changeSources),
    ...actor,
    reason: z.string(),
    cause_id: z.string().nullable(),
  }),
  'run.reset': z.strictObject({ ...actor, reason: z.string(), previous_attempt: count, attempt: count }),
  'run.health_changed': z.strictObject({
    previous: z.enum(runHealths),
    current: z.enum(runHealths),
    cause: z.enum(['silence', 'beat', 'override', 'reset', 'end', 'incident_closed']),
    episode: count,
    ...silence,
    page,
  }),
  'run.health_override': z.strictObject({
    ...actor,
    reason: z.string(),
    extend_seconds: z.number().int(),
    grace_until: instant,
  }),
  'run.terminate_recommended': z.strictObject({ episode: count, ...silence }),
  'run.start_overdue': z.strictObject({ state: z.enum(runStates), entered_at: instant, timeout_s: count }),
  'command.queued': z.strictObject({ ...command, ...actor, seq: count, expires_at: instant.nullable() }),
  'command.delivered': z.strictObject({ ...command, delivery_attempt: count, lease_expires_at: instant }),
  'command.redelivered': z.strictObject({ ...command, delivery_attempt: count, lease_expires_at: instant }),
  'command.acknowledged': z.strictObject({
    ...command,
    outcome: z.enum(commandOutcomes),
    message: z.string().nullable(),
    late: z.boolean(),
  }),
  'command.rejected': z.strictObject({
    ...command,
    outcome: z.enum(commandOutcomes),
    message: z.string().nullable(),
    late: z.boolean(),
  }),
  'command.expired': z.strictObject({ ...command, reason: z.string() }),
  'command.superseded': z.strictObject({ ...command, reason: z.string() }),
  'command.unconfirmed': z.strictObject({ ...command, acknowledged_at: instant }),
  'tune.applied': z.strictObject({
    command_id: z.string(),
    path: z.string(),
    requested_value: z.json(),
    applied_value: z.json(),
  }),
  'tune.rejected': z.strictObject({
    command_id: z.string().nullable(),
    path: z.string(),
    requested_value: z.json(),
    reason: z.string(),
  }),
  'artifact.created': z.strictObject({
    artifact_id: z.string(),
    kind: z.enum(artifactKinds),
    uri: z.string(),
    step: count.nullable(),
  }),
  'run.progress': z.strictObject(progress),
  'checkpoint.advanced': z.strictObject(progress),
} as const satisfies Readonly<Record<RunEventType, z.ZodType>>;

export type RunEventData<T extends RunEventType = RunEventType> = z.output<(typeof runEventData)[T]>;

const envelope = {
  id: z.string(),
  run_id: z.string(),
  /** Without gap per run; null for ephemeral events. */
  seq: count.nullable(),
  topic: z.string(),
  occurred_at: instant,
  attempt: count,
  state: z.enum(runStates),
  runtime_status: z.enum(runtimeStatuses).nullable(),
  health_status: z.enum(runHealths),
  step: count.nullable(),
  samples_per_sec: z.number().nullable(),
  loss: z.number().nullable(),
  severity: z.enum(severities),
  last_error: z.string().optional(),
  incident_id: z.string().optional(),
  /** Added at publication. */
  key_id: z.string().optional(),
  signature: z.string().optional(),
} as const;

/** Envelope with the data of its type. */
export const runEventSchema = z
  .strictObject({ ...envelope, type: z.string(), data: z.unknown() })
  .superRefine((event, context) => {
    const data = Object.hasOwn(runEventData, event.type) ? runEventData[event.type as RunEventType] : undefined;
    if (data === undefined) context.addIssue({ code: 'custom', path: ['type'], message: 'is no event of a run' });
    else {
      for (const issue of data.safeParse(event.data).error?.issues ?? []) {
        context.addIssue({ code: 'custom', path: ['data', ...issue.path], message: issue.message });
      }
    }
  });

/** An event as the outbox holds it. */
export type RunEvent<T extends RunEventType = RunEventType> = Readonly<
  Omit<z.output<typeof runEventSchema>, 'type' | 'data'> & { type: T; data: RunEventData<T> }
>;
