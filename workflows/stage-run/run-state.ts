/**
 * What a stage run knows about itself: state, plan, outcome of each step (stages.md 6.2, 6.3). A plain holder: every
 * change raises `version` by one and wakes who waits for it. Nothing here touches the engine.
 */
import type { ErrorBody } from '../../contracts/error.ts';
import type { RunState, StageRunInput, Status, StepOutcome } from '../../contracts/stage.ts';
import type {
  EndState,
  PlannedRun,
  ProgressView,
  RunningStep,
  StepSkipReason,
} from '../../contracts/stage-workflow.ts';

/** Why a run is asked to stop before its work has ended. */
export type StopCause =
  | { readonly kind: 'cancel'; readonly reason: string; readonly actor: string }
  | { readonly kind: 'deadline' }
  /** Host silent past its limit, or a database activity exhausted. */
  | { readonly kind: 'engine'; readonly error: ErrorBody };

const worstFirst: readonly Status[] = ['error', 'fail', 'warn', 'pass', 'skip'];
const maxHeadlines = 5;

export class StageRunState {
  readonly input: StageRunInput;
  readonly startedAt: number;
  state: RunState = 'planning';
  version = 1;
  /** Milliseconds since the epoch. */
  deadlineAt: number;
  plan: PlannedRun | null = null;
  /** Decided end; from here on nothing may stop the run, though it may not be stored yet. */
  ending: EndState | null = null;
  /** Known once the report is stored. */
  verdict: Status | null = null;
  /** First cause to stop; later ones change nothing. */
  stopCause: StopCause | null = null;
  /** Resolves with `stopCause`. */
  readonly stopRequested: Promise<StopCause>;
  /** First error findings, for the card. */
  readonly headlines: string[] = [];
  readonly failedSteps: Record<string, ErrorBody> = {};
  readonly skippedSteps: Record<string, StepSkipReason> = {};

  private readonly outcomes: Record<string, StepOutcome> = {};
  private readonly runningSteps: Record<string, RunningStep> = {};
  private readonly worst: Record<string, Status> = {};
  private readonly announceStop: (cause: StopCause) => void;
  private waiters: { readonly until: () => boolean; readonly wake: () => void }[] = [];

  /** @param startedAt start of the run in ms since the epoch; deadlines count from here */
  constructor(input: StageRunInput, startedAt: number) {
    this.input = input;
    this.startedAt = startedAt;
    this.deadlineAt = startedAt + input.deadline_ms;
    const stop = Promise.withResolvers<StopCause>();
    this.stopRequested = stop.promise;
    this.announceStop = stop.resolve;
  }

  requestStop(cause: StopCause): void {
    if (this.stopCause !== null || this.ending !== null) return;
    this.stopCause = cause;
    this.announceStop(cause);
  }

  enter(state: RunState): void {
    this.state = state;
    this.changed();
  }

  adoptPlan(plan: PlannedRun): void {
    this.plan = plan;
    // The server ends the workflow a minute after the deadline it was started with, so the plan can only be stricter.
    this.deadlineAt = this.startedAt + Math.min(plan.deadline_ms, this.input.deadline_ms);
    this.changed();
  }

  /** @param at RFC 3339 time */
  stepStarted(id: string, components: number, at: string): void {
    this.runningSteps[id] = { id, components, started_at: at };
    this.changed();
  }

  stepFinished(outcome: StepOutcome): void {
    this.outcomes[outcome.step_id] = outcome;
    for (const result of outcome.results) this.countStatus(result.uuid, result.status);
    this.headlines.push(...outcome.headlines.slice(0, maxHeadlines - this.headlines.length));
    this.stepEnded(outcome.step_id);
  }

  /** The step failed as a whole: what it had not stored counts as `error`. */
  stepFailed(id: string, components: readonly string[], error: ErrorBody): void {
    this.failedSteps[id] = error;
    for (const uuid of components) this.countStatus(uuid, 'error');
    this.stepEnded(id);
  }

  stepSkipped(id: string, reason: StepSkipReason): void {
    this.skippedSteps[id] = reason;
    this.stepEnded(id);
  }

  /** Gives every step without an end this reason: nothing more will come from them. */
  skipUnfinished(reason: StepSkipReason): void {
    for (const { id } of this.plan?.steps ?? []) {
      if (!this.hasEnded(id)) this.stepSkipped(id, reason);
    }
  }

  /** True when a step failed, was skipped, or holds a component that failed: its dependents cannot run. */
  isBroken(id: string): boolean {
    if (id in this.failedSteps || id in this.skippedSteps) return true;
    return (this.outcomes[id]?.results ?? []).some(({ status }) => status === 'error' || status === 'fail');
  }

  progress(): ProgressView {
    const counts: Record<Status, number> = { pass: 0, fail: 0, warn: 0, skip: 0, error: 0 };
    for (const status of Object.values(this.worst)) counts[status] += 1;
    return {
      schema_version: 1,
      state: this.state,
      version: this.version,
      counts,
      running: Object.values(this.runningSteps),
      percent: this.percent(),
    };
  }

  /** Resolves as soon as `until` holds, at once when it does already. It is asked after every change. */
  when(until: () => boolean): Promise<void> {
    if (until()) return Promise.resolve();
    return new Promise((wake) => {
      this.waiters.push({ until, wake });
    });
  }

  private percent(): number {
    if (this.ending !== null) return 100;
    const steps = this.plan?.steps ?? [];
    if (steps.length === 0) return 0;
    return Math.floor((100 * steps.filter(({ id }) => this.hasEnded(id)).length) / steps.length);
  }

  private hasEnded(id: string): boolean {
    return id in this.outcomes || id in this.failedSteps || id in this.skippedSteps;
  }

  private stepEnded(id: string): void {
    delete this.runningSteps[id];
    this.changed();
  }

  private countStatus(uuid: string, status: Status): void {
    const known = this.worst[uuid];
    if (known === undefined || worstFirst.indexOf(status) < worstFirst.indexOf(known)) this.worst[uuid] = status;
  }

  private changed(): void {
    this.version += 1;
    const ready = this.waiters.filter(({ until }) => until());
    this.waiters = this.waiters.filter((waiter) => !ready.includes(waiter));
    for (const { wake } of ready) wake();
  }
}
