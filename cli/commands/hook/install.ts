/** `omnibase hook install`: puts `orch --stage pre-commit --hook` where git will call it. */
import { flag } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { applyHooks, renderOutcome } from '../../hook/apply.ts';
import { confirmationFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'write the pre-commit hook',
  examples: [
    { line: 'omnibase hook install', about: 'write or refresh the hook of this repository' },
    { line: 'omnibase hook install --merge', about: 'also check merge commits' },
  ],
  options: {
    merge: flag('--merge', 'also write pre-merge-commit'),
    force: flag('--force', 'although core.hooksPath leads out of the repository, or a hook manager is there'),
    dryRun: flag('--dry-run', 'tell what would be done'),
  },
  notes: [
    'A hook that is already there is kept: a shell script gets a marked block, anything else is moved aside and',
    'called afterwards.',
  ],
  async run(context, _operands, options) {
    const outcome = await applyHooks(context.io, options);
    const document = { schema_version: 1, dry_run: options.dryRun, ...outcome };
    await print(context, confirmationFormat(context), document, () => renderOutcome(outcome, options.dryRun));
    return 0;
  },
});
