/** `omnibase registry rm REF`: archives a component, or removes it for good with `--hard`. */
import { registryOptions } from '../../arguments/global-options.ts';
import { flag, integer, text } from '../../arguments/options.ts';
import { usageError } from '../../arguments/usage.ts';
import { defineCommand } from '../../command.ts';
import { withRegistry } from '../../control/registry-control.ts';
import { printAnswer, warningExitCode } from '../../output/answer.ts';
import { confirmationFormat } from '../../output-format.ts';
import { confirm } from '../../prompt.ts';

export const command = defineCommand({
  summary: 'archive or remove a component',
  operands: '<ref>',
  examples: [
    {
      line: "omnibase registry rm acme.lint@1.0.0 --reason 'replaced by 2.0.0'",
      about: 'archive: kept, never chosen again',
    },
    { line: "omnibase registry rm acme.draft --hard --reason 'mistake' --yes", about: 'remove the record' },
  ],
  options: {
    reason: text('--reason <text>', 'why; needed to archive'),
    hard: flag('--hard', 'remove the record for good (drafts, or with admin)'),
    force: flag('--force', 'although other components require it (needs admin)'),
    ifRevision: integer('--if-revision <n>', 'only if this is the stored revision', 1, 2 ** 31 - 1),
    yes: flag('--yes', 'do not ask'),
    ...registryOptions,
  },
  async run(context, [ref = ''], options) {
    if (options.reason === undefined && !options.hard)
      throw usageError('archiving needs a reason', `omnibase registry rm ${ref} --reason 'why'`);
    if (options.hard && !options.yes && !(await confirm(context, `Remove ${ref} for good?`))) return 1;
    return withRegistry(context, options, 'write', async (registry, call) => {
      const answer = await registry.remove(
        ref,
        {
          ...(options.hard ? { hard: true } : {}),
          ...(options.force ? { force: true } : {}),
          ...(options.reason === undefined ? {} : { reason: options.reason }),
          ...(options.ifRevision === undefined ? {} : { if_revision: options.ifRevision }),
        },
        call,
      );
      const { uuid, revision, op } = answer.data;
      await printAnswer(context, confirmationFormat(context), answer, {
        data: { [op]: true, uuid, revision },
        human: () => `${op}: true\nuuid: ${uuid}\nrevision: ${revision}\n`,
      });
      return warningExitCode(options.failOn, answer.warnings);
    });
  },
});
