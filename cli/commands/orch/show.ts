/** `omnibase orch show ID`: the report of a run, also of one that still goes on. */
import { defineCommand } from '../../command.ts';
import { withStageRuns } from '../../control/stage-control.ts';
import { renderReport, reportFormat } from '../../stage-run/report-output.ts';
import { runReference } from '../../stage-run/run-reference.ts';

export const command = defineCommand({
  summary: 'print the report of a run',
  usageCode: 'OR001',
  operands: '<id>',
  examples: [
    { line: 'omnibase orch show last', about: 'the newest run' },
    { line: 'omnibase orch show 0199c7a1 --format yaml', about: 'by the start of its id, six characters at least' },
  ],
  options: {},
  run: (context, [id = ''], _options) =>
    withStageRuns(context, async (stageRuns) => {
      const report = await stageRuns.show(runReference(id));
      const { stdout } = context.io;
      stdout.write(
        await renderReport(report, reportFormat(context, false), { columns: stdout.columns, colour: stdout.colour }),
      );
      return 0;
    }),
});
