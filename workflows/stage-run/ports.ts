/**
 * What the life of a stage run needs from the engine. The Temporal side is `temporal-ports.ts`; unit tests bring their
 * own, so every rule of the run is measured outside the sandbox.
 */
import type { RunState, Status, StepOutcome, StepSummary } from '../../contracts/stage.ts';
import type {
  FinishedRun,
  FinishRequest,
  PlannedRun,
  StateChange,
  WorkflowIdentity,
} from '../../contracts/stage-workflow.ts';

/** A group of activities that can be cancelled together. */
export interface WorkScope {
  run<T>(work: () => Promise<T>): Promise<T>;
  cancel(): void;
}

export interface Timer {
  /** True once the time has passed, false when cancelled before. */
  readonly fired: Promise<boolean>;
  cancel(): void;
}

export interface StageRunPorts {
  readonly workflow: WorkflowIdentity;
  /** Milliseconds since the epoch, the same on every replay. */
  now(): number;
  startTimer(ms: number, summary: string): Timer;
  openScope(): WorkScope;
  plan(): Promise<PlannedRun>;
  executeStep(step: StepSummary): Promise<StepOutcome>;
  /** Whether the host worker has stamped its liveness row lately. */
  hostIsFresh(): Promise<boolean>;
  record(change: Pick<StateChange, 'version' | 'state' | 'reason'>): Promise<void>;
  finish(request: Omit<FinishRequest, 'input' | 'workflow'>): Promise<FinishedRun>;
  release(usedCommands: boolean): Promise<void>;
  /** Shows a state, or the verdict of a completed run, in search attributes, and the card in the Web UI. */
  show(value: RunState | Status, card: string): void;
}
