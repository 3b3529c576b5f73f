/** The deadline sweep on a real server: it goes on for ever, whatever its sweeps do (registration.md 9 "Sweeper"). */
import { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { ensureDeadlineSweep } from '../../client/deadline-sweep.ts';
import { searchAttributeKey } from '../../client/search-attributes.ts';
import type { SweepActivities, SweepInput, SweepReport } from '../../contracts/node/sweep.ts';
import { workflowBundle } from '../../workers/build-bundle.ts';
import { testNamespace, uniqueName } from '../support/temporal.ts';
import { timerSummaries } from './support/history.ts';
import './support/quiet-runtime.ts';

let connection: NativeConnection;
let client: Client;
const running: { worker: Worker; ended: Promise<void>; workflowId: string }[] = [];

beforeAll(async () => {
  connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection, namespace: testNamespace });
});
afterEach(async () => {
  for (const { worker, ended, workflowId } of running.splice(0)) {
    await client.workflow
      .getHandle(workflowId)
      .terminate()
      .catch(() => undefined);
    worker.shutdown();
    await ended;
  }
});
afterAll(() => connection.close());

const report = (over: Partial<SweepReport> = {}): SweepReport => ({
  interval_ms: 50,
  monitored: 12,
  overdue: 1,
  renewed: 2,
  poked: { liveness: 1, ack: 0, receipt: 0, edge: 0, stuck: 3 },
  incident: 'none',
  duration_ms: 7,
  ...over,
});

/** A worker with this activity, and names nobody else uses. */
async function startSweeper(sweepDeadlines: SweepActivities['sweepDeadlines']) {
  const taskQueue = uniqueName('sweep');
  const workflowId = uniqueName('deadline-sweep');
  const worker = await Worker.create({
    connection,
    namespace: testNamespace,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: { sweepDeadlines },
  });
  running.push({ worker, ended: worker.run(), workflowId });
  return {
    workflowId,
    handle: () => client.workflow.getHandle(workflowId),
    ensure: (input?: SweepInput) =>
      ensureDeadlineSweep(client, { workflowId, taskQueue, ...(input === undefined ? {} : { input }) }),
  };
}

describe('the deadline sweep', () => {
  it('sweeps at the interval its report tells, and shows the last one', async () => {
    let sweeps = 0;
    const { ensure, handle } = await startSweeper(() => {
      sweeps += 1;
      return Promise.resolve(report());
    });
    const started = performance.now();
    await ensure();
    await expect.poll(() => sweeps, { timeout: 10_000 }).toBeGreaterThanOrEqual(5);
    expect(performance.now() - started).toBeGreaterThan(4 * 50);
    const { raw, typedSearchAttributes } = await handle().describe();
    expect(typedSearchAttributes.get(searchAttributeKey('OmniKind'))).toBe('sweep');
    expect(JSON.stringify(raw.executionConfig?.userMetadata?.summary?.data?.toString())).toContain('deadline sweep');
    const { events } = await handle().fetchHistory();
    expect(new Set(timerSummaries(events ?? []))).toEqual(new Set(['next sweep']));
    const card = await handle().query<string>('__temporal_workflow_metadata');
    const text = JSON.stringify(card);
    for (const words of ['monitored 12, overdue 1', 'liveness 1, stuck 3', 'took 7 ms']) expect(text).toContain(words);
  });

  it('continues as new, keeps its kind and its count', async () => {
    let sweeps = 0;
    const { ensure, handle } = await startSweeper(() => {
      sweeps += 1;
      return Promise.resolve(report());
    });
    await ensure({ schema_version: 1, sweeps: 41, limits: { history_events: 20 } });
    const first = await handle().describe();
    await expect.poll(() => sweeps, { timeout: 15_000 }).toBeGreaterThanOrEqual(8);
    const later = await handle().describe();
    expect(later.runId).not.toBe(first.runId);
    expect(later.typedSearchAttributes.get(searchAttributeKey('OmniKind'))).toBe('sweep');
    await expect
      .poll(async () => JSON.stringify(await handle().query('__temporal_workflow_metadata')), { timeout: 10_000 })
      .toMatch(/deadline sweep\*\*, (4[4-9]|5\d|6\d) done/);
    expect((await handle().describe()).status.name).toBe('RUNNING');
  });

  it('outlives sweeps that fail for a while and sweeps that fail for good', async () => {
    let calls = 0;
    const { ensure, handle } = await startSweeper(() => {
      calls += 1;
      if (calls === 2) return Promise.reject(ApplicationFailure.nonRetryable('the disk is on fire'));
      if (calls === 3) return Promise.reject(ApplicationFailure.retryable('not now'));
      return Promise.resolve(report());
    });
    await ensure();
    await expect
      .poll(async () => JSON.stringify(await handle().query('__temporal_workflow_metadata')), { timeout: 10_000 })
      .toContain('the disk is on fire');
    await expect.poll(() => calls, { timeout: 10_000 }).toBeGreaterThanOrEqual(5);
    await expect
      .poll(async () => JSON.stringify(await handle().query('__temporal_workflow_metadata')), { timeout: 10_000 })
      .not.toContain('on fire');
    expect((await handle().describe()).status.name).toBe('RUNNING');
  });

  it('is started once by many, and anew after somebody cancelled it', async () => {
    let sweeps = 0;
    const { ensure, handle } = await startSweeper(() => {
      sweeps += 1;
      return Promise.resolve(report());
    });
    await Promise.all([ensure(), ensure(), ensure()]);
    const { runId } = await handle().describe();
    await ensure();
    expect((await handle().describe()).runId).toBe(runId);
    await expect.poll(() => sweeps, { timeout: 10_000 }).toBeGreaterThan(0);
    await handle().cancel();
    await expect.poll(async () => (await handle().describe()).status.name, { timeout: 10_000 }).toBe('CANCELLED');
    await ensure();
    expect((await handle().describe()).status.name).toBe('RUNNING');
  });
});
