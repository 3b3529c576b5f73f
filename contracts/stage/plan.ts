/** What will be done: entries, chosen components, steps, and what the workflow keeps of it (stages.md 4.2, 5). */
import type { Lifecycle } from '../component.ts';
import type { StageSnapshot } from './request.ts';
import type { Enforcement, Severity } from './vocabulary.ts';

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

export interface RunMessage {
  readonly level: 'info' | 'warning';
  readonly text: string;
  readonly code?: string;
}
