/**
 * Results of components in steps: inserted once, before the step returns, with their event (stages.md 6.6). A step that
 * is repeated after a crash runs only what `missingComponents` names.
 */
import type { ComponentStepResult } from '../../../contracts/stage.ts';
import type { Database } from '../../client.ts';
import { appendEvents } from '../outbox/append.ts';

/**
 * Stores results of one run in one statement.
 *
 * @returns uuids of the components whose result was new; the first result stays for the others
 */
export async function storeResults(
  database: Database,
  runId: string,
  results: readonly ComponentStepResult[],
): Promise<readonly string[]> {
  if (results.length === 0) return [];
  const { rows } = await database.pool.query<{ component_uuid: string }>({
    name: 'store_stage_results',
    text: `WITH stored AS (
        INSERT INTO stage_results (run_id, step_id, component_uuid, status, result)
        SELECT $1::uuid, step_id, component_uuid, status, result::json
          FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[]) AS given (step_id, component_uuid, status, result)
         -- One order for all writers: two attempts of a step in different orders would wait for each other for ever.
         ORDER BY step_id, component_uuid
        ON CONFLICT DO NOTHING
        RETURNING run_id, step_id, component_uuid, status),
      event AS (${appendEvents({
        from: 'stored',
        topic: 'stage_runs',
        type: 'stage_run.component_finished',
        subjectKind: 'stage_run',
        subjectId: 'run_id::text',
        payload: `jsonb_build_object('run_id', run_id, 'step_id', step_id, 'component_uuid', component_uuid, 'status', status)`,
      })})
      SELECT component_uuid FROM stored`,
    values: [
      runId,
      results.map((result) => result.step_id),
      results.map((result) => result.component_uuid),
      results.map((result) => result.status),
      results.map((result) => JSON.stringify(result)),
    ],
  });
  return rows.map((row) => row.component_uuid);
}

/** Stores one result; true when it was new. */
export async function storeResult(database: Database, runId: string, result: ComponentStepResult): Promise<boolean> {
  return (await storeResults(database, runId, [result])).length === 1;
}

/** Every result of a run, by step and component. */
export async function loadResults(database: Database, runId: string): Promise<readonly ComponentStepResult[]> {
  const { rows } = await database.pool.query<{ result: ComponentStepResult }>({
    name: 'load_stage_results',
    text: 'SELECT result FROM stage_results WHERE run_id = $1 ORDER BY step_id, component_uuid',
    values: [runId],
  });
  return rows.map(({ result }) => result);
}

/** Results of one step, for the answer of a step that is repeated. */
export async function loadStepResults(
  database: Database,
  runId: string,
  stepId: string,
): Promise<readonly ComponentStepResult[]> {
  const { rows } = await database.pool.query<{ result: ComponentStepResult }>({
    name: 'load_step_results',
    text: 'SELECT result FROM stage_results WHERE run_id = $1 AND step_id = $2 ORDER BY component_uuid',
    values: [runId, stepId],
  });
  return rows.map(({ result }) => result);
}

/** Those of `components` that have no result in this step yet, in the order given. */
export async function missingComponents(
  database: Database,
  runId: string,
  stepId: string,
  components: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ component_uuid: string }>({
    name: 'finished_components',
    text: 'SELECT component_uuid FROM stage_results WHERE run_id = $1 AND step_id = $2',
    values: [runId, stepId],
  });
  const finished = new Set(rows.map((row) => row.component_uuid));
  return components.filter((uuid) => !finished.has(uuid));
}
