/** `omnibase token create`: makes a token for calls over TCP; its text is shown this once. */
import { duration, repeated, text } from '../../arguments/options.ts';
import { usageError } from '../../arguments/usage.ts';
import { defineCommand } from '../../command.ts';
import { withTokens } from '../../control/token-control.ts';
import { renderFacts } from '../../output/facts.ts';
import { dataFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'make an access token',
  examples: [
    {
      line: 'omnibase token create --name ci --capability registry.read --expires 30d',
      about: 'read the registry for 30 days',
    },
    {
      line: 'omnibase token create --name edge-7 --capability node.register --capability node.read',
      about: 'for a node on another machine',
    },
  ],
  options: {
    name: text('--name <name>', 'what it is called in lists and in the audit log'),
    capability: repeated('--capability <grant>', 'what it allows, e.g. registry.read or registry.write:tool/team.*'),
    expires: duration('--expires <time>', 'how long it works; until it is revoked unless told'),
  },
  notes: ['The text of the token is printed once and kept nowhere. Give it to programs as OMNIBASE_TOKEN.'],
  async run(context, _operands, { name, capability, expires }) {
    if (name === undefined || capability.length === 0) {
      throw usageError(
        `a token needs ${name === undefined ? 'a name' : 'at least one --capability'}`,
        'omnibase token create --name ci --capability registry.read --expires 30d',
      );
    }
    return withTokens(context, async (tokens, call) => {
      const created = await tokens.create(
        { name, capabilities: [...capability], expires_in_ms: expires ?? null },
        call,
      );
      await print(context, dataFormat(context), { schema_version: 1, ...created }, () =>
        renderFacts(
          [
            ['token', created.token],
            ['id', created.id],
            ['name', created.name],
            ['capabilities', created.capabilities.join(', ')],
            ['expires', created.expires_at ?? 'never'],
          ],
          { aligned: true },
        ),
      );
      context.note('this is the only time the token is shown');
      return 0;
    });
  },
});
