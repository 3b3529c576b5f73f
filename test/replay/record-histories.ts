/**
 * Records one history per notable path into `histories/`: `node test/replay/record-histories.ts [name…]`. Run it when a
 * path is new; a recorded history is only replaced when a change of the workflow is meant to break running ones.
 */
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { stageRunProgress, stageRunResult, startStageRun } from '../../client/stage-run.ts';
import { resolvePaths, userCacheDir } from '../../local/paths.ts';
import { obtainTemporal, startTemporal } from '../../local/temporal.ts';
import { startStageWorker } from '../workflow/support/scripted-worker.ts';
import { stageInput } from '../workflow/support/stage-input.ts';
import { type NotablePath, notablePaths } from './notable-paths.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(import.meta.dirname, 'histories');

async function record(address: string, name: string, path: NotablePath): Promise<void> {
  const worker = await startStageWorker(address, path.script, path.roles);
  try {
    const input = stageInput(worker.hostId, path.input);
    const { workflowId } = await startStageRun(worker.client, input, { eager: true });
    if (path.meanwhile !== undefined) {
      while ((await stageRunProgress(worker.client, workflowId)).running.length === 0) await sleep(50);
      await path.meanwhile(worker, workflowId);
    }
    await stageRunResult(worker.client, workflowId);
    const history = await worker.client.workflow.getHandle(workflowId).fetchHistory();
    writeFileSync(join(folder, `stage-run.${name}.json`), `${withoutMachine(historyToJSON(history))}\n`);
    process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
  } finally {
    await worker.stop();
  }
}

/** Leaves out where it was recorded: folders in stack traces, process and host names. */
function withoutMachine(text: string): string {
  return text
    .replaceAll(`${root}/`, '')
    .replaceAll(`@${hostname()}`, '@recorder')
    .replaceAll(/"(identity|workerInstanceKey)":\s*"[^"]*"/g, '"$1": "recorder"');
}

const wanted = process.argv.slice(2);
const cacheDirs = [resolvePaths(process.env).cache_dir, userCacheDir(process.env)];
const { path: binary } = await obtainTemporal({
  env: process.env,
  cacheDirs,
  report: (line) => process.stderr.write(`${line}\n`),
});
const temporal = await startTemporal({ binary });
try {
  for (const [name, path] of Object.entries(notablePaths)) {
    if (wanted.length === 0 || wanted.includes(name)) await record(temporal.address, name, path);
  }
} finally {
  await temporal.stop();
}
