/**
 * The stop sequence (stages.md 6.7): SIGTERM to the group, time to leave, SIGSTOP and SIGKILL to the group, then every
 * process that carries the token until two sweeps in a row find none. Used by the host worker and by the reaper, so it
 * knows nothing but process ids and tokens.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { carriersOf, membersOf } from './proc.ts';

export interface ProcessGroup {
  /** Process id of the leader, which is the id of the group. */
  readonly group: number;
  readonly token: string;
}

export interface StopTimes {
  /** Time between SIGTERM and SIGKILL, ms. */
  readonly graceMs: number;
  /** Longest time for sweeping by token, ms. */
  readonly sweepMs: number;
}

export const stopTimes = { graceMs: 2000, sweepMs: 2500 } as const satisfies StopTimes;

const pollMs = 20;
const execMs = 5;

/** Asks the group to end, then ends it. */
export async function stopGroup(target: ProcessGroup, times: StopTimes = stopTimes): Promise<void> {
  if (signalGroup(target.group, 'SIGTERM')) {
    // A stopped process hears SIGTERM only when it runs again.
    signalGroup(target.group, 'SIGCONT');
    await groupGone(target.group, times.graceMs);
  }
  await killGroup(target, times);
}

/** Ends the group and everything that carries its token at once, without asking. */
export async function killGroup(target: ProcessGroup, times: StopTimes = stopTimes): Promise<void> {
  // Stopped first, so that no member can fork while the others are being killed.
  if (signalGroup(target.group, 'SIGSTOP')) signalGroup(target.group, 'SIGKILL');
  await sweepToken(target.token, times.sweepMs);
}

/** Kills carriers of the token until two sweeps in a row find none. */
export async function sweepToken(token: string, limitMs: number = stopTimes.sweepMs): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (let quiet = 0; quiet < 2; ) {
    const pids = await carriersOf(token);
    for (const pid of pids) signalOne(pid, 'SIGSTOP');
    for (const pid of pids) signalOne(pid, 'SIGKILL');
    quiet = pids.length === 0 ? quiet + 1 : 0;
    if (performance.now() > deadline) return;
    // A process in the middle of `exec` shows an empty environment for an instant, so two sweeps must not fall into one.
    await sleep(pids.length > 0 ? pollMs : execMs);
  }
}

async function groupGone(group: number, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    if (!signalGroup(group, 0) || (await membersOrUnknown(group)) === 0) return;
    await sleep(pollMs);
  }
}

/** Zombies answer signal 0 until they are reaped; only `/proc` tells them from the living. */
async function membersOrUnknown(group: number): Promise<number> {
  return process.platform === 'linux' ? (await membersOf(group)).length : 1;
}

/** False when there is no such group any more. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  return group > 1 && signalOne(-group, signal);
}

function signalOne(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false;
    throw error;
  }
}
