/**
 * The state of a run as the workflow reports it (stages.md 6.2), compared by (epoch, version): the newest wins in
 * whatever order reports arrive, a repeated one changes nothing, and a terminal state is never left. Row, transition and
 * event are one statement: one round trip, one transaction.
 */
import type { RunReport, RunState, Stage, Status } from '../../../contracts/stage.ts';
import type { StateChange } from '../../../contracts/stage-workflow.ts';
import type { Database } from '../../client.ts';
import { appendEvents } from '../outbox/append.ts';

export type ProjectionOutcome = 'applied' | 'duplicate' | 'stale';

/** Everything the row of a run holds: each report can insert it, since they may overtake one another. */
export interface StageProjection {
  readonly run_id: string;
  readonly stage: Stage;
  readonly workflow_id: string;
  /** 1 or more; raised when the workflow of the run is replaced. */
  readonly epoch: number;
  /** Raised by one with every change. */
  readonly version: number;
  readonly state: RunState;
  readonly reason: string | null;
  readonly verdict: Status | null;
  readonly exit_code: number | null;
  readonly correlation_id: string;
  readonly host_id: string;
  readonly principal: string;
  readonly repo_id: string;
  readonly repo: string;
  readonly branch: string | null;
  /** RFC 3339, the gateway's clock. */
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly execution_time_ms: number | null;
  /** Stage deadline in ms; the row keeps it as a time of the database. */
  readonly deadline_ms: number;
}

/** The projection of one change that the workflow reports. */
export function projectionOf(change: StateChange, epoch = 1): StageProjection {
  const { input, workflow, version, state, reason } = change;
  return {
    run_id: input.run_id,
    stage: input.stage,
    workflow_id: workflow.id,
    epoch,
    version,
    state,
    reason,
    verdict: null,
    exit_code: null,
    correlation_id: input.correlation_id,
    host_id: input.host_id,
    principal: input.principal,
    repo_id: input.snapshot.repo_id,
    repo: input.repo,
    branch: input.snapshot.branch,
    started_at: input.requested_at,
    completed_at: null,
    execution_time_ms: null,
    deadline_ms: input.deadline_ms,
  };
}

/** Records a change of state. */
export async function projectStageState(database: Database, projection: StageProjection): Promise<ProjectionOutcome> {
  return await project(database, 'project_stage_state', `WITH ${projectionSql} ${outcomeSql}`, projection, []);
}

/** Records the end of a run together with its report. The report is stored once, with the change it belongs to. */
export async function projectWithReport(
  database: Database,
  projection: StageProjection,
  report: RunReport,
): Promise<ProjectionOutcome> {
  const text = `WITH ${projectionSql}, report AS (
    INSERT INTO stage_reports (run_id, report) SELECT $1, $20::json
     WHERE EXISTS (SELECT FROM changed)
        OR EXISTS (SELECT FROM previous WHERE (epoch, version, state) = ($4::int, $5::int, $6))
    ON CONFLICT (run_id) DO NOTHING) ${outcomeSql}`;
  return await project(database, 'store_stage_report', text, projection, [JSON.stringify(report)]);
}

/**
 * `previous` locks the row, so that of two reports the later one sees what the earlier one wrote. When the row was
 * inserted after this statement began, `previous` cannot see it: nothing is changed then, and the outcome is `unseen`.
 */
const projectionSql = `
  previous AS (SELECT epoch, version, state FROM stage_runs WHERE run_id = $1::uuid FOR UPDATE),
  changed AS (
    INSERT INTO stage_runs AS known (run_id, stage, workflow_id, epoch, version, state, verdict, exit_code,
      correlation_id, host_id, principal, repo_id, repo, branch, started_at, completed_at, execution_time_ms, deadline_at)
    SELECT $1::uuid, $2, $3, $4::int, $5::int, $6, $7, $8::smallint, $9, $10, $11, $12, $13, $14, $15::timestamptz,
           $16::timestamptz, $17::bigint, now() + $18::bigint * interval '1 millisecond'
      FROM (SELECT count(*) FROM previous) AS locked
    ON CONFLICT (run_id) DO UPDATE SET
      epoch = excluded.epoch, version = excluded.version, state = excluded.state, verdict = excluded.verdict,
      exit_code = excluded.exit_code, completed_at = excluded.completed_at,
      execution_time_ms = excluded.execution_time_ms, updated_at = now()
    WHERE EXISTS (SELECT FROM previous)
      AND (known.epoch, known.version) < (excluded.epoch, excluded.version)
      AND known.state IN ('planning', 'running', 'cancelling')
    RETURNING run_id, stage, epoch, version, state, verdict, exit_code, repo_id, repo, branch),
  transition AS (
    INSERT INTO stage_transitions (run_id, epoch, version, from_state, to_state, reason)
    SELECT run_id, epoch, version, (SELECT state FROM previous), state, $19 FROM changed),
  event AS (${appendEvents({
    from: 'changed',
    topic: 'stage_runs',
    type: 'stage_run.state_changed',
    subjectKind: 'stage_run',
    subjectId: 'run_id::text',
    seq: 'version',
    payload: `jsonb_build_object('run_id', run_id, 'stage', stage, 'from', (SELECT state FROM previous), 'to', state,
      'epoch', epoch, 'version', version, 'reason', $19::text, 'verdict', verdict, 'exit_code', exit_code,
      'repo_id', repo_id, 'repo', repo, 'branch', branch)`,
  })})`;

const outcomeSql = `
  SELECT CASE WHEN EXISTS (SELECT FROM changed) THEN 'applied'
              WHEN NOT EXISTS (SELECT FROM previous) THEN 'unseen'
              WHEN (SELECT (epoch, version) FROM previous) = ($4::int, $5::int) THEN 'duplicate'
              ELSE 'stale' END AS outcome`;

async function project(
  database: Database,
  name: string,
  text: string,
  projection: StageProjection,
  more: readonly string[],
): Promise<ProjectionOutcome> {
  const values = [...valuesOf(projection), ...more];
  for (;;) {
    const { rows } = await database.pool.query<{ outcome: ProjectionOutcome | 'unseen' }>({ name, text, values });
    const outcome = rows[0]?.outcome;
    // The next statement sees the row that was inserted meanwhile: rows of runs are not deleted within their first days.
    if (outcome !== undefined && outcome !== 'unseen') return outcome;
  }
}

function valuesOf(projection: StageProjection): unknown[] {
  return [
    projection.run_id,
    projection.stage,
    projection.workflow_id,
    projection.epoch,
    projection.version,
    projection.state,
    projection.verdict,
    projection.exit_code,
    storable(projection.correlation_id),
    projection.host_id,
    storable(projection.principal),
    storable(projection.repo_id),
    storable(projection.repo),
    projection.branch === null ? null : storable(projection.branch),
    projection.started_at,
    projection.completed_at,
    projection.execution_time_ms === null ? null : Math.round(projection.execution_time_ms),
    projection.deadline_ms,
    projection.reason === null ? null : storable(projection.reason),
  ];
}

/** Postgres has no NUL in text; callers' words may have one. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
