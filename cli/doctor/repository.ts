/** What `omnibase doctor` looks at in the repository it stands in: the hook and the configuration. */
import { OmniBaseError } from '../../contracts/error.ts';
import type { CommandContext } from '../command.ts';
import { inspectHook } from '../hook/install.ts';
import { locateHooks } from '../hook/locate.ts';
import { type Check, ok, warn } from './check.ts';

export function hookCheck({ io }: CommandContext): Check {
  return {
    name: 'hook',
    async run() {
      try {
        const place = await locateHooks(io.cwd, io.env);
        const { kind, path } = await inspectHook(place, 'pre-commit');
        return kind === 'own' || kind === 'guest'
          ? ok(`installed, ${path}`)
          : warn('not installed in this repository', 'omnibase hook install');
      } catch (error) {
        if (error instanceof OmniBaseError && error.code === 'OR010') return ok('not in a repository');
        throw error;
      }
    },
  };
}
