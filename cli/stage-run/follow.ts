/**
 * Follows a run to its end: hands on its events, and on the first signal asks the run to stop, waits a
 * moment for the partial report, and lets go (stages.md 13).
 */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import type { StageRunsApi } from '../../contracts/gateway.ts';
import type { RunReport, StageEvent } from '../../contracts/stage.ts';
import { shortRunId } from '../output/run-report.ts';
import { interruptedExitCode, type Interruption } from '../interruption.ts';

/** How long the partial report is waited for after a signal, ms. */
const partialReportMs = 5000;

export interface FollowedRun {
  readonly runId: string;
  readonly stageRuns: StageRunsApi;
  /** Opens the stream of events; the signal ends it. */
  open(signal: AbortSignal): AsyncIterable<StageEvent>;
  onEvent(event: StageEvent): void;
  /** One line for the person who pressed Ctrl-C. */
  onInterrupt(text: string): void;
  /** Whether a signal cancels the run, or only ends the watching. */
  readonly cancels: boolean;
}

export interface FollowResult {
  /** Null when the run was left before it ended. */
  readonly report: RunReport | null;
  readonly exitCode: number;
}

/** @throws whatever the stream throws; an interrupted stream does not */
export async function followRun(run: FollowedRun, interruption: Interruption): Promise<FollowResult> {
  const abort = new AbortController();
  const finished = readToEnd(run, abort.signal);
  try {
    const report = await interruption.race(finished);
    if (report !== null) return { report, exitCode: report.exit_code };
    return await stop(run, finished, interruption);
  } finally {
    abort.abort();
    // What the closed stream still throws has no reader any more.
    finished.catch(() => null);
  }
}

async function readToEnd(run: FollowedRun, signal: AbortSignal): Promise<RunReport> {
  for await (const event of run.open(signal)) {
    run.onEvent(event);
    if (event.type === 'run.finished') return event.report;
  }
  throw new OmniBaseError('OB010', {
    message: 'the stream of events ended before the run did',
    next: `omnibase orch attach ${shortRunId(run.runId)}`,
  });
}

async function stop(run: FollowedRun, finished: Promise<RunReport>, interruption: Interruption): Promise<FollowResult> {
  const signal = interruption.received ?? 'SIGINT';
  const exitCode = interruptedExitCode(signal);
  const id = shortRunId(run.runId);
  if (!run.cancels) {
    run.onInterrupt(`omnibase: ${signal}, the run goes on; follow it again with: omnibase orch attach ${id}`);
    return { report: null, exitCode };
  }
  run.onInterrupt(`omnibase: ${signal}, stopping run ${id} and what it started; once more ends at once`);
  const patience = new AbortController();
  const cancelled = cancel(run, signal).then(() => finished);
  try {
    const report = await Promise.race([cancelled, delay(partialReportMs, null, { signal: patience.signal })]);
    // A verdict that was reached before the signal stands.
    return { report, exitCode: report?.state === 'completed' ? report.exit_code : exitCode };
  } catch (error) {
    run.onInterrupt(
      `omnibase: ${error instanceof Error ? error.message : String(error)}; the closed stream cancels the run`,
    );
    return { report: null, exitCode };
  } finally {
    patience.abort();
    cancelled.catch(() => null);
  }
}

async function cancel(run: FollowedRun, signal: string): Promise<void> {
  try {
    await run.stageRuns.cancel(run.runId, { command_id: randomUUID(), reason: signal, actor: userInfo().username });
  } catch (error) {
    // The run ended on its own a moment earlier: its report is on the way.
    if (!(error instanceof OmniBaseError && error.code === 'OR031')) throw error;
  }
}
