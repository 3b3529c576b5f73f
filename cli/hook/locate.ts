/** Finds where git looks for the hooks of a repository, and who else manages them. */
import { execFile } from 'node:child_process';
import { access, realpath } from 'node:fs/promises';
import path from 'node:path';
import { OmniBaseError } from '../../contracts/error.ts';
import type { Environment } from '../io.ts';

export interface HookPlace {
  /** Top of the work tree. */
  readonly root: string;
  /** Folder the hook files are written to. */
  readonly folder: string;
  /** `git`: git's own folder. `husky`: files that husky calls. `project`: core.hooksPath inside the work tree. `outside`: core.hooksPath elsewhere. */
  readonly kind: 'git' | 'husky' | 'project' | 'outside';
  /** Name of another hook manager whose configuration stands in the project, or null. */
  readonly manager: 'lefthook' | 'pre-commit' | null;
}

/**
 * @throws OR010 outside a repository, without a work tree, or without git
 */
export async function locateHooks(cwd: string, env: Environment): Promise<HookPlace> {
  const [root = '', hooks = ''] = (await git(cwd, env, ['rev-parse', '--show-toplevel', '--git-path', 'hooks'])).split(
    '\n',
  );
  const configured = await git(cwd, env, ['config', '--get', 'core.hooksPath']).catch(() => '');
  const folder = path.resolve(cwd, hooks);
  const manager = await findManager(root);
  if (configured.trim() === '') return { root, folder, kind: 'git', manager };
  // Git expands `~` and resolves relative paths itself; its answer above is the effective folder.
  const [realRoot, realFolder] = await Promise.all([realpath(root), realpath(folder).catch(() => folder)]);
  if (!isInside(realRoot, realFolder)) return { root, folder, kind: 'outside', manager };
  const husky = path.join(realRoot, '.husky');
  if (isInside(husky, realFolder)) return { root, folder: husky, kind: 'husky', manager };
  return { root, folder, kind: 'project', manager };
}

const managerFiles = {
  lefthook: ['lefthook.yml', 'lefthook.yaml', '.lefthook.yml', '.lefthook.yaml', 'lefthook.toml', 'lefthook.json'],
  'pre-commit': ['.pre-commit-config.yaml', '.pre-commit-config.yml', 'prek.toml'],
} as const;

async function findManager(root: string): Promise<HookPlace['manager']> {
  for (const manager of ['lefthook', 'pre-commit'] as const) {
    for (const name of managerFiles[manager]) {
      const there = await access(path.join(root, name)).then(
        () => true,
        () => false,
      );
      if (there) return manager;
    }
  }
  return null;
}

function isInside(parent: string, child: string): boolean {
  const relative = path.relative(parent, child);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

function git(cwd: string, env: Environment, args: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  execFile('git', [...args], { cwd, env: { ...env, LC_ALL: 'C' }, timeout: 10_000 }, (error, stdout, stderr) => {
    if (error === null) resolve(stdout.replace(/\n$/, ''));
    else reject(new OmniBaseError('OR010', { details: { git: stderr.trim() || error.message }, cause: error }));
  });
  return promise;
}
