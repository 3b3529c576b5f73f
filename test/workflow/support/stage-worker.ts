/** Scripted workers of a test file on the run's server, stopped after each test. */
import { afterEach, inject } from 'vitest';
import { type Roles, type Script, type StageWorker, startStageWorker } from './scripted-worker.ts';

export type { Script, StageWorker } from './scripted-worker.ts';

export function stageWorkers(): (script: Script, roles?: Roles) => Promise<StageWorker> {
  const workers: StageWorker[] = [];
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });
  return async (script, roles) => {
    const worker = await startStageWorker(inject('temporalAddress'), script, roles);
    workers.push(worker);
    return worker;
  };
}
