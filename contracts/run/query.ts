/** Queries of the run API as they stand in a URL (runs.md 9). Whatever does not fit is 400 `invalid_query`. */
import { z } from 'zod';
import { longPollSeconds } from './limits.ts';
import { runIdSchema } from './values.ts';
import { runHealths, runStates } from './vocabulary.ts';

const digits = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));

/** Newest first; the token is opaque. */
export const pageSchema = z.strictObject({
  page_size: digits(1, 200).default(50),
  page_token: z.string().min(1).max(1024).optional(),
});
export type RunPage = Readonly<z.output<typeof pageSchema>>;

/** `pending` means queued or provisioning. */
export const runStateFilters = [...runStates, 'pending'] as const;
export type RunStateFilter = (typeof runStateFilters)[number];

export const runListSchema = pageSchema.extend({
  state: z.enum(runStateFilters).optional(),
  health: z.enum(runHealths).optional(),
  experiment_id: runIdSchema.optional(),
  owner: z.string().min(1).max(256).optional(),
});
export type RunListQuery = Readonly<z.output<typeof runListSchema>>;

/** `GET …/commands/next`; out of range is 422 (`validation_failed`), unlike the lists. */
export const nextCommandSchema = z.strictObject({
  wait: digits(longPollSeconds.least, longPollSeconds.most).default(0),
  attempt: digits(1, 999_999_999).optional(),
});
export type NextCommandQuery = Readonly<z.output<typeof nextCommandSchema>>;

export const heartbeatBatchQuerySchema = z.strictObject({
  results: z.enum(['all', 'changed']).default('all'),
  wait_edges: digits(1, 5).optional(),
});
export type HeartbeatBatchQuery = Readonly<z.output<typeof heartbeatBatchQuerySchema>>;

/** `GET /events`, `GET /runs/{id}/events`. */
export const runEventQuerySchema = z.strictObject({
  run_id: runIdSchema.optional(),
  /** Separated by commas. */
  types: z
    .string()
    .max(1024)
    .transform((text) => text.split(',').filter((type) => type !== ''))
    .optional(),
  progress: z.enum(['true', 'false']).optional(),
});
