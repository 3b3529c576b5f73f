/**
 * Latency of a stage run inside the warm stack, from the request on the gateway's socket to the stored report, without
 * the command line: 200 staged files, 5 built-ins and all of them (stages.md 16). The parts are those of the report:
 * queue (request to planning), plan, execution, report; overhead is the whole minus the time inside components.
 */
import { randomUUID } from 'node:crypto';
import { createApiClient } from '../api/client/client.ts';
import { type RunReport, stageOptionsSchema } from '../contracts/stage.ts';
import { resolvePaths } from '../local/paths.ts';
import { takeSnapshot } from '../validators/git/index.ts';
import { machine, printTable, type Samples } from './support/measure.ts';
import { createReferenceRepository } from './support/reference-repository.ts';
import { startBenchStack } from './support/stack.ts';

const reference = ['trailing-whitespace', 'json', 'yaml', 'merge-conflict', 'large-files'];
const warmups = 3;
const runs = 15;

async function main(): Promise<void> {
  const repository = createReferenceRepository();
  const stack = await startBenchStack();
  const api = createApiClient({ socketPath: resolvePaths(stack.env).socket_path });
  try {
    await stack.omnibase(['init'], { cwd: repository.folder });
    process.stdout.write(`${machine()}\n${repository.files} staged files\n`);
    for (const only of [reference, []]) {
      const request = { directory: repository.folder, environment: process.env, stage: 'pre-commit' } as const;
      const samples: Record<string, number[]> = {};
      const take = (name: string, ms: number | undefined): void => {
        if (ms !== undefined) (samples[name] ??= []).push(ms);
      };
      for (let round = -warmups; round < runs; round += 1) {
        const snapshot = await takeSnapshot(request);
        const from = performance.now();
        const report = await finished(
          api.stageRuns.run(
            {
              run_id: randomUUID(),
              stage: 'pre-commit',
              snapshot,
              options: stageOptionsSchema.parse({ only }),
              correlation_id: 'bench',
              attached: true,
            },
            {},
          ),
        );
        if (report.verdict !== 'pass')
          throw new Error(`the reference case must pass: ${JSON.stringify(report.errors)}`);
        if (round < 0) continue;
        take('request to report, seen by the client', performance.now() - from);
        take('  execution_time_ms of the report', report.execution_time_ms);
        for (const part of ['queue_ms', 'plan_ms', 'execution_ms', 'report_ms', 'overhead_ms'] as const) {
          take(`  ${part}`, report.timings[part]);
        }
      }
      process.stdout.write(
        `\n${only.length === 0 ? 'all built-ins' : `${only.length} built-ins`}, median of ${runs}\n`,
      );
      printTable(Object.entries(samples).map(([name, ms]): Samples => ({ name, ms })));
    }
  } finally {
    api.close();
    await stack.stop();
    repository.remove();
  }
}

async function finished(
  events: ReturnType<ReturnType<typeof createApiClient>['stageRuns']['run']>,
): Promise<RunReport> {
  for await (const event of events) if (event.type === 'run.finished') return event.report;
  throw new Error('the stream ended without a report');
}

await main();
