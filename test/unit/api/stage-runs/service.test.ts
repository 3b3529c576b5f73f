/** The stage-run service on an engine and a store in memory: start, follow, owners, ends, refusals. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventHub, type EventHub } from '../../../../api/stage-runs/event-hub.ts';
import { createStageRuns, type StageRunService } from '../../../../api/stage-runs/service.ts';
import { stageWorkflowId } from '../../../../client/ids.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { StageEvent, StagePlan, StageRunRequest } from '../../../../contracts/stage.ts';
import {
  exampleReport,
  exampleRequest,
  exampleSummary,
  type MemoryEngine,
  type MemoryStore,
  memoryEngine,
  memoryStore,
} from '../support/memory-stage-runs.ts';
import { until } from '../support/until.ts';

let engine: MemoryEngine;
let store: MemoryStore;
let hub: EventHub;
let service: StageRunService;
const warnings: object[] = [];

beforeEach(() => {
  engine = memoryEngine();
  store = memoryStore();
  hub = createEventHub();
  warnings.length = 0;
  service = createStageRuns({
    engine,
    store,
    hub,
    plan: async (input) => ({ schema_version: 1, plan_hash: input.run_id }) as StagePlan,
    hostId: 'host-1',
    localControl: true,
    log: { warn: (fields) => void warnings.push(fields) },
    timings: { ownerGoneMs: 40, endWatchDelayMs: 20 },
  });
});
afterEach(() => service.drain());

const workflowOf = (request: StageRunRequest) => stageWorkflowId(request.stage, request.run_id);
const finish = (runId: string) => hub.publish(runId, { type: 'run.finished', report: exampleReport(runId) });

async function read(events: AsyncIterable<StageEvent>): Promise<StageEvent[]> {
  const seen: StageEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

/** Opens a stream and reads its first event; `close` is what a closed connection does. */
async function openStream(events: (signal: AbortSignal) => AsyncIterable<StageEvent>) {
  const abort = new AbortController();
  const iterator = events(abort.signal)[Symbol.asyncIterator]();
  const first = await iterator.next();
  const rest = (async () => {
    while ((await iterator.next()).done !== true);
  })();
  return {
    first: first.value as StageEvent,
    async close() {
      abort.abort();
      await rest;
    },
  };
}

describe('a run', () => {
  it('is started with defaults and followed to its end', async () => {
    engine.onStart = ({ run_id }) => {
      hub.publish(run_id, { type: 'run.planned', files: 1, components: 1, steps: 1 });
      finish(run_id);
    };
    const request = exampleRequest();
    const events = await read(service.run(request, { principal: 'local:ana' }));
    expect(events.map(({ type }) => type)).toEqual(['run.started', 'run.planned', 'run.finished']);
    expect(events[0]).toMatchObject({ workflow_id: workflowOf(request), run_id: request.run_id, seq: 1 });
    expect(engine.started[0]).toMatchObject({
      schema_version: 1,
      run_id: request.run_id,
      host_id: 'host-1',
      local_control: true,
      deadline_ms: 60_000,
      principal: 'local:ana',
      repo: 'app',
      snapshot: request.snapshot,
    });
    expect(engine.started[0]?.requested_at).toMatch(/^\d{4}-.*\.\d{3}Z$/);
  });

  it('is started once however often it is asked for', async () => {
    const request = exampleRequest();
    const both = [service.run(request, {}), service.run(request, {})].map(read);
    await until(() => engine.started.length > 0);
    finish(request.run_id);
    const [one, other] = await Promise.all(both);
    expect(engine.started).toHaveLength(1);
    expect(one?.at(-1)?.type).toBe('run.finished');
    expect(other).toEqual(one);
  });

  it('takes its deadline from the request and its name from a bare repository', async () => {
    engine.onStart = ({ run_id }) => finish(run_id);
    const { snapshot, options } = exampleRequest();
    const bare = { ...snapshot, git_dir: '/srv/git/tools.git', work_tree: null };
    await read(
      service.run(exampleRequest({ stage: 'ci', snapshot: bare, options: { ...options, timeout_ms: 5000 } }), {}),
    );
    expect(engine.started[0]).toMatchObject({ deadline_ms: 5000, repo: 'tools' });
  });

  it('that cannot start fails before its first event, and may be tried again', async () => {
    engine.failStart = new OmniBaseError('OB010');
    const request = exampleRequest();
    await expect(read(service.run(request, {}))).rejects.toMatchObject({ code: 'OB010' });
    expect(hub.status(request.run_id)).toBe('unknown');
    engine.failStart = null;
    engine.onStart = ({ run_id }) => finish(run_id);
    expect((await read(service.run(request, {}))).map(({ type }) => type)).toEqual(['run.started', 'run.finished']);
  });

  it.each<[string, (request: StageRunRequest) => unknown, string]>([
    ['no object', () => null, 'body'],
    ['an unknown member', (request) => ({ ...request, extra: 1 }), 'body.extra'],
    ['another id', (request) => ({ ...request, run_id: 'run-1' }), 'body.run_id'],
    [
      'a relative folder',
      (request) => ({ ...request, snapshot: { ...request.snapshot, git_dir: 'x/.git' } }),
      'body.snapshot.git_dir',
    ],
    [
      'a NUL in a path',
      (request) => ({ ...request, snapshot: { ...request.snapshot, work_tree: '/a\0b' } }),
      'body.snapshot.work_tree',
    ],
    [
      'a relative object store',
      (request) => ({ ...request, snapshot: { ...request.snapshot, object_directories: ['/ok', 'no'] } }),
      'body.snapshot.object_directories.1',
    ],
    [
      'too many paths',
      (request) => ({ ...request, snapshot: { ...request.snapshot, paths: ['x'.repeat(205 * 1024)] } }),
      'body.snapshot.paths',
    ],
  ])('with %s is refused', async (_name, change, path) => {
    const refused = read(service.run(change(exampleRequest()) as StageRunRequest, {}));
    await expect(refused).rejects.toMatchObject({ code: 'OB004', issues: [{ path }] });
    expect(engine.started).toEqual([]);
  });

  it('is planned without being started', async () => {
    const request = exampleRequest();
    expect(await service.plan(request, {})).toMatchObject({ plan_hash: request.run_id });
    expect([engine.started, hub.status(request.run_id)]).toEqual([[], 'unknown']);
  });
});

describe('the end of a run', () => {
  it('is learned from engine and database when no event tells it', async () => {
    const request = exampleRequest();
    const events = read(service.run(request, {}));
    await until(() => engine.started.length > 0);
    store.reports.set(request.run_id, exampleReport(request.run_id, { verdict: 'fail', exit_code: 1 }));
    engine.close(workflowOf(request));
    expect((await events).at(-1)).toMatchObject({ type: 'run.finished', report: { verdict: 'fail' } });
  });

  it('is told to a stream of a run that ended long ago', async () => {
    const { run_id } = exampleRequest();
    store.runs.set(run_id, exampleSummary(run_id, { state: 'completed' }));
    store.reports.set(run_id, exampleReport(run_id));
    for (const id of [run_id, run_id.slice(0, 8), run_id.toUpperCase(), 'last']) {
      const events = await read(service.attach(id, {}));
      expect(events.map(({ type }) => type)).toEqual(['run.started', 'run.finished']);
    }
  });

  it('is waited for while the engine is away', async () => {
    const request = exampleRequest();
    let asked = 0;
    const closed = engine.closed.bind(engine);
    engine.closed = async (workflowId, signal) => {
      asked += 1;
      if (asked === 1) throw new OmniBaseError('OB010');
      return closed(workflowId, signal);
    };
    const events = read(service.run(request, {}));
    await until(() => asked === 2);
    store.reports.set(request.run_id, exampleReport(request.run_id));
    engine.close(workflowOf(request));
    expect((await events).at(-1)?.type).toBe('run.finished');
  });

  it('is an error when no report was ever stored', async () => {
    const request = exampleRequest();
    const events = read(service.run(request, {}));
    await until(() => engine.started.length > 0);
    engine.close(workflowOf(request));
    await expect(events).rejects.toMatchObject({
      code: 'OB001',
      message: expect.stringContaining('ended without a report'),
    });
  });

  it('is an error when the engine does not know the run', async () => {
    const { run_id } = exampleRequest();
    store.runs.set(run_id, exampleSummary(run_id));
    await expect(read(service.attach(run_id, {}))).rejects.toMatchObject({ code: 'OR030' });
  });
});

describe('the owner', () => {
  it('that stays away cancels the run, once', async () => {
    const request = exampleRequest();
    const stream = await openStream((signal) => service.run(request, { signal }));
    await stream.close();
    expect(engine.cancelled).toEqual([]);
    await until(() => engine.cancelled.length > 0);
    const command = { command_id: `client-gone-${request.run_id}`, reason: 'client-gone', actor: 'gateway' };
    expect(engine.cancelled).toEqual([{ workflowId: workflowOf(request), command }]);
  });

  it('that comes back in time cancels nothing', async () => {
    const request = exampleRequest();
    const stream = await openStream((signal) => service.run(request, { signal }));
    await stream.close();
    const again = await openStream((signal) => service.attach(request.run_id, { signal, owner: true }));
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(engine.cancelled).toEqual([]);
    await again.close();
    await until(() => engine.cancelled.length > 0);
  });

  it('may leave while somebody else follows', async () => {
    const request = exampleRequest();
    const owner = await openStream((signal) => service.run(request, { signal }));
    const guest = await openStream((signal) => service.attach(request.run_id, { signal }));
    await owner.close();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(engine.cancelled).toEqual([]);
    await guest.close();
    await until(() => engine.cancelled.length > 0);
  });

  it('of a detached run may leave at once', async () => {
    const request = exampleRequest({ attached: false });
    const stream = await openStream((signal) => service.run(request, { signal }));
    await stream.close();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(engine.cancelled).toEqual([]);
  });

  it('that left during the start cancels too', async () => {
    const request = exampleRequest();
    const abort = new AbortController();
    engine.onStart = () => abort.abort();
    expect(await read(service.run(request, { signal: abort.signal }))).toEqual([]);
    await until(() => engine.cancelled.length > 0);
  });

  it('of a finished run, or of a gateway that shuts down, is not missed', async () => {
    const done = exampleRequest();
    const stream = await openStream((signal) => service.run(done, { signal }));
    finish(done.run_id);
    await stream.close();
    const open = await openStream((signal) => service.run(exampleRequest(), { signal }));
    const starting = read(service.run(exampleRequest(), {}));
    service.drain();
    await open.close();
    expect(await starting).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(engine.cancelled).toEqual([]);
  });

  it('whose run cannot be cancelled leaves a line in the log', async () => {
    const request = exampleRequest();
    engine.cancel = async () => {
      throw new OmniBaseError('OB010');
    };
    const stream = await openStream((signal) => service.run(request, { signal }));
    await stream.close();
    await until(() => warnings.length > 0);
    expect(warnings[0]).toMatchObject({ run_id: request.run_id });
  });
});

describe('looking up', () => {
  it('cancels by prefix, and what is followed before its row is there', async () => {
    const request = exampleRequest();
    const command = { command_id: 'c1', reason: 'stop', actor: 'ana' };
    await expect(service.cancel(request.run_id, command)).rejects.toMatchObject({ code: 'OR030' });
    const stream = await openStream((signal) => service.run(request, { signal }));
    expect(await service.cancel(request.run_id, command)).toEqual({ state: 'cancelling' });
    store.runs.set(request.run_id, exampleSummary(request.run_id));
    await service.cancel(request.run_id.slice(0, 13), command);
    expect(engine.cancelled.map(({ workflowId }) => workflowId)).toEqual([workflowOf(request), workflowOf(request)]);
    await stream.close();
  });

  it('shows the report, or what is known of an open run', async () => {
    const { run_id } = exampleRequest();
    store.runs.set(run_id, exampleSummary(run_id));
    expect(await service.show(run_id)).toMatchObject({ state: 'running', verdict: null });
    store.reports.set(run_id, exampleReport(run_id));
    expect(await service.show('last')).toMatchObject({ state: 'completed', verdict: 'pass' });
    await expect(service.show('ffffff')).rejects.toMatchObject({ code: 'OR030' });
  });
});
