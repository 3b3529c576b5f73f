/**
 * What a caller asks for: the snapshot that defines all content, the options, the configuration that applies, and the
 * input of the workflow made of them (stages.md 3, 4.1, 6.8).
 */
import { z } from 'zod';
import { type Severity, type Stage, stages } from './vocabulary.ts';

const oid = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
export const uuidSchema = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** What defines the content of a run; taken by the caller in its own git environment (stages.md 4.1). */
export const snapshotSchema = z.strictObject({
  source: z.enum(['index', 'range', 'tree', 'files']),
  /** Absolute path of the git directory (of this worktree). */
  git_dir: z.string().min(1),
  /** Absolute path of the work tree, null in a bare repository. */
  work_tree: z.string().nullable(),
  /** Extra object directories, needed when git handed the hook a quarantine or the store is read-only. */
  object_directories: z.array(z.string()).max(16),
  head: oid.nullable(),
  branch: z.string().nullable(),
  from_ref: z.string().nullable(),
  to_ref: z.string().nullable(),
  base_tree: oid.nullable(),
  target_tree: oid,
  /** Trees of the other parents while a merge is in progress. */
  merge_trees: z.array(oid).max(64),
  /** Only these paths, when the caller chose some. */
  paths: z.array(z.string()).max(100_000).nullable(),
  /** Hash of first root commit and remote path without credentials. */
  repo_id: z.string().max(128),
  /** Warnings found while taking it, e.g. a shallow clone without merge base. */
  warnings: z.array(z.string()).max(50),
});
export type StageSnapshot = z.infer<typeof snapshotSchema>;

/** What the caller may choose (stages.md 3, 5). */
export const stageOptionsSchema = z.strictObject({
  tags: z.array(z.string()).max(64).default([]),
  any_tag: z.array(z.string()).max(64).default([]),
  only: z.array(z.string()).max(200).default([]),
  skip: z.array(z.string()).max(200).default([]),
  /** OMNIBASE_SKIP: like skip, but a required component runs all the same, with a warning. */
  env_skip: z.array(z.string()).max(200).default([]),
  profile: z.enum(['fast', 'ci', 'full']).nullable().default(null),
  lifecycle: z.array(z.string()).max(6).default([]),
  no_preset: z.boolean().default(false),
  allow_empty: z.boolean().default(false),
  fail_fast: z.boolean().nullable().default(null),
  timeout_ms: z.number().int().min(1000).max(86_400_000).nullable().default(null),
  concurrency: z.number().int().min(1).max(64).nullable().default(null),
  fail_on: z.array(z.enum(['warning', 'deprecated'])).default([]),
});
export type StageOptions = z.infer<typeof stageOptionsSchema>;

/** `components.<ref>` of the configuration: what the project changes about one component (stages.md 3). */
export interface ComponentSettings {
  /** Version or range to use, unless the caller's reference names one. */
  readonly version?: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Replace the globs of the metadata. */
  readonly files?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** 100 to 3,600,000 ms; may exceed the cap of the stage. */
  readonly timeout_ms?: number | undefined;
  readonly severity?: Readonly<Partial<Record<Severity, Severity>>> | undefined;
  /** Rule → its severity here, or `off`. */
  readonly rules?: Readonly<Record<string, 'off' | Severity>> | undefined;
}

/** Configuration of one stage after precedence and policy side were applied (stages.md 3). */
export interface StageSettings {
  /** References of components that join every selection and cannot be skipped. */
  readonly required: readonly string[];
  /** Tags of which a component needs one, instead of those of the preset. */
  readonly tags?: readonly string[] | undefined;
  /** Lifecycles that are eligible without being named, instead of those of the preset. */
  readonly lifecycle?: readonly string[] | undefined;
  readonly profile?: 'fast' | 'ci' | 'full' | null | undefined;
  readonly fail_fast?: boolean | undefined;
  /** Stage deadline, ms. */
  readonly timeout_ms?: number | undefined;
  readonly concurrency?: number | undefined;
  /** Reference → settings of the component. */
  readonly components: Readonly<Record<string, ComponentSettings>>;
  /**
   * Settings of required components where they do not come with the change under test (range runs: the base tree's
   * `components`). When present, `components` says nothing about required ones, by whatever reference it names them.
   */
  readonly policy_components?: Readonly<Record<string, ComponentSettings>> | undefined;
}

/** Body of `POST /api/v1/stage-runs`. */
export const stageRunRequestSchema = z.strictObject({
  run_id: uuidSchema,
  stage: z.enum(stages),
  snapshot: snapshotSchema,
  options: stageOptionsSchema,
  correlation_id: z.string().min(1).max(128),
  /** True while the caller keeps the stream open and a closed stream must cancel the run. */
  attached: z.boolean(),
});
export type StageRunRequest = z.infer<typeof stageRunRequestSchema>;

/** Input of the workflow: ids and options only, never content; at most 16 KiB (stages.md 6.8). */
export interface StageRunInput {
  readonly schema_version: 1;
  readonly run_id: string;
  readonly stage: Stage;
  readonly correlation_id: string;
  readonly host_id: string;
  /** True when the process that hosts the run also serves the control role: database steps may be local. */
  readonly local_control: boolean;
  /** Stage deadline until the plan is known, ms. */
  readonly deadline_ms: number;
  /** RFC 3339 time at which the gateway received the request; execution_time_ms counts from here. */
  readonly requested_at: string;
  readonly principal: string;
  readonly snapshot: StageSnapshot;
  readonly options: StageOptions;
  /** Short name of the repository for the Web UI. */
  readonly repo: string;
}
