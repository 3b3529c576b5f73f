/** Event streams over a real socket: flushed lines, many readers, slow ones, breaks and restarts. */
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logLimits } from '../../../api/stage-runs/run-log.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { StageEvent, StageRunRequest } from '../../../contracts/stage.ts';
import { exampleReport, exampleRequest, exampleSummary } from '../../unit/api/support/memory-stage-runs.ts';
import { until } from '../../unit/api/support/until.ts';
import { type Listening, type SocketHouse, socketHouse } from './support.ts';

let house: SocketHouse;
beforeEach(async () => void (house = await socketHouse()));
afterEach(() => house.dispose());

const finish = ({ hub }: Pick<Listening, 'hub'>, runId: string) =>
  hub.publish(runId, { type: 'run.finished', report: exampleReport(runId) });
const step = ({ hub }: Pick<Listening, 'hub'>, runId: string, id: string) =>
  hub.publish(runId, { type: 'step.started', step_id: id, summary: id });

/** What a reader has seen so far, and its end. */
function follow(events: AsyncIterable<StageEvent>) {
  const seen: StageEvent[] = [];
  const done = (async () => {
    for await (const event of events) seen.push(event);
  })();
  done.catch(() => undefined);
  return { seen, done, steps: () => seen.flatMap((event) => ('step_id' in event ? [event.step_id] : [])) };
}

/** A stream without the client: to read slowly, or to break it. */
async function rawStream(request: StageRunRequest): Promise<{ response: IncomingMessage; request: ClientRequest }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const raw = httpRequest(
    {
      socketPath: house.socketPath,
      method: 'POST',
      path: '/api/v1/stage-runs',
      headers: { 'content-type': 'application/json' },
    },
    resolve,
  );
  raw.on('error', reject);
  raw.end(JSON.stringify(request));
  return { response: await promise, request: raw };
}

describe('lines', () => {
  it('arrive one by one while the run goes on', async () => {
    const open = await house.open();
    const request = exampleRequest();
    const reader = follow(open.client.stageRuns.run(request, {}));
    for (let count = 1; count <= 5; count += 1) {
      await until(() => reader.seen.length === count);
      step(open, request.run_id, `s${count}`);
    }
    await until(() => reader.seen.length === 6);
    finish(open, request.run_id);
    await reader.done;
    expect(reader.seen.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(reader.seen.at(-1)?.type).toBe('run.finished');
  });

  it('are empty while nothing happens', async () => {
    await house.open({ deps: { keepAliveMs: 20 } });
    const { response, request } = await rawStream(exampleRequest());
    let text = '';
    response.on('data', (chunk: Buffer) => void (text += chunk.toString()));
    await until(() => text.endsWith('}\n\n\n'));
    expect(text.split('\n').filter((line) => line !== '')).toHaveLength(1);
    request.destroy();
  });

  it('come again from the beginning for a later reader, and from where it stopped', async () => {
    const open = await house.open();
    const request = exampleRequest();
    const first = follow(open.client.stageRuns.run(request, {}));
    step(open, request.run_id, 'a');
    await until(() => first.seen.length === 2);
    const late = follow(open.client.stageRuns.attach(request.run_id, {}));
    finish(open, request.run_id);
    await Promise.all([first.done, late.done]);
    expect(late.seen).toEqual(first.seen);
    const rest = follow(open.client.stageRuns.attach(request.run_id, { after_seq: 2 }));
    await rest.done;
    expect(rest.seen).toEqual(first.seen.slice(2));
  });

  it('carry an error that came after the first one', async () => {
    const open = await house.open();
    const request = exampleRequest();
    const reader = follow(open.client.stageRuns.run(request, {}));
    await until(() => reader.seen.length === 1);
    open.hub.fail(request.run_id, new OmniBaseError('OB001', { message: 'no report came' }));
    await expect(reader.done).rejects.toMatchObject({ code: 'OB001', message: 'no report came' });
  });
});

describe('readers', () => {
  it('50 at once get everything in order', async () => {
    const open = await house.open();
    const requests = Array.from({ length: 10 }, () => exampleRequest());
    const readers = requests.flatMap((request) => [
      follow(open.client.stageRuns.run(request, {})),
      ...Array.from({ length: 4 }, () => follow(open.client.stageRuns.run(request, {}))),
    ]);
    await until(() => readers.every(({ seen }) => seen.length === 1));
    expect(open.engine.started).toHaveLength(10);
    for (let count = 0; count < 200; count += 1) {
      for (const { run_id } of requests) step(open, run_id, `s${count}`);
      if (count % 20 === 0) await sleep(1);
    }
    for (const { run_id } of requests) finish(open, run_id);
    await Promise.all(readers.map(({ done }) => done));
    const expected = Array.from({ length: 200 }, (_, index) => `s${index}`);
    for (const reader of readers) {
      expect(reader.steps()).toEqual(expected);
      expect(reader.seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 202 }, (_, index) => index + 1));
    }
    expect(open.engine.cancelled).toEqual([]);
  });

  it('that are slow miss old progress only, and hold up nobody', async () => {
    const open = await house.open();
    const request = exampleRequest();
    const slow = await rawStream(request);
    slow.response.pause();
    const fast = follow(open.client.stageRuns.attach(request.run_id, {}));
    const text = 'x'.repeat(1000);
    for (let count = 0; count < 5000; count += 1) {
      open.hub.publish(request.run_id, { type: 'step.progress', step_id: 's', text: `${count} ${text}` });
      if (count % 250 === 0) await sleep(1);
    }
    step(open, request.run_id, 'last');
    finish(open, request.run_id);
    await fast.done;
    expect(fast.seen.at(-1)?.type).toBe('run.finished');
    let received = '';
    for await (const chunk of slow.response as AsyncIterable<Buffer>) received += chunk.toString();
    const events = received
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StageEvent);
    expect(events.at(-1)?.type).toBe('run.finished');
    expect(events.length).toBeLessThan(4000);
    const progress = events.filter(({ type }) => type === 'step.progress');
    expect(progress.slice(-logLimits.progress).at(-1)).toMatchObject({ text: expect.stringMatching(/^4999 /) });
    expect(events.some((event) => event.type === 'step.started' && event.step_id === 'last')).toBe(true);
  });
});

describe('a closed connection', () => {
  it('of the owner cancels the run after the grace time', async () => {
    const open = await house.open({ timings: { ownerGoneMs: 60 } });
    const request = exampleRequest();
    const { response, request: raw } = await rawStream(request);
    response.on('error', () => undefined);
    await until(() => open.engine.started.length === 1);
    raw.destroy();
    await until(() => open.engine.cancelled.length === 1);
    expect(open.engine.cancelled[0]?.command.reason).toBe('client-gone');
  });

  it.each(['while the run is being started', 'just after'])('%s is noticed too', async (when) => {
    const open = await house.open({ timings: { ownerGoneMs: 60 } });
    const start = open.engine.start.bind(open.engine);
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    open.engine.start = async (input) => {
      reached.resolve();
      await released.promise;
      return start(input);
    };
    const raw = httpRequest({
      socketPath: house.socketPath,
      method: 'POST',
      path: '/api/v1/stage-runs',
      headers: { 'content-type': 'application/json' },
    });
    raw.on('error', () => undefined);
    raw.end(JSON.stringify(exampleRequest()));
    await reached.promise;
    if (when === 'just after') released.resolve();
    raw.destroy();
    await sleep(20);
    released.resolve();
    await until(() => open.engine.cancelled.length === 1);
  });

  it('by the reader itself ends the request', async () => {
    const open = await house.open({ timings: { ownerGoneMs: 60 } });
    for await (const event of open.client.stageRuns.run(exampleRequest(), {})) {
      expect(event.type).toBe('run.started');
      break;
    }
    await until(() => open.engine.cancelled.length === 1);
  });

  it('by a signal rejects with its reason', async () => {
    const open = await house.open();
    const abort = new AbortController();
    const reader = follow(open.client.stageRuns.run(exampleRequest({ attached: false }), { signal: abort.signal }));
    await until(() => reader.seen.length === 1);
    abort.abort(new Error('Ctrl-C'));
    await expect(reader.done).rejects.toThrow('Ctrl-C');
  });
});

describe('a restart of the serving process', () => {
  it('is not seen by the reader: no gap, no repetition, rising numbers, and the owner stays the owner', async () => {
    const before = await house.open({ client: { redialMs: 2000 } });
    const request = exampleRequest();
    const reader = follow(before.client.stageRuns.run(request, {}));
    await until(() => reader.seen.length === 1);
    step(before, request.run_id, 'a');
    step(before, request.run_id, 'b');
    await until(() => reader.seen.length === 3);

    await before.gateway.close();
    before.store.runs.set(request.run_id, exampleSummary(request.run_id));
    const after = await house.open({ instanceId: 'instance-2', after: before, timings: { ownerGoneMs: 60 } });
    step(after, request.run_id, 'b');
    await until(() => reader.seen.length >= 3 && after.hub.status(request.run_id) === 'open');
    step(after, request.run_id, 'c');
    await until(() => reader.steps().includes('c'));
    expect(after.engine.cancelled).toEqual([]);
    finish(after, request.run_id);
    await reader.done;
    expect(reader.steps()).toEqual(['a', 'b', 'c']);
    expect(reader.seen.map(({ type }) => type).filter((type) => type !== 'step.started')).toEqual([
      'run.started',
      'run.finished',
    ]);
    const seqs = reader.seen.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });

  it('after which the run has ended already gives its report', async () => {
    const before = await house.open({ client: { redialMs: 2000 } });
    const request = exampleRequest();
    const reader = follow(before.client.stageRuns.run(request, {}));
    await until(() => reader.seen.length === 1);
    await before.gateway.close();
    before.store.runs.set(request.run_id, exampleSummary(request.run_id, { state: 'completed' }));
    before.store.reports.set(request.run_id, exampleReport(request.run_id, { verdict: 'warn' }));
    await house.open({ instanceId: 'instance-2', after: before });
    await reader.done;
    expect(reader.seen.at(-1)).toMatchObject({ type: 'run.finished', report: { verdict: 'warn' } });
  });

  it('that does not come back is an error with the next step', async () => {
    const before = await house.open({ client: { redialMs: 200 } });
    const reader = follow(before.client.stageRuns.run(exampleRequest(), {}));
    await until(() => reader.seen.length === 1);
    await before.gateway.close();
    await expect(reader.done).rejects.toMatchObject({
      code: 'OB010',
      exitCode: 6,
      next: expect.stringContaining('omnibase up'),
    });
    expect(before.engine.cancelled).toEqual([]);
  });
});
