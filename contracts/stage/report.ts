/** What people and machines read of a run: the report, a row of the list, the event stream (stages.md 11, 12). */
import type { ErrorBody } from '../error.ts';
import type { ResolvedComponent, RunMessage, SkippedComponent } from './plan.ts';
import type { StageSnapshot } from './request.ts';
import type { Finding, Isolation } from './result.ts';
import type { Enforcement, RunState, Stage, Status } from './vocabulary.ts';

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
