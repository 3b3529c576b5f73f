/** Stage runs through the gateway of a real serving process: owners that leave, streams across its death. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../api/client/client.ts';
import { stageEventSchema } from '../../../api/schemas/answers.ts';
import type { StageEvent, StageRunRequest } from '../../../contracts/stage.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type ServeProcess, serveProcess } from '../../workflow/support/serve-process.ts';
import { collect, reportOf, type StageProject, stageProject } from '../../workflow/support/stage-project.ts';

let database: TestDatabase;
beforeEach(async () => void (database = await createTestDatabase()));
afterEach(() => database.drop());

const socketOf = (serve: ServeProcess) => ({ socketPath: `${serve.directory}/gateway.sock` });

/** A run of two commands: one ends at once, one takes its time. */
async function attachedRun(project: StageProject, serve: ServeProcess, seconds: number): Promise<StageRunRequest> {
  await project.addCommand(serve.api, { name: 'quick' });
  await project.addCommand(serve.api, { name: 'slow', script: `exec sleep ${seconds}` });
  project.repository.stage({ 'a.txt': 'hello\n' });
  const { options } = await project.request();
  return project.request({ options: { ...options, only: ['quick', 'slow'] }, attached: true });
}

describe('an open run', () => {
  it('shows what has finished; when its owner leaves it goes on for two seconds and is then cancelled', async () => {
    await using serve = serveProcess({ databaseUrl: database.url });
    await using project = stageProject();
    await serve.start();
    const request = await attachedRun(project, serve, 300);
    const owner = createApiClient(socketOf(serve));
    const leave = new AbortController();
    const stream = collect(owner.stageRuns.run(request, { signal: leave.signal }));
    stream.catch(() => undefined);
    await expect.poll(() => project.executions('slow'), { timeout: 15_000 }).toBe(1);
    await expect
      .poll(
        async () => (await serve.api.stageRuns.show(request.run_id)).results.map(({ component }) => component.name),
        { timeout: 10_000 },
      )
      .toEqual(['quick']);
    const open = await serve.api.stageRuns.show('last');
    expect(open).toMatchObject({
      run_id: request.run_id,
      state: 'running',
      verdict: null,
      completed_at: null,
      summary: { total: 1, passed: 1 },
    });

    leave.abort(new Error('killed'));
    await expect(stream).rejects.toThrow('killed');
    const left = performance.now();
    await expect
      .poll(async () => (await serve.api.stageRuns.show(request.run_id)).state, { timeout: 15_000, interval: 50 })
      .toBe('cancelled');
    expect(performance.now() - left).toBeGreaterThan(1_800);
    const report = await serve.api.stageRuns.show(request.run_id);
    expect(report).toMatchObject({ state: 'cancelled', verdict: null });
    expect((await serve.api.stageRuns.list({ state: 'cancelled' })).map(({ run_id }) => run_id)).toContain(
      request.run_id,
    );
    owner.close();
  });
});

describe('a serving process that is killed in mid-run', () => {
  it('is not noticed by the reader of the stream, but for the time it takes', async () => {
    await using serve = serveProcess({ databaseUrl: database.url });
    await using project = stageProject();
    await serve.start();
    const request = await attachedRun(project, serve, 3);
    const patient = createApiClient(socketOf(serve), { redialMs: 20_000 });
    const seen: StageEvent[] = [];
    const reading = (async () => {
      for await (const event of patient.stageRuns.run(request, {})) seen.push(event);
    })();
    // What has finished is stored before it is told; only that must not be executed again.
    await expect.poll(() => seen.some(({ type }) => type === 'step.finished'), { timeout: 15_000 }).toBe(true);
    await expect.poll(() => project.executions('slow'), { timeout: 15_000 }).toBe(1);
    await serve.kill();
    await serve.start();
    await reading;

    expect(reportOf(seen)).toMatchObject({ state: 'completed', verdict: 'pass' });
    for (const event of seen) stageEventSchema.parse(event);
    const seqs = seen.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const once = seen.filter(({ type }) => type !== 'step.progress' && type !== 'message');
    const keys = once.map((event) => `${event.type} ${'step_id' in event ? event.step_id : ''}`);
    expect(keys).toEqual([...new Set(keys)]);
    expect(project.executions('quick')).toBe(1);
    patient.close();
  }, 60_000);
});
