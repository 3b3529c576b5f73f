/** `omnibase down`: stops the local stack; with `--purge` its data goes too. */
import { resolvePaths } from '../../../local/paths.ts';
import { flag } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { confirmationFormat, print } from '../../output-format.ts';
import { startProgress } from '../../progress/progress.ts';
import { confirm } from '../../prompt.ts';

export const command = defineCommand({
  summary: 'stop the local stack',
  examples: [
    { line: 'omnibase down', about: 'the data stays' },
    { line: 'omnibase down --purge --yes', about: 'remove all data as well, without asking' },
  ],
  options: {
    purge: flag('--purge', 'remove database, history and logs as well'),
    yes: flag('--yes', 'do not ask'),
  },
  async run(context, _operands, { purge, yes }) {
    const env = { ...context.io.env };
    const { state_dir } = resolvePaths(env);
    if (purge && !yes && !(await confirm(context, `Remove all data of the local stack in ${state_dir}?`))) return 1;
    const { stopStack } = await import('../../../local/up.ts');
    const progress = startProgress(context.io.stderr, 'omnibase down', context.globals.quiet);
    progress.phase('waiting for the parts to end');
    const { was_running } = await stopStack({ env, purge }).finally(() => progress.stop());
    const document = { schema_version: 1, stopped: true, was_running, purged: purge };
    await print(
      context,
      confirmationFormat(context),
      document,
      () =>
        `${was_running ? 'stopped: true' : 'stopped: true (nothing was running)'}\n${purge ? 'purged: true\n' : ''}`,
    );
    return 0;
  },
});
