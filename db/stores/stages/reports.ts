/** Reports of runs (stages.md 11): stored with the terminal state, read whole. */
import type { RunReport } from '../../../contracts/stage.ts';
import type { Database } from '../../client.ts';
import { type ProjectionOutcome, projectWithReport, type StageProjection } from './projection.ts';

/** What the change of state knows and the report does not. */
export type EndProjection = Omit<StageProjection, 'verdict' | 'exit_code' | 'completed_at' | 'execution_time_ms'>;

/**
 * Stores the report and the terminal state in one statement. A report for a state that is stale is not stored: the run
 * has ended otherwise, and there is one end.
 */
export async function storeReport(
  database: Database,
  projection: EndProjection,
  report: RunReport,
): Promise<ProjectionOutcome> {
  const { verdict, exit_code, completed_at, execution_time_ms } = report;
  return await projectWithReport(
    database,
    { ...projection, verdict, exit_code, completed_at, execution_time_ms },
    report,
  );
}

/** The report of a run, null while it has none. */
export async function loadReport(database: Database, runId: string): Promise<RunReport | null> {
  const { rows } = await database.pool.query<{ report: RunReport }>({
    name: 'load_stage_report',
    text: 'SELECT report FROM stage_reports WHERE run_id = $1',
    values: [runId],
  });
  return rows[0]?.report ?? null;
}
