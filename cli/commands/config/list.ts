/** `omnibase config list`: every setting that has a value, and where it comes from. */
import { type CommandContext, defineCommand } from '../../command.ts';
import { loadCliConfig } from '../../control/load-cli-config.ts';
import { safeText } from '../../output/safe-text.ts';
import { renderTable } from '../../output/table.ts';
import { dataFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'print all settings',
  examples: [
    { line: 'omnibase config list', about: 'key, value, source' },
    { line: 'omnibase config list --format json', about: 'for a script' },
  ],
  options: {},
  async run(context) {
    const items = (await loadCliConfig(context))
      .list()
      .map(({ key, value, source, origin }) => ({ key, value, source, origin }));
    await print(context, dataFormat(context), { schema_version: 1, items }, () =>
      renderTable(
        items,
        [
          { title: 'key', value: ({ key }) => key },
          { title: 'value', value: ({ value }) => shownValue(value) },
          { title: 'source', value: ({ source }) => source },
          { title: 'from', value: ({ origin }) => origin ?? '' },
        ],
        widthOf(context),
      ),
    );
    return 0;
  },
});

/** Text as it is, anything else as JSON. */
export function shownValue(value: unknown): string {
  if (value === undefined) return '(not set)';
  return safeText(typeof value === 'string' ? value : JSON.stringify(value));
}

function widthOf({ io }: CommandContext): number {
  return io.stdout.isTerminal ? io.stdout.columns : Number.POSITIVE_INFINITY;
}
