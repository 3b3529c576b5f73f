/** Projections, results and reports for tests of the stage stores. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { ComponentStepResult, Finding, RunReport } from '../../../../contracts/stage.ts';
import { type Database, openDatabase } from '../../../../db/client.ts';
import type { StageProjection } from '../../../../db/stores/stages/projection.ts';
import { buildReport } from '../../../../domain/stage/report/build-report.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres.ts';
import { finding, noOptions, plan, record, result, snapshot } from '../../../unit/domain/stage/builders.ts';

/** A migrated database for the file that calls this; read `current()` inside tests. */
export function useDatabase(): () => Database {
  let test: TestDatabase | undefined;
  let database: Database | undefined;
  beforeAll(async () => {
    test = await createTestDatabase();
    database = openDatabase(test.url, { applicationName: 'stage-stores-test' });
  });
  afterAll(async () => {
    await database?.close();
    await test?.drop();
  });
  return () => {
    if (database === undefined) throw new Error('the database is opened before the tests');
    return database;
  };
}

export function projection(changes: Partial<StageProjection> = {}): StageProjection {
  const run_id = changes.run_id ?? randomUUID();
  return {
    run_id,
    stage: 'pre-commit',
    workflow_id: `stage/pre-commit/${run_id}`,
    epoch: 1,
    version: 1,
    state: 'planning',
    reason: null,
    verdict: null,
    exit_code: null,
    correlation_id: 'c-1',
    host_id: 'host-1',
    principal: 'local',
    repo_id: 'repo-1',
    repo: 'app',
    branch: 'main',
    started_at: '2026-01-01T00:00:00.000Z',
    completed_at: null,
    execution_time_ms: null,
    deadline_ms: 60_000,
    ...changes,
  };
}

export function stepResult(component_uuid: string, changes: Partial<ComponentStepResult> = {}): ComponentStepResult {
  return { ...result('x', changes), component_uuid };
}

export function report(run_id: string, findings: readonly Finding[] = [finding()]): RunReport {
  return buildReport({
    input: {
      run_id,
      stage: 'pre-commit',
      correlation_id: 'c-1',
      requested_at: '2026-01-01T00:00:00.000Z',
      snapshot,
      options: noOptions,
    },
    workflow: { id: `stage/pre-commit/${run_id}`, namespace: 'default' },
    plan: plan([record('json')]),
    results: [result('json', { findings })],
    state: 'completed',
    reason: null,
    error: null,
    failed_steps: {},
    skipped_steps: {},
    completed_at: '2026-01-01T00:00:01.000Z',
    environment: { version: '0.1.0', node: 'v24', git: '2.40', platform: 'linux-x64', host_id: 'host-1', cpus: 2 },
  });
}

export async function rowsOf(
  database: Database,
  text: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  return (await database.pool.query<Record<string, unknown>>(text, [...values])).rows;
}
