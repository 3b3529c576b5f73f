/** `omnibase token ls`: the tokens there are, never their text. */
import { defineCommand } from '../../command.ts';
import { withTokens } from '../../control/token-control.ts';
import { renderTable } from '../../output/table.ts';
import { dataFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'list access tokens',
  examples: [{ line: 'omnibase token ls', about: 'working ones first' }],
  options: {},
  run: (context) =>
    withTokens(context, async (tokens, call) => {
      const items = await tokens.list(call);
      const format = dataFormat(context);
      const width = context.io.stdout.isTerminal ? context.io.stdout.columns : Number.POSITIVE_INFINITY;
      await print(context, format, format === 'jsonl' ? items : { schema_version: 1, items }, () =>
        items.length === 0
          ? ''
          : renderTable(
              items,
              [
                { title: 'name', value: ({ name }) => name },
                { title: 'prefix', value: ({ prefix }) => prefix },
                { title: 'state', value: ({ state }) => state },
                { title: 'expires', value: ({ expires_at }) => expires_at ?? 'never' },
                { title: 'last used', value: ({ last_used_at }) => last_used_at ?? 'never' },
                { title: 'capabilities', value: ({ capabilities }) => capabilities.join(', ') },
              ],
              width,
            ),
      );
      if (items.length === 0) context.note('there are no tokens');
      return 0;
    }),
});
