/**
 * `omnibase init`: registers the built-in validators, writes the project file, and with `--hook` installs the
 * git hook. A second time changes nothing.
 */
import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { RegisterResult } from '../../../contracts/registry.ts';
import { type RegistryOptions, registryOptions } from '../../arguments/global-options.ts';
import { flag, type OptionValues } from '../../arguments/options.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { tryRegistry, withRegistry } from '../../control/registry-control.ts';
import { locateHooks } from '../../hook/locate.ts';
import { counted } from '../../output/duration.ts';
import { coordinates } from '../../output/record.ts';
import { safeText } from '../../output/safe-text.ts';
import { confirmationFormat, print } from '../../output-format.ts';
import { projectFile } from '../../project-file.ts';
import { installHooks } from '../hook/install.ts';

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
  const root = await repositoryRoot(context);
  const registered = options.dryRun
    ? await previewBuiltins(context, options, documents)
    : await registerBuiltins(context, options, documents);
  const config = await writeProjectFile(root, documents, options.dryRun);
  const document = { schema_version: 1, dry_run: options.dryRun, builtins: registered, config };
  await print(context, confirmationFormat(context), document, () =>
    render(registered, documents.length, config, options),
  );
  if (!options.hook) return 0;
  return installHooks(context, { merge: false, force: false, dryRun: options.dryRun });
}

async function repositoryRoot({ io }: CommandContext): Promise<string | null> {
  try {
    return (await locateHooks(io.cwd, io.env)).root;
  } catch (error) {
    if (error instanceof OmniBaseError && error.code === 'OR010') return null;
    throw error;
  }
}

/** Registers them side by side; the answers keep the order of the catalogue. */
async function registerBuiltins(
  context: CommandContext,
  options: RegistryOptions,
  documents: readonly unknown[],
): Promise<readonly RegisterResult[]> {
  let results: readonly RegisterResult[] = [];
  await withRegistry(context, options, 'write', async (registry, call) => {
    const register = async (document: unknown): Promise<RegisterResult> =>
      (await registry.register(document, { source: { kind: 'package', ref: 'omnibase' } }, call)).data;
    results = await mapInOrder(documents, 4, register);
    return 0;
  });
  return results;
}

/** Asks a registry that is there; nothing is started only to look. */
async function previewBuiltins(
  context: CommandContext,
  options: RegistryOptions,
  documents: readonly unknown[],
): Promise<readonly RegisterResult[]> {
  let results: readonly RegisterResult[] = [];
  await tryRegistry(context, options, async (registry, call) => {
    if (registry === null) return 0;
    const preview = async (document: unknown): Promise<RegisterResult> =>
      (await registry.register(document, { source: { kind: 'package', ref: 'omnibase' }, dry_run: true }, call)).data;
    results = await mapInOrder(documents, 4, preview);
    return 0;
  });
  return results;
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

function render(
  registered: readonly RegisterResult[],
  total: number,
  config: { readonly path: string | null; readonly state: ProjectFileState },
  { dryRun, hook }: Options,
): string {
  const fresh = registered.filter(({ created, would }) => created || would === 'create').length;
  const news = registered.length === 0 ? 'no registry runs to ask' : `${fresh} new, ${total - fresh} unchanged`;
  const lines = [
    `${dryRun ? 'would register' : 'registered'}: ${counted(total, 'built-in validator')} (${news})`,
    ...registered.map((result) => `  ${coordinates(result)}`),
    config.path === null
      ? 'config: not written, this is no git repository'
      : `config: ${config.state}, ${safeText(config.path)}`,
    ...(hook ? [] : ['hook: not asked for; install it with: omnibase hook install']),
    `next: ${config.path === null ? 'git init, then omnibase init' : 'git add a file, then omnibase orch --stage pre-commit'}`,
  ];
  return `${lines.join('\n')}\n`;
}

async function mapInOrder<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
