/** Ends a running stack: politely, then by signal, then by force. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import type { OmniPaths } from '../paths.ts';
import { isRunning, type ProcessIdentity, signal } from '../processes/identity.ts';
import { lockOwner } from '../processes/lock.ts';
import { lockName } from '../supervisor/protocol.ts';
import { readPartRecord } from '../supervisor/part-record.ts';
import { askToStop } from './control-client.ts';

/** Drain of `serve` 30 s, engine and database 10 s each; usually well under one. */
const politeMs = 55_000;
const signalMs = 5_000;

/**
 * Ends the supervisor of this state directory and waits until it is gone; its servers go with it. Answers
 * whether there was one.
 *
 * @throws OB011 when even SIGKILL does not end it
 */
export async function endSupervisor(paths: OmniPaths): Promise<boolean> {
  const owner = lockOwner(paths.state_dir, lockName);
  if (owner === null) return false;
  // Wakes one that was suspended; the others do not notice.
  signal(owner.pid, 'SIGCONT');
  if ((await askToStop(paths)) && (await isGone(owner, politeMs))) return true;
  signal(owner.pid, 'SIGTERM');
  if (await isGone(owner, signalMs)) return true;
  const parts = readPartRecord(paths.state_dir);
  signal(owner.pid, 'SIGKILL');
  if (await isGone(owner, signalMs)) {
    // The guardian ends the servers within five seconds.
    await Promise.all(parts.map((part) => isGone(part, guardianMs)));
    return true;
  }
  throw new OmniBaseError('OB011', {
    message: `the supervisor (process ${owner.pid}) does not end`,
    details: { part: 'supervisor', pid: owner.pid },
    next: `look at process ${owner.pid}; end it by hand`,
  });
}

const guardianMs = 6_000;

/** Waits until the process has ended; false when it has not within `ms`. */
async function isGone(owner: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isRunning(owner)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}
