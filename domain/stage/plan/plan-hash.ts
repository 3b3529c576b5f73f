/**
 * The text whose hash names a plan (stages.md 4.4, 5): equal inputs give equal text, on every machine. Paths of this
 * machine, its cores, the age of its cache and messages to people are therefore left out.
 */
import type { StagePlan } from '../../../contracts/stage.ts';
import { canonicalJson } from '../../json/canonical.ts';

/** Canonical JSON (RFC 8785) of what decides the outcome of a plan. */
export function planHashText(plan: Omit<StagePlan, 'plan_hash'>): string {
  const { snapshot, components, entries, steps, levels } = plan;
  return canonicalJson({
    format: 1,
    repo_id: snapshot.repo_id,
    base_tree: snapshot.base_tree,
    target_tree: snapshot.target_tree,
    merge_trees: snapshot.merge_trees,
    preset: plan.preset,
    components,
    // As text in a fixed order: a hundred thousand entries take the canonical form ten times as long.
    entries: JSON.stringify(
      entries.map((entry) => [
        entry.path_bytes ?? entry.path,
        entry.path_bytes !== undefined,
        entry.status,
        entry.previous_path ?? null,
        entry.mode,
        entry.kind,
        entry.blob,
        entry.previous_blob ?? null,
      ]),
    ),
    steps: JSON.stringify(
      steps.map((step) => [
        step.id,
        step.kind,
        step.level,
        step.batch,
        step.batches,
        Object.entries(step.files),
        step.timeout_ms,
        step.attempts,
        step.idempotent,
      ]),
    ),
    levels,
    fail_fast: plan.fail_fast,
    deadline_ms: plan.deadline_ms,
    fail_on: plan.fail_on,
    policy: plan.policy,
  });
}
