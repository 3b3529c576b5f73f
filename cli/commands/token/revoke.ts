/** `omnibase token revoke NAME|ID`: the token works no longer, within two seconds everywhere. */
import { defineCommand } from '../../command.ts';
import { withTokens } from '../../control/token-control.ts';
import { renderFacts } from '../../output/facts.ts';
import { dataFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'revoke an access token',
  operands: '<name|id>',
  examples: [{ line: 'omnibase token revoke ci', about: 'repeatable' }],
  options: {},
  run: (context, [reference = '']) =>
    withTokens(context, async (tokens, call) => {
      const record = await tokens.revoke(reference, call);
      await print(context, dataFormat(context), { schema_version: 1, revoked: true, ...record }, () =>
        renderFacts(
          [
            ['revoked', 'true'],
            ['name', record.name],
            ['id', record.id],
            ['at', record.revoked_at ?? ''],
          ],
          { aligned: true },
        ),
      );
      return 0;
    }),
});
