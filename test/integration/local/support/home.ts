/** A home of its own for each test, with a stack that uses the stand-in for `serve`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackStatus } from '../../../../contracts/gateway.ts';
import { type OmniPaths, resolvePaths } from '../../../../local/paths.ts';
import { identityOf } from '../../../../local/processes/identity.ts';
import { lockOwner } from '../../../../local/processes/lock.ts';
import { lockName } from '../../../../local/supervisor/protocol.ts';
import { ensureStack, type EnsureStackOptions, stopStack } from '../../../../local/up.ts';

export interface TestHome {
  readonly env: NodeJS.ProcessEnv;
  readonly paths: OmniPaths;
  up(options?: EnsureStackOptions): Promise<StackStatus>;
  supervisorPid(): number;
  /** What each start of the stand-in was given. */
  starts(): readonly StandInStart[];
  /** Stops everything and removes the home. */
  remove(): Promise<void>;
}

export interface StandInStart {
  readonly pid: number;
  readonly config: { readonly instance_id: string; readonly socket_path: string; readonly host_id: string };
  readonly OMNIBASE_DATABASE_URL?: string;
  readonly TEMPORAL_ADDRESS?: string;
  readonly GIT_DIR?: string;
}

export const standIn = [process.execPath, join(import.meta.dirname, 'stand-in-serve.ts')];

/** Environment without anything that would make parts external. */
export function createHome(name = 'home', more: NodeJS.ProcessEnv = {}): TestHome {
  const base = mkdtempSync(join(tmpdir(), 'omnibase-up-'));
  const { OMNIBASE_DATABASE_URL: _database, TEMPORAL_ADDRESS: _address, ...inherited } = process.env;
  const env = { ...inherited, OMNIBASE_HOME: join(base, name), ...more };
  const paths = resolvePaths(env);
  return {
    env,
    paths,
    up: (options = {}) => ensureStack({ env, serveCommand: standIn, headless: true, ...options }),
    supervisorPid: () => lockOwner(paths.state_dir, lockName)?.pid ?? 0,
    starts: () =>
      readFileSync(join(paths.state_dir, 'stand-in.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as StandInStart),
    async remove() {
      await stopStack({ env, purge: true });
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** Pid of a part by its name. */
export function pidOf(status: StackStatus, name: string): number {
  return status.parts.find((part) => part.name === name)?.pid ?? 0;
}

/** Waits until the condition holds; fails after `timeoutMs`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(20);
  }
}

export const isGone = (pid: number): boolean => identityOf(pid) === null;
