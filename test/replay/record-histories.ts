/**
 * Records one history per notable path into `histories/`: `node test/replay/record-histories.ts [stage-run.pass…]`. Run it
 * when a path is new; a recorded history is only replaced when a change of the workflow is meant to break running ones.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { stageRunProgress, stageRunResult, startStageRun } from '../../client/stage-run.ts';
import type { Client } from '@temporalio/client';
import { migrate } from '../../db/migrate.ts';
import { resolvePaths, userCacheDir } from '../../local/paths.ts';
import { startPostgres } from '../../local/postgres.ts';
import { obtainTemporal, startTemporal } from '../../local/temporal.ts';
import { startStageWorker } from '../workflow/support/scripted-worker.ts';
import { stageInput } from '../workflow/support/stage-input.ts';
import { type NodeWorker, startNodeWorker } from '../workflow/registration/support/node-worker.ts';
import { type NotablePath, notablePaths } from './notable-paths.ts';
import { pathRegistry, pathSettings, type RegistrationPath, registrationPaths } from './registration-paths.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(import.meta.dirname, 'histories');

async function recordStageRun(address: string, name: string, path: NotablePath): Promise<void> {
  const worker = await startStageWorker(address, path.script, path.roles);
  try {
    const input = stageInput(worker.hostId, path.input);
    const { workflowId } = await startStageRun(worker.client, input, { eager: true });
    if (path.meanwhile !== undefined) {
      while ((await stageRunProgress(worker.client, workflowId)).running.length === 0) await sleep(50);
      await path.meanwhile(worker, workflowId);
    }
    await stageRunResult(worker.client, workflowId);
    await keep(worker.client, `stage-run.${name}`, workflowId);
  } finally {
    await worker.stop();
  }
}

async function recordRegistration(worker: NodeWorker, name: string, path: RegistrationPath): Promise<void> {
  const { workflowId, runId } = await path(worker);
  await keep(worker.client, `registration.${name}`, workflowId, runId);
}

async function keep(client: Client, file: string, workflowId: string, runId?: string): Promise<void> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  writeFileSync(join(folder, `${file}.json`), `${withoutMachine(historyToJSON(history))}\n`);
  process.stdout.write(`${file}: ${history.events?.length ?? 0} events\n`);
}

/** Leaves out where it was recorded: folders in stack traces, process and host names. */
function withoutMachine(text: string): string {
  return text
    .replaceAll(`${root}/`, '')
    .replaceAll(`@${hostname()}`, '@recorder')
    .replaceAll(/"(identity|workerInstanceKey)":\s*"[^"]*"/g, '"$1": "recorder"');
}

const wanted = process.argv.slice(2);
const isWanted = (file: string): boolean => wanted.length === 0 || wanted.includes(file);
const cacheDirs = [resolvePaths(process.env).cache_dir, userCacheDir(process.env)];
const { path: binary } = await obtainTemporal({
  env: process.env,
  cacheDirs,
  report: (line) => process.stderr.write(`${line}\n`),
});
const stateDir = mkdtempSync(join(tmpdir(), 'omnibase-record-'));
// Entered by the account of the database where the recorder is root.
chmodSync(stateDir, 0o711);
const [temporal, postgres] = await Promise.all([
  startTemporal({ binary }),
  startPostgres({ stateDir, durable: false }),
]);
try {
  await migrate(postgres.url);
  for (const [name, path] of Object.entries(notablePaths)) {
    if (isWanted(`stage-run.${name}`)) await recordStageRun(temporal.address, name, path);
  }
  const worker = await startNodeWorker({
    address: temporal.address,
    databaseUrl: postgres.url,
    settings: pathSettings,
    ...(pathRegistry === undefined ? {} : { registry: pathRegistry }),
  });
  for (const [name, path] of Object.entries(registrationPaths)) {
    if (isWanted(`registration.${name}`)) await recordRegistration(worker, name, path);
  }
  await worker.stop();
} finally {
  await Promise.all([temporal.stop(), postgres.stop()]);
  rmSync(stateDir, { recursive: true, force: true });
}
