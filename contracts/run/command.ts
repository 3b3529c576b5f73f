/** Commands and their acknowledgements (runs.md 6.1, 6.5). `domain/run/messages` checks the same where zod is not. */
import { z } from 'zod';
import { graceSeconds, largestApplied, longestAckMessage, longestTuneNotes, tuneBounds } from './limits.ts';
import {
  attemptSchema,
  counterSchema,
  instantSchema,
  jsonDocument,
  reasonSchema,
  runActorSchema,
  runIdSchema,
  storableText,
} from './values.ts';
import { commandOutcomes } from './vocabulary.ts';

export const tunePayloadSchema = z
  .strictObject({
    learning_rate: z.number().gt(tuneBounds.learning_rate.min).max(tuneBounds.learning_rate.max).optional(),
    entropy_coef: z.number().min(tuneBounds.entropy_coef.min).max(tuneBounds.entropy_coef.max).optional(),
    clip_epsilon: z.number().min(tuneBounds.clip_epsilon.min).max(tuneBounds.clip_epsilon.max).optional(),
    notes: storableText(0, longestTuneNotes).optional(),
  })
  .refine(
    ({ learning_rate, entropy_coef, clip_epsilon }) =>
      learning_rate !== undefined || entropy_coef !== undefined || clip_epsilon !== undefined,
    'expected at least one of learning_rate, entropy_coef, clip_epsilon',
  );
export type TunePayload = Readonly<z.output<typeof tunePayloadSchema>>;

const emptyPayloadSchema = z.strictObject({});

export const terminatePayloadSchema = z.strictObject({
  reason: reasonSchema,
  final_checkpoint: z.boolean().default(false),
  grace_seconds: z.number().int().min(graceSeconds.least).max(graceSeconds.most).optional(),
});
export type TerminatePayload = Readonly<z.output<typeof terminatePayloadSchema>>;

const envelope = {
  id: runIdSchema.optional(),
  /** For people; absent = now. */
  issued_at: instantSchema.optional(),
  /** Left out: operator and the caller's principal. */
  actor: runActorSchema.optional(),
} as const;

export const tuneCommandSchema = z.strictObject({ ...envelope, type: z.literal('tune'), payload: tunePayloadSchema });
export const pauseCommandSchema = z.strictObject({
  ...envelope,
  type: z.literal('pause'),
  payload: emptyPayloadSchema.default({}),
});
export const resumeCommandSchema = z.strictObject({
  ...envelope,
  type: z.literal('resume'),
  payload: emptyPayloadSchema.default({}),
});
export const terminateCommandSchema = z.strictObject({
  ...envelope,
  type: z.literal('terminate'),
  payload: terminatePayloadSchema,
});

export const commandEnvelopeSchema = z.discriminatedUnion('type', [
  tuneCommandSchema,
  pauseCommandSchema,
  resumeCommandSchema,
  terminateCommandSchema,
]);
export type CommandEnvelopeInput = z.input<typeof commandEnvelopeSchema>;
/** As a caller may send it, checked. */
export type CommandEnvelope = Readonly<z.output<typeof commandEnvelopeSchema>>;

/** Bodies of the sugar routes: the envelope without its type. */
export const commandSugarSchemas = {
  tune: tuneCommandSchema.omit({ type: true }),
  pause: pauseCommandSchema.omit({ type: true }),
  resume: resumeCommandSchema.omit({ type: true }),
  terminate: terminateCommandSchema.omit({ type: true }),
} as const;

/** A command with nothing left open: what workflow and store work with. */
export type Command = CommandOrder & {
  readonly id: string;
  /** RFC 3339, as the caller said it. */
  readonly issued_at: string;
  readonly actor: z.output<typeof runActorSchema>;
};
export type CommandOrder =
  | { readonly type: 'tune'; readonly payload: TunePayload }
  | { readonly type: 'pause' | 'resume'; readonly payload: Readonly<Record<string, never>> }
  | { readonly type: 'terminate'; readonly payload: TerminatePayload };

/** Unknown members are ignored. An empty body means applied. */
export const commandAckSchema = z.object({
  outcome: z.enum(commandOutcomes).default('applied'),
  message: storableText(0, longestAckMessage).optional(),
  /** Values as the agent set them, which may be clamped. */
  applied: jsonDocument(largestApplied).optional(),
  step: counterSchema.optional(),
  attempt: attemptSchema.optional(),
});
export type CommandAckInput = z.input<typeof commandAckSchema>;
export type CommandAck = Readonly<z.output<typeof commandAckSchema>>;
