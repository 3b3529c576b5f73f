/** `omnibase orch --stage …`: runs the validators of a stage over exactly what is being committed. */
import type { StageRunRequest } from '../../../contracts/stage.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { findStageControl, type StageControl, startStageControl } from '../../control/stage-control.ts';
import { type Progress, startProgress } from '../../progress/progress.ts';
import { newRunId } from '../../run-id.ts';
import { type Interruption, interruptedExitCode, listenForInterruption } from '../../interruption.ts';
import { reportFormat, writeReports } from '../../stage-run/report-output.ts';
import {
  type OrchOptions,
  orchOptions,
  readChosenFiles,
  readReportTargets,
  readStage,
  readStageOptions,
  type ReportTarget,
} from '../../stage-run/request.ts';
import { showPlan } from '../../stage-run/show-plan.ts';
import { startDetached } from '../../stage-run/start-detached.ts';
import { takeStageSnapshot } from '../../stage-run/take-snapshot.ts';
import { watchRun } from '../../stage-run/watch-run.ts';

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

async function runStage(context: CommandContext, options: OrchOptions, interruption: Interruption): Promise<number> {
  const { globals, io } = context;
  const stage = readStage(options.stage);
  const stageOptions = readStageOptions(options, globals.timeout, io);
  const targets = await readReportTargets(options, io);
  const files = await readChosenFiles(options, io);

  const progress = startProgress(io.stderr, `omnibase ${stage}`, globals.quiet);
  const preparing = prepare(context, options, progress, async () => ({
    run_id: newRunId(),
    stage,
    snapshot: await takeStageSnapshot(context, stage, options, files),
    options: stageOptions,
    correlation_id: context.correlationId,
    attached: !options.detach,
  }));
  try {
    const prepared = await interruption.race(preparing);
    const code = prepared && (await execute(context, prepared, options, targets, progress, interruption));
    if (code !== null) return code;
    context.note('omnibase: interrupted before the run began');
    return interruptedExitCode(interruption.received ?? 'SIGINT');
  } finally {
    progress.stop();
    if (interruption.received === null) (await preparing.catch(() => null))?.control.close();
  }
}

interface Prepared {
  readonly control: StageControl;
  readonly request: StageRunRequest;
}

/**
 * Connecting and the snapshot go side by side; a stack is started only once the snapshot is taken, so that bad
 * input never starts one.
 */
async function prepare(
  context: CommandContext,
  { noAutostart, inline }: OrchOptions,
  progress: Progress,
  makeRequest: () => Promise<StageRunRequest>,
): Promise<Prepared> {
  const finding = findStageControl(context);
  // When the snapshot fails first, its error is the answer.
  finding.catch(() => null);
  const request = await makeRequest();
  const control = (await finding) ?? (await startStageControl(context, { noAutostart, inline, progress }));
  return { control, request };
}

/** The exit code, or null when a signal came before there was a run. */
async function execute(
  context: CommandContext,
  { control: { stageRuns }, request }: Prepared,
  options: OrchOptions,
  targets: readonly ReportTarget[],
  progress: Progress,
  interruption: Interruption,
): Promise<number | null> {
  if (options.dryRun || options.plan) return interruption.race(showPlan(context, stageRuns, request, options));
  if (options.detach) return interruption.race(startDetached(context, stageRuns, request));
  const { report, exitCode } = await watchRun(
    context,
    {
      runId: request.run_id,
      stageRuns,
      open: (signal) => stageRuns.run(request, { signal }),
      cancels: true,
      format: reportFormat(context, options.hook),
      progress,
    },
    interruption,
  );
  if (report !== null) await writeReports(report, targets);
  return exitCode;
}
