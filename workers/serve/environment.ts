/** What reports say about the machine and the programs a run used (stages.md 11). */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { RunReport } from '../../contracts/stage.ts';
import { installation } from '../../local/installation.ts';

export async function describeEnvironment(hostId: string): Promise<RunReport['environment']> {
  return {
    version: installation().version,
    node: process.version,
    git: await gitVersion(),
    platform: `${process.platform}-${process.arch}`,
    host_id: hostId,
    cpus: availableParallelism(),
  };
}

/** Empty where there is no git: a process without the host role needs none. */
async function gitVersion(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { timeout: 5_000 });
    return stdout.replace(/^git version /, '').trim();
  } catch {
    return '';
  }
}
