/** What `omnibase doctor` looks at on the machine: Node, git, disk. */
import { execFile } from 'node:child_process';
import { mkdir, statfs } from 'node:fs/promises';
import { resolvePaths } from '../../local/paths.ts';
import type { Environment } from '../io.ts';
import { shownBytes } from '../output/duration.ts';
import { type Check, fail, ok, warn } from './check.ts';

const minimumNode = [22, 18] as const;
const minimumGit = [2, 30] as const;
/** Below the first a warning, below the second nothing will work for long. */
const lowDiskBytes = 1024 ** 3;
const tooLowDiskBytes = 100 * 1024 ** 2;

export function nodeCheck(version: string): Check {
  return {
    name: 'node',
    run: async () =>
      isAtLeast(version, minimumNode)
        ? ok(`Node ${version}`)
        : fail(`Node ${version} is too old`, `install Node ${minimumNode.join('.')} or newer`),
  };
}

export function gitCheck(env: Environment): Check {
  return {
    name: 'git',
    run: () =>
      new Promise((resolve) => {
        execFile('git', ['--version'], { env: { ...env, LC_ALL: 'C' }, timeout: 5000 }, (error, stdout) => {
          const version = /(\d+)\.(\d+)[.\d]*/.exec(stdout)?.[0] ?? '';
          if (error !== null)
            resolve(fail(`git cannot be run: ${error.message}`, `install git ${minimumGit.join('.')} or newer`));
          else if (isAtLeast(version, minimumGit)) resolve(ok(`git ${version}`));
          else resolve(fail(`git ${version} is too old`, `install git ${minimumGit.join('.')} or newer`));
        });
      }),
  };
}

export function diskCheck(env: Environment): Check {
  return {
    name: 'disk',
    async run() {
      const { state_dir } = resolvePaths({ ...env });
      await mkdir(state_dir, { recursive: true, mode: 0o700 });
      const { bavail, bsize } = await statfs(state_dir);
      const free = bavail * bsize;
      const message = `${shownBytes(free)} free for ${state_dir}`;
      if (free < tooLowDiskBytes) return fail(message, 'free some space, or move it with OMNIBASE_HOME');
      return free < lowDiskBytes ? warn(message, 'free some space, or move it with OMNIBASE_HOME') : ok(message);
    },
  };
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [givenMajor = 0, givenMinor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return givenMajor > major || (givenMajor === major && givenMinor >= minor);
}
