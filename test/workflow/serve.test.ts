/** The real serving process: one stage run end to end, its death in the middle of one, its database gone for a while. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../db/client.ts';
import { loadResults } from '../../db/stores/stages/results.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { connectTestClient } from '../support/temporal.ts';
import { useControlQueueAlone } from './support/control-queue.ts';
import { startProxy } from './support/proxy.ts';
import { serveProcess } from './support/serve-process.ts';
import { collect, reportOf, stageProject } from './support/stage-project.ts';

useControlQueueAlone();

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

describe('a stage run through the gateway', () => {
  it('streams its events, stores its report, and ends with the exit code of what it found', async () => {
    await using project = stageProject();
    await using serve = serveProcess({ databaseUrl: testDatabase.url });
    await serve.start();
    await project.addCommand(serve.api, { name: 'fine' });
    await project.addCommand(serve.api, { name: 'broken', script: 'echo "it is broken"; exit 1' });
    project.repository.stage({ 'a.txt': 'hello\n' });

    const request = await project.request();
    const events = await collect(serve.api.stageRuns.run(request, {}));
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['run.started', 'run.planned', 'step.started', 'step.finished', 'run.finished']),
    );
    const report = reportOf(events);
    expect(report).toMatchObject({ state: 'completed', verdict: 'fail', exit_code: 1 });
    expect(report.results.map(({ component, status }) => [component.name, status])).toEqual([
      ['broken', 'fail'],
      ['fine', 'pass'],
    ]);
    expect(await serve.api.stageRuns.show(request.run_id)).toEqual(report);
    expect(reportOf(await collect(serve.api.stageRuns.run(request, {})))).toEqual(report);
    expect([project.executions('fine'), project.executions('broken')]).toEqual([1, 1]);

    const lines = serve
      .log()
      .split('\n')
      .filter((line) => line.includes(request.correlation_id));
    const operations = lines.map((line) => (JSON.parse(line) as { operation?: string }).operation);
    expect(operations).toEqual(expect.arrayContaining(['planStage', 'executeStep', 'finishStage']));
    expect(await serve.terminate()).toBe(0);
  });

  it('plans without running, storing or starting anything', async () => {
    await using project = stageProject();
    await using serve = serveProcess({ databaseUrl: testDatabase.url });
    await serve.start();
    await project.addCommand(serve.api, { name: 'planned-only' });
    project.repository.stage({ 'a.txt': 'hello\n' });
    const request = await project.request();
    const plan = await serve.api.stageRuns.plan(request, {});
    expect(plan.components.map(({ component }) => component.name)).toContain('planned-only');
    expect(project.executions('planned-only')).toBe(0);
    await expect(serve.api.stageRuns.show(request.run_id)).rejects.toMatchObject({ code: 'OR030' });
  });

  it('has the deadline that the project sets, also beyond the preset, and says when it passed', async () => {
    await using project = stageProject();
    await using serve = serveProcess({ databaseUrl: testDatabase.url });
    await serve.start();
    await project.addCommand(serve.api, { name: 'patient', script: 'exec sleep 300' });
    const config = 'stages: { pre-commit: { timeout_ms: 300000 } }\n';
    project.repository.stage({ 'a.txt': 'hello\n', 'omnibase.config.yaml': config });
    const options = { ...(await project.request()).options, only: ['patient'] };
    const long = await project.request({ options });
    const running = collect(serve.api.stageRuns.run(long, {}));
    await expect.poll(() => project.executions('patient'), { timeout: 10_000 }).toBe(1);
    const { client, close } = await connectTestClient();
    const { events = [] } = await client.workflow.getHandle(`stage/pre-commit/${long.run_id}`).fetchHistory();
    expect(Number(events?.[0]?.workflowExecutionStartedEventAttributes?.workflowExecutionTimeout?.seconds)).toBe(360);
    await close();
    await serve.api.stageRuns.cancel(long.run_id, { command_id: long.run_id, reason: 'SIGINT', actor: 'tester' });
    expect(reportOf(await running)).toMatchObject({ state: 'cancelled' });

    const short = await project.request({ options: { ...options, timeout_ms: 1_500 } });
    expect(reportOf(await collect(serve.api.stageRuns.run(short, {})))).toMatchObject({
      state: 'timed_out',
      verdict: 'error',
      exit_code: 124,
      errors: [{ code: 'OR040' }],
      results: [{ status: 'error', errors: [{ code: 'NE004' }] }],
    });
  });

  it('is stopped by cancel: the child is gone, the report says what had finished', async () => {
    await using project = stageProject();
    await using serve = serveProcess({ databaseUrl: testDatabase.url });
    await serve.start();
    await project.addCommand(serve.api, { name: 'sleeper', script: 'exec sleep 300' });
    project.repository.stage({ 'a.txt': 'hello\n' });
    const request = await project.request({ options: { ...(await project.request()).options, only: ['sleeper'] } });
    const events = collect(serve.api.stageRuns.run(request, {}));
    await expect.poll(() => project.executions('sleeper'), { timeout: 10_000 }).toBe(1);
    const command = { command_id: request.run_id, reason: 'SIGINT', actor: 'local:tester' };
    expect(await serve.api.stageRuns.cancel(request.run_id, command)).toEqual({ state: 'cancelling' });
    expect(reportOf(await events)).toMatchObject({
      state: 'cancelled',
      verdict: null,
      exit_code: 130,
      results: [{ status: 'skip', skipped_reason: 'cancelled' }],
    });
  });
});

describe('a host worker that is killed in mid-run', () => {
  it('resumes; what had finished is never executed again, what is not idempotent neither', async () => {
    await using project = stageProject();
    await using serve = serveProcess({ databaseUrl: testDatabase.url });
    await serve.start();
    const names = Array.from({ length: 20 }, (_, index) => `part-${String(index).padStart(2, '0')}`);
    const uuids = new Map<string, string>();
    for (const [index, name] of names.entries()) {
      const idempotent = index % 2 === 0;
      uuids.set(name, await project.addCommand(serve.api, { name, script: 'sleep 0.4', idempotent }));
    }
    project.repository.stage({ 'a.txt': 'hello\n' });
    const options = { ...(await project.request()).options, only: names, timeout_ms: 120_000 };
    const request = await project.request({ options });
    const cut = collect(serve.api.stageRuns.run(request, {})).catch(() => []);

    await expect
      .poll(() => loadResults(database, request.run_id).then((all) => all.length), { timeout: 20_000 })
      .toBeGreaterThan(5);
    await serve.kill();
    const finished = new Set((await loadResults(database, request.run_id)).map((result) => result.component_uuid));
    expect(finished.size).toBeLessThan(20);
    await cut;

    const back = performance.now();
    await serve.start();
    const report = reportOf(await collect(serve.api.stageRuns.attach(request.run_id, {})));
    // Wall time <= normal + 20 s, of which the run continues within 15 s (stages.md 6.6, 17).
    expect(performance.now() - back).toBeLessThan(20_000 + 4_000);
    expect(report).toMatchObject({ state: 'completed' });
    expect(report.results).toHaveLength(20);
    for (const { component, status, errors } of report.results) {
      const executions = project.executions(component.name);
      const idempotent = Number(component.name.slice(-2)) % 2 === 0;
      if (finished.has(component.uuid)) expect([component.name, executions]).toEqual([component.name, 1]);
      // It may have been lost before its child was started; a second time is what must not be.
      if (!idempotent) expect([component.name, executions <= 1]).toEqual([component.name, true]);
      if (status === 'error') expect([idempotent, errors[0]?.code]).toEqual([false, 'NE001']);
    }
    expect(report.results.filter(({ status }) => status === 'pass').length).toBeGreaterThanOrEqual(10);
  }, 90_000);
});

describe('a database that is away in mid-run', () => {
  it('is waited for; nothing is executed twice and the report is complete', async () => {
    await using proxy = await startProxy(testDatabase.url);
    await using project = stageProject();
    await using serve = serveProcess({ databaseUrl: proxy.url });
    await serve.start();
    const names = ['one', 'two', 'three', 'four', 'five', 'six'];
    for (const name of names) await project.addCommand(serve.api, { name, script: 'sleep 0.7' });
    project.repository.stage({ 'a.txt': 'hello\n' });
    const options = { ...(await project.request()).options, only: names, concurrency: 2 };
    const events = collect(serve.api.stageRuns.run(await project.request({ options }), {}));
    await expect
      .poll(() => project.executions('one') + project.executions('two'), { timeout: 10_000 })
      .toBeGreaterThan(0);
    proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    proxy.mend();
    expect(reportOf(await events)).toMatchObject({ state: 'completed', verdict: 'pass', exit_code: 0 });
    expect(names.map((name) => project.executions(name))).toEqual(names.map(() => 1));
  });
});

describe('a process that cannot serve', () => {
  it('ends with exit 6 naming the address when there is no Temporal server', async () => {
    await using serve = serveProcess({ databaseUrl: testDatabase.url, temporalAddress: '127.0.0.1:9' });
    await expect(serve.start()).rejects.toThrow(/ended with 6.*127\.0\.0\.1:9/s);
  });
});

describe('the end of the process', () => {
  it('lets a run under way finish before it goes, and starts no new one', async () => {
    await using project = stageProject();
    await using serve = serveProcess({ databaseUrl: testDatabase.url });
    await serve.start();
    await project.addCommand(serve.api, { name: 'unhurried', script: 'sleep 1' });
    project.repository.stage({ 'a.txt': 'hello\n' });
    const request = await project.request({ options: { ...(await project.request()).options, only: ['unhurried'] } });
    const events = collect(serve.api.stageRuns.run(request, {}));
    await expect.poll(() => project.executions('unhurried'), { timeout: 10_000 }).toBe(1);
    const exit = serve.terminate();
    expect(reportOf(await events)).toMatchObject({ state: 'completed', verdict: 'pass' });
    expect(await exit).toBe(0);
    expect(project.executions('unhurried')).toBe(1);
  });

  it('comes when nobody reads its log any more', async () => {
    await using serve = serveProcess({ databaseUrl: testDatabase.url });
    await serve.start();
    expect(await serve.abandon()).toBe(0);
  });
});

describe('roles in separate processes', () => {
  it('work together: the host runs, the other process stores', async () => {
    await using project = stageProject();
    await using control = serveProcess({ databaseUrl: testDatabase.url, roles: ['control'] });
    await using host = serveProcess({ databaseUrl: testDatabase.url, roles: ['api', 'host'] });
    await Promise.all([control.start(), host.start()]);
    await project.addCommand(host.api, { name: 'split' });
    project.repository.stage({ 'a.txt': 'hello\n' });
    const request = await project.request({ options: { ...(await project.request()).options, only: ['split'] } });
    const events = await collect(host.api.stageRuns.run(request, {}));
    expect(reportOf(events)).toMatchObject({ state: 'completed', verdict: 'pass' });
    expect(control.log()).toContain('"operation":"finishStage"');
    expect(host.log()).not.toContain('"operation":"finishStage"');
    expect(await host.ready()).toEqual(['api', 'host', 'postgres', 'temporal']);
  });
});

describe('what operators see', () => {
  it('metrics of stage runs and of the engine under their names, readiness by role', async () => {
    await using project = stageProject();
    await using serve = serveProcess({ databaseUrl: testDatabase.url });
    await serve.start();
    await project.addCommand(serve.api, { name: 'measured' });
    project.repository.stage({ 'a.txt': 'hello\n' });
    const request = await project.request({ options: { ...(await project.request()).options, only: ['measured'] } });
    await collect(serve.api.stageRuns.run(request, {}));
    expect(await serve.ready()).toEqual(['api', 'control', 'host', 'postgres', 'temporal']);
    await expect.poll(() => serve.metrics(), { timeout: 10_000 }).toContain('temporal_workflow_completed');
    const metrics = await serve.metrics();
    expect(metrics).toContain('omnibase_stage_runs_total{stage="pre-commit",verdict="pass"} 1');
    expect(metrics).toMatch(/omnibase_stage_run_seconds_count\{stage="pre-commit"\} 1/);
    expect(metrics).toMatch(/omnibase_stage_overhead_seconds_count\{stage="pre-commit"\} 1/);
    expect(metrics).toMatch(/omnibase_stage_step_seconds_count\{class="command"\} 1/);
    expect(metrics).toContain('omnibase_stage_retries_total 0');
    expect(metrics).toContain('# TYPE total_components gauge');
    expect(metrics).toMatch(/registry_operations_total\{operation="register",outcome="ok",code=""\} 1/);
  });
});
