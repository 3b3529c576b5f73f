/**
 * The deadline sweep (registration.md 9 "Sweeper"): one workflow in a namespace, one activity every `sweep.interval`,
 * for ever. It finds what is overdue or was lost and pokes the workflows concerned; it writes no state. It never fails:
 * what an attempt could not do, the next sweep finds again.
 */
import * as wf from '@temporalio/workflow';
import type { SweepActivities, SweepInput, SweepReport } from '../contracts/node/sweep.ts';
import { sweepLimits } from './deadline-sweep/activity-limits.ts';
import { renderSweepCard } from './deadline-sweep/card.ts';

/** Until the first report tells the setting, ms. */
const firstIntervalMs = 5_000;
/** Between two sweeps even when one took longer than the interval, ms. */
const leastPauseMs = 100;

const activities = wf.proxyActivities<SweepActivities>({ ...sweepLimits, summary: 'sweep over all deadlines' });

/** Sweeps until it continues as a new run; returns never. */
export async function deadlineSweep(input: SweepInput): Promise<void> {
  let sweeps = input.sweeps;
  let report: SweepReport | null = null;
  for (;;) {
    const started = Date.now();
    let failure: string | null = null;
    try {
      report = await activities.sweepDeadlines();
      sweeps += 1;
    } catch (error) {
      if (wf.isCancellation(error)) throw error;
      failure = reasonOf(error);
      wf.log.warn('a sweep failed for good; the next one begins anew', { reason: failure });
    }
    wf.setCurrentDetails(renderSweepCard({ sweeps, report, failure }));
    const interval = report?.interval_ms ?? firstIntervalMs;
    await wf.sleep(Math.max(leastPauseMs, interval - (Date.now() - started)), { summary: 'next sweep' });
    if (isLong(input)) {
      await wf.continueAsNew<typeof deadlineSweep>({ ...input, sweeps });
    }
  }
}

function isLong({ limits }: SweepInput): boolean {
  const { continueAsNewSuggested, historyLength } = wf.workflowInfo();
  return continueAsNewSuggested || historyLength >= (limits?.history_events ?? Number.POSITIVE_INFINITY);
}

/** An activity failure wraps what it died of. */
function reasonOf(error: unknown): string {
  const cause = error instanceof wf.ActivityFailure ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
