/** Workers of one process share one workflow thread, and outlive each other (workers/shared-workflows.ts). */
import { createHook } from 'node:async_hooks';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { ensureDeadlineSweep } from '../../client/deadline-sweep.ts';
import type { SweepReport } from '../../contracts/node/sweep.ts';
import { workflowBundle } from '../../workers/build-bundle.ts';
import { sharingWorkflows } from '../../workers/shared-workflows.ts';
import { testNamespace, uniqueName } from '../support/temporal.ts';
import './support/quiet-runtime.ts';

let connection: NativeConnection;
let client: Client;
beforeAll(async () => {
  connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection, namespace: testNamespace });
});
afterAll(() => connection.close());

const report: SweepReport = {
  interval_ms: 50,
  monitored: 0,
  overdue: 0,
  renewed: 0,
  poked: { liveness: 0, ack: 0, receipt: 0, edge: 0, stuck: 0 },
  incident: 'none',
  duration_ms: 1,
};

it('one thread serves two workers, and goes with the last of them', async () => {
  let threads = 0;
  const hook = createHook({
    init(_, type) {
      if (type === 'WORKER') threads += 1;
    },
  }).enable();
  const Worker = await sharingWorkflows(['sweepDeadlines']);
  const code = await workflowBundle();
  const make = async () => {
    const [taskQueue, workflowId] = [uniqueName('shared'), uniqueName('deadline-sweep')];
    const seen = { sweeps: 0 };
    const worker = await Worker.create({
      connection,
      namespace: testNamespace,
      taskQueue,
      workflowBundle: code,
      activities: {
        sweepDeadlines: () => {
          seen.sweeps += 1;
          return Promise.resolve(report);
        },
      },
    });
    const ended = worker.run();
    await ensureDeadlineSweep(client, { workflowId, taskQueue });
    return { worker, ended, seen, workflowId };
  };
  const [one, other] = await Promise.all([make(), make()]);
  hook.disable();
  expect(threads).toBe(1);
  await expect.poll(() => Math.min(one.seen.sweeps, other.seen.sweeps), { timeout: 10_000 }).toBeGreaterThan(2);

  await client.workflow.getHandle(one.workflowId).terminate();
  one.worker.shutdown();
  await one.ended;
  const before = other.seen.sweeps;
  await expect.poll(() => other.seen.sweeps, { timeout: 10_000 }).toBeGreaterThan(before + 2);

  await client.workflow.getHandle(other.workflowId).terminate();
  other.worker.shutdown();
  await other.ended;
});
