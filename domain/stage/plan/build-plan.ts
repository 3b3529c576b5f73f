/**
 * The plan of a run (stages.md 4.4, 5): pure given snapshot, selection and registry view. The order of entries and of
 * selected components does not matter.
 */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { ComponentRecord } from '../../../contracts/component.ts';
import type {
  PlannedComponent,
  PlannedStep,
  RunMessage,
  Stage,
  StageEntry,
  StageOptions,
  StagePlan,
  StageSettings,
  StageSnapshot,
} from '../../../contracts/stage.ts';
import { compareUtf8 } from '../../text/bytes.ts';
import { fileMatcher } from '../file-matching.ts';
import { concurrencyOf, runLimits, stageLimits } from '../limits.ts';
import { comparePaths, type SplitPath, splitPath } from '../paths.ts';
import type { SelectedComponent, Selection } from '../selection/selected.ts';
import type { FileSize } from './batches.ts';
import { levelsOf } from './levels.ts';
import { planHashText } from './plan-hash.ts';
import { planComponent } from './planned-component.ts';
import { layOutSteps, sizesOf, type Workload } from './steps.ts';
import { fitsHistory } from './summary.ts';

export interface PlanInput {
  readonly stage: Stage;
  readonly snapshot: StageSnapshot;
  /** What the snapshot delivers, in any order. */
  readonly entries: readonly StageEntry[];
  /** Entries left out because they are above `inputs.max_file_kib`. */
  readonly tooLarge: number;
  readonly selection: Selection;
  readonly options: StageOptions;
  readonly settings: StageSettings;
  readonly registry: StagePlan['registry'];
  readonly policy: StagePlan['policy'];
  /** Cores of the host. */
  readonly cores: number;
  /** Hash of the code of a component, null where only the run will know. */
  readonly implementationOf: (record: ComponentRecord) => string | null;
  /** Hex SHA-256 of a text's UTF-8 bytes. */
  readonly sha256: (text: string) => string;
  /** Warnings that came up before planning. */
  readonly messages?: readonly RunMessage[];
}

/** Batches grow up to this many times their normal size before a run is refused as too large. */
const largestFactor = 2 ** 20;

/**
 * Builds the plan.
 *
 * @throws RG006 when dependencies form a circle; OR004 when the run would have too many steps even with the largest
 * batches; OR001 for a glob whose braces unfold too far
 */
export function buildPlan(input: PlanInput): StagePlan {
  const entries = input.entries.toSorted(comparePaths);
  const paths = entries.map(splitPath);
  const workloads = planWorkloads(input, entries, paths);
  const plan: Omit<StagePlan, 'plan_hash' | 'steps' | 'levels'> = {
    schema_version: 1,
    snapshot: input.snapshot,
    components: workloads.map(({ planned }) => planned),
    skipped: input.selection.skipped,
    preset: input.selection.preset,
    tags: input.selection.tags,
    profile: input.selection.profile,
    required: input.selection.required,
    registry: input.registry,
    entries,
    inputs: countInputs(entries, input.tooLarge),
    concurrency: concurrencyOf(input.cores, input.options.concurrency ?? input.settings.concurrency ?? null),
    fail_fast: input.options.fail_fast ?? input.settings.fail_fast ?? false,
    deadline_ms: input.options.timeout_ms ?? input.settings.timeout_ms ?? stageLimits[input.stage].deadlineMs,
    fail_on: input.options.fail_on,
    policy: input.policy,
    messages: [
      ...(input.messages ?? []),
      ...input.snapshot.warnings.map((text): RunMessage => ({ level: 'warning', text })),
      ...input.selection.messages,
    ],
  };
  const complete = withSteps(plan, workloads, sizesOf(entries, paths));
  return { ...complete, plan_hash: input.sha256(planHashText(complete)) };
}

function planWorkloads(
  input: PlanInput,
  entries: readonly StageEntry[],
  paths: readonly SplitPath[],
): readonly Workload[] {
  const levels = levelsOf(input.selection.selected);
  return input.selection.selected
    .map((selected) => {
      const level = levels.get(selected.record.metadata.uuid) ?? 0;
      return {
        planned: planComponent(selected, input.stage, level, input.implementationOf(selected.record)),
        files: filesOf(selected, entries, paths),
        priority: selected.record.metadata.priority ?? 50,
      };
    })
    .sort((a, b) => compareComponents(a.planned, b.planned));
}

function filesOf(
  { record, settings }: SelectedComponent,
  entries: readonly StageEntry[],
  paths: readonly SplitPath[],
): readonly number[] {
  const matches = fileMatcher(record.metadata, settings);
  const files: number[] = [];
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index];
    if (entry !== undefined && matches(entry, paths[index])) files.push(index);
  }
  return files;
}

/** Doubles the batches until the run has few enough steps and its summary fits into workflow history. */
function withSteps(
  plan: Omit<StagePlan, 'plan_hash' | 'steps' | 'levels'>,
  workloads: readonly Workload[],
  sizes: readonly FileSize[],
): Omit<StagePlan, 'plan_hash'> {
  let stepCount = Number.POSITIVE_INFINITY;
  for (let factor = 1; factor <= largestFactor; factor *= 2) {
    const steps = layOutSteps(workloads, sizes, factor, plan.deadline_ms);
    const complete = { ...plan, steps, levels: levelsOfSteps(steps) };
    if (steps.length <= runLimits.maxSteps && fitsHistory({ ...complete, plan_hash: '0'.repeat(64) })) return complete;
    // Command lines stop growing at eight times the normal length; from there on doubling may change nothing more.
    if (factor > 8 && steps.length === stepCount) break;
    stepCount = steps.length;
  }
  throw new OmniBaseError('OR004', {
    message: `the run would have ${stepCount} steps, more than fit into one run`,
    details: { count: plan.components.length, steps: stepCount },
  });
}

/** Step ids by level, which steps are sorted by; a level whose components have no files is an empty list. */
function levelsOfSteps(steps: readonly PlannedStep[]): readonly (readonly string[])[] {
  const highest = steps.at(-1)?.level ?? -1;
  return Array.from({ length: highest + 1 }, (_, level) =>
    steps.filter((step) => step.level === level).map(({ id }) => id),
  );
}

function countInputs(entries: readonly StageEntry[], tooLarge: number): StagePlan['inputs'] {
  const present = entries.filter(({ status }) => status !== 'deleted');
  return {
    files: present.length,
    bytes: present.reduce((total, { size }) => total + size, 0),
    deleted: entries.length - present.length,
    too_large: tooLarge,
  };
}

function compareComponents(a: PlannedComponent, b: PlannedComponent): number {
  return (
    a.level - b.level ||
    compareUtf8(a.component.name, b.component.name) ||
    compareUtf8(a.component.namespace, b.component.namespace) ||
    compareUtf8(a.component.uuid, b.component.uuid)
  );
}
