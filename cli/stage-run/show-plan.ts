/** `--dry-run` and `--plan`: what would run, without running it. */
import type { StageRunsApi } from '../../contracts/gateway.ts';
import type { StageRunRequest } from '../../contracts/stage.ts';
import type { CommandContext } from '../command.ts';
import { print } from '../output-format.ts';
import { renderDryRun, summariseDryRun } from './plan-output.ts';
import { reportFormat } from './report-output.ts';
import type { OrchOptions } from './request.ts';

export async function showPlan(
  context: CommandContext,
  stageRuns: StageRunsApi,
  request: StageRunRequest,
  options: Pick<OrchOptions, 'plan' | 'hook'>,
): Promise<number> {
  const plan = await stageRuns.plan(request, {});
  const format = reportFormat(context, options.hook);
  // The whole plan has no human form: YAML is the readable one.
  if (options.plan) await print(context, format === 'human' ? 'yaml' : format, plan, () => '');
  else {
    const dryRun = summariseDryRun(request.stage, plan);
    await print(context, format, dryRun, () => renderDryRun(dryRun));
  }
  return 0;
}
