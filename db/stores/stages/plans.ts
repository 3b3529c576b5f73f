/** Plans: immutable, one per run. Planning that is repeated after a crash goes on with the first plan (stages.md 5). */
import type { StagePlan } from '../../../contracts/stage.ts';
import type { Database } from '../../client.ts';

export interface StoredPlan {
  /** False when the run had a plan already, which stays. */
  readonly stored: boolean;
  /** Hash of the plan that counts. */
  readonly plan_hash: string;
}

/** Stores the plan of a run unless it has one. */
export async function storePlan(database: Database, runId: string, plan: StagePlan): Promise<StoredPlan> {
  for (;;) {
    const { rows } = await database.pool.query<StoredPlan>({
      name: 'store_stage_plan',
      text: `WITH stored AS (
          INSERT INTO stage_plans (run_id, plan_hash, plan) VALUES ($1, $2, $3)
          ON CONFLICT (run_id) DO NOTHING RETURNING plan_hash)
        SELECT true AS stored, plan_hash FROM stored
        UNION ALL
        SELECT false, plan_hash FROM stage_plans WHERE run_id = $1 AND NOT EXISTS (SELECT FROM stored)`,
      values: [runId, plan.plan_hash, JSON.stringify(plan)],
    });
    const [row] = rows;
    // No row: another one was inserted while this statement ran; the next statement sees it.
    if (row !== undefined) return row;
  }
}

/** The plan of a run, null when it has none. */
export async function loadPlan(database: Database, runId: string): Promise<StagePlan | null> {
  const { rows } = await database.pool.query<{ plan: StagePlan }>({
    name: 'load_stage_plan',
    text: 'SELECT plan FROM stage_plans WHERE run_id = $1',
    values: [runId],
  });
  return rows[0]?.plan ?? null;
}
