/** What the activities of stage runs work with; `workers/` brings it. */
import type { StageEventBody } from '../../contracts/gateway.ts';
import type { RegistryApi } from '../../contracts/registry.ts';
import type { ComponentStepResult, PlannedStep, RunReport, Stage, StagePlan } from '../../contracts/stage.ts';
import type { Database } from '../../db/client.ts';
import type { RunCache } from './run-cache.ts';
import type { StageMetrics } from './stage-metrics.ts';

/** Runs the components of a step; `validators/runner` is the real one. */
export interface StepRunner {
  /** @param only uuids of the components whose results are still missing */
  execute(step: PlannedStep, plan: StagePlan, only: readonly string[], hooks: StepHooks): Promise<void>;
}

export interface StepHooks {
  readonly signal: AbortSignal;
  readonly run: StepRunFacts;
  /** Last line of output of a child; shown live, never stored. */
  progress(text: string): void;
  /** Takes the result of one component as soon as it is there. */
  onResult(result: ComponentStepResult): Promise<void>;
}

/** What a component may know of its run (stages.md 7.2). */
export interface StepRunFacts {
  readonly run_id: string;
  readonly stage: Stage;
  readonly correlation_id: string;
  readonly attempt: number;
}

/** Planning needs no engine and no runner: it also serves `--dry-run`. */
export interface PlanDeps {
  readonly registry: RegistryApi;
  /** Cores of this host. */
  readonly cores: number;
}

export interface DatabaseActivityDeps {
  readonly database: Database;
  /** Live events for who watches the run from here. */
  readonly publish: (runId: string, event: StageEventBody) => void;
  readonly runs: RunCache;
  readonly environment: RunReport['environment'];
  readonly metrics?: StageMetrics;
}

export interface StageActivityDeps extends PlanDeps, DatabaseActivityDeps {
  readonly runner: StepRunner;
  /** Frees what the host keeps for a run: exports, leftovers. */
  readonly releaseRun?: (runId: string) => Promise<void>;
}
