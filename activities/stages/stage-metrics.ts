/** Metrics of stage runs (stages.md 6.8); names end in their unit. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { RunReport } from '../../contracts/stage.ts';

export interface StageMetrics {
  runFinished(report: RunReport): void;
  /** @param kind built-ins in a thread or a command in its own process */
  stepFinished(kind: 'builtins' | 'command', seconds: number): void;
  retried(): void;
}

const runBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600];
const overheadBuckets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export function createStageMetrics(registry: Registry): StageMetrics {
  const registers = [registry];
  const runs = new Counter({
    name: 'omnibase_stage_runs_total',
    help: 'Stage runs that ended, by stage and verdict; the state stands for runs without verdict',
    labelNames: ['stage', 'verdict'],
    registers,
  });
  const duration = new Histogram({
    name: 'omnibase_stage_run_seconds',
    help: 'From the request to the stored report',
    labelNames: ['stage'],
    buckets: runBuckets,
    registers,
  });
  const overhead = new Histogram({
    name: 'omnibase_stage_overhead_seconds',
    help: 'Time of a run that no component used',
    labelNames: ['stage'],
    buckets: overheadBuckets,
    registers,
  });
  const steps = new Histogram({
    name: 'omnibase_stage_step_seconds',
    help: 'Duration of one step',
    labelNames: ['class'],
    buckets: runBuckets,
    registers,
  });
  const retries = new Counter({
    name: 'omnibase_stage_retries_total',
    help: 'Steps that were tried again because a component could not answer',
    registers,
  });
  return {
    runFinished({ stage, verdict, state, execution_time_ms, timings }) {
      runs.inc({ stage, verdict: verdict ?? state });
      duration.observe({ stage }, execution_time_ms / 1000);
      if (timings.overhead_ms !== undefined) overhead.observe({ stage }, timings.overhead_ms / 1000);
    },
    stepFinished: (kind, seconds) => steps.observe({ class: kind }, seconds),
    retried: () => retries.inc(),
  };
}
