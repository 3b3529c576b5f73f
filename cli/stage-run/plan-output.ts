/** What `--dry-run` and `--plan` print: who would run on how many files, or the whole plan. */
import type { Stage, StagePlan } from '../../contracts/stage.ts';
import { counted } from '../output/duration.ts';
import { safeText } from '../output/safe-text.ts';
import { displayWidth, padEnd, padStart } from '../output/width.ts';

export interface DryRun {
  readonly schema_version: 1;
  readonly mode: 'dry-run';
  readonly stage: Stage;
  readonly preset: string;
  readonly plan_hash: string;
  readonly files: number;
  readonly steps: number;
  readonly components: readonly {
    readonly ref: string;
    readonly uuid: string;
    readonly selected_by: string;
    readonly enforcement: string;
    readonly files: number;
    /** Files answered from the result cache; always 0 while there is none. */
    readonly cached: number;
  }[];
  readonly skipped: StagePlan['skipped'];
  readonly messages: StagePlan['messages'];
}

/** The short form of a plan. */
export function summariseDryRun(stage: Stage, plan: StagePlan): DryRun {
  return {
    schema_version: 1,
    mode: 'dry-run',
    stage,
    preset: plan.preset,
    plan_hash: plan.plan_hash,
    files: plan.inputs.files,
    steps: plan.steps.length,
    components: plan.components.map(({ component, enforcement }) => ({
      ref: `${component.namespace}.${component.name}@${component.version}`,
      uuid: component.uuid,
      selected_by: component.selected_by,
      enforcement,
      files: fileCount(plan, component.uuid),
      cached: 0,
    })),
    skipped: plan.skipped,
    messages: plan.messages,
  };
}

/** The short form for people. */
export function renderDryRun(dryRun: DryRun): string {
  const width = Math.max(20, ...dryRun.components.map(({ ref }) => displayWidth(safeText(ref))));
  const rows = dryRun.components.map(
    ({ ref, files, selected_by, enforcement }) =>
      `  ${padEnd(safeText(ref), width)}  ${padStart(counted(files, 'file'), 10)}  ${selected_by}${enforcement === 'standard' ? '' : `, ${enforcement}`}`,
  );
  const lines = [
    `omnibase ${dryRun.stage}   ${counted(dryRun.files, 'file')}, ${counted(dryRun.components.length, 'component')}, ${counted(dryRun.steps, 'step')}   dry run: nothing is executed`,
    ...dryRun.messages.map(({ level, text }) => `${level === 'warning' ? 'warning' : 'note'}: ${safeText(text)}`),
    ...rows,
    ...(dryRun.components.length === 0 ? [`  nothing to run: ${safeText(dryRun.preset)}`] : []),
    ...dryRun.skipped.map(({ ref, reason, by }) => `  not ${safeText(ref)}: ${safeText(reason)} (${safeText(by)})`),
    `next: omnibase orch --stage ${dryRun.stage}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Distinct files over all batches. */
function fileCount(plan: StagePlan, uuid: string): number {
  return new Set(plan.steps.flatMap(({ files }) => files[uuid] ?? [])).size;
}
