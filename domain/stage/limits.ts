/**
 * Numbers that bound a stage run (stages.md 4.4, 5, 6.4, 6.8): per stage and for every run.
 */
import type { Stage } from '../../contracts/stage.ts';

export interface StageLimits {
  /** Highest component timeout from metadata, ms; the project's configuration may go beyond, up to `configurableTimeoutMs`. */
  readonly componentTimeoutCapMs: number;
  /** Deadline of the run unless --timeout or the configuration says otherwise, ms. */
  readonly deadlineMs: number;
  /** How often a component that timed out is run again. */
  readonly timeoutRetries: 0 | 1;
  /** Temporal priority key; lower goes first. */
  readonly priority: 2 | 3 | 4;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export const stageLimits = {
  'pre-commit': { componentTimeoutCapMs: 10 * second, deadlineMs: minute, timeoutRetries: 0, priority: 2 },
  ci: { componentTimeoutCapMs: 10 * minute, deadlineMs: 15 * minute, timeoutRetries: 1, priority: 3 },
  test: { componentTimeoutCapMs: 30 * minute, deadlineMs: 30 * minute, timeoutRetries: 1, priority: 4 },
  exec: { componentTimeoutCapMs: hour, deadlineMs: hour, timeoutRetries: 0, priority: 3 },
} as const satisfies Readonly<Record<Stage, StageLimits>>;

export const runLimits = {
  /** Component timeout where metadata names none, ms. */
  defaultTimeoutMs: minute,
  /** Highest component timeout the configuration can ask for, ms. */
  configurableTimeoutMs: hour,
  /** Attempts of an idempotent component whose metadata names no `retries`. */
  idempotentAttempts: 3,
  maxComponents: 200,
  maxSteps: 400,
  /** Bytes of the plan summary as JSON: it travels in workflow history. */
  maxSummaryBytes: 96 * 1024,
  maxInFlight: 8,
  batchFiles: 2000,
  batchBytes: 16 * 1024 * 1024,
  /** Bytes of file names on one command line. */
  batchArgvBytes: 96 * 1024,
  /** Findings kept per component. */
  maxFindings: 5000,
  /** A step of built-ins that is estimated below this may be a local activity, ms. */
  localStepMs: second,
} as const;

/** Steps of one run in flight at once: twice the cores, at most 8; `wanted` (--concurrency) only lowers it. */
export function concurrencyOf(cores: number, wanted: number | null): number {
  const ceiling = Math.max(1, Math.min(runLimits.maxInFlight, 2 * cores));
  return wanted === null ? ceiling : Math.min(wanted, ceiling);
}
