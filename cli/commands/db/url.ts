/** `omnibase db url`: the database URL with its password, for psql and scripts. */
import { defineCommand } from '../../command.ts';
import { requireDatabaseUrl } from '../../control/database-url.ts';
import { confirmationFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'print the database URL with its password',
  examples: [{ line: 'psql "$(omnibase db url)"', about: 'open the database' }],
  options: {},
  async run(context) {
    const url = await requireDatabaseUrl(context.io.env);
    await print(context, confirmationFormat(context), { schema_version: 1, url }, () => `${url}\n`);
    return 0;
  },
});
