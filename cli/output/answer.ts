/**
 * Answers of the registry as documents and lines (registry.md 14): `{schema_version, data, page?, freshness,
 * warnings}` for machines, text for people, one warning line when the data is stale.
 */
import type { Issue } from '../../contracts/error.ts';
import type { Answer, Freshness, Page } from '../../contracts/registry.ts';
import type { OutputFormat } from '../arguments/global-options.ts';
import type { CommandContext } from '../command.ts';
import { renderDocument } from '../output-format.ts';
import { shownDuration } from './duration.ts';
import { issueLine } from './errors.ts';

export interface Printed {
  readonly data: unknown;
  readonly page?: Page;
  readonly human: () => string;
}

/** Prints data with where it came from; warnings go to stderr for people and into the document for machines. */
export async function printAnswer(
  context: CommandContext,
  format: OutputFormat,
  { freshness, warnings }: Pick<Answer<unknown>, 'freshness' | 'warnings'>,
  { data, page, human }: Printed,
): Promise<void> {
  tellStale(context, freshness);
  if (format === 'human') {
    for (const issue of warnings) context.warn(issueLine(issue).replace(/^warning: /, ''));
    context.io.stdout.write(human());
    return;
  }
  const document = { schema_version: 1, data, ...(page === undefined ? {} : { page }), freshness, warnings };
  // JSON lines are for streams of records: the list itself, one record per line.
  context.io.stdout.write(await renderDocument(format === 'jsonl' ? data : document, format));
}

/** One line when the answer is older than the cache promises; machines that asked find it in the document. */
function tellStale(context: CommandContext, freshness: Freshness): void {
  if (!freshness.stale || context.globals.quiet || (context.askedFormat !== null && context.askedFormat !== 'human'))
    return;
  const why = freshness.offline_reason === undefined ? '' : ` (${freshness.offline_reason})`;
  context.warn(`this answer comes from the local cache and is ${shownDuration(freshness.age_ms)} old${why}`);
}

/** 1 when `--fail-on warning` was given and there are warnings, else 0. */
export function warningExitCode(failOn: readonly string[], warnings: readonly Issue[]): number {
  return failOn.includes('warning') && warnings.length > 0 ? 1 : 0;
}
