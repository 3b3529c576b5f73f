/**
 * How much one worker takes on at once (stages.md 5, 6.8), and how soon work of a worker that died goes to the next.
 */
import { availableParallelism } from 'node:os';
import type { WorkerOptions } from '@temporalio/worker';

type Tuning = Pick<
  WorkerOptions,
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxConcurrentLocalActivityExecutions'
  | 'maxConcurrentWorkflowTaskExecutions'
  | 'maxCachedWorkflows'
  | 'stickyQueueScheduleToStartTimeout'
  | 'shutdownGraceTime'
  | 'shutdownForceTime'
  | 'maxHeartbeatThrottleInterval'
  | 'defaultHeartbeatThrottleInterval'
>;

/** Time that activities under way have to end once the worker is told to stop, ms. */
export const shutdownGraceMs = 10_000;

const shared: Tuning = {
  maxConcurrentWorkflowTaskExecutions: 40,
  maxConcurrentLocalActivityExecutions: 64,
  maxCachedWorkflows: 200,
  // A run of a killed worker waits at least this long before another one gets its next task.
  stickyQueueScheduleToStartTimeout: 2_000,
  shutdownGraceTime: shutdownGraceMs,
  // Activities that ignore their cancellation; children have their own stop sequence (stages.md 6.7).
  shutdownForceTime: shutdownGraceMs + 8_000,
  // A cancellation travels with the answer to a heartbeat, so beats are not held back for long (stages.md 6.4).
  maxHeartbeatThrottleInterval: 500,
  defaultHeartbeatThrottleInterval: 500,
};

/** Commands are processes: twice as many as cores in flight per run, and a few runs side by side. */
export function hostTuning(cores: number = availableParallelism()): Tuning {
  return { ...shared, maxConcurrentActivityTaskExecutions: Math.max(8, 4 * cores) };
}

/**
 * Database activities: as many as the pool has connections. A handshake is two messages seconds apart; a registration that
 * has left the cache by then is replayed, and one in it holds about 0.6 MB.
 */
export function controlTuning(): Tuning {
  return { ...shared, maxCachedWorkflows: 600, maxConcurrentActivityTaskExecutions: 40 };
}
