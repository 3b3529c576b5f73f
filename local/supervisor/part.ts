/**
 * One supervised server process: started, awaited, watched, restarted when it dies, stopped in steps.
 *
 * A part that does not answer but runs may be busy, in a debugger or on a machine that just woke up: it is
 * left alone for 30 s before it is killed and started again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartState } from '../../contracts/gateway.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { ProcessSpec } from '../processes/command.ts';
import type { Guardian } from '../processes/guardian.ts';
import type { RotatingLog } from '../processes/rotating-log.ts';
import { deathsInARow, restartDelayMs } from './backoff.ts';
import { type PartProcess, startPartProcess } from './part-process.ts';

/** `busy` answers but does not serve yet (recovery, a dependency away): that is no reason to kill it. */
export type Probe = { readonly state: 'ready' } | { readonly state: 'busy' | 'silent'; readonly why: string };

export interface PartDefinition {
  readonly name: string;
  /** Called before each start: mends what the last death left, chooses ports, answers the command. */
  prepare(signal: AbortSignal): Promise<ProcessSpec>;
  /** How the part is doing; must answer within a few seconds whatever the process does. */
  probe(): Promise<Probe>;
  /** How long a graceful stop may take before the process group is killed. */
  readonly stopGraceMs: number;
  /** Called each time the part becomes ready. */
  readonly onReady?: () => Promise<void>;
  /** How long a running process may be silent before it is killed, default 30 s. */
  readonly frozenMs?: number;
  /** The same for a process that was never ready, default 60 s. */
  readonly startTimeoutMs?: number;
}

export interface PartSnapshot {
  readonly state: PartState;
  readonly pid: number | null;
  readonly restarts: number;
  /** Deaths without being healthy in between. */
  readonly deaths: number;
  readonly uptimeMs: number;
  readonly detail: string | null;
  /** What `prepare` failed with, until it succeeds. */
  readonly error: OmniBaseError | null;
}

export interface Part {
  readonly name: string;
  snapshot(): PartSnapshot;
  /** Starts the life cycle; ends when the part has been stopped. */
  run(): Promise<void>;
  /** Ends the process and starts it anew, without back-off. */
  restart(): void;
  /** Graceful end of the part and its life cycle. */
  stop(): Promise<void>;
}

export interface PartEnvironment {
  readonly log: RotatingLog;
  readonly guardian: Guardian;
  /** Called at every change of state, with the process when there is one. */
  readonly onChange: (part: Part) => void;
  readonly note: (line: string) => void;
}

/** Probe intervals: while starting, and once ready. */
const startingIntervalMs = 25;
const watchIntervalMs = 2_000;

export function createPart(definition: PartDefinition, environment: PartEnvironment): Part {
  const { name, frozenMs = 30_000, startTimeoutMs = 60_000 } = definition;
  const { log, guardian, note } = environment;
  let state: PartState = 'stopped';
  let detail: string | null = null;
  let current: PartProcess | null = null;
  let starts = 0;
  let deaths = 0;
  let readyAt: number | null = null;
  let restartAsked = false;
  let failure: OmniBaseError | null = null;
  const stopping = new AbortController();
  /** While it waits for its next start. */
  let backOff: AbortController | null = null;
  let life: Promise<void> | null = null;

  const part: Part = {
    name,
    snapshot: () => ({
      state,
      pid: current?.pid ?? null,
      restarts: Math.max(0, starts - 1),
      deaths,
      uptimeMs: readyAt === null ? 0 : performance.now() - readyAt,
      detail,
      error: failure,
    }),
    run: () => (life ??= live()),
    restart() {
      if (current === null) backOff?.abort();
      else restartAsked = true;
      askToEnd();
    },
    async stop() {
      stopping.abort();
      askToEnd();
      await life;
    },
  };

  function change(next: PartState, why: string | null): void {
    if (state === next && detail === why) return;
    if (state !== next) note(`${name}: ${next}${why === null ? '' : ` (${why})`}`);
    state = next;
    detail = why;
    environment.onChange(part);
  }

  async function live(): Promise<void> {
    while (!stopping.signal.aborted) {
      const why = await oneLife();
      if (stopping.signal.aborted) break;
      if (restartAsked) {
        restartAsked = false;
        deaths = 0;
        change('starting', 'restart asked');
        continue;
      }
      deaths = deathsInARow(deaths, readyAt === null ? 0 : performance.now() - readyAt);
      readyAt = null;
      const delay = restartDelayMs(deaths);
      change('failed', delay === 0 ? why : `${why}; next start in ${delay} ms`);
      backOff = new AbortController();
      await pause(delay, backOff.signal);
      backOff = null;
    }
    readyAt = null;
    change('stopped', null);
  }

  /** From preparation to the end of the process; answers why it ended. */
  async function oneLife(): Promise<string> {
    change('starting', detail);
    let running: PartProcess;
    try {
      const spec = await definition.prepare(stopping.signal);
      failure = null;
      if (stopping.signal.aborted) return 'stopped';
      running = startPartProcess(spec, log, guardian);
    } catch (error) {
      failure =
        error instanceof OmniBaseError ? error : new OmniBaseError('OB011', { details: { part: name }, cause: error });
      return error instanceof Error ? error.message : String(error);
    }
    current = running;
    environment.onChange(part);
    starts += 1;
    const watcher = new AbortController();
    const watching = watch(watcher.signal);
    const why = await running.ended;
    current = null;
    watcher.abort();
    await watching;
    return why;
  }

  async function watch(over: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    let silentSince: number | null = null;
    while (!over.aborted) {
      const probe = await probeSafely();
      if (over.aborted || stopping.signal.aborted) return;
      if (probe.state === 'ready') {
        silentSince = null;
        readyAt ??= performance.now();
        change('ready', null);
      } else {
        silentSince =
          probe.state === 'busy' ? null : (silentSince ?? (readyAt === null ? startedAt : performance.now()));
        const limitMs = readyAt === null ? startTimeoutMs : frozenMs;
        if (silentSince !== null && performance.now() - silentSince > limitMs) {
          kill(`no answer for ${limitMs / 1000} s: ${probe.why}`);
        } else {
          change(readyAt === null ? 'starting' : 'failed', probe.why);
        }
      }
      await pause(readyAt === null ? startingIntervalMs : watchIntervalMs, over);
    }
  }

  async function probeSafely(): Promise<Probe> {
    try {
      const probe = await definition.probe();
      if (probe.state === 'ready' && state !== 'ready') await definition.onReady?.();
      return probe;
    } catch (error) {
      return { state: 'busy', why: error instanceof Error ? error.message : String(error) };
    }
  }

  function kill(why: string): void {
    note(`${name}: killed: ${why}`);
    current?.kill();
  }

  function askToEnd(): void {
    current?.askToEnd(definition.stopGraceMs, () =>
      note(`${name}: still there after ${definition.stopGraceMs} ms, killed`),
    );
  }

  async function pause(ms: number, over?: AbortSignal): Promise<void> {
    const signals = over === undefined ? [stopping.signal] : [stopping.signal, over];
    try {
      await sleep(ms, undefined, { signal: AbortSignal.any(signals) });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    }
  }

  return part;
}
