/** Starts a supervisor process that outlives its caller. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { installation } from '../installation.ts';
import type { OmniPaths } from '../paths.ts';
import { isErrno } from '../processes/identity.ts';
import { lastingEnvironment, withCompileCache } from '../supervisor/environment.ts';
import { optionsVariable, type SupervisorOptions } from '../supervisor/options.ts';

/** At this size the supervisor's own log is put aside when a new one starts. */
const logLimitBytes = 5_000_000;

/** The supervisor's own log: what it did and why. */
export function supervisorLog(paths: OmniPaths): string {
  return join(paths.log_dir, 'supervisor.log');
}

/** Starts the process; several at once are harmless, the state directory's lock lets one live. */
export function launchSupervisor(paths: OmniPaths, env: NodeJS.ProcessEnv, options: SupervisorOptions): ChildProcess {
  rotate(supervisorLog(paths));
  const log = openSync(supervisorLog(paths), 'a', 0o600);
  try {
    const child = spawn(process.execPath, installation().supervisor, {
      cwd: paths.state_dir,
      detached: true,
      env: {
        ...withCompileCache(lastingEnvironment(env), paths.cache_dir),
        [optionsVariable]: JSON.stringify(options),
      },
      // With `exit_with_parent` the pipe tells it when we are gone.
      stdio: [options.exit_with_parent ? 'pipe' : 'ignore', log, log],
    });
    // Without a pid it could not be started; whoever waits for it says so.
    child.once('error', () => undefined);
    child.unref();
    const input: unknown = child.stdin;
    if (isUnreferable(input)) input.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** What the supervisor said last, without the stack trace below it, for an error message. */
export function lastLogLine(paths: OmniPaths): string {
  try {
    const lines = readFileSync(supervisorLog(paths), 'utf8').trim().split('\n');
    return lines.findLast((line) => /^\d{4}-\d\d-\d\dT|^\w*Error/.test(line)) ?? lines.at(-1) ?? '';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}

/** The writing end of a child's pipe is a socket, which its type does not tell. */
function isUnreferable(value: unknown): value is { unref(): void } {
  return typeof value === 'object' && value !== null && 'unref' in value && typeof value.unref === 'function';
}

function rotate(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > logLimitBytes) renameSync(path, `${path}.1`);
}
