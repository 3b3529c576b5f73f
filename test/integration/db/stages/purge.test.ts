import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { storePlan } from '../../../../db/stores/stages/plans.ts';
import { projectStageState, type StageProjection } from '../../../../db/stores/stages/projection.ts';
import { purgeRuns } from '../../../../db/stores/stages/purge-runs.ts';
import { storeReport } from '../../../../db/stores/stages/reports.ts';
import { storeResult } from '../../../../db/stores/stages/results.ts';
import { plan, record } from '../../../unit/domain/stage/builders.ts';
import { projection, report, rowsOf, stepResult, useDatabase } from './fixtures.ts';

const current = useDatabase();

/** A finished run with all its rows, `days` old. */
async function makeRun(days: number, changes: Partial<StageProjection> = {}): Promise<string> {
  const run = projection({ version: 2, state: 'completed', ...changes });
  await storePlan(current(), run.run_id, plan([record('json')]));
  await storeResult(current(), run.run_id, stepResult(randomUUID()));
  await (run.state === 'completed'
    ? storeReport(current(), run, report(run.run_id))
    : projectStageState(current(), run));
  for (const table of ['stage_runs', 'stage_plans', 'stage_results', 'stage_reports']) {
    await rowsOf(current(), `UPDATE ${table} SET created_at = now() - $2 * interval '1 day' WHERE run_id = $1`, [
      run.run_id,
      days,
    ]);
  }
  return run.run_id;
}

async function left(table: string, column = 'run_id'): Promise<Set<unknown>> {
  return new Set((await rowsOf(current(), `SELECT DISTINCT ${column}::text AS id FROM ${table}`)).map(({ id }) => id));
}

const runs: Record<string, string> = {};

beforeAll(async () => {
  runs['old'] = await makeRun(50);
  runs['older, of another stage'] = await makeRun(60, { stage: 'ci' });
  runs['older, of another repository'] = await makeRun(60, { repo_id: 'repo-2' });
  runs['second newest'] = await makeRun(41);
  runs['newest'] = await makeRun(40);
  runs['unfinished'] = await makeRun(70, { state: 'running' });
  runs['young'] = await makeRun(1, { stage: 'test' });
  runs['young too'] = await makeRun(2, { stage: 'test' });
  runs['young and many'] = await makeRun(3, { stage: 'test' });
  const orphan = randomUUID();
  await storePlan(current(), orphan, plan([]));
  await storeResult(current(), orphan, stepResult(randomUUID()));
  await rowsOf(current(), `UPDATE stage_plans SET created_at = now() - interval '31 days' WHERE run_id = $1`, [orphan]);
  await rowsOf(current(), `UPDATE stage_results SET created_at = now() - interval '31 days' WHERE run_id = $1`, [
    orphan,
  ]);
  await rowsOf(current(), `UPDATE outbox SET created_at = now() - interval '31 days' WHERE subject_id = $1`, [orphan]);
  const early = randomUUID();
  await storePlan(current(), early, plan([]));
  runs['planned before its row came'] = early;
});

it('removes old runs beyond the last of each repository and stage, in batches, with everything they had', async () => {
  expect(await purgeRuns(current(), { keep: 2, batch: 1 })).toEqual({ removed: 1 });
  const kept = new Set(
    Object.entries(runs)
      .filter(([name]) => name !== 'old')
      .map(([, run]) => run),
  );
  const started = new Set([...kept].filter((run) => run !== runs['planned before its row came']));
  expect(await left('stage_runs')).toEqual(started);
  expect(await left('stage_transitions')).toEqual(started);
  expect(await left('stage_plans')).toEqual(kept);
  expect(await left('stage_results')).toEqual(started);
  expect(await left('stage_reports')).toEqual(new Set([...started].filter((run) => run !== runs['unfinished'])));
  expect(await left('outbox', 'subject_id')).toEqual(started);
});

it('keeps 200 by default and does nothing twice', async () => {
  expect(await purgeRuns(current())).toEqual({ removed: 0 });
  expect(await purgeRuns(current(), { keep: 0 })).toEqual({ removed: 4 });
  expect(await purgeRuns(current(), { keep: 0 })).toEqual({ removed: 0 });
});
