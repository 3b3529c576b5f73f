/**
 * Shapes of stage runs: snapshot, request, plan, results, report (stages.md 2, 4, 5, 11).
 *
 * Glossary: a **snapshot** is the immutable pair of trees that defines all content of a run; a **step**
 * is one scheduled piece of work; a **finding** is one located statement; a **status** belongs to one
 * component, the **verdict** to the run; **enforcement** says whether a component may be skipped or lowered.
 */
import { z } from 'zod';
import type { Lifecycle } from './component.ts';
import type { ErrorBody } from './error.ts';

export const stages = ['pre-commit', 'ci', 'test', 'exec'] as const;
export type Stage = (typeof stages)[number];

export const runStates = [
  'planning',
  'running',
  'cancelling',
  'completed',
  'cancelled',
  'timed_out',
  'errored',
] as const;
export type RunState = (typeof runStates)[number];

export const statuses = ['pass', 'fail', 'warn', 'skip', 'error'] as const;
export type Status = (typeof statuses)[number];

export const severities = ['error', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

export type Enforcement = 'required' | 'standard' | 'informational';

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

export type EntryStatus = 'added' | 'copied' | 'modified' | 'renamed' | 'type_changed' | 'deleted' | 'unchanged';
export type EntryKind = 'file' | 'executable' | 'symlink' | 'gitlink';

/** One path of the snapshot (stages.md 4.2). */
export interface StageEntry {
  /** UTF-8 path; bytes that are not UTF-8 are replaced here and exact in `path_bytes`. */
  readonly path: string;
  /** Base64 of the exact path, only when it is not valid UTF-8. */
  readonly path_bytes?: string;
  readonly status: EntryStatus;
  readonly previous_path?: string;
  readonly mode: string;
  readonly kind: EntryKind;
  readonly blob: string;
  readonly previous_blob?: string;
  readonly size: number;
  readonly types: readonly string[];
}

/** A component chosen for a run, as the plan and the report name it. */
export interface ResolvedComponent {
  readonly uuid: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly spec: string | null;
  readonly lifecycle: Lifecycle;
  readonly source: string;
  readonly fingerprint: string;
  readonly implementation: string | null;
  readonly selected_by: 'preset' | 'only' | 'required' | 'dependency';
}

export interface SkippedComponent {
  readonly ref: string;
  readonly reason: string;
  readonly by: string;
}

/** How one component is to run; everything the runner needs without asking the registry again. */
export interface PlannedComponent {
  readonly component: ResolvedComponent;
  readonly type: 'validator' | 'test' | 'tool';
  readonly enforcement: Enforcement;
  readonly entrypoint: PlannedEntrypoint;
  readonly scope: 'file' | 'batch' | 'project';
  readonly mode: 'read' | 'fix';
  readonly idempotent: boolean;
  /** Total attempts, >= 1. */
  readonly attempts: number;
  readonly timeout_ms: number;
  readonly resources: {
    readonly memory_mb: number;
    readonly cpu: number;
    readonly disk_mb: number;
    readonly pids: number;
  };
  readonly options: Readonly<Record<string, unknown>>;
  readonly needs: readonly string[];
  readonly rules: Readonly<Record<string, 'off' | Severity>>;
  readonly expected_result: 'pass' | 'fail' | 'skip' | null;
  /** Environment names the component may see, values taken on the host. */
  readonly environment: readonly string[];
  readonly level: number;
  readonly weight: number | null;
  /** Uuids of selected components it needs; when one of them fails it is `skip: upstream-failed`. */
  readonly depends_on?: readonly string[];
  /** Highest severity its findings keep; absent = error. */
  readonly severity_limit?: Severity;
  /** Severity a finding came with → severity it gets, unless `rules` names its rule. */
  readonly severity_map?: Readonly<Partial<Record<Severity, Severity>>>;
  /** How long it is expected to take: below 100 ms, below 1 s, longer. */
  readonly performance?: 'fast' | 'standard' | 'heavy';
}

export type PlannedEntrypoint =
  | { readonly kind: 'builtin'; readonly id: string }
  | {
      readonly kind: 'command';
      readonly program: string;
      readonly args: readonly string[];
      readonly input: 'stdin-json' | 'args' | 'none';
      readonly output: 'json' | 'text' | 'none';
      readonly pass_codes: readonly number[];
      readonly fail_codes: readonly number[];
      readonly parse: 'text' | 'unix';
    };

/** One piece of work: a group of built-ins on one batch, or one component on one batch. */
export interface PlannedStep {
  readonly id: string;
  readonly kind: 'builtins' | 'command';
  readonly level: number;
  readonly batch: number;
  readonly batches: number;
  /** Component uuid → indexes into `StagePlan.entries`, sorted by path bytes. */
  readonly files: Readonly<Record<string, readonly number[]>>;
  readonly timeout_ms: number;
  readonly attempts: number;
  readonly idempotent: boolean;
}

/** The immutable plan of a run (stages.md 5), stored in `stage_plans`. */
export interface StagePlan {
  readonly schema_version: 1;
  readonly plan_hash: string;
  readonly snapshot: StageSnapshot;
  readonly components: readonly PlannedComponent[];
  readonly skipped: readonly SkippedComponent[];
  readonly preset: string;
  readonly tags: readonly string[];
  /** The profile in effect, by flag or configuration; absent or null = no narrowing. */
  readonly profile?: 'fast' | 'ci' | 'full' | null;
  readonly required: readonly string[];
  readonly registry: { readonly source: 'postgres' | 'cache'; readonly stale: boolean; readonly age_s: number };
  readonly entries: readonly StageEntry[];
  readonly inputs: {
    readonly files: number;
    readonly bytes: number;
    readonly deleted: number;
    readonly too_large: number;
  };
  readonly steps: readonly PlannedStep[];
  readonly levels: readonly (readonly string[])[];
  readonly concurrency: number;
  readonly fail_fast: boolean;
  readonly deadline_ms: number;
  readonly fail_on: readonly ('warning' | 'deprecated')[];
  readonly policy: { readonly side: 'base' | 'target' | 'worktree'; readonly config_hash: string };
  readonly messages: readonly RunMessage[];
}

/** What the workflow keeps of a plan: ids and limits, at most 96 KiB. */
export interface PlanSummary {
  readonly plan_hash: string;
  readonly files: number;
  readonly components: number;
  readonly concurrency: number;
  readonly fail_fast: boolean;
  /** Stage deadline counted from the start of the run, ms. */
  readonly deadline_ms: number;
  readonly steps: readonly StepSummary[];
  /** Step ids per topological level. */
  readonly levels: readonly (readonly string[])[];
  /** Step id → steps whose results it needs; for `skip: upstream-failed`. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
}

export interface StepSummary {
  readonly id: string;
  readonly level: number;
  /** One line for the Web UI: `json, yaml, +3 on 200 files, batch 1/1`. */
  readonly summary: string;
  /** True when it is short, in-process work and may be a local activity. */
  readonly local: boolean;
  readonly timeout_ms: number;
  readonly attempts: number;
  readonly components: readonly string[];
}

export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly path?: string;
  readonly path_bytes?: string;
  readonly line?: number;
  readonly column?: number;
  readonly end_line?: number;
  readonly end_column?: number;
  readonly fingerprint: string;
  readonly suggestion?: string;
  readonly doc_url?: string;
  readonly fixable: boolean;
  readonly related?: readonly { readonly path: string; readonly line: number; readonly message: string }[];
  readonly suppressed?: { readonly by: 'baseline' | 'inline' | 'unchanged-line' | 'config'; readonly reason?: string };
}

/** What was really enforced around one execution (stages.md 7.3). */
export interface Isolation {
  readonly tier: 'thread' | 'process' | 'container';
  readonly namespaces: readonly string[];
  readonly limits_by: string;
  readonly sweep: 'token' | 'group' | 'none';
  readonly enforced: Readonly<
    Record<'fs_read' | 'fs_write' | 'network' | 'processes' | 'memory', 'yes' | 'no' | 'granted'>
  >;
}

/** Result of one component in one step; stored once in `stage_results` before the step returns. */
export interface ComponentStepResult {
  readonly component_uuid: string;
  readonly step_id: string;
  readonly status: Status;
  readonly skipped_reason: string | null;
  readonly findings: readonly Finding[];
  readonly findings_total: number;
  readonly truncated: boolean;
  readonly messages: readonly string[];
  readonly errors: readonly ErrorBody[];
  readonly output: unknown;
  readonly exit_status: { readonly code: number | null; readonly signal: string | null } | null;
  readonly duration_ms: number;
  readonly attempts: number;
  readonly files_checked: number;
  readonly isolation: Isolation;
  readonly produced_at: string;
}

/** What `executeStep` tells the workflow: counts only, at most 8 KiB. */
export interface StepOutcome {
  readonly step_id: string;
  readonly results: readonly {
    readonly uuid: string;
    readonly status: Status;
    readonly findings: number;
    /** Highest-ranking exit code of the errors, 0 without. */
    readonly exit: number;
    /** True when a failure here stops a fail-fast run. */
    readonly blocking: boolean;
  }[];
  readonly duration_ms: number;
  /** First error findings, for the card; at most 5 lines. */
  readonly headlines: readonly string[];
}

export interface RunMessage {
  readonly level: 'info' | 'warning';
  readonly text: string;
  readonly code?: string;
}

/** One component in the report. */
export interface ComponentResult {
  readonly component: ResolvedComponent;
  readonly status: Status;
  readonly enforcement: Enforcement;
  readonly skipped_reason: string | null;
  readonly level: number;
  readonly steps: readonly string[];
  readonly duration_ms: number;
  readonly attempts: number;
  readonly cached: 'all' | 'some' | 'none';
  readonly files_checked: number;
  readonly findings: readonly Finding[];
  readonly findings_total: number;
  readonly truncated: boolean;
  readonly messages: readonly string[];
  readonly errors: readonly ErrorBody[];
  readonly output?: unknown;
  readonly exit_status: { readonly code: number | null; readonly signal: string | null } | null;
  readonly isolation: Isolation;
  readonly produced_at: string;
}

/** The report of a run (stages.md 11): one shape for the terminal, machines and the database. */
export interface RunReport {
  readonly schema_version: '1.0';
  readonly run_id: string;
  readonly workflow: { readonly id: string; readonly namespace: string };
  readonly stage: Stage;
  readonly mode: 'run' | 'dry-run' | 'replay';
  readonly profile: 'fast' | 'ci' | 'full' | null;
  readonly fix: 'off' | 'patch' | 'worktree' | 'apply';
  readonly state: RunState;
  readonly verdict: Status | null;
  readonly exit_code: number;
  readonly correlation_id: string;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly execution_time_ms: number;
  readonly timings: Readonly<
    Partial<
      Record<
        'snapshot_ms' | 'selection_ms' | 'plan_ms' | 'queue_ms' | 'execution_ms' | 'overhead_ms' | 'report_ms',
        number
      >
    >
  >;
  readonly environment: {
    readonly version: string;
    readonly node: string;
    readonly git: string;
    readonly platform: string;
    readonly host_id: string;
    readonly cpus: number;
  };
  readonly repo: {
    readonly id: string;
    readonly root?: string;
    readonly source: StageSnapshot['source'];
    readonly head: string | null;
    readonly branch: string | null;
    readonly from_ref: string | null;
    readonly to_ref: string | null;
    readonly base_tree: string | null;
    readonly target_tree: string | null;
  };
  readonly policy: {
    readonly side: 'base' | 'target' | 'worktree';
    readonly config_hash: string;
    readonly fail_on: readonly ('warning' | 'deprecated')[];
  };
  readonly selection: {
    readonly preset: string;
    readonly tags: readonly string[];
    readonly filter: string | null;
    readonly selected: readonly string[];
    readonly skipped: readonly SkippedComponent[];
    readonly required: readonly string[];
    readonly empty: boolean;
  };
  readonly resolved: readonly ResolvedComponent[];
  readonly registry: {
    readonly source: 'postgres' | 'cache';
    readonly stale: boolean;
    readonly age_s?: number;
    readonly revision?: number;
  };
  readonly inputs: {
    readonly files: number;
    readonly bytes: number;
    readonly deleted: number;
    readonly too_large: number;
  };
  readonly plan: {
    readonly plan_hash: string;
    readonly steps: number;
    readonly levels: number;
    readonly concurrency: number;
    readonly fail_fast: boolean;
  };
  readonly results: readonly ComponentResult[];
  readonly summary: {
    readonly total: number;
    readonly passed: number;
    readonly failed: number;
    readonly warned: number;
    readonly skipped: number;
    readonly errored: number;
    readonly findings: Readonly<Record<'error' | 'warning' | 'info' | 'suppressed' | 'fixable', number>>;
    readonly cache: { readonly hits: number; readonly misses: number };
  };
  readonly messages: readonly RunMessage[];
  readonly errors: readonly ErrorBody[];
  readonly replay_of: string | null;
}

/** One row of `orch ls`. */
export interface StageRunSummary {
  readonly run_id: string;
  readonly stage: Stage;
  readonly state: RunState;
  readonly verdict: Status | null;
  readonly exit_code: number | null;
  readonly repo_id: string;
  readonly repo: string;
  readonly branch: string | null;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly execution_time_ms: number | null;
}

/** Lines of the event stream of a run (stages.md 12, jsonl). `run.finished` is the last one. */
export type StageEvent = { readonly seq: number; readonly at: string; readonly run_id: string } & (
  | { readonly type: 'run.started'; readonly workflow_id: string }
  | { readonly type: 'run.planned'; readonly files: number; readonly components: number; readonly steps: number }
  | { readonly type: 'step.started'; readonly step_id: string; readonly summary: string }
  | { readonly type: 'step.progress'; readonly step_id: string; readonly text: string }
  | {
      readonly type: 'step.finished';
      readonly step_id: string;
      readonly duration_ms: number;
      readonly statuses: Readonly<Record<string, Status>>;
    }
  | { readonly type: 'message'; readonly message: RunMessage }
  | { readonly type: 'run.finished'; readonly report: RunReport }
);
