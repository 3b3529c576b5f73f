/** Tells an error where the command itself goes on, or has already printed its document. */
import type { CommandContext } from './command.ts';
import { asOmniBaseError, renderError } from './output/errors.ts';

/** Writes the error to stderr in the format that was asked for, and gives its exit code. */
export function tellError(context: CommandContext, thrown: unknown): number {
  const error = asOmniBaseError(thrown);
  const { stderr } = context.io;
  const json = context.askedFormat === 'json' || context.askedFormat === 'jsonl';
  stderr.write(
    renderError(error, context.correlationId, { json, colour: stderr.colour, debug: context.globals.debug }),
  );
  return error.exitCode;
}
