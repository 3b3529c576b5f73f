/**
 * What the `stageRun` workflow says to its activities and its callers (stages.md 6.2-6.4, 6.8). Everything here travels
 * in Temporal payloads: ids, counts and limits, never content; findings and reports live in Postgres.
 */
import type { ErrorBody } from './error.ts';
import type { PlanSummary, RunState, Stage, StageRunInput, Status, StepOutcome } from './stage.ts';

/** States in which nothing changes any more. */
export type EndState = Extract<RunState, 'completed' | 'cancelled' | 'timed_out' | 'errored'>;

/** Why a step of the plan, or a part of it, has no result. */
export type StepSkipReason = 'fail-fast' | 'upstream-failed' | 'cancelled' | 'deadline' | 'engine';

/** Answer of `planStage`. */
export interface PlannedRun extends PlanSummary {
  /** `name@version` of each component, for the card in the Web UI. */
  readonly resolved: readonly string[];
}

/** Input of `planStage`. */
export interface PlanRequest {
  readonly input: StageRunInput;
}

/** Input of `recordStageState`: one change of state. */
export interface StateChange {
  readonly input: StageRunInput;
  readonly workflow: WorkflowIdentity;
  readonly version: number;
  readonly state: RunState;
  readonly reason: string | null;
}

export interface WorkflowIdentity {
  readonly id: string;
  readonly namespace: string;
}

/** Input of `executeStep`. */
export interface StepRequest {
  readonly run_id: string;
  readonly stage: Stage;
  readonly step_id: string;
  readonly correlation_id: string;
  /** Total attempts the step may have, >= 1. */
  readonly attempts: number;
}

/** Input of `finishStage`: how the run ended; the report is built from stored plan and results. */
export interface FinishRequest {
  readonly input: StageRunInput;
  readonly workflow: WorkflowIdentity;
  readonly version: number;
  readonly state: EndState;
  readonly reason: string | null;
  /** What ended the run, null when all work ended. */
  readonly error: ErrorBody | null;
  /** Whether a plan was stored. */
  readonly planned: boolean;
  /** Step id → what made it fail as a whole, e.g. a lost worker; its components without a result get this error. */
  readonly failed_steps: Readonly<Record<string, ErrorBody>>;
  /** Step id → why it did not run to its end. */
  readonly skipped_steps: Readonly<Record<string, StepSkipReason>>;
}

/** Answer of `finishStage`. */
export interface FinishedRun {
  readonly state: EndState;
  readonly verdict: Status | null;
  readonly exit_code: number;
}

/** Input of `checkHost`. */
export interface HostQuestion {
  readonly host_id: string;
}

/** Answer of `checkHost`. */
export interface HostLiveness {
  readonly fresh: boolean;
  /** Milliseconds since the host worker stamped its row; null when it never did. */
  readonly age_ms: number | null;
}

/** Input of `releaseHost`. */
export interface ReleaseRequest {
  readonly run_id: string;
}

/** Result of the workflow. */
export interface StageRunResult {
  readonly run_id: string;
  readonly state: EndState;
  readonly verdict: Status | null;
  readonly exit_code: number;
  /** False when the database could not be reached to the end; the row is then repaired by the deadline sweep. */
  readonly stored: boolean;
}

/** Input of the update `cancel`; its update id is the command id. */
export interface CancelCommand {
  readonly command_id: string;
  readonly reason: string;
  readonly actor: string;
}

/** Answer of the update `cancel`. */
export interface CancelAnswer {
  readonly state: RunState;
}

/** Answer of the query `progress` and the update `awaitProgress`. */
export interface ProgressView {
  readonly schema_version: 1;
  readonly state: RunState;
  readonly version: number;
  /** Components per status so far. */
  readonly counts: Readonly<Record<Status, number>>;
  readonly running: readonly RunningStep[];
  /** 0-100. */
  readonly percent: number;
}

export interface RunningStep {
  readonly id: string;
  /** How many components the step runs. */
  readonly components: number;
  /** RFC 3339. */
  readonly started_at: string;
}

/** Input of the update `awaitProgress`. */
export interface ProgressWait {
  readonly since_version: number;
  /** 0-20,000. */
  readonly max_wait_ms: number;
}

/** The activities of a stage run by name: what the workflow calls and `activities/stages.ts` implements. */
export interface StageActivities {
  planStage(request: PlanRequest): Promise<PlannedRun>;
  executeStep(request: StepRequest): Promise<StepOutcome>;
  recordStageState(change: StateChange): Promise<{ readonly outcome: 'applied' | 'duplicate' | 'stale' }>;
  finishStage(request: FinishRequest): Promise<FinishedRun>;
  checkHost(question: HostQuestion): Promise<HostLiveness>;
  releaseHost(request: ReleaseRequest): Promise<void>;
}
