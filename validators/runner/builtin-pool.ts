/**
 * Runs steps of built-ins on a few worker threads (stages.md 7.3, 16). Each blob of a step is read once, whatever the
 * number of built-ins; each thread gets a share of the files; a component is done when all its shares are.
 */
import { availableParallelism } from 'node:os';
import type { ComponentStepResult, PlannedComponent, PlannedStep, StagePlan } from '../../contracts/stage.ts';
import { openBlobReader } from '../git/blob-reader.ts';
import { loadStep } from './builtins/load-step.ts';
import type { ShardResponse } from './builtins/messages.ts';
import { createSeat } from './builtins/seat.ts';
import { type Shard, cutShards } from './builtins/shards.ts';
import { startTally } from './builtins/tally.ts';
import { createTurns } from './builtins/turns.ts';
import { entryPath } from './processes/entry.ts';

export interface BuiltinPoolOptions {
  /** Folder of the built entries; without it the sources or the bundle beside this code. */
  readonly entryDirectory?: string | undefined;
  /** Threads at most; default is the number of cores, at most 2. */
  readonly threads?: number | undefined;
  /** Module of the threads instead of the shipped one; for tests. */
  readonly threadEntry?: string | undefined;
}

export interface BuiltinJob {
  readonly plan: StagePlan;
  readonly step: PlannedStep;
  /** Components of the step that have no result yet. */
  readonly components: readonly PlannedComponent[];
  /** Which attempt of the step this is, from 1. */
  readonly attempt?: number | undefined;
  /** Told of each result as soon as its component is done. */
  readonly onResult?: ((result: ComponentStepResult) => void) | undefined;
}

export interface BuiltinPool {
  /** Starts the threads ahead of the first job. */
  warm(): Promise<void>;
  /**
   * Runs the built-ins of a step. A component that takes too long, too much memory or fails gives an `error` result.
   *
   * @throws the reason of the signal when it ends the job; OmniBaseError OR014 when a blob is missing
   */
  run(job: BuiltinJob, signal: AbortSignal): Promise<ComponentStepResult[]>;
  close(): Promise<void>;
}

/** Memory of a thread when no component says otherwise, MB. */
const defaultMemoryMb = 256;

export function createBuiltinPool(options: BuiltinPoolOptions = {}): BuiltinPool {
  const count = Math.max(1, options.threads ?? Math.min(2, availableParallelism()));
  // Looked up late: without a built thread nothing fails before a built-in is to run.
  const entry = () => options.threadEntry ?? entryPath('builtin-thread', options.entryDirectory);
  const seats = Array.from({ length: count }, () => createSeat(entry));
  const turns = createTurns(seats);

  async function runShards(job: BuiltinJob, shards: readonly Shard[], signal: AbortSignal) {
    const results: ComponentStepResult[] = [];
    const tallies = new Map(job.components.map((planned) => [planned.component.uuid, startTally(planned, shards)]));
    const take = (response: ShardResponse) => {
      const tally = tallies.get(response.uuid);
      if (tally?.add(response) !== true) return;
      const result = tally.result(job.step.id, job.attempt ?? 1);
      results.push(result);
      job.onResult?.(result);
    };
    const memoryMb = Math.max(defaultMemoryMb, ...job.components.map(({ resources }) => resources.memory_mb));
    const timeoutsMs = new Map(job.components.map(({ component, timeout_ms }) => [component.uuid, timeout_ms]));
    const limits = { memoryMb, timeoutsMs };
    await Promise.all(shards.map((shard) => turns.take(signal, (seat) => seat.run(shard, limits, signal, take))));
    return results;
  }

  return {
    async warm() {
      await Promise.all(seats.map((seat) => seat.warm(defaultMemoryMb)));
    },
    async run(job, signal) {
      signal.throwIfAborted();
      const blobs = openBlobReader(job.plan.snapshot);
      try {
        const step = await loadStep(job.plan, job.step, job.components, blobs);
        const shards = cutShards(step.components, step.files, step.facts, count);
        return await runShards(job, shards, signal);
      } finally {
        blobs.close();
      }
    },
    async close() {
      await Promise.all(seats.map((seat) => seat.close()));
    },
  };
}
