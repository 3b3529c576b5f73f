/** `omnibase db migrate`: brings the database to the schema of this release. */
import { migrate, migrationState } from '../../../db/migrate.ts';
import { flag } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { requireDatabaseUrl } from '../../control/database-url.ts';
import { counted } from '../../output/duration.ts';
import { confirmationFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'bring the schema up to date',
  examples: [
    { line: 'omnibase db migrate', about: 'apply what is missing; safe to run from several places at once' },
    { line: 'omnibase db migrate --dry-run', about: 'tell what is missing' },
  ],
  options: { dryRun: flag('--dry-run', 'tell what would be applied') },
  async run(context, _operands, { dryRun }) {
    const url = await requireDatabaseUrl(context.io.env);
    const { pending } = await migrationState(url);
    const applied = dryRun ? 0 : (await migrate(url)).applied;
    await print(
      context,
      confirmationFormat(context),
      { schema_version: 1, dry_run: dryRun, applied, pending: dryRun ? pending : [] },
      () =>
        dryRun
          ? `${counted(pending.length, 'migration')} to apply${pending.map((tag) => `\n  ${tag}`).join('')}\n`
          : `migrated: true\napplied: ${applied}\n`,
    );
    return 0;
  },
});
