/** `omnibase orch --stage …`: runs the validators of a stage over exactly what is being committed. */
import { type ErrorBody, OmniBaseError } from '../../../contracts/error.ts';
import type { StageRunRequest } from '../../../contracts/stage.ts';
import type { OutputFormat } from '../../arguments/global-options.ts';
import type { CommandContext } from '../../command.ts';
import { defineCommand } from '../../command.ts';
import { findStageControl, type StageControl, startStageControl } from '../../control/stage-control.ts';
import { shortRunId } from '../../output/run-report.ts';
import { print } from '../../output-format.ts';
import { type Progress, startProgress } from '../../progress/progress.ts';
import { newRunId } from '../../run-id.ts';
import { followRun } from '../../stage-run/follow.ts';
import { type Interruption, interruptedExitCode, listenForInterruption } from '../../stage-run/interruption.ts';
import { renderDryRun, summariseDryRun } from '../../stage-run/plan-output.ts';
import { createLineWriter, renderReport, reportFormat, writeReports } from '../../stage-run/report-output.ts';
import {
  type OrchOptions,
  orchOptions,
  readChosenFiles,
  readReportTargets,
  readStage,
  readStageOptions,
  type ReportTarget,
} from '../../stage-run/request.ts';
import { tellError } from '../../tell-error.ts';
import { takeStageSnapshot } from '../../stage-run/take-snapshot.ts';

export const command = defineCommand({
  summary: 'run the validators of a stage',
  usageCode: 'OR001',
  examples: [
    { line: 'omnibase orch --stage pre-commit', about: 'check what is staged' },
    { line: 'omnibase orch --stage ci --from-ref origin/main', about: 'check what a branch changes' },
    { line: 'omnibase orch --stage pre-commit --only json,yaml', about: 'only these validators' },
    { line: 'omnibase orch --stage ci --dry-run', about: 'what would run, without running it' },
    { line: 'omnibase orch --stage ci --report json=report.json', about: 'keep the report as well' },
  ],
  options: orchOptions,
  notes: [
    'Exit codes: 0 pass, warn or nothing to do; 1 findings; 2 bad input; 3 selection or registry; 4 protocol;',
    '5 capability; 6 engine unavailable; 124 deadline; 130 and 143 interrupted.',
  ],
  async run(context, _operands, options) {
    const interruption = listenForInterruption();
    try {
      return await runStage(context, options, interruption);
    } finally {
      interruption.stop();
    }
  },
});

interface Prepared {
  readonly control: StageControl;
  readonly request: StageRunRequest;
}

async function runStage(context: CommandContext, options: OrchOptions, interruption: Interruption): Promise<number> {
  const { globals, io } = context;
  const stage = readStage(options.stage);
  const stageOptions = readStageOptions(options, globals.timeout, io);
  const targets = await readReportTargets(options, io);
  const files = await readChosenFiles(options, io);

  const progress = startProgress(io.stderr, `omnibase ${stage}`, globals.quiet);
  const preparing = prepare(context, options, progress, async (): Promise<StageRunRequest> => ({
    run_id: newRunId(),
    stage,
    snapshot: await takeStageSnapshot(context, stage, options, files),
    options: stageOptions,
    correlation_id: context.correlationId,
    attached: !options.detach,
  }));
  try {
    const prepared = await interruption.race(preparing);
    if (prepared === null) {
      progress.stop();
      context.note('omnibase: interrupted before the run began');
      return interruptedExitCode(interruption.received ?? 'SIGINT');
    }
    if (options.dryRun || options.plan) return await showPlan(context, prepared, options, progress);
    if (options.detach) return await startDetached(context, prepared, progress);
    return await runAttached(context, prepared, options.hook, targets, progress, interruption);
  } finally {
    progress.stop();
    if (interruption.received === null) (await preparing.catch(() => null))?.control.close();
  }
}

/**
 * Connecting and the snapshot go side by side; a stack is started only once the snapshot is taken, so that bad
 * input never starts one.
 */
async function prepare(
  context: CommandContext,
  options: OrchOptions,
  progress: Progress,
  makeRequest: () => Promise<StageRunRequest>,
): Promise<Prepared> {
  const finding = findStageControl(context);
  // When the snapshot fails first, its error is the answer.
  finding.catch(() => null);
  const request = await makeRequest();
  const control = (await finding) ?? (await startStageControl(context, { noAutostart: options.noAutostart, inline: options.inline, onPhase: progress.phase }));
  return { control, request };
}

async function showPlan(context: CommandContext, { control, request }: Prepared, options: OrchOptions, progress: Progress): Promise<number> {
  const plan = await control.stageRuns.plan(request, {});
  progress.stop();
  const format = reportFormat(context, options.hook);
  // The whole plan has no human form: YAML is the readable one.
  if (options.plan) await print(context, format === 'human' ? 'yaml' : format, plan, () => '');
  else {
    const dryRun = summariseDryRun(request.stage, plan);
    await print(context, format, dryRun, () => renderDryRun(dryRun));
  }
  return 0;
}

async function startDetached(context: CommandContext, { control, request }: Prepared, progress: Progress): Promise<number> {
  const abort = new AbortController();
  for await (const event of control.stageRuns.run(request, { signal: abort.signal })) {
    if (event.type === 'run.started' || event.type === 'run.finished') break;
  }
  abort.abort();
  progress.stop();
  const started = { schema_version: 1, run_id: request.run_id, workflow_id: `stage/${request.stage}/${request.run_id}`, detached: true };
  await print(context, reportFormat(context, false), started, () => {
    const id = shortRunId(request.run_id);
    return `started ${started.workflow_id}\nnext: omnibase orch attach ${id}\n`;
  });
  return 0;
}

async function runAttached(
  context: CommandContext,
  { control, request }: Prepared,
  hook: boolean,
  targets: readonly ReportTarget[],
  progress: Progress,
  interruption: Interruption,
): Promise<number> {
  const { io } = context;
  const format = reportFormat(context, hook);
  const lines = format === 'jsonl' ? createLineWriter() : null;
  const { report, exitCode } = await followRun(
    {
      runId: request.run_id,
      stageRuns: control.stageRuns,
      open: (signal) => control.stageRuns.run(request, { signal }),
      onEvent(event) {
        progress.event(event);
        for (const line of lines?.(event) ?? []) io.stdout.write(line);
      },
      onInterrupt(text) {
        progress.stop();
        io.stderr.write(`${text}\n`);
      },
      cancels: true,
    },
    interruption,
  );
  progress.stop();
  if (report === null) return exitCode;
  if (lines === null) io.stdout.write(await renderReport(report, format, { columns: io.stdout.columns, colour: io.stdout.colour }));
  await writeReports(report, targets);
  tellErrors(context, report.errors, format);
  return exitCode;
}

/** Machine formats carry the errors of the run in the document; a person reading stderr needs them too. */
function tellErrors(context: CommandContext, [first]: readonly ErrorBody[], format: OutputFormat): void {
  if (first !== undefined && format !== 'human') tellError(context, OmniBaseError.fromBody(first));
}
