/**
 * Shapes of the answers, for the OpenAPI document and for the tests that hold real answers against it.
 * Nothing is checked with them at run time: what the services return is typed already.
 */
import { z } from 'zod';
import { componentRecordSchema } from '../../contracts/component.ts';
import { componentTypes } from '../../contracts/component-values.ts';
import { runStates, stages, statuses, uuidSchema } from '../../contracts/stage.ts';

const time = z.string().describe('RFC 3339, UTC, milliseconds');
const count = z.number().int().min(0);

const issueSchema = z
  .object({
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    path: z.string(),
    message: z.string(),
    expected: z.string().optional(),
    received: z.string().optional(),
    line: z.number().int().optional(),
    column: z.number().int().optional(),
    hint: z.string().optional(),
  })
  .meta({ id: 'Issue' });

export const errorBodySchema = z
  .object({
    code: z.string().regex(/^[A-Z]{2}\d{3}$/),
    name: z.string().regex(/^[a-z_]+$/),
    class: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    details: z.record(z.string(), z.unknown()).optional(),
    issues: z.array(issueSchema).optional(),
    next: z.string().optional(),
  })
  .meta({ id: 'ErrorBody' });

export const errorAnswerSchema = z.object({ error: errorBodySchema, correlation_id: z.string() }).meta({ id: 'Error' });

const freshnessSchema = z
  .object({
    source: z.enum(['postgres', 'cache']),
    level: z.enum(['authority', 'l1', 'l2', 'l3']),
    as_of: time,
    age_ms: z.number(),
    stale: z.boolean(),
    complete: z.boolean(),
    offline_reason: z.string().optional(),
  })
  .meta({ id: 'Freshness' });

const pageSchema = z
  .object({
    limit: z.number().int(),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
    total: count.optional(),
  })
  .meta({ id: 'Page' });

export const recordSchema = componentRecordSchema.meta({ id: 'ComponentRecord' });

export const registerResultSchema = z
  .object({
    uuid: z.string(),
    type: z.enum(componentTypes),
    namespace: z.string(),
    name: z.string(),
    version: z.string(),
    revision: z.number().int(),
    fingerprint: z.string(),
    registered: z.boolean(),
    created: z.boolean(),
    unchanged: z.boolean(),
    would: z.enum(['create', 'unchanged', 'replace', 'conflict']).optional(),
  })
  .meta({ id: 'RegisterResult' });

export const removeResultSchema = z
  .object({ uuid: z.string(), revision: z.number().int(), op: z.enum(['archived', 'removed']) })
  .meta({ id: 'RemoveResult' });

export const syncReportSchema = z
  .object({
    kind: z.enum(['full', 'incremental']),
    applied: count,
    removed: count,
    watermark: z.string(),
    duration_ms: z.number(),
    skipped: z.string().optional(),
  })
  .meta({ id: 'SyncReport' });

const levelShape = {
  enabled: z.boolean(),
  healthy: z.boolean(),
  entries: count,
  bytes: count,
  max: z.number().nullable(),
  hits: count,
  misses: count,
  hit_ratio: z.number().min(0).max(1).nullable(),
  evictions: count,
  errors: count,
};
const levelSchema = z.object(levelShape).meta({ id: 'CacheLevelStats' });

export const cacheStatsSchema = z
  .object({
    l1: levelSchema,
    l2: levelSchema,
    l3: z.object({
      ...levelShape,
      path: z.string(),
      complete: z.boolean(),
      age_s: z.number().nullable(),
      stale: z.boolean(),
      last_sync_at: time.nullable(),
      last_full_sync_at: time.nullable(),
      last_error: z.string().nullable(),
      watermark_lag: z.number().nullable(),
      quarantined_lines: count,
      dirty: z.boolean(),
    }),
  })
  .meta({ id: 'CacheStats' });

export const identitySchema = z
  .object({ registry_id: z.string(), epoch: z.number().int(), version: z.string() })
  .meta({ id: 'RegistryIdentity' });

export const handshakeSchema = z
  .object({
    protocol: z.number().int(),
    version: z.string(),
    node: z.string(),
    instance_id: z.string(),
    host_id: z.string(),
    pid: z.number().int(),
  })
  .meta({ id: 'Handshake' });

export const readinessSchema = z
  .object({
    status: z.enum(['ready', 'not_ready', 'draining']),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), duration_ms: z.number() })),
  })
  .meta({ id: 'Readiness' });

export const runReportSchema = z
  .looseObject({
    schema_version: z.literal('1.0'),
    run_id: uuidSchema,
    stage: z.enum(stages),
    state: z.enum(runStates),
    verdict: z.enum(statuses).nullable(),
    exit_code: z.number().int(),
  })
  .describe('The run report; its own schema is published as urn:omnibase:run-report:1')
  .meta({ id: 'RunReport' });

export const stagePlanSchema = z
  .looseObject({ schema_version: z.literal(1), plan_hash: z.string() })
  .meta({ id: 'StagePlan' });

export const runStateSchema = z.object({ state: z.enum(runStates) });

export const stageRunSummarySchema = z
  .object({
    run_id: uuidSchema,
    stage: z.enum(stages),
    state: z.enum(runStates),
    verdict: z.enum(statuses).nullable(),
    exit_code: z.number().int().nullable(),
    repo_id: z.string(),
    repo: z.string(),
    branch: z.string().nullable(),
    started_at: time,
    completed_at: time.nullable(),
    execution_time_ms: z.number().nullable(),
  })
  .meta({ id: 'StageRunSummary' });

const event = { seq: z.number().int().min(1), at: time, run_id: uuidSchema };
const message = z.object({ level: z.enum(['info', 'warning']), text: z.string(), code: z.string().optional() });

/** One line of an event stream. */
export const stageEventSchema = z
  .discriminatedUnion('type', [
    z.object({ ...event, type: z.literal('run.started'), workflow_id: z.string() }),
    z.object({ ...event, type: z.literal('run.planned'), files: count, components: count, steps: count }),
    z.object({ ...event, type: z.literal('step.started'), step_id: z.string(), summary: z.string() }),
    z.object({ ...event, type: z.literal('step.progress'), step_id: z.string(), text: z.string() }),
    z.object({
      ...event,
      type: z.literal('step.finished'),
      step_id: z.string(),
      duration_ms: z.number(),
      statuses: z.record(z.string(), z.enum(statuses)),
    }),
    z.object({ ...event, type: z.literal('message'), message }),
    z.object({ ...event, type: z.literal('run.finished'), report: runReportSchema }),
    z.object({ type: z.literal('stream.error'), error: errorBodySchema, correlation_id: z.string() }),
  ])
  .meta({ id: 'StageEventLine' });

/** `{ schema_version: 1, data }` of routes without freshness. */
export function envelope(data: z.ZodType): z.ZodType {
  return z.object({ schema_version: z.literal(1), data });
}

/** Envelope of registry answers. */
export function registryEnvelope(data: z.ZodType): z.ZodType {
  return z.object({ schema_version: z.literal(1), data, freshness: freshnessSchema, warnings: z.array(issueSchema) });
}

/** Envelope of registry lists. */
export function registryPageEnvelope(item: z.ZodType): z.ZodType {
  return z.object({
    schema_version: z.literal(1),
    data: z.array(item),
    page: pageSchema,
    freshness: freshnessSchema,
    warnings: z.array(issueSchema),
  });
}
