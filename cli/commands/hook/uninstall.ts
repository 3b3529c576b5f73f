/** `omnibase hook uninstall`: takes the hook out and puts back what was there before. */
import { flag } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { type HookChange, hookNames, uninstallHook } from '../../hook/install.ts';
import { locateHooks } from '../../hook/locate.ts';
import { renderChanges } from '../../hook/render.ts';
import { confirmationFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'remove the hook and restore what was there',
  examples: [{ line: 'omnibase hook uninstall', about: 'the rest of the hook file stays byte-identical' }],
  options: { dryRun: flag('--dry-run', 'tell what would be done') },
  async run(context, _operands, { dryRun }) {
    const place = await locateHooks(context.io.cwd, context.io.env);
    const changes: HookChange[] = [];
    for (const name of hookNames) changes.push(await uninstallHook(place, name, dryRun));
    await print(context, confirmationFormat(context), { schema_version: 1, dry_run: dryRun, hooks: changes }, () => {
      const done = changes.filter(({ action }) => action !== 'absent');
      return renderChanges(done.length === 0 ? changes.slice(0, 1) : done, dryRun);
    });
    return 0;
  },
});
