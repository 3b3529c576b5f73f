/** A running worker as the rest of a process sees it: is it serving, and how it ends. */
import type { Worker } from '@temporalio/worker';

export interface WorkerHandle {
  readonly taskQueue: string;
  /** True while it takes work. */
  readonly serving: boolean;
  /** Rejects when the worker failed; resolves once it stopped as asked. */
  readonly ended: Promise<void>;
  /** Takes no more work, lets what runs end, and resolves when it has. */
  stop(): Promise<void>;
}

/** Starts the worker. */
export function runWorker(worker: Worker): WorkerHandle {
  const ended = worker.run();
  // Whoever waits hears of the failure; nobody waiting must not end the process by an unhandled rejection.
  ended.catch(() => undefined);
  return {
    taskQueue: worker.options.taskQueue,
    get serving() {
      return worker.getState() === 'RUNNING';
    },
    ended,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}
