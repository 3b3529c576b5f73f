/** `--detach`: starts a run, says how to follow it, and leaves it alone. */
import type { StageRunsApi } from '../../contracts/gateway.ts';
import type { StageRunRequest } from '../../contracts/stage.ts';
import type { CommandContext } from '../command.ts';
import { print } from '../output-format.ts';
import { shortRunId } from '../output/run-report.ts';
import { reportFormat } from './report-output.ts';

/** Returns once the run exists; whatever happens to it then is told by `orch attach` and `orch show`. */
export async function startDetached(
  context: CommandContext,
  stageRuns: StageRunsApi,
  request: StageRunRequest,
): Promise<number> {
  const abort = new AbortController();
  for await (const event of stageRuns.run(request, { signal: abort.signal })) {
    if (event.type === 'run.started' || event.type === 'run.finished') break;
  }
  abort.abort();
  const { run_id, stage } = request;
  const started = { schema_version: 1, run_id, workflow_id: `stage/${stage}/${run_id}`, detached: true };
  await print(
    context,
    reportFormat(context, false),
    started,
    () => `started ${started.workflow_id}\nnext: omnibase orch attach ${shortRunId(run_id)}\n`,
  );
  return 0;
}
