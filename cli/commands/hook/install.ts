/** `omnibase hook install`: puts `orch --stage pre-commit --hook` where git will call it. */
import { realpathSync } from 'node:fs';
import { OmniBaseError } from '../../../contracts/error.ts';
import { flag } from '../../arguments/options.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { type HookChange, hookNames, installHook } from '../../hook/install.ts';
import { type HookPlace, locateHooks } from '../../hook/locate.ts';
import { renderChanges } from '../../hook/render.ts';
import { managerEntry, type RecordedProgram } from '../../hook/script.ts';
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
    'A hook that is already there is kept: a shell script gets a marked block, anything else is moved aside and called afterwards.',
  ],
  run: (context, _operands, options) => installHooks(context, options),
});

/** Shared with `omnibase init --hook`. */
export async function installHooks(
  context: CommandContext,
  { merge, force, dryRun }: { readonly merge: boolean; readonly force: boolean; readonly dryRun: boolean },
): Promise<number> {
  const place = await locateHooks(context.io.cwd, context.io.env);
  if (place.kind === 'outside' && !force) throw outsideError(place);
  if (place.manager !== null && !force) return tellManager(context, place.manager);
  const names = merge ? hookNames : (['pre-commit'] as const);
  const changes: HookChange[] = [];
  for (const name of names) changes.push(await installHook(place, name, recordedProgram(), dryRun));
  await print(context, confirmationFormat(context), { schema_version: 1, dry_run: dryRun, hooks: changes }, () =>
    renderChanges(changes, dryRun),
  );
  return 0;
}

function outsideError({ folder }: HookPlace): OmniBaseError {
  return new OmniBaseError('OB003', {
    message: `core.hooksPath leads out of this repository, to ${folder}; every repository that uses it would run this hook`,
    details: { path: folder },
    next: 'unset it here (git config --local core.hooksPath .git/hooks), or use omnibase hook install --force',
  });
}

/** A hook manager rewrites git's hook files: the hook belongs into its configuration. */
async function tellManager(context: CommandContext, manager: NonNullable<HookPlace['manager']>): Promise<number> {
  const entry = managerEntry(manager);
  const document = { schema_version: 1, manager, installed: false, file: entry.file, entry: entry.text };
  await print(
    context,
    confirmationFormat(context),
    document,
    () =>
      `${manager} manages the hooks here; add this to ${entry.file}:\n\n${entry.text}\nnext: paste it, or write git's own hook with omnibase hook install --force\n`,
  );
  return 0;
}

function recordedProgram(): RecordedProgram {
  return { node: process.execPath, program: realpathSync(process.argv[1] ?? '') };
}
