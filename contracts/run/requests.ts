/** What is asked of a run beside beats and commands (runs.md 3, 4.4, 8, 9), as it is published. */
import { z } from 'zod';
import { overrideSeconds } from './limits.ts';
import { runPolicySchema } from './policy.ts';
import {
  attemptSchema,
  counterSchema,
  jsonDocument,
  reasonSchema,
  runActorSchema,
  runIdSchema,
  storableText,
} from './values.ts';
import { artifactKinds, reportKinds } from './vocabulary.ts';

const name = storableText(1, 256);
const documentBytes = 262_144;

/** `POST /runs`. */
export const createRunSchema = z.strictObject({
  id: runIdSchema.optional(),
  experiment_id: runIdSchema,
  version_id: runIdSchema,
  launch_manifest: jsonDocument(documentBytes).default({}),
  overrides: jsonDocument(documentBytes).default({}),
  /** Higher first. */
  priority: z.number().int().min(-100).max(100).default(0),
  display_name: name.optional(),
  owner: name.optional(),
  created_by: name.optional(),
  policy: runPolicySchema.default({}),
});
export type CreateRunInput = z.input<typeof createRunSchema>;
export type CreateRun = Readonly<z.output<typeof createRunSchema>>;

/** `POST /runs/{id}/report`. */
export const runReportSchema = z.strictObject({
  kind: z.enum(reportKinds),
  reason: reasonSchema.optional(),
  attempt: attemptSchema.optional(),
  step: counterSchema.optional(),
  checkpoint_version: counterSchema.optional(),
  actor: runActorSchema.optional(),
});
export type RunReportInput = z.input<typeof runReportSchema>;
export type RunReport = Readonly<z.output<typeof runReportSchema>>;

/** `POST /runs/{id}/reset`. */
export const resetRunSchema = z.strictObject({ reason: reasonSchema, actor: runActorSchema.optional() });
export type ResetRun = Readonly<z.output<typeof resetRunSchema>>;

/** `POST /runs/{id}/health/override`. */
export const overrideHealthSchema = z.strictObject({
  extend_seconds: z.number().int().min(overrideSeconds.least).max(overrideSeconds.most),
  reason: reasonSchema,
  actor: runActorSchema.optional(),
});
export type OverrideHealth = Readonly<z.output<typeof overrideHealthSchema>>;

/** `POST /runs/{id}/artifacts`; `trajectory` is read as `replay`. */
export const createArtifactSchema = z.strictObject({
  kind: z.preprocess((kind) => (kind === 'trajectory' ? 'replay' : kind), z.enum(artifactKinds)),
  uri: storableText(1, 2048),
  step: counterSchema.nullable().default(null),
  size_bytes: counterSchema.optional(),
  checksum: storableText(1, 256).optional(),
  metadata: jsonDocument(32_768).default({}),
});
export type CreateArtifactInput = z.input<typeof createArtifactSchema>;
export type CreateArtifact = Readonly<z.output<typeof createArtifactSchema>>;

const path = z
  .string()
  .max(256)
  .regex(
    /^(?:\*|[^.*\s\p{Cc}\p{Cs}]+(?:\.[^.*\s\p{Cc}\p{Cs}]+)*(?:\.\*)?)$/u,
    'expected a dotted path, `path.*` or `*`',
  );

/** A plain path stands for one without bounds. */
export const whitelistEntrySchema = z.union([
  path,
  z.strictObject({ path, min: z.number().optional(), max: z.number().optional() }),
]);
export type WhitelistEntry = z.output<typeof whitelistEntrySchema>;

const whitelist = z.array(whitelistEntrySchema).max(256);

/** `POST /experiments`; `allowed_overrides` is an alias of `overrides_whitelist`. */
export const createExperimentSchema = z
  .strictObject({
    id: runIdSchema.optional(),
    slug: z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/, 'expected lower-case letters, digits, . _ -'),
    display_name: name,
    description: storableText(0, 4096).optional(),
    config: jsonDocument(documentBytes),
    overrides_whitelist: whitelist.optional(),
    allowed_overrides: whitelist.optional(),
    created_by: name.optional(),
  })
  .refine((value) => value.overrides_whitelist === undefined || value.allowed_overrides === undefined, {
    path: ['allowed_overrides'],
    error: 'is another name of overrides_whitelist; give one',
  })
  .transform(({ allowed_overrides, ...rest }) => ({
    ...rest,
    overrides_whitelist: rest.overrides_whitelist ?? allowed_overrides ?? [],
  }));
export type CreateExperimentInput = z.input<typeof createExperimentSchema>;
export type CreateExperiment = Readonly<z.output<typeof createExperimentSchema>>;

/** `POST /experiments/{id}/versions`. */
export const createVersionSchema = z.strictObject({
  id: runIdSchema.optional(),
  config: jsonDocument(documentBytes),
  change_note: storableText(0, 4096).optional(),
  created_by: name.optional(),
});
export type CreateVersionInput = z.input<typeof createVersionSchema>;
export type CreateVersion = Readonly<z.output<typeof createVersionSchema>>;
