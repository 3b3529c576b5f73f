/**
 * The heartbeat of an agent as it is published (runs.md 5.1, 5.8). The hot path and the workflow, which cannot load zod,
 * use the checker of `domain/run/messages`; a property test holds both to the same verdicts and readings.
 */
import { z } from 'zod';
import { heartbeatBatchItems, longestBeatNotes, mostQueuedCommands } from './limits.ts';
import { attemptSchema, counterSchema, runIdSchema } from './values.ts';
import { runtimeStatuses } from './vocabulary.ts';

/** Free text of an agent must not cost it a beat: what cannot be stored becomes U+FFFD. */
const notes = z
  .string()
  .refine((text) => Array.from(text).length <= longestBeatNotes, `at most ${String(longestBeatNotes)} characters`)
  .transform((text) => text.toWellFormed().replaceAll('\u0000', '\ufffd'));

/** Unknown members are ignored. */
export const runHeartbeatSchema = z
  .object({
    run_id: runIdSchema,
    status: z.enum(runtimeStatuses),
    step: counterSchema,
    samples_per_sec: z.number().min(0),
    /** Null only with `errored`. */
    loss: z.number().nullable(),
    checkpoint_version: counterSchema,
    /** Ids received and not yet acknowledged; absent = unknown. */
    queued_commands: z.array(runIdSchema).max(mostQueuedCommands).optional(),
    notes: notes.optional(),
    attempt: attemptSchema.default(1),
  })
  .refine(({ loss, status }) => loss !== null || status === 'errored', {
    path: ['loss'],
    error: 'may be null only with status errored',
  });
export type RunHeartbeatInput = z.input<typeof runHeartbeatSchema>;
/** A checked beat. */
export interface RunHeartbeat {
  readonly run_id: string;
  readonly status: (typeof runtimeStatuses)[number];
  readonly step: number;
  readonly samples_per_sec: number;
  readonly loss: number | null;
  readonly checkpoint_version: number;
  /** Null = unknown. */
  readonly queued_commands: readonly string[] | null;
  readonly notes: string | null;
  readonly attempt: number;
}

/** `runs.compact_heartbeat`: what older agents send. */
export const compactHeartbeatSchema = z.object({
  step: counterSchema,
  policy_loss: z.number(),
  value_loss: z.number(),
  checkpoint_step: counterSchema,
});
export type CompactHeartbeat = Readonly<z.output<typeof compactHeartbeatSchema>>;

/** `POST /api/v1/heartbeats`: items are checked one by one. */
export const heartbeatBatchSchema = z.array(z.unknown()).max(heartbeatBatchItems);
