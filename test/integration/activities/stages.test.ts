/** Planning, execution and end of a stage run on a real database and repository (stages.md 5, 6.4, 6.6). */
import { CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planStageRun } from '../../../activities/stages.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { StageRunInput } from '../../../contracts/stage.ts';
import type { FinishRequest, PlannedRun, StateChange } from '../../../contracts/stage-workflow.ts';
import { type Database, openDatabase } from '../../../db/client.ts';
import { stampComponent } from '../../../db/stores/liveness/liveness.ts';
import { findRun } from '../../../db/stores/stages/find-run.ts';
import { loadPlan } from '../../../db/stores/stages/plans.ts';
import { loadReport } from '../../../db/stores/stages/reports.ts';
import { loadResults } from '../../../db/stores/stages/results.ts';
import { createRepository } from '../../support/git.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { activityEnvironment, type Bench, createBench, inActivity, inputFor, recordOf, resultOf } from './support.ts';

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const workflow = { id: 'stage/pre-commit/x', namespace: 'default' };

function changeOf(input: StageRunInput, changes: Partial<StateChange> = {}): StateChange {
  return { input, workflow, version: 1, state: 'planning', reason: null, ...changes };
}

function finishOf(input: StageRunInput, changes: Partial<FinishRequest> = {}): FinishRequest {
  return {
    input,
    workflow,
    version: 9,
    state: 'completed',
    reason: null,
    error: null,
    planned: true,
    failed_steps: {},
    skipped_steps: {},
    ...changes,
  };
}

function stepRequest(input: StageRunInput, planned: PlannedRun, changes: object = {}) {
  const [step] = planned.steps;
  if (step === undefined) throw new Error('the plan has no step');
  return {
    run_id: input.run_id,
    stage: input.stage,
    step_id: step.id,
    correlation_id: input.correlation_id,
    attempts: step.attempts,
    ...changes,
  };
}

/** A planned run over one staged file. */
async function planned(bench: Bench, changes: Partial<StageRunInput> = {}) {
  await using repository = createRepository();
  repository.stage({ 'a.txt': 'hello\n' });
  const input = await inputFor(repository, changes);
  return { input, plan: await bench.activities.planStage({ input }) };
}

describe('planStage', () => {
  it('stores the plan, answers its summary and tells who watches', async () => {
    const bench = createBench({ database, records: [recordOf('one'), recordOf('two')] });
    const { input, plan } = await planned(bench);
    expect(plan).toMatchObject({ files: 1, components: 2, resolved: ['one@1.0.0', 'two@1.0.0'] });
    expect((await loadPlan(database, input.run_id))?.plan_hash).toBe(plan.plan_hash);
    expect(bench.events.map(({ event }) => event)).toContainEqual({
      type: 'run.planned',
      files: 1,
      components: 2,
      steps: 2,
    });
  });

  it('repeated after a crash goes on with the first plan, whatever changed meanwhile', async () => {
    await using repository = createRepository();
    repository.stage({ 'a.txt': 'hello\n' });
    const input = await inputFor(repository);
    const first = await createBench({ database, records: [recordOf('one')] }).activities.planStage({ input });
    const second = await createBench({ database, records: [recordOf('two')] }).activities.planStage({ input });
    expect(second).toEqual(first);
  });

  it('in a dry run stores nothing', async () => {
    await using repository = createRepository();
    repository.stage({ 'a.txt': 'hello\n' });
    const input = await inputFor(repository);
    const { deps } = createBench({ database, records: [recordOf('one')] });
    const plan = await planStageRun(deps, input);
    expect(plan.components).toHaveLength(1);
    expect(await loadPlan(database, input.run_id)).toBeNull();
  });

  it('needs no work tree', async () => {
    await using repository = createRepository();
    repository.stage({ 'a.txt': 'hello\n' });
    repository.write('omnibase.config.yaml', 'stages: { pre-commit: { timeout_ms: 5000 } }\n');
    const input = await inputFor(repository);
    const bare = { ...input, snapshot: { ...input.snapshot, work_tree: null } };
    const { deps } = createBench({ database, records: [recordOf('one')] });
    const plan = await planStageRun(deps, bare, new AbortController().signal);
    expect(plan).toMatchObject({ deadline_ms: 60_000, policy: { side: 'target' } });
  });

  it('does not take a configuration for absent that it cannot read', async () => {
    await using repository = createRepository();
    repository.stage({ 'a.txt': 'hello\n' });
    repository.write('omnibase.config.yaml/inside', 'a folder of that name\n');
    const { deps } = createBench({ database, records: [recordOf('one')] });
    await expect(planStageRun(deps, await inputFor(repository))).rejects.toMatchObject({ code: 'OB003', exitCode: 2 });
  });

  it('without a configuration on either side of a range says nothing', async () => {
    await using repository = createRepository();
    repository.commitFiles({ 'a.txt': 'a\n' });
    repository.commitFiles({ 'b.txt': 'b\n' });
    const { deps } = createBench({ database, records: [recordOf('one')] });
    const plan = await planStageRun(deps, await inputFor(repository, { stage: 'ci' }, { fromRef: 'HEAD~1' }));
    expect(plan.messages).toEqual([]);
  });

  it('stops when the caller of a dry run went away', async () => {
    await using repository = createRepository();
    const { deps } = createBench({ database, records: [] });
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(planStageRun(deps, await inputFor(repository), gone)).rejects.toThrow('gone');
  });

  it.each([
    ['stages: [', 'OR016', 2],
    ['stages: { ci: { required: 7 } }', 'OB003', 2],
  ])('refuses a configuration like %j with %s', async (text, code, exit) => {
    await using repository = createRepository();
    repository.stage({ 'omnibase.config.yaml': text });
    const bench = createBench({ database, records: [recordOf('one')] });
    await expect(bench.activities.planStage({ input: await inputFor(repository) })).rejects.toMatchObject({
      nonRetryable: true,
      details: [{ code }],
    });
    expect(new OmniBaseError(code === 'OR016' ? 'OR016' : 'OB003').exitCode).toBe(exit);
  });

  it('reads an untracked configuration from the work tree and says so', async () => {
    await using repository = createRepository();
    repository.stage({ 'a.txt': 'hello\n' });
    repository.write('omnibase.config.yaml', 'stages: { pre-commit: { timeout_ms: 5000 } }\n');
    const { deps } = createBench({ database, records: [recordOf('one')] });
    const plan = await planStageRun(deps, await inputFor(repository));
    expect(plan).toMatchObject({ deadline_ms: 5_000, policy: { side: 'worktree' } });
    expect(plan.messages.map(({ text }) => text)).toContain(
      'omnibase.config.yaml is not tracked; it was read from the work tree',
    );
  });

  it('in a range takes the required list from the base, so that a change cannot drop its gate', async () => {
    await using repository = createRepository();
    const gate =
      'stages: { ci: { required: [gate] } }\ncomponents: { gate: { rules: { gate/x: warning }, timeout_ms: 900 } }\n';
    repository.commitFiles({ 'omnibase.config.yaml': gate, 'a.txt': 'a\n' });
    const text =
      'stages: { ci: { concurrency: 1 } }\ncomponents: { gate: { rules: { gate/x: off }, timeout_ms: 700 } }\n';
    repository.commitFiles({ 'omnibase.config.yaml': text, 'b.txt': 'b\n' });
    const records = [recordOf('gate', { tags: [] }), recordOf('other')];
    const { deps } = createBench({ database, records });
    const plan = await planStageRun(deps, await inputFor(repository, { stage: 'ci' }, { fromRef: 'HEAD~1' }));
    expect(plan).toMatchObject({ required: ['gate'], concurrency: 1, policy: { side: 'base' } });
    const [component] = plan.components.filter((planned) => planned.component.name === 'gate');
    expect(component).toMatchObject({ enforcement: 'required', rules: { 'gate/x': 'warning' }, timeout_ms: 900 });
  });

  it('warns when the base of a range has no configuration', async () => {
    await using repository = createRepository();
    repository.commitFiles({ 'a.txt': 'a\n' });
    repository.commitFiles({ 'omnibase.config.yaml': 'stages: { ci: { required: [gate] } }\n' });
    const { deps } = createBench({ database, records: [recordOf('gate')] });
    const plan = await planStageRun(deps, await inputFor(repository, { stage: 'ci' }, { fromRef: 'HEAD~1' }));
    expect(plan).toMatchObject({ required: ['gate'], policy: { side: 'target' } });
    expect(plan.messages.map(({ text }) => text).join()).toContain('the base has no omnibase.config.yaml');
  });

  it('accepts a stale registry in pre-commit and names its age, but not in ci', async () => {
    const freshness = { source: 'cache', stale: true, age_ms: 7_200_000 } as const;
    const { deps } = createBench({ database, records: [recordOf('one')], freshness });
    await using repository = createRepository();
    repository.commitFiles({ 'a.txt': 'a\n' });
    const plan = await planStageRun(deps, await inputFor(repository));
    expect(plan.registry).toEqual({ source: 'cache', stale: true, age_s: 7_200 });
    await expect(planStageRun(deps, await inputFor(repository, { stage: 'ci' }))).rejects.toMatchObject({
      code: 'RG019',
      exitCode: 3,
    });
  });
});

describe('executeStep', () => {
  it('stores each result before it answers, and counts what counts', async () => {
    const record = recordOf('one');
    const bench = createBench({ database, records: [record], component: (uuid) => resultOf(uuid, 'fail') });
    const { input, plan } = await planned(bench);
    const outcome = await inActivity(() => bench.activities.executeStep(stepRequest(input, plan)));
    expect(outcome.results).toEqual([
      { uuid: record.metadata.uuid, status: 'fail', findings: 0, exit: 1, blocking: true },
    ]);
    expect(await loadResults(database, input.run_id)).toMatchObject([{ status: 'fail', attempts: 1, step_id: 's1' }]);
    expect(bench.events.map(({ event }) => event.type)).toEqual(['run.planned', 'step.started', 'step.finished']);
  });

  it('after a restart executes only what is missing', async () => {
    const records = [recordOf('one', builtin('json')), recordOf('two', builtin('yaml'))];
    const executed: string[] = [];
    let crash = true;
    const bench = createBench({
      database,
      records,
      component(uuid) {
        executed.push(uuid);
        if (crash && executed.length === 2) throw new Error('the process died');
        return resultOf(uuid, 'pass');
      },
    });
    const { input, plan } = await planned(bench);
    await expect(inActivity(() => bench.activities.executeStep(stepRequest(input, plan)))).rejects.toMatchObject({
      type: 'InternalError',
    });
    crash = false;
    const again = await inActivity(() => bench.restarted().activities.executeStep(stepRequest(input, plan)), {
      attempt: 2,
    });
    expect(again.results.map(({ status }) => status)).toEqual(['pass', 'pass']);
    expect(executed).toHaveLength(3);
    expect(new Set(executed).size).toBe(2);
    const third = await inActivity(() => bench.restarted().activities.executeStep(stepRequest(input, plan)), {
      attempt: 3,
    });
    expect(third.results).toHaveLength(2);
    expect(executed).toHaveLength(3);
  });

  it('asks for another attempt when a component crashed, and keeps its error at the last one', async () => {
    const crashed = new OmniBaseError('NE001', { details: { component: 'one', reason: 'signal SIGSEGV' } }).toBody();
    const bench = createBench({
      database,
      records: [recordOf('one')],
      component: (uuid) => resultOf(uuid, 'error', { errors: [crashed] }),
    });
    const { input, plan } = await planned(bench);
    const request = stepRequest(input, plan, { attempts: 2 });
    const first = inActivity(() => bench.activities.executeStep(request), { attempt: 1 });
    await expect(first).rejects.toMatchObject({
      nonRetryable: false,
      type: 'ValidatorCrashError',
      nextRetryDelay: expect.any(Number),
    });
    expect(await loadResults(database, input.run_id)).toEqual([]);
    const last = await inActivity(() => bench.activities.executeStep(request), { attempt: 2 });
    expect(last.results).toMatchObject([{ status: 'error', exit: 1 }]);
    expect(await loadResults(database, input.run_id)).toMatchObject([{ attempts: 2, errors: [{ code: 'NE001' }] }]);
  });

  it('cancelled keeps what had been answered and drops what was stopped', async () => {
    const records = [recordOf('one', builtin('json')), recordOf('two', builtin('yaml'))];
    const environment = activityEnvironment();
    const bench = createBench({
      database,
      records,
      component(uuid, hooks) {
        if (uuid === records[0]?.metadata.uuid) return resultOf(uuid, 'pass');
        environment.cancel('CANCELLED');
        hooks.progress('stopping');
        return resultOf(uuid, 'error');
      },
    });
    const { input, plan } = await planned(bench);
    const step = inActivity(() => bench.activities.executeStep(stepRequest(input, plan)), {}, environment);
    await expect(step).rejects.toBeInstanceOf(CancelledFailure);
    expect(await loadResults(database, input.run_id)).toMatchObject([{ component_uuid: records[0]?.metadata.uuid }]);
    expect(bench.events.map(({ event }) => event)).toContainEqual({
      type: 'step.progress',
      step_id: 's1',
      text: 'stopping',
    });
  });

  it('cancelled when everything had been answered is simply finished', async () => {
    const environment = activityEnvironment();
    const bench = createBench({
      database,
      records: [recordOf('one')],
      component(uuid) {
        environment.cancel('CANCELLED');
        return resultOf(uuid, 'pass');
      },
    });
    const { input, plan } = await planned(bench);
    const outcome = await inActivity(() => bench.activities.executeStep(stepRequest(input, plan)), {}, environment);
    expect(outcome.results).toMatchObject([{ status: 'pass' }]);
  });

  it('of a worker that shuts down fails so that another one goes on', async () => {
    const environment = activityEnvironment();
    const bench = createBench({
      database,
      records: [recordOf('one')],
      component() {
        environment.cancel('WORKER_SHUTDOWN', { workerShutdown: true } as never);
        throw new Error('stopped');
      },
    });
    const { input, plan } = await planned(bench);
    const step = inActivity(() => bench.activities.executeStep(stepRequest(input, plan)), {}, environment);
    await expect(step).rejects.toMatchObject({ nonRetryable: false, details: [{ code: 'NE001' }] });
  });

  it('beats while a command runs, with its last line of output', async () => {
    const beats: unknown[] = [];
    const environment = activityEnvironment();
    environment.on('heartbeat', (details: unknown) => beats.push(details));
    const bench = createBench({
      database,
      records: [recordOf('one')],
      async component(uuid, hooks) {
        hooks.progress('half of it');
        await new Promise((resolve) => setTimeout(resolve, 700));
        return resultOf(uuid, 'pass');
      },
    });
    const { input, plan } = await planned(bench);
    await inActivity(() => bench.activities.executeStep(stepRequest(input, plan)), {}, environment);
    expect(beats).toEqual(['half of it']);
  });

  it.each([
    ['a step the plan does not have', { step_id: 's99' }],
    ['a run without a plan', { run_id: '00000000-0000-4000-8000-000000000000' }],
  ])('of %s is a defect, never retried', async (_, changes) => {
    const bench = createBench({ database, records: [recordOf('one')] });
    const { input, plan } = await planned(bench);
    const step = inActivity(() => bench.activities.executeStep(stepRequest(input, plan, changes)));
    await expect(step).rejects.toMatchObject({ nonRetryable: true, details: [{ code: 'OB001' }] });
  });
});

describe('the end of a run', () => {
  it('is its report, stored with the terminal state; a repetition finds the first', async () => {
    const bench = createBench({ database, records: [recordOf('one')] });
    const { input, plan } = await planned(bench);
    expect(await bench.activities.recordStageState(changeOf(input))).toEqual({ outcome: 'applied' });
    expect(await bench.activities.recordStageState(changeOf(input))).toEqual({ outcome: 'duplicate' });
    await inActivity(() => bench.activities.executeStep(stepRequest(input, plan)));
    const finished = await bench.activities.finishStage(finishOf(input));
    expect(finished).toEqual({ state: 'completed', verdict: 'pass', exit_code: 0 });
    const report = await loadReport(database, input.run_id);
    expect(report).toMatchObject({
      verdict: 'pass',
      timings: { plan_ms: expect.any(Number), execution_ms: expect.any(Number), overhead_ms: expect.any(Number) },
      environment: { host_id: 'host' },
    });
    expect(bench.events.at(-1)).toEqual({ runId: input.run_id, event: { type: 'run.finished', report } });
    expect(await bench.restarted().activities.finishStage(finishOf(input))).toEqual(finished);
    expect(await loadReport(database, input.run_id)).toEqual(report);
    expect(await findRun(database, input.run_id)).toMatchObject({ state: 'completed', verdict: 'pass', exit_code: 0 });
    expect(await bench.activities.recordStageState(changeOf(input, { version: 3, state: 'running' }))).toEqual({
      outcome: 'stale',
    });
  });

  it('comes too late when somebody else has ended it: the first end stays', async () => {
    const bench = createBench({ database, records: [recordOf('one')] });
    const { input } = await planned(bench);
    await bench.activities.recordStageState(changeOf(input, { version: 20, state: 'errored', reason: 'swept' }));
    expect(await bench.activities.finishStage(finishOf(input))).toMatchObject({ state: 'completed' });
    expect(await loadReport(database, input.run_id)).toBeNull();
    expect(await findRun(database, input.run_id)).toMatchObject({ state: 'errored' });
  });

  it('of a run that was cancelled while its plan was being stored still names the components', async () => {
    const bench = createBench({ database, records: [recordOf('one')] });
    const { input } = await planned(bench);
    const request = finishOf(input, { state: 'cancelled', reason: 'SIGTERM', planned: false });
    expect(await bench.restarted().activities.finishStage(request)).toMatchObject({
      state: 'cancelled',
      exit_code: 143,
    });
    expect((await loadReport(database, input.run_id))?.results).toMatchObject([
      { status: 'skip', skipped_reason: 'cancelled' },
    ]);
  });

  it('without a plan tells the error and its exit code', async () => {
    await using repository = createRepository();
    const input = await inputFor(repository);
    const bench = createBench({ database, records: [] });
    const error = new OmniBaseError('OR002', { details: { stage: 'ci' } }).toBody();
    const request = finishOf(input, { state: 'errored', error, planned: false, reason: 'OR002' });
    expect(await bench.activities.finishStage(request)).toEqual({ state: 'errored', verdict: null, exit_code: 3 });
  });

  it('names the component that a lost worker took along', async () => {
    const bench = createBench({ database, records: [recordOf('one', { idempotent: false })] });
    const { input } = await planned(bench);
    const error = new OmniBaseError('NE001', {
      details: { component: 'one on 1 file', reason: 'worker-lost' },
    }).toBody();
    expect(await bench.activities.finishStage(finishOf(input, { failed_steps: { s1: error } }))).toMatchObject({
      verdict: 'error',
      exit_code: 1,
    });
    const report = await loadReport(database, input.run_id);
    expect(report?.results[0]?.errors).toMatchObject([{ code: 'NE001', message: 'one ended abnormally: worker-lost' }]);
  });

  it('keeps errors that name no component as they are', async () => {
    const bench = createBench({ database, records: [recordOf('one')] });
    const { input } = await planned(bench);
    const error = new OmniBaseError('OB001', { message: 'a defect' }).toBody();
    await bench.activities.finishStage(finishOf(input, { failed_steps: { s1: error, s9: error } }));
    expect((await loadReport(database, input.run_id))?.results[0]?.errors).toMatchObject([{ message: 'a defect' }]);
  });

  it('frees what the process remembered', async () => {
    const bench = createBench({ database, records: [recordOf('one')] });
    const { input } = await planned(bench);
    expect(bench.deps.runs.active).toBe(1);
    await bench.activities.releaseHost({ run_id: input.run_id });
    expect(bench.deps.runs.active).toBe(0);
    expect(bench.deps.runs.timingsOf(input.run_id)).toEqual({});
  });
});

describe('checkHost', () => {
  it('knows a host by its last stamp, on the clock of the database', async () => {
    const { activities } = createBench({ database, records: [] });
    expect(await activities.checkHost({ host_id: 'unheard-of' })).toEqual({ fresh: false, age_ms: null });
    await stampComponent(database, { component: 'host', instance: 'here' });
    expect(await activities.checkHost({ host_id: 'here' })).toMatchObject({ fresh: true });
    await database.pool.query(
      `UPDATE component_liveness SET last_seen_at = now() - interval '21 s' WHERE instance = 'here'`,
    );
    expect(await activities.checkHost({ host_id: 'here' })).toMatchObject({ fresh: false });
  });

  it('fails retryably while the database is away', async () => {
    const away = openDatabase('postgres://nobody@127.0.0.1:9/none', { applicationName: 'test' });
    const { activities } = createBench({ database: away, records: [] });
    await expect(activities.checkHost({ host_id: 'x' })).rejects.toMatchObject({
      type: 'DatabaseUnavailableError',
      nonRetryable: false,
    });
    await away.close();
  });
});

/** A shipped check: those of one level share a step. */
function builtin(id: string) {
  return { entrypoint: { kind: 'builtin', id } };
}
