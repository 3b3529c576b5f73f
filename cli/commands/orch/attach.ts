/** `omnibase orch attach ID`: follows a run; ends with its report and its exit code. */
import { defineCommand } from '../../command.ts';
import { withStageRuns } from '../../control/stage-control.ts';
import { startProgress } from '../../progress/progress.ts';
import { followRun } from '../../stage-run/follow.ts';
import { listenForInterruption } from '../../stage-run/interruption.ts';
import { createLineWriter, renderReport, reportFormat } from '../../stage-run/report-output.ts';

export const command = defineCommand({
  summary: 'follow a run until it ends',
  usageCode: 'OR001',
  operands: '<id>',
  examples: [{ line: 'omnibase orch attach last', about: 'ends with the exit code of the run; Ctrl-C leaves it running' }],
  options: {},
  run: (context, [id = ''], _options) =>
    withStageRuns(context, async (stageRuns) => {
      const { stdout, stderr } = context.io;
      const runId = (await stageRuns.show(id)).run_id;
      const format = reportFormat(context, false);
      const lines = format === 'jsonl' ? createLineWriter() : null;
      const progress = startProgress(stderr, `omnibase run ${runId.slice(0, 13)}`, context.globals.quiet);
      const interruption = listenForInterruption();
      try {
        const { report, exitCode } = await followRun(
          {
            runId,
            stageRuns,
            open: (signal) => stageRuns.attach(runId, { signal }),
            onEvent(event) {
              progress.event(event);
              for (const line of lines?.(event) ?? []) stdout.write(line);
            },
            onInterrupt(text) {
              progress.stop();
              stderr.write(`${text}\n`);
            },
            cancels: false,
          },
          interruption,
        );
        progress.stop();
        if (report !== null && lines === null) stdout.write(await renderReport(report, format, { columns: stdout.columns, colour: stdout.colour }));
        return exitCode;
      } finally {
        progress.stop();
        interruption.stop();
      }
    }),
});
