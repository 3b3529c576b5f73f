/** `omnibase orch attach ID`: follows a run; ends with its report and its exit code. */
import { defineCommand } from '../../command.ts';
import { withStageRuns } from '../../control/stage-control.ts';
import { shortRunId } from '../../output/run-report.ts';
import { startProgress } from '../../progress/progress.ts';
import { listenForInterruption } from '../../interruption.ts';
import { reportFormat } from '../../stage-run/report-output.ts';
import { runReference } from '../../stage-run/run-reference.ts';
import { watchRun } from '../../stage-run/watch-run.ts';

export const command = defineCommand({
  summary: 'follow a run until it ends',
  usageCode: 'OR001',
  operands: '<id>',
  examples: [
    { line: 'omnibase orch attach last', about: 'ends with the exit code of the run; Ctrl-C leaves it running' },
  ],
  options: {},
  run: (context, [id = ''], _options) =>
    withStageRuns(context, async (stageRuns) => {
      const runId = (await stageRuns.show(runReference(id))).run_id;
      const progress = startProgress(context.io.stderr, `omnibase run ${shortRunId(runId)}`, context.globals.quiet);
      const interruption = listenForInterruption();
      try {
        const watched = {
          runId,
          stageRuns,
          open: (signal: AbortSignal) => stageRuns.attach(runId, { signal }),
          cancels: false,
          format: reportFormat(context, false),
          progress,
        };
        return (await watchRun(context, watched, interruption)).exitCode;
      } finally {
        progress.stop();
        interruption.stop();
      }
    }),
});
