/** Lists runs, newest first (`orch ls`, stages.md 11). */
import type { StageRunFilter } from '../../../contracts/gateway.ts';
import type { RunState, Stage, StageRunSummary, Status } from '../../../contracts/stage.ts';
import type { Database } from '../../client.ts';

export interface RunListFilter extends StageRunFilter {
  /** RFC 3339: runs the database first heard of at or after this time. */
  readonly since?: string;
}

/** Columns of `stage_runs` that a summary is made of. */
export const summaryColumns =
  'run_id, stage, state, verdict, exit_code, repo_id, repo, branch, started_at, completed_at, execution_time_ms';

/** A row of these columns, as the driver gives it. */
export interface SummaryRow {
  readonly run_id: string;
  readonly stage: Stage;
  readonly state: RunState;
  readonly verdict: Status | null;
  readonly exit_code: number | null;
  readonly repo_id: string;
  readonly repo: string;
  readonly branch: string | null;
  readonly started_at: Date;
  readonly completed_at: Date | null;
  /** bigint: the driver gives digits. */
  readonly execution_time_ms: string | null;
}

const defaultLimit = 20;
const maxLimit = 1000;

/** At most `limit` runs (1-1000, default 20) that match every member of the filter. */
export async function listRuns(database: Database, filter: RunListFilter = {}): Promise<readonly StageRunSummary[]> {
  const conditions = (
    [
      ['stage =', filter.stage],
      ['state =', filter.state],
      ['verdict =', filter.verdict],
      ['repo_id =', filter.repo_id],
      ['created_at >=', filter.since],
    ] as const
  ).filter(([, value]) => value !== undefined);
  const where = conditions.map(([condition], index) => `${condition} $${index + 2}`).join(' AND ');
  const { rows } = await database.pool.query<SummaryRow>(
    `SELECT ${summaryColumns} FROM stage_runs ${where === '' ? '' : `WHERE ${where}`}
      ORDER BY created_at DESC, run_id DESC LIMIT $1`,
    [
      Math.min(Math.max(Math.trunc(filter.limit ?? defaultLimit), 1), maxLimit),
      ...conditions.map(([, value]) => value),
    ],
  );
  return rows.map(summaryOf);
}

export function summaryOf(row: SummaryRow): StageRunSummary {
  return {
    ...row,
    started_at: row.started_at.toISOString(),
    completed_at: row.completed_at?.toISOString() ?? null,
    execution_time_ms: row.execution_time_ms === null ? null : Number(row.execution_time_ms),
  };
}
