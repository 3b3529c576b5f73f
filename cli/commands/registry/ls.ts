/** `omnibase registry ls`: the components that match. */
import type { ComponentType } from '../../../contracts/component.ts';
import type { Answer, SearchResult } from '../../../contracts/registry.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { withRegistry } from '../../control/registry-control.ts';
import { printAnswer, warningExitCode } from '../../output/answer.ts';
import { defaultColumns, type RecordColumn, recordColumns } from '../../output/record.ts';
import { renderTable } from '../../output/table.ts';
import { dataFormat } from '../../output-format.ts';
import { buildQuery, search, type SearchOptions, searchOptions } from '../../registry-query.ts';

export const command = defineCommand({
  summary: 'list components',
  examples: [
    { line: 'omnibase registry ls', about: 'everything that is not archived' },
    { line: 'omnibase registry ls --type tool --tag ci', about: 'tools with the tag ci' },
    { line: 'omnibase registry ls --all --format jsonl', about: 'every record, one per line' },
  ],
  options: searchOptions,
  run: (context, _operands, options) => listComponents(context, options, {}),
});

/** What an operand may add to the options. */
export interface ListOperand {
  readonly text?: string;
  readonly types?: readonly ComponentType[];
}

/** The common part of `list`, `registry ls` and `registry search`. */
export function listComponents(context: CommandContext, options: SearchOptions, operand: ListOperand): Promise<number> {
  return withRegistry(context, options, 'read', async (registry, call) => {
    const query = buildQuery(options, operand);
    const answer = await search(registry, query, options.all && !options.count, call);
    const format = dataFormat(context);
    const { items, page } = answer.data;
    if (options.count) {
      await printAnswer(context, format, answer, {
        data: { total: page.total ?? null },
        human: () => `${page.total ?? ''}\n`,
      });
      return warningExitCode(options.failOn, answer.warnings);
    }
    const mixed = (query.type?.length ?? 0) !== 1;
    const columns = options.columns.length > 0 ? options.columns : defaultColumns(mixed);
    await printAnswer(context, format, answer, { data: items, page, human: () => table(context, answer, columns) });
    if (items.length === 0) context.note('no components match');
    else if (page.has_more && format === 'human')
      context.note(`there is more: --cursor ${page.next_cursor ?? ''}, or --all`);
    return warningExitCode(options.failOn, answer.warnings);
  });
}

function table({ io }: CommandContext, { data }: Answer<SearchResult>, columns: readonly RecordColumn[]): string {
  if (data.items.length === 0) return '';
  const width = io.stdout.isTerminal ? io.stdout.columns : Number.POSITIVE_INFINITY;
  return renderTable(
    data.items,
    columns.map((name) => recordColumns[name]),
    width,
  );
}
