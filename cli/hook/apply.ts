/** Installs the hooks of a repository as a whole: where they belong, who else manages them, what is refused. */
import { realpathSync } from 'node:fs';
import { OmniBaseError } from '../../contracts/error.ts';
import type { CliIo } from '../io.ts';
import { type HookChange, hookNames, installHook } from './install.ts';
import { type HookPlace, locateHooks } from './locate.ts';
import { renderChanges } from './render.ts';
import { managerEntry, type RecordedProgram } from './script.ts';

export interface HookWishes {
  /** Also `pre-merge-commit`. */
  readonly merge: boolean;
  /** Although core.hooksPath leads out of the repository, or another hook manager is there. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** What was done, or the entry for the configuration of the manager that is there. */
export type HookOutcome =
  | { readonly installed: true; readonly hooks: readonly HookChange[] }
  | { readonly installed: false; readonly manager: string; readonly file: string; readonly entry: string };

/** @throws OR010 outside a repository, OB003 when core.hooksPath leads out of it or a hook cannot be moved aside */
export async function applyHooks({ cwd, env }: CliIo, { merge, force, dryRun }: HookWishes): Promise<HookOutcome> {
  const place = await locateHooks(cwd, env);
  if (place.kind === 'outside' && !force) throw outsideError(place);
  if (place.manager !== null && !force) {
    // A hook manager rewrites git's hook files: the hook belongs into its configuration.
    const { file, text } = managerEntry(place.manager);
    return { installed: false, manager: place.manager, file, entry: text };
  }
  const hooks: HookChange[] = [];
  for (const name of merge ? hookNames : (['pre-commit'] as const)) {
    hooks.push(await installHook(place, name, recordedProgram(), dryRun));
  }
  return { installed: true, hooks };
}

export function renderOutcome(outcome: HookOutcome, dryRun: boolean): string {
  if (outcome.installed) return renderChanges(outcome.hooks, dryRun);
  const { manager, file, entry } = outcome;
  return `${manager} manages the hooks here; add this to ${file}:\n\n${entry}\nnext: paste it, or write git's own hook with omnibase hook install --force\n`;
}

function outsideError({ folder }: HookPlace): OmniBaseError {
  return new OmniBaseError('OB003', {
    message: `core.hooksPath leads out of this repository, to ${folder}; every repository that uses it would run this hook`,
    details: { path: folder },
    next: 'unset it here (git config --local core.hooksPath .git/hooks), or use omnibase hook install --force',
  });
}

function recordedProgram(): RecordedProgram {
  return { node: process.execPath, program: realpathSync(process.argv[1] ?? '') };
}
