import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RunState, StageRunInput } from '../../../../contracts/stage.ts';
import { projectionOf, projectStageState } from '../../../../db/stores/stages/projection.ts';
import { writtenEvents } from '../outbox/fixtures.ts';
import { noOptions, snapshot } from '../../../unit/domain/stage/builders.ts';
import { projection, rowsOf, useDatabase } from './fixtures.ts';

const current = useDatabase();

async function stateOf(run_id: string) {
  const [row] = await rowsOf(current(), 'SELECT epoch, version, state FROM stage_runs WHERE run_id = $1', [run_id]);
  return row;
}

async function historyOf(run_id: string) {
  return await rowsOf(
    current(),
    'SELECT version, from_state, to_state, reason FROM stage_transitions WHERE run_id = $1 ORDER BY epoch, version',
    [run_id],
  );
}

async function eventsOf(run_id: string) {
  return await writtenEvents(current(), { kind: 'stage_run', id: run_id });
}

describe('a projection', () => {
  it('inserts the row, its transition and its event', async () => {
    const first = projection({ reason: 'asked for' });
    expect(await projectStageState(current(), first)).toBe('applied');
    expect(await stateOf(first.run_id)).toEqual({ epoch: 1, version: 1, state: 'planning' });
    expect(await historyOf(first.run_id)).toEqual([
      { version: 1, from_state: null, to_state: 'planning', reason: 'asked for' },
    ]);
    expect(await eventsOf(first.run_id)).toEqual([
      {
        id: expect.stringMatching(/^\d+$/),
        event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        topic: 'stage_runs',
        type: 'stage_run.state_changed',
        subject_kind: 'stage_run',
        subject_id: first.run_id,
        seq: '1',
        payload: {
          run_id: first.run_id,
          stage: 'pre-commit',
          from: null,
          to: 'planning',
          epoch: 1,
          version: 1,
          reason: 'asked for',
          verdict: null,
          exit_code: null,
          repo_id: 'repo-1',
          repo: 'app',
          branch: 'main',
        },
      },
    ]);
  });

  it('moves on with a higher version and tells where from', async () => {
    const first = projection();
    await projectStageState(current(), first);
    expect(await projectStageState(current(), { ...first, version: 2, state: 'running' })).toBe('applied');
    expect(await stateOf(first.run_id)).toEqual({ epoch: 1, version: 2, state: 'running' });
    expect((await historyOf(first.run_id))[1]).toMatchObject({ from_state: 'planning', to_state: 'running' });
  });

  it('changes nothing when repeated or late', async () => {
    const run = projection();
    await projectStageState(current(), { ...run, version: 3, state: 'running' });
    const before = [await historyOf(run.run_id), await eventsOf(run.run_id)];
    expect(await projectStageState(current(), { ...run, version: 3, state: 'running' })).toBe('duplicate');
    expect(await projectStageState(current(), { ...run, version: 2, state: 'running' })).toBe('stale');
    expect(await projectStageState(current(), { ...run, version: 1, state: 'planning' })).toBe('stale');
    expect([await historyOf(run.run_id), await eventsOf(run.run_id)]).toEqual(before);
    expect(await stateOf(run.run_id)).toEqual({ epoch: 1, version: 3, state: 'running' });
  });

  it('of a later epoch wins whatever its version', async () => {
    const run = projection({ version: 9, state: 'running' });
    await projectStageState(current(), run);
    expect(await projectStageState(current(), { ...run, epoch: 2, version: 1 })).toBe('applied');
    expect(await projectStageState(current(), { ...run, version: 10 })).toBe('stale');
  });

  it.each<RunState>(['completed', 'cancelled', 'timed_out', 'errored'])('never leaves %s', async (state) => {
    const run = projection({ version: 2, state });
    await projectStageState(current(), run);
    expect(await projectStageState(current(), { ...run, version: 3, state: 'running' })).toBe('stale');
    expect(await projectStageState(current(), { ...run, epoch: 2, version: 1, state: 'planning' })).toBe('stale');
    expect(await stateOf(run.run_id)).toMatchObject({ state });
  });

  it('ends in the newest of ten that arrive at once in any order', async () => {
    for (let round = 0; round < 10; round += 1) {
      const run = projection();
      const versions = Array.from({ length: 10 }, (_, index) => index + 1);
      const shuffled = versions.map((version) => ({ version, key: Math.random() })).sort((a, b) => a.key - b.key);
      const outcomes = await Promise.all(
        shuffled.map(({ version }) => projectStageState(current(), { ...run, version, state: 'running' })),
      );
      expect(await stateOf(run.run_id)).toMatchObject({ version: 10 });
      const history = await historyOf(run.run_id);
      // One transition per applied change, in order, each from where the one before led.
      expect(history).toHaveLength(outcomes.filter((outcome) => outcome === 'applied').length);
      expect(history.map(({ from_state }) => from_state)).toEqual(
        history.map((_, index) => (index === 0 ? null : 'running')),
      );
      expect(outcomes.filter((outcome) => outcome === 'duplicate')).toEqual([]);
      expect(await eventsOf(run.run_id)).toHaveLength(history.length);
    }
  });

  it('is applied once when the same one arrives ten times at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const run = projection();
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => projectStageState(current(), run)));
      expect(outcomes.toSorted()).toEqual(['applied', ...Array.from({ length: 9 }, () => 'duplicate')]);
      expect(await eventsOf(run.run_id)).toHaveLength(1);
    }
  });

  it('takes what callers write, NUL and quotes included', async () => {
    const run = projection({ repo: `a'b\0c`, branch: '\0', reason: '"\0', correlation_id: '\0x' });
    expect(await projectStageState(current(), run)).toBe('applied');
    const [row] = await rowsOf(current(), 'SELECT repo, branch, correlation_id FROM stage_runs WHERE run_id = $1', [
      run.run_id,
    ]);
    expect(row).toEqual({ repo: `a'b\uFFFDc`, branch: '\uFFFD', correlation_id: '\uFFFDx' });
  });

  it('refuses a state that does not exist', async () => {
    await expect(projectStageState(current(), projection({ state: 'dreaming' as RunState }))).rejects.toMatchObject({
      code: '23514',
    });
  });

  it('keeps the deadline by the clock of the database', async () => {
    const run = projection({ deadline_ms: 5000 });
    await projectStageState(current(), run);
    const [row] = await rowsOf(
      current(),
      'SELECT (extract(epoch FROM deadline_at - created_at) * 1000)::int AS ms FROM stage_runs WHERE run_id = $1',
      [run.run_id],
    );
    expect(row).toEqual({ ms: 5000 });
  });
});

it('a change that the workflow reports becomes a projection', () => {
  const input: StageRunInput = {
    schema_version: 1,
    run_id: randomUUID(),
    stage: 'ci',
    correlation_id: 'c',
    host_id: 'h',
    local_control: true,
    deadline_ms: 900_000,
    requested_at: '2026-01-01T00:00:00.000Z',
    principal: 'someone',
    snapshot,
    options: noOptions,
    repo: 'app',
  };
  const change = {
    input,
    workflow: { id: 'stage/ci/x', namespace: 'default' },
    version: 2,
    state: 'running',
    reason: null,
  } as const;
  expect(projectionOf(change)).toEqual({
    ...projection({ run_id: input.run_id }),
    stage: 'ci',
    workflow_id: 'stage/ci/x',
    version: 2,
    state: 'running',
    correlation_id: 'c',
    host_id: 'h',
    principal: 'someone',
    deadline_ms: 900_000,
  });
  expect(projectionOf(change, 3).epoch).toBe(3);
});
