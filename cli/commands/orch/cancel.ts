/** `omnibase orch cancel ID`: asks a run to stop. */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { text } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { withStageRuns } from '../../control/stage-control.ts';
import { confirmationFormat, print } from '../../output-format.ts';
import { runReference } from '../../stage-run/run-reference.ts';

export const command = defineCommand({
  summary: 'ask a run to stop',
  usageCode: 'OR001',
  operands: '<id>',
  examples: [{ line: 'omnibase orch cancel last', about: 'the newest run' }],
  options: { reason: text('--reason <text>', 'kept with the run') },
  run: (context, [id = ''], { reason }) =>
    withStageRuns(context, async (stageRuns) => {
      const runId = (await stageRuns.show(runReference(id))).run_id;
      const { state } = await stageRuns.cancel(runId, {
        command_id: randomUUID(),
        reason: reason ?? 'cancelled on the command line',
        actor: userInfo().username,
      });
      await print(
        context,
        confirmationFormat(context),
        { schema_version: 1, run_id: runId, state },
        () => `cancelled: true\nrun: ${runId}\nstate: ${state}\n`,
      );
      return 0;
    }),
});
