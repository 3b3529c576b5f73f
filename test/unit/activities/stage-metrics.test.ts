/** Metrics of stage runs by name and label (stages.md 6.8). */
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createStageMetrics } from '../../../activities/stages.ts';
import type { RunReport } from '../../../contracts/stage.ts';

/** The members of a report that are measured. */
function reportWith(changes: Partial<RunReport>): RunReport {
  const measured: Partial<RunReport> = {
    stage: 'ci',
    state: 'completed',
    verdict: 'fail',
    execution_time_ms: 1_500,
    timings: { overhead_ms: 80 },
    ...changes,
  };
  return measured as RunReport;
}

describe('stage metrics', () => {
  it('count runs by verdict, or by state where there is none', async () => {
    const registry = new Registry();
    const metrics = createStageMetrics(registry);
    metrics.runFinished(reportWith({}));
    metrics.runFinished(reportWith({ state: 'cancelled', verdict: null, timings: {} }));
    const text = await registry.metrics();
    expect(text).toContain('omnibase_stage_runs_total{stage="ci",verdict="fail"} 1');
    expect(text).toContain('omnibase_stage_runs_total{stage="ci",verdict="cancelled"} 1');
    expect(text).toContain('omnibase_stage_run_seconds_sum{stage="ci"} 3');
    expect(text).toContain('omnibase_stage_overhead_seconds_count{stage="ci"} 1');
  });

  it('measure steps by class and count retries', async () => {
    const registry = new Registry();
    const metrics = createStageMetrics(registry);
    metrics.stepFinished('builtins', 0.02);
    metrics.retried();
    const text = await registry.metrics();
    expect(text).toContain('omnibase_stage_step_seconds_sum{class="builtins"} 0.02');
    expect(text).toContain('omnibase_stage_retries_total 1');
  });
});
