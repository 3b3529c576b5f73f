/** What the stage-run service reads, and its implementation on Postgres by the stores of `db/`. */
import { OmniBaseError } from '../../contracts/error.ts';
import type { StageRunFilter } from '../../contracts/gateway.ts';
import type { RunReport, StageRunSummary } from '../../contracts/stage.ts';
import type { Database } from '../../db/client.ts';
import { isUnavailable } from '../../db/failure.ts';
import { findRun } from '../../db/stores/stages/find-run.ts';
import { listRuns } from '../../db/stores/stages/list-runs.ts';
import { loadPlan } from '../../db/stores/stages/plans.ts';
import { loadReport } from '../../db/stores/stages/reports.ts';
import { loadResults } from '../../db/stores/stages/results.ts';
import { openReport } from './open-report.ts';

/** All operations throw OB015 while the database is away. */
export interface StageRunStore {
  /**
   * The one run that `id` names: a unique prefix of at least 6 characters, or `last`.
   *
   * @throws OR030 when none or several match
   */
  find(id: string): Promise<StageRunSummary>;
  /** The stored report; null while the run is open. */
  report(runId: string): Promise<RunReport | null>;
  /**
   * What is known of an open run, as a report without verdict.
   *
   * @throws OR033 while it has no plan
   */
  openReport(run: StageRunSummary): Promise<RunReport>;
  /** Newest first. */
  list(filter: StageRunFilter): Promise<readonly StageRunSummary[]>;
}

/** @param environment of this process; reports of open runs name it */
export function createStageRunStore(database: Database, environment: RunReport['environment']): StageRunStore {
  return {
    find: (id) => reached(() => findRun(database, id)),
    report: (runId) => reached(() => loadReport(database, runId)),
    list: (filter) => reached(() => listRuns(database, filter)),
    openReport: (run) =>
      reached(async () => {
        const [plan, results] = await Promise.all([loadPlan(database, run.run_id), loadResults(database, run.run_id)]);
        if (plan === null) throw new OmniBaseError('OR033', { details: { id: run.run_id, state: run.state } });
        return openReport({ run, plan, results, environment, now: new Date().toISOString() });
      }),
  };
}

async function reached<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw isUnavailable(cause) ? new OmniBaseError('OB015', { cause }) : cause;
  }
}
