/** The alert on failing workflow tasks selects what the engine's own library emits when one fails. */
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, inject, it } from 'vitest';
import { installRuntime } from '../../../workers/runtime.ts';
import { collectTemporalMetrics } from '../../../workers/temporal-metrics.ts';
import { connectTestClient, testNamespace, uniqueName } from '../../support/temporal.ts';
import { checkQuery } from '../../unit/deploy/support/check-query.ts';
import { readExposition } from '../../unit/deploy/support/exposition.ts';
import { alertQueries } from '../../unit/deploy/support/queries.ts';

it('OmniBaseWorkflowTaskFailing sees a workflow whose code throws', async () => {
  const registry = new Registry();
  const metrics = await collectTemporalMetrics(registry);
  await installRuntime({ logger: pino({ level: 'silent' }), metrics: metrics.buffer });
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const taskQueue = uniqueName('broken');
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'support/broken-workflow.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  const worker = await Worker.create({ connection, namespace: testNamespace, taskQueue, workflowBundle });
  const running = worker.run();
  const { client, close } = await connectTestClient();
  const handle = await client.workflow.start('broken', { taskQueue, workflowId: taskQueue });
  try {
    const [alert] = alertQueries().filter(({ where }) => where === 'OmniBaseWorkflowTaskFailing');
    await expect
      .poll(async () => {
        metrics.drain();
        return checkQuery(alert?.expression ?? '', readExposition(await registry.metrics()));
      })
      .toMatchObject({ problems: [], labels: new Set(alert?.shown) });
  } finally {
    await handle.terminate();
    worker.shutdown();
    await running;
    await close();
    await connection.close();
    metrics.close();
  }
});
