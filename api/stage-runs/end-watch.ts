/**
 * The second way to learn how a run ended. Normally the hub publishes `run.finished` from within this
 * process; but the run may have been finished by another process, or before this one restarted. So the
 * watch waits for the workflow to close and takes the report from the database.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, OmniBaseError } from '../../contracts/error.ts';
import type { RunReport } from '../../contracts/stage.ts';
import type { StageRunEngine } from './engine.ts';
import type { EventHub } from './event-hub.ts';
import type { StageRunStore } from './store.ts';

export interface EndWatchDeps {
  readonly engine: Pick<StageRunEngine, 'closed'>;
  readonly store: Pick<StageRunStore, 'report'>;
  readonly hub: Pick<EventHub, 'publish' | 'fail'>;
}

export interface WatchedRun {
  readonly runId: string;
  readonly workflowId: string;
  /** Head start of the hub, ms: most runs end before the watch begins to ask. */
  readonly delayMs: number;
}

/** Waits between attempts while engine or database are away, ms. */
const firstPauseMs = 250;
const longestPauseMs = 5000;
/** The report is stored before the workflow closes; this covers a replica that lags. */
const reportAttempts = 5;
const away: ReadonlySet<ErrorCode> = new Set(['OB010', 'OB015', 'OB016', 'RG016']);

/**
 * Ends the run's log when the run has ended: with its report, or with an error when no report can come.
 * Returns early when `signal` fires; never rejects.
 */
export async function watchEnd(deps: EndWatchDeps, run: WatchedRun, signal: AbortSignal): Promise<void> {
  const { runId, delayMs } = run;
  if (delayMs > 0) await pauseFor(delayMs, signal);
  for (let pause = firstPauseMs; !signal.aborted; pause = Math.min(2 * pause, longestPauseMs)) {
    try {
      const report = (await deps.store.report(runId)) ?? (await reportAfterClose(deps, run, signal));
      if (report !== null) deps.hub.publish(runId, { type: 'run.finished', report });
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!isAway(error)) return deps.hub.fail(runId, error);
      await pauseFor(pause, signal);
    }
  }
}

/** Null when the signal fired meanwhile. */
async function reportAfterClose(
  deps: EndWatchDeps,
  { runId, workflowId }: WatchedRun,
  signal: AbortSignal,
): Promise<RunReport | null> {
  const problem = await closed(deps, workflowId, signal);
  for (let attempt = 0; attempt < reportAttempts && !signal.aborted; attempt += 1) {
    if (attempt > 0) await pauseFor(firstPauseMs, signal);
    const report = await deps.store.report(runId);
    if (report !== null) return report;
  }
  if (signal.aborted) return null;
  throw problem ?? new OmniBaseError('OB001', { message: `stage run ${runId} ended without a report` });
}

/** A workflow that failed has closed too; only "there is none" and "cannot ask" tell something else. */
async function closed(
  { engine }: EndWatchDeps,
  workflowId: string,
  signal: AbortSignal,
): Promise<OmniBaseError | null> {
  try {
    await engine.closed(workflowId, signal);
    return null;
  } catch (error) {
    if (isAway(error)) throw error;
    return error instanceof OmniBaseError ? error : null;
  }
}

/** Ends early when the signal fires; the callers look at the signal themselves. */
async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
}

function isAway(error: unknown): boolean {
  return error instanceof OmniBaseError && away.has(error.code);
}
