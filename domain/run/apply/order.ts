/** Whether a change may be written over what is stored (runs.md 3 "Projection"). */
import type { RunChange } from '../../../contracts/run/projection.ts';
import type { RunCore } from '../../../contracts/run/row.ts';
import { isTerminalRun } from '../states.ts';

type Version = Pick<RunCore, 'attempt' | 'state_version' | 'last_change_id' | 'state'>;

/**
 * `newer` may be applied; `duplicate` is in already; `stale` was overtaken, or the run has ended. A change that creates
 * is newer than nothing, any other is `absent` without a row.
 */
export function compareChange(stored: Version | null, change: RunChange): 'newer' | 'duplicate' | 'stale' | 'absent' {
  if (stored === null) return change.steps.some(({ step }) => step === 'create') ? 'newer' : 'absent';
  const { attempt, state_version } = change;
  const equal = attempt === stored.attempt && state_version === stored.state_version;
  if (equal) return stored.last_change_id === change.change_id ? 'duplicate' : 'stale';
  if (isTerminalRun(stored.state)) return 'stale';
  const newer = attempt > stored.attempt || (attempt === stored.attempt && state_version > stored.state_version);
  return newer ? 'newer' : 'stale';
}
