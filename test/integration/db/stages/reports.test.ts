import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { projectStageState } from '../../../../db/stores/stages/projection.ts';
import { loadReport, storeReport } from '../../../../db/stores/stages/reports.ts';
import { findRun } from '../../../../db/stores/stages/find-run.ts';
import { writtenEvents } from '../outbox/fixtures.ts';
import { finding } from '../../../unit/domain/stage/builders.ts';
import { projection, report, rowsOf, useDatabase } from './fixtures.ts';

const current = useDatabase();

describe('a report', () => {
  it('is stored with the terminal state in one statement', async () => {
    const run = projection({ version: 3, state: 'completed' });
    await projectStageState(current(), { ...run, version: 1, state: 'planning' });
    const made = report(run.run_id);
    expect(await loadReport(current(), run.run_id)).toBeNull();
    expect(await storeReport(current(), run, made)).toBe('applied');
    expect(JSON.stringify(await loadReport(current(), run.run_id))).toBe(JSON.stringify(made));
    expect(await findRun(current(), run.run_id)).toMatchObject({
      state: 'completed',
      verdict: 'fail',
      exit_code: 1,
      completed_at: '2026-01-01T00:00:01.000Z',
      execution_time_ms: 1000,
    });
    const events = await writtenEvents(current(), { kind: 'stage_run', id: run.run_id });
    expect(
      events.map(({ payload }) => [payload['from'], payload['to'], payload['verdict'], payload['exit_code']]),
    ).toEqual([
      [null, 'planning', null, null],
      ['planning', 'completed', 'fail', 1],
    ]);
  });

  it('inserts the row of a run that nothing was heard of before', async () => {
    const run = projection({ version: 2, state: 'completed' });
    expect(await storeReport(current(), run, report(run.run_id))).toBe('applied');
    expect(await projectStageState(current(), { ...run, version: 1, state: 'planning' })).toBe('stale');
    expect(await findRun(current(), run.run_id)).toMatchObject({ state: 'completed' });
  });

  it('stays as it was first', async () => {
    const run = projection({ version: 2, state: 'completed' });
    const first = report(run.run_id);
    await storeReport(current(), run, first);
    expect(await storeReport(current(), run, report(run.run_id, []))).toBe('duplicate');
    expect(await loadReport(current(), run.run_id)).toEqual(first);
  });

  it('is made good when the state was recorded without it', async () => {
    const run = projection({ version: 2, state: 'errored' });
    await projectStageState(current(), run);
    expect(await storeReport(current(), run, report(run.run_id))).toBe('duplicate');
    expect(await loadReport(current(), run.run_id)).not.toBeNull();
  });

  it('of another end than the run had is refused', async () => {
    const run = projection({ version: 2, state: 'errored' });
    await projectStageState(current(), run);
    expect(await storeReport(current(), { ...run, version: 3, state: 'completed' }, report(run.run_id))).toBe('stale');
    expect(await loadReport(current(), run.run_id)).toBeNull();
  });

  it('is stored once when two workers finish the same run', async () => {
    for (let round = 0; round < 10; round += 1) {
      const run = projection({ version: 2, state: 'completed' });
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, () => storeReport(current(), run, report(run.run_id))),
      );
      expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
      expect(await rowsOf(current(), 'SELECT 1 FROM stage_reports WHERE run_id = $1', [run.run_id])).toHaveLength(1);
    }
  });

  it('holds ten thousand findings', async () => {
    const run = projection({ version: 2, state: 'completed' });
    const findings = Array.from({ length: 10_000 }, (_, index) =>
      finding({ path: `dir/file-${index}.json`, message: `\0 ${index} ${'x'.repeat(200)}` }),
    );
    const [result] = report(run.run_id, findings).results;
    if (result === undefined) throw new Error('the report has a result');
    const large = { ...report(run.run_id), results: [{ ...result, findings }] };
    const started = performance.now();
    await storeReport(current(), run, large);
    const loaded = await loadReport(current(), run.run_id);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(loaded).toEqual(large);
  });

  it('needs one statement', async () => {
    const statements: unknown[] = [];
    const { pool } = current();
    const counted = {
      ...current(),
      pool: new Proxy(pool, {
        get: (target, key) =>
          key === 'query'
            ? (query: unknown) => (statements.push(query), target.query(query as string))
            : Reflect.get(target, key),
      }),
    };
    const run = projection({ run_id: randomUUID(), version: 2, state: 'completed' });
    await storeReport(counted, run, report(run.run_id));
    expect(statements).toHaveLength(1);
  });
});
