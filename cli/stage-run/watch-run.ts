/** Watches a run on the terminal: progress while it goes on, its document at the end. */
import { type ErrorBody, OmniBaseError } from '../../contracts/error.ts';
import type { OutputFormat } from '../arguments/global-options.ts';
import type { CommandContext } from '../command.ts';
import type { Progress } from '../progress/progress.ts';
import { tellError } from '../tell-error.ts';
import { type FollowedRun, followRun, type FollowResult } from './follow.ts';
import type { Interruption } from '../interruption.ts';
import { createLineWriter, renderReport } from './report-output.ts';

export interface WatchedRun extends Pick<FollowedRun, 'runId' | 'stageRuns' | 'open' | 'cancels'> {
  readonly format: OutputFormat;
  readonly progress: Progress;
}

/** Prints the report, whole or partial, and answers it with the exit code. */
export async function watchRun(
  context: CommandContext,
  { format, progress, ...run }: WatchedRun,
  interruption: Interruption,
): Promise<FollowResult> {
  const { stdout, stderr } = context.io;
  const lines = format === 'jsonl' ? createLineWriter() : null;
  const followed: FollowedRun = {
    ...run,
    onEvent(event) {
      progress.event(event);
      for (const line of lines?.(event) ?? []) stdout.write(line);
    },
    onInterrupt(text) {
      progress.stop();
      stderr.write(`${text}\n`);
    },
  };
  const result = await followRun(followed, interruption);
  progress.stop();
  if (result.report === null) return result;
  if (lines === null) {
    stdout.write(await renderReport(result.report, format, { columns: stdout.columns, colour: stdout.colour }));
  }
  tellErrors(context, result.report.errors, format);
  return result;
}

/** Machine formats carry the errors of the run in the document; a person reading stderr needs them too. */
function tellErrors(context: CommandContext, [first]: readonly ErrorBody[], format: OutputFormat): void {
  if (first !== undefined && format !== 'human') tellError(context, OmniBaseError.fromBody(first));
}
