/** The part of a run's time that was spent in components, for `timings.overhead_ms` (stages.md 11). */
import type { ComponentStepResult, StagePlan } from '../../../contracts/stage.ts';

/**
 * Milliseconds of the longest chain of executed steps: levels follow one another, so it is the longest step of each
 * level added up. A step takes as long as its components together, which run one after the other.
 */
export function longestChain(plan: Pick<StagePlan, 'levels'> | null, results: readonly ComponentStepResult[]): number {
  const byStep = new Map<string, number>();
  for (const { step_id, duration_ms } of results) byStep.set(step_id, (byStep.get(step_id) ?? 0) + duration_ms);
  return (plan?.levels ?? []).reduce(
    (total, steps) => total + Math.max(0, ...steps.map((step) => byStep.get(step) ?? 0)),
    0,
  );
}
