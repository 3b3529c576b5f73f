/**
 * Records the histories of the deadline sweep into `sweep/`: `node test/replay/record-sweep.ts`. Only when a change of the
 * workflow is meant to break running ones: they are ended and started anew.
 */
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import { ensureDeadlineSweep } from '../../client/deadline-sweep.ts';
import type { SweepReport } from '../../contracts/node/sweep.ts';
import { resolvePaths, userCacheDir } from '../../local/paths.ts';
import { obtainTemporal, startTemporal } from '../../local/temporal.ts';
import { workflowBundle } from '../../workers/build-bundle.ts';
import '../workflow/support/quiet-runtime.ts';

const root = join(import.meta.dirname, '../..');
const taskQueue = 'recorder';
const workflowId = 'deadline-sweep';
const report: SweepReport = {
  interval_ms: 100,
  monitored: 3,
  overdue: 1,
  renewed: 2,
  poked: { liveness: 1, ack: 0, receipt: 0, edge: 0, stuck: 0 },
  incident: 'none',
  duration_ms: 7,
};

const { path: binary } = await obtainTemporal({
  env: process.env,
  cacheDirs: [resolvePaths(process.env).cache_dir, userCacheDir(process.env)],
  report: (line) => process.stderr.write(`${line}\n`),
});
const temporal = await startTemporal({ binary });
const connection = await NativeConnection.connect({ address: temporal.address });
const client = new Client({ connection });
let sweeps = 0;
const enough = Promise.withResolvers<void>();
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowBundle: await workflowBundle(),
  activities: {
    sweepDeadlines: () => {
      sweeps += 1;
      if (sweeps === 9) enough.resolve();
      return sweeps === 2 ? Promise.reject(ApplicationFailure.nonRetryable('no')) : Promise.resolve(report);
    },
  },
});
const ended = worker.run();
try {
  const input = { schema_version: 1, sweeps: 0, limits: { history_events: 30 } } as const;
  await ensureDeadlineSweep(client, { workflowId, taskQueue, input });
  const first = (await client.workflow.getHandle(workflowId).describe()).runId;
  await enough.promise;
  await client.workflow.getHandle(workflowId).terminate();
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  for (const [name, run] of [
    ['failed-and-continued', first],
    ['later-run', runId],
  ] as const) {
    const history = await client.workflow.getHandle(workflowId, run).fetchHistory();
    const text = historyToJSON(history)
      .replaceAll(`${root}/`, '')
      .replaceAll(`@${hostname()}`, '@recorder')
      .replaceAll(/"(identity|workerInstanceKey)":\s*"[^"]*"/g, '"$1": "recorder"');
    writeFileSync(join(import.meta.dirname, 'sweep', `${name}.json`), `${text}\n`);
    process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
  }
} finally {
  worker.shutdown();
  await ended;
  await connection.close();
  await temporal.stop();
}
