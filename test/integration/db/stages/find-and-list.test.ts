import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { findRun } from '../../../../db/stores/stages/find-run.ts';
import { listRuns } from '../../../../db/stores/stages/list-runs.ts';
import { projectStageState, type StageProjection } from '../../../../db/stores/stages/projection.ts';
import { projection, rowsOf, useDatabase } from './fixtures.ts';

const current = useDatabase();
const empty = useDatabase();

const id = (digits: string) =>
  `${digits}${'0'.repeat(32 - digits.length)}`.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const runs: readonly Partial<StageProjection>[] = [
  { run_id: id('0199c7a1'), stage: 'ci', repo_id: 'r1', state: 'completed', verdict: 'pass', exit_code: 0 },
  {
    run_id: id('0199c7a2'),
    stage: 'pre-commit',
    repo_id: 'r1',
    state: 'completed',
    verdict: 'fail',
    exit_code: 1,
    execution_time_ms: 12.7,
    completed_at: '2026-01-01T00:00:01.000Z',
  },
  { run_id: id('0199c7b0'), stage: 'pre-commit', repo_id: 'r2', state: 'running', branch: null },
  { run_id: id('ffffffff'), stage: 'test', repo_id: 'r2', state: 'errored', exit_code: 6 },
];

beforeAll(async () => {
  for (const [index, run] of runs.entries()) {
    const made = projection(run);
    await projectStageState(current(), made);
    await rowsOf(
      current(),
      `UPDATE stage_runs SET created_at = '2026-02-01T00:00:00Z'::timestamptz + $2 * interval '1 hour' WHERE run_id = $1`,
      [made.run_id, index],
    );
  }
});

const ids = (found: readonly { run_id: string }[]) => found.map(({ run_id }) => run_id.slice(0, 8));

describe('finding a run', () => {
  it.each([
    [id('0199c7a1'), '0199c7a1'],
    ['0199c7a1', '0199c7a1'],
    ['0199C7A1-0000', '0199c7a1'],
    ['0199c7a10', '0199c7a1'],
    [' 0199c7b ', '0199c7b0'],
    ['ffffff', 'ffffffff'],
    ['last', 'ffffffff'],
    ['LAST', 'ffffffff'],
  ])('%j', async (text, expected) => {
    expect(ids([await findRun(current(), text)])).toEqual([expected]);
  });

  it('lists the candidates of an ambiguous prefix', async () => {
    await expect(findRun(current(), '0199c7')).rejects.toMatchObject({
      code: 'OR030',
      exitCode: 2,
      details: { id: '0199c7', candidates: [id('0199c7b0'), id('0199c7a2'), id('0199c7a1')] },
    });
  });

  it.each([
    ['0199c', /at least 6 characters/],
    ['', /hex digits/],
    ['-', /hex digits/],
    ['aaaaaa', /no stage run matches aaaaaa/],
    ["'; drop table stage_runs; --", /hex digits/],
    ['a'.repeat(33), /hex digits/],
    ['latest', /hex digits/],
  ])('refuses %j and names recent runs', async (text, message) => {
    await expect(findRun(current(), text)).rejects.toMatchObject({
      code: 'OR030',
      message: expect.stringMatching(message),
      details: { candidates: expect.arrayContaining([id('ffffffff')]) },
    });
  });

  it('says so when there is none at all', async () => {
    await expect(findRun(empty(), 'last')).rejects.toMatchObject({ code: 'OR030', details: { candidates: [] } });
    await expect(findRun(empty(), 'aaaaaa')).rejects.toMatchObject({ code: 'OR030', details: { candidates: [] } });
  });
});

describe('listing runs', () => {
  it('shows the newest first, as summaries', async () => {
    expect(ids(await listRuns(current()))).toEqual(['ffffffff', '0199c7b0', '0199c7a2', '0199c7a1']);
    expect((await listRuns(current()))[2]).toEqual({
      run_id: id('0199c7a2'),
      stage: 'pre-commit',
      state: 'completed',
      verdict: 'fail',
      exit_code: 1,
      repo_id: 'r1',
      repo: 'app',
      branch: 'main',
      started_at: '2026-01-01T00:00:00.000Z',
      completed_at: '2026-01-01T00:00:01.000Z',
      execution_time_ms: 13,
    });
  });

  it.each<[Parameters<typeof listRuns>[1], string[]]>([
    [{ stage: 'pre-commit' }, ['0199c7b0', '0199c7a2']],
    [{ state: 'completed' }, ['0199c7a2', '0199c7a1']],
    [{ verdict: 'pass' }, ['0199c7a1']],
    [{ repo_id: 'r2' }, ['ffffffff', '0199c7b0']],
    [{ repo_id: 'r1', stage: 'ci', state: 'completed', verdict: 'pass' }, ['0199c7a1']],
    [{ since: '2026-02-01T02:00:00Z' }, ['ffffffff', '0199c7b0']],
    [{ limit: 1 }, ['ffffffff']],
    [{ limit: 0 }, ['ffffffff']],
    [{ limit: 1e9 }, ['ffffffff', '0199c7b0', '0199c7a2', '0199c7a1']],
    [{ repo_id: "x' OR true --" }, []],
  ])('%j', async (filter, expected) => {
    expect(ids(await listRuns(current(), filter))).toEqual(expected);
  });

  it('reads indexes however many runs there are', async () => {
    await rowsOf(
      empty(),
      `INSERT INTO stage_runs (run_id, stage, workflow_id, epoch, version, state, correlation_id, host_id, principal, repo_id, repo, started_at, created_at, deadline_at)
       SELECT gen_random_uuid(), (ARRAY['ci', 'test', 'pre-commit'])[1 + n % 3], 'w', 1, 1, 'completed', 'c', 'h', 'p', 'r' || n % 50, 'r', now(), now() - n * interval '1 second', now()
         FROM generate_series(1, 20000) AS n`,
    );
    await rowsOf(empty(), 'ANALYZE stage_runs');
    const plans = [
      `SELECT * FROM stage_runs ORDER BY created_at DESC, run_id DESC LIMIT 20`,
      `SELECT * FROM stage_runs WHERE stage = 'ci' ORDER BY created_at DESC, run_id DESC LIMIT 20`,
      `SELECT * FROM stage_runs WHERE repo_id = 'r7' AND stage = 'ci' ORDER BY created_at DESC, run_id DESC LIMIT 20`,
      `SELECT * FROM stage_runs WHERE run_id BETWEEN '${randomUUID()}' AND 'ffffffff-ffff-ffff-ffff-ffffffffffff' ORDER BY created_at DESC, run_id DESC LIMIT 5`,
      `SELECT run_id FROM stage_runs WHERE state IN ('planning', 'running', 'cancelling') AND deadline_at < now()`,
    ];
    for (const text of plans) {
      const explained = await rowsOf(empty(), `EXPLAIN ${text}`);
      const plan = explained.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Index/);
      expect(plan).not.toMatch(/Seq Scan/);
      // Newest first comes out of the index, at most runs of the same instant are sorted: the cost follows the limit.
      if (!text.includes('BETWEEN')) expect(plan).not.toMatch(/-> {2}Sort {2}\(/);
    }
  });
});
