/**
 * The local stack for those who use it: bring it up, take it down, ask how it is, read its logs. Everything
 * here is safe to call from several processes at once; the supervisor's lock decides.
 */
import { OmniBaseError } from '../contracts/error.ts';
import { protocolNumber, type StackStatus } from '../contracts/gateway.ts';
import { installation } from './installation.ts';
import { createStateDirectories, type OmniPaths, resolvePaths } from './paths.ts';
import { withoutPassword } from './postgres/url.ts';
import { lockOwner } from './processes/lock.ts';
import { idleMilliseconds } from './supervisor/idle.ts';
import type { PortRequests, SupervisorOptions } from './supervisor/options.ts';
import { lockName, type Restartable, type SupervisorReport } from './supervisor/protocol.ts';
import { stoppedStatus } from './supervisor/status.ts';
import { awaitReady } from './up/await-ready.ts';
import { compatibility } from './up/compatibility.ts';
import { askToRestart, readReport } from './up/control-client.ts';
import { launchSupervisor } from './up/launch.ts';
import { followLogs, type LogLine, type ReadLogsOptions } from './up/logs.ts';
import { purge } from './up/purge.ts';
import { endSupervisor } from './up/stop.ts';
import { forgetStoppedByUser, markStoppedByUser } from './up/stop-marker.ts';

export type { LogLine, ReadLogsOptions } from './up/logs.ts';
export { wasStoppedByUser } from './up/stop-marker.ts';

export interface EnsureStackOptions {
  /** Default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv;
  /** One line of progress at a time, for stderr. */
  readonly report?: (line: string) => void;
  /** How long without progress, default 30,000 ms. */
  readonly timeoutMs?: number;
  /** Without the Web UI; used when the stack is started by this call. */
  readonly headless?: boolean;
  /** Ports that must be used; used when the stack is started by this call. */
  readonly ports?: PortRequests;
  /** The stack ends with the calling process (`--inline`, CI). */
  readonly inline?: boolean;
  /** Program and arguments of `serve`; default the one of this installation. */
  readonly serveCommand?: readonly string[];
  readonly signal?: AbortSignal;
  /** Where the project's configuration is looked for (`stack.ports`, `stack.idle_stop`). */
  readonly cwd?: string;
}

/**
 * Brings the stack up, or finds it up, and answers when it is ready. A stack of another protocol or of an
 * older version is asked to finish its work and is restarted at this version.
 *
 * @throws OB011, OB012, OB013 when it cannot be brought up, OB003 for a wrong environment
 */
export async function ensureStack(options: EnsureStackOptions = {}): Promise<StackStatus> {
  const env = options.env ?? process.env;
  const report = options.report ?? (() => undefined);
  const paths = resolvePaths(env);
  createStateDirectories(paths);
  const running = await readReport(paths, { timeoutMs: 2_000 });
  if (running !== null && !running.stopping) {
    if (running.status.state === 'ready' && isUsable(running)) {
      reportIgnored(options, running, report);
      return running.status;
    }
    if (!isUsable(running)) await restartAtOwnVersion(paths, running, report);
  }
  forgetStoppedByUser(paths);
  const supervisorOptions = await launchOptions(options, env);
  return awaitReady({
    paths,
    report,
    timeoutMs: options.timeoutMs ?? 30_000,
    launch: () => launchSupervisor(paths, env, supervisorOptions),
    signal: options.signal,
  });
}

export interface StopStackOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Removes all data as well; the caller has asked. Default false. */
  readonly purge?: boolean;
}

/** Takes the stack down and remembers that a person wanted it so. Answers whether one was running. */
export async function stopStack(options: StopStackOptions = {}): Promise<{ readonly was_running: boolean }> {
  const paths = resolvePaths(options.env ?? process.env);
  createStateDirectories(paths);
  const wasRunning = await endSupervisor(paths);
  if (options.purge === true) await purge(paths);
  else markStoppedByUser(paths);
  return { was_running: wasRunning };
}

/** How the stack is, within `timeoutMs` (default 3,000) whatever state it is in. Never throws for a dead stack. */
export async function stackStatus(
  options: { readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
): Promise<StackStatus> {
  const paths = resolvePaths(options.env ?? process.env);
  const report = await readReport(paths, { timeoutMs: options.timeoutMs ?? 3_000, memory: true });
  if (report !== null) return report.status;
  const owner = lockOwner(paths.state_dir, lockName);
  const stopped = stoppedStatus(installation().version, paths);
  if (owner === null) return stopped;
  const detail = `the supervisor (process ${owner.pid}) does not answer`;
  return { ...stopped, state: 'degraded', parts: stopped.parts.map((part) => ({ ...part, state: 'failed', detail })) };
}

/**
 * Restarts one part; the others go on.
 *
 * @throws OB010 when no supervisor answers or the part is external
 */
export async function restartPart(part: Restartable, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (await askToRestart(resolvePaths(env), part)) return;
  throw new OmniBaseError('OB010', {
    message: `${part} cannot be restarted: no stack runs here, or it is not part of it`,
  });
}

/** The lines of the stack's logs, see `ReadLogsOptions`. */
export function readLogs(
  options: ReadLogsOptions & { readonly env?: NodeJS.ProcessEnv } = {},
): AsyncGenerator<LogLine> {
  return followLogs(resolvePaths(options.env ?? process.env), options);
}

/** What the caller asked for, else what the configuration says. */
async function launchOptions(options: EnsureStackOptions, env: NodeJS.ProcessEnv): Promise<SupervisorOptions> {
  // Loaded here: a command that finds the stack running never needs it.
  const [{ loadConfig }, { externalParts }] = await Promise.all([import('./config.ts'), import('./external.ts')]);
  externalParts(env);
  const { config } = await loadConfig({ env, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) });
  return {
    serve_command: options.serveCommand ?? [process.execPath, ...installation().serve],
    headless: options.headless ?? false,
    ports: { ...config.stack?.ports, ...options.ports },
    exit_with_parent: options.inline ?? false,
    idle_stop_ms: idleMilliseconds(config.stack?.idle_stop ?? 'off'),
  };
}

function isUsable(running: SupervisorReport): boolean {
  return compatibility(running.handshake, { protocol: protocolNumber, version: installation().version }) === 'use';
}

async function restartAtOwnVersion(
  paths: OmniPaths,
  running: SupervisorReport,
  report: (line: string) => void,
): Promise<void> {
  const { version } = installation();
  report(`the running stack has version ${running.handshake.version}; restarting it at ${version} once its runs end`);
  await endSupervisor(paths);
}

/** A stack that runs keeps its ports and its database: say so rather than ignore what was asked. */
function reportIgnored(options: EnsureStackOptions, running: SupervisorReport, report: (line: string) => void): void {
  const { api, temporal, web_ui } = running.status.urls;
  const actual = { api, temporal, web_ui } as const;
  const differs = Object.entries(options.ports ?? {}).filter(
    ([name, port]) => name in actual && !actual[name as keyof typeof actual]?.endsWith(`:${port}`),
  );
  const asked = options.env?.['OMNIBASE_DATABASE_URL'] ?? '';
  if (asked !== '' && withoutPassword(asked) !== running.status.urls.database) {
    report(
      'the stack already runs with another database than OMNIBASE_DATABASE_URL names; run `omnibase down` first to change it',
    );
  }
  if (differs.length > 0) {
    const names = differs.map(([name]) => name).join(', ');
    report(`the stack already runs with other ports (${names}); run \`omnibase down\` first to change them`);
  }
}
