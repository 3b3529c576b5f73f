/** What came out of one step: findings, isolation, the result of a component (stages.md 6.6, 7). */
import type { ErrorBody } from '../error.ts';
import type { Severity, Status } from './vocabulary.ts';

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
