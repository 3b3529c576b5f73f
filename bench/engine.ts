/**
 * What the local server's settings are worth (platform.md 2): the same small workflows against two dev servers
 * side by side, one with its own defaults, one with ours, both on an SQLite file. Rounds alternate between
 * them, so that a busy machine slows both.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, WithStartWorkflowOperation } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { resolvePaths, userCacheDir } from '../local/paths.ts';
import { type Guardian, startGuardian } from '../local/processes/guardian.ts';
import { obtainTemporal, startTemporal } from '../local/temporal.ts';
import * as activities from './engine/activities.ts';
import type * as workflows from './engine/workflows.ts';
import { interleave, machine, median, type Samples } from './support/measure.ts';

const taskQueue = 'bench';
const rounds = 21;
const counterId = 'counter';

/** One server with a worker and a client on the worker's own connection. */
interface Engine {
  readonly client: Client;
  stop(): Promise<void>;
}

interface EngineOptions {
  readonly binary: string;
  readonly databaseFile: string;
  readonly tuned: boolean;
  readonly workflowBundle: Awaited<ReturnType<typeof bundleWorkflowCode>>;
  readonly guardian: Guardian;
}

interface Case {
  readonly name: string;
  run(engine: Engine): Promise<unknown>;
}

const start = (engine: Engine, workflow: string, requestEagerStart = false) =>
  engine.client.workflow.execute(workflow, { taskQueue, workflowId: randomUUID(), requestEagerStart });
const counter = ({ client }: Engine) => client.workflow.getHandle<typeof workflows.counter>(counterId);

const cases: readonly Case[] = [
  { name: 'three activities', run: (engine) => start(engine, 'threeActivities') },
  { name: 'three local activities', run: (engine) => start(engine, 'threeLocalActivities') },
  { name: 'three local activities, eager start', run: (engine) => start(engine, 'threeLocalActivities', true) },
  { name: 'update with start', run: updateWithStart },
  { name: 'update', run: (engine) => counter(engine).executeUpdate('bump') },
  { name: 'signal', run: (engine) => counter(engine).signal('poke') },
  { name: 'query', run: (engine) => counter(engine).query('count') },
];

async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const folder = mkdtempSync(join(tmpdir(), 'omnibase-bench-engine-'));
  const guardian = startGuardian();
  const cacheDirs = [...new Set([resolvePaths().cache_dir, userCacheDir()])];
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  const { path: binary, version } = await obtainTemporal({ env: process.env, cacheDirs, report });
  const logger = new DefaultLogger('ERROR');
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'engine/workflows.ts'),
    logger,
  });
  const open = (name: string, tuned: boolean): Promise<Engine> =>
    startEngine({ binary, databaseFile: join(folder, `${name}.db`), tuned, workflowBundle, guardian });
  const [defaults, ours] = await Promise.all([open('defaults', false), open('ours', true)]);
  try {
    process.stdout.write(`${machine()}, Temporal CLI ${version}\n${rounds} rounds each, alternating; medians in ms\n`);
    const samples = await interleave(
      cases.flatMap(({ name, run }) => [
        { name, run: () => run(defaults) },
        { name, run: () => run(ours) },
      ]),
      { runs: rounds, warmups: 3 },
    );
    printComparison(samples);
  } finally {
    await Promise.all([defaults.stop(), ours.stop()]);
    guardian.dismiss();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startEngine(options: EngineOptions): Promise<Engine> {
  const server = await startTemporal({ ...options, headless: true });
  const connection = await NativeConnection.connect({ address: server.address });
  const { workflowBundle } = options;
  const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities });
  const running = worker.run();
  const client = new Client({ connection });
  await client.workflow.start('counter', { taskQueue, workflowId: counterId });
  return {
    client,
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
      await server.stop();
    },
  };
}

/** Starts a workflow and waits for the answer of its first update, as node registration does. */
async function updateWithStart({ client }: Engine): Promise<void> {
  const workflowId = randomUUID();
  const startWorkflowOperation = new WithStartWorkflowOperation('counter', {
    taskQueue,
    workflowId,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  await client.workflow.executeUpdateWithStart('bump', { startWorkflowOperation });
  await client.workflow.getHandle(workflowId).terminate();
}

/** Samples come in pairs: defaults, ours. */
function printComparison(samples: readonly Samples[]): void {
  const width = Math.max(...cases.map(({ name }) => name.length));
  const row = (name: string, cells: readonly string[]): void =>
    void process.stdout.write(`${name.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join('')}\n`);
  row('', ['defaults', 'ours', 'ratio']);
  for (const [index, { name }] of cases.entries()) {
    const [defaults = Number.NaN, ours = Number.NaN] = samples
      .slice(index * 2, index * 2 + 2)
      .map(({ ms }) => median(ms));
    row(name, [defaults.toFixed(1), ours.toFixed(1), `${(defaults / ours).toFixed(1)}x`]);
  }
}

await main();
