/** What the workflow keeps of a plan (stages.md 6.8): ids, levels and limits, at most 96 KiB. */
import type { PlannedComponent, PlannedStep, PlanSummary, StagePlan, StepSummary } from '../../../contracts/stage.ts';
import { utf8Length } from '../../text/bytes.ts';
import { runLimits } from '../limits.ts';

/** Rough cost of a built-in, measured on two cores: per file, and bytes checked per millisecond. */
const msPerFile = 0.02;
const bytesPerMs = 40_000;
/** Names longer than this are cut in summaries. */
const maxNameLength = 40;

/** The summary of a plan. `needs` names steps whose components other steps wait for. */
export function summarisePlan(plan: StagePlan): PlanSummary {
  const byUuid = new Map(plan.components.map((planned) => [planned.component.uuid, planned]));
  const stepsOfComponent = new Map<string, string[]>();
  for (const step of plan.steps) {
    for (const uuid of Object.keys(step.files)) {
      stepsOfComponent.set(uuid, [...(stepsOfComponent.get(uuid) ?? []), step.id]);
    }
  }
  return {
    plan_hash: plan.plan_hash,
    files: plan.inputs.files,
    components: plan.components.length,
    concurrency: plan.concurrency,
    fail_fast: plan.fail_fast,
    deadline_ms: plan.deadline_ms,
    steps: plan.steps.map((step) => summariseStep(step, plan, byUuid)),
    levels: plan.levels,
    needs: needsOf(plan.steps, byUuid, stepsOfComponent),
  };
}

/** Whether the summary fits into workflow history together with the names of all components, which travel beside it. */
export function fitsHistory(plan: StagePlan): boolean {
  const names = plan.components.reduce(
    (total, { component }) => total + component.name.length + component.version.length + 4,
    0,
  );
  return utf8Length(JSON.stringify(summarisePlan(plan))) + names <= runLimits.maxSummaryBytes;
}

function summariseStep(step: PlannedStep, plan: StagePlan, byUuid: ReadonlyMap<string, PlannedComponent>): StepSummary {
  const members = Object.keys(step.files).flatMap((uuid) => byUuid.get(uuid) ?? []);
  return {
    id: step.id,
    level: step.level,
    summary: describe(step, members, plan.entries.length),
    local: step.kind === 'builtins' && isShort(step, plan, members),
    timeout_ms: step.timeout_ms,
    attempts: step.attempts,
    components: Object.keys(step.files),
  };
}

/** `json, yaml, +3 on 200 files, batch 1/1` */
function describe(step: PlannedStep, members: readonly PlannedComponent[], entries: number): string {
  const names = members.map(({ component }) => shorten(component.name));
  const shown = names.length <= 3 ? names : [...names.slice(0, 2), `+${names.length - 2}`];
  const files = countDistinct(Object.values(step.files), entries);
  return `${shown.join(', ')} on ${files} ${files === 1 ? 'file' : 'files'}, batch ${step.batch}/${step.batches}`;
}

function shorten(name: string): string {
  return name.length <= maxNameLength ? name : `${name.slice(0, maxNameLength - 1).toWellFormed()}…`;
}

/** Lists of indexes are long and overlap: marking is ten times faster than a set. */
function countDistinct(lists: readonly (readonly number[])[], entries: number): number {
  const seen = new Uint8Array(entries);
  for (const list of lists) for (const index of list) seen[index] = 1;
  return seen.reduce((total, mark) => total + mark, 0);
}

/** Estimated to end within a second: such a step may be a local activity. */
function isShort(step: PlannedStep, plan: StagePlan, members: readonly PlannedComponent[]): boolean {
  if (members.some(({ performance }) => performance === 'heavy')) return false;
  let estimate = 0;
  for (const list of Object.values(step.files)) {
    for (const index of list) estimate += msPerFile + (plan.entries[index]?.size ?? 0) / bytesPerMs;
  }
  return estimate < runLimits.localStepMs;
}

function needsOf(
  steps: readonly PlannedStep[],
  byUuid: ReadonlyMap<string, PlannedComponent>,
  stepsOfComponent: ReadonlyMap<string, readonly string[]>,
): PlanSummary['needs'] {
  const needs: Record<string, readonly string[]> = {};
  for (const step of steps) {
    const upstream = Object.keys(step.files).flatMap((uuid) => byUuid.get(uuid)?.depends_on ?? []);
    const needed = new Set(upstream.flatMap((uuid) => stepsOfComponent.get(uuid) ?? []));
    if (needed.size > 0) needs[step.id] = [...needed];
  }
  return needs;
}
