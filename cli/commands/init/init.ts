/**
 * `omnibase init`: registers the built-in validators, writes the project file, and with `--hook` installs the
 * git hook. A second time changes nothing.
 */
import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { RegisterResult } from '../../../contracts/registry.ts';
import { registryOptions } from '../../arguments/global-options.ts';
import { flag, type OptionValues } from '../../arguments/options.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { previewBuiltins, registerBuiltins } from '../../init/builtins.ts';
import { applyHooks, type HookOutcome, renderOutcome } from '../../hook/apply.ts';
import { locateHooks } from '../../hook/locate.ts';
import { counted } from '../../output/duration.ts';
import { coordinates } from '../../output/record.ts';
import { safeText } from '../../output/safe-text.ts';
import { confirmationFormat, print } from '../../output-format.ts';
import { projectFile } from '../../init/project-file.ts';

const options = {
  hook: flag('--hook', 'install the git hook as well'),
  dryRun: flag('--dry-run', 'tell what would be done'),
  ...registryOptions,
};

export const command = defineCommand({
  summary: 'prepare this repository',
  examples: [
    { line: 'omnibase init', about: 'register the built-in validators, write omnibase.config.yaml' },
    { line: 'omnibase init --hook', about: 'and check every commit from now on' },
    { line: 'omnibase init --dry-run', about: 'only tell what would be done' },
  ],
  options,
  run: initialise,
});

type ProjectFileState = 'written' | 'unchanged' | 'would be written' | 'no repository';

type Options = OptionValues<typeof options>;

async function initialise(context: CommandContext, _operands: readonly string[], options: Options): Promise<number> {
  const { builtinDocuments } = await import('../../../validators/builtin/index.ts');
  const documents = builtinDocuments();
  const { dryRun } = options;
  const root = await repositoryRoot(context);
  const builtins = dryRun
    ? await previewBuiltins(context, options, documents)
    : await registerBuiltins(context, options, documents);
  const config = await writeProjectFile(root, documents, dryRun);
  const hook = options.hook ? await applyHooks(context.io, { merge: false, force: false, dryRun }) : null;
  const done: Done = { total: documents.length, builtins, config, hook };
  const document = { schema_version: 1, dry_run: dryRun, builtins, config, hook };
  await print(context, confirmationFormat(context), document, () => render(done, dryRun));
  return 0;
}

interface Done {
  /** Built-ins of this release; `builtins` is empty when no registry could be asked. */
  readonly total: number;
  readonly builtins: readonly RegisterResult[];
  readonly config: { readonly path: string | null; readonly state: ProjectFileState };
  readonly hook: HookOutcome | null;
}

async function repositoryRoot({ io }: CommandContext): Promise<string | null> {
  try {
    return (await locateHooks(io.cwd, io.env)).root;
  } catch (error) {
    if (error instanceof OmniBaseError && error.code === 'OR010') return null;
    throw error;
  }
}

async function writeProjectFile(
  root: string | null,
  documents: readonly unknown[],
  dryRun: boolean,
): Promise<{ path: string | null; state: ProjectFileState }> {
  if (root === null) return { path: null, state: 'no repository' };
  const file = path.join(root, 'omnibase.config.yaml');
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) return { path: file, state: 'unchanged' };
  if (dryRun) return { path: file, state: 'would be written' };
  // `wx`: another `init` may have written it meanwhile; nothing of the user's is ever replaced.
  await writeFile(file, projectFile(documents), { flag: 'wx' });
  return { path: file, state: 'written' };
}

function render({ total, builtins, config, hook }: Done, dryRun: boolean): string {
  const fresh = builtins.filter(({ created, would }) => created || would === 'create').length;
  const news = builtins.length === 0 ? 'no registry runs to ask' : `${fresh} new, ${total - fresh} unchanged`;
  const place =
    config.path === null ? 'not written, this is no git repository' : `${config.state}, ${safeText(config.path)}`;
  const next =
    config.path === null ? 'git init, then omnibase init' : 'git add a file, then omnibase orch --stage pre-commit';
  return [
    `${dryRun ? 'would register' : 'registered'}: ${counted(total, 'built-in validator')} (${news})\n`,
    ...builtins.map((result) => `  ${coordinates(result)}\n`),
    `config: ${place}\n`,
    hook === null
      ? 'hook: not asked for; install it with: omnibase hook install\n'
      : `hook: ${renderOutcome(hook, dryRun)}`,
    `next: ${next}\n`,
  ].join('');
}
