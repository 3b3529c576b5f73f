/** `omnibase db status`: does the database answer, and is its schema current. Exit 0 when it is, 3 otherwise. */
import { migrationState } from '../../../db/migrate.ts';
import { withoutPassword } from '../../../local/postgres.ts';
import { defineCommand } from '../../command.ts';
import { requireDatabaseUrl } from '../../control/database-url.ts';
import { confirmationFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'tell whether it answers',
  examples: [{ line: 'omnibase db status', about: 'exit 0 when it answers and the schema is current' }],
  options: {},
  async run(context) {
    const url = await requireDatabaseUrl(context.io.env);
    const { status, applied, pending } = await migrationState(url);
    const document = {
      schema_version: 1,
      reachable: true,
      url: withoutPassword(url),
      schema: status,
      applied,
      pending,
    };
    await print(context, confirmationFormat(context), document, () => {
      const next = status === 'current' || status === 'ahead' ? '' : 'next: omnibase db migrate\n';
      return `reachable: true\nurl: ${document.url}\nschema: ${status}, ${applied.length} applied, ${pending.length} pending\n${next}`;
    });
    return status === 'current' || status === 'ahead' ? 0 : 3;
  },
});
