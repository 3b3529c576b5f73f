/** A stack of its own for a benchmark: a fresh home, the built command line, stopped and removed at the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProcess } from './measure.ts';

const launcher = path.resolve(import.meta.dirname, '../../dist/omnibase.js');

export interface BenchStack {
  readonly env: NodeJS.ProcessEnv;
  readonly launcher: string;
  /** Runs one command as a whole process. */
  omnibase(
    args: readonly string[],
    options?: { readonly cwd?: string; readonly expect?: readonly number[] },
  ): Promise<void>;
  stop(): Promise<void>;
}

/** @param settings variables of the configuration, e.g. `OMNIBASE_DEADLINES_MODE` */
export async function startBenchStack(settings: NodeJS.ProcessEnv = {}): Promise<BenchStack> {
  const home = mkdtempSync(path.join(tmpdir(), 'omnibase-bench-home-'));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GIT_|OMNIBASE_|npm_|CI$)/.test(name));
  const env = { ...Object.fromEntries(inherited), OMNIBASE_HOME: home, ...settings };
  const omnibase: BenchStack['omnibase'] = (args, options = {}) =>
    runProcess(process.execPath, [launcher, ...args], { ...options, env });
  await omnibase(['up']);
  return {
    env,
    launcher,
    omnibase,
    async stop() {
      await omnibase(['down', '--purge', '--yes']);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
