/** Retention (stages.md 11): runs go after 30 days, but the last 200 of every repository and stage stay. */
import type { Database } from '../../client.ts';

export interface Retention {
  /** Days; default 30. */
  readonly days?: number;
  /** Runs kept per repository and stage, whatever their age; default 200. */
  readonly keep?: number;
  /** Runs removed by one statement, so that none runs long; default 500. */
  readonly batch?: number;
}

/** Removes what retention no longer covers. Runs that have not ended stay. */
export async function purgeRuns(database: Database, retention: Retention = {}): Promise<{ readonly removed: number }> {
  const { days = 30, keep = 200, batch = 500 } = retention;
  let removed = 0;
  for (let last = batch; last >= batch; removed += last) {
    const { rows } = await database.pool.query<{ removed: string }>(purgeSql, [days, keep, batch]);
    last = Number(rows[0]?.removed ?? 0);
  }
  await database.pool.query(orphansSql, [days]);
  return { removed };
}

const purgeSql = `
  WITH ranked AS (
    SELECT run_id, row_number() OVER (PARTITION BY repo_id, stage ORDER BY created_at DESC, run_id DESC) AS rank
      FROM stage_runs),
  doomed AS (
    SELECT run_id FROM ranked JOIN stage_runs USING (run_id)
     WHERE rank > $2 AND created_at < now() - $1 * interval '1 day'
       AND state NOT IN ('planning', 'running', 'cancelling')
     LIMIT $3),
  runs AS (DELETE FROM stage_runs WHERE run_id IN (SELECT run_id FROM doomed) RETURNING run_id),
  transitions AS (DELETE FROM stage_transitions WHERE run_id IN (SELECT run_id FROM doomed)),
  plans AS (DELETE FROM stage_plans WHERE run_id IN (SELECT run_id FROM doomed)),
  results AS (DELETE FROM stage_results WHERE run_id IN (SELECT run_id FROM doomed)),
  reports AS (DELETE FROM stage_reports WHERE run_id IN (SELECT run_id FROM doomed)),
  events AS (DELETE FROM outbox WHERE subject_kind = 'stage_run' AND subject_id IN (SELECT run_id::text FROM doomed))
  SELECT count(*) AS removed FROM runs`;

/** What was stored for runs whose row never came, or came back after the purge. */
const orphansSql = `
  WITH plans AS (
    DELETE FROM stage_plans AS own WHERE created_at < now() - $1 * interval '1 day'
       AND NOT EXISTS (SELECT FROM stage_runs WHERE run_id = own.run_id)),
  events AS (
    DELETE FROM outbox AS own WHERE subject_kind = 'stage_run' AND created_at < now() - $1 * interval '1 day'
       AND NOT EXISTS (SELECT FROM stage_runs WHERE run_id::text = own.subject_id))
  DELETE FROM stage_results AS own WHERE created_at < now() - $1 * interval '1 day'
     AND NOT EXISTS (SELECT FROM stage_runs WHERE run_id = own.run_id)`;
