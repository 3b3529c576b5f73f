/** Watches memory and number of processes of a group, by `/proc` every 100 ms (stages.md 7.3). */
import { canSweepTokens, membersOf } from '../processes/proc.ts';

export interface GroupLimits {
  readonly memory_mb: number;
  readonly pids: number;
}

export type ExceededLimit = 'memory' | 'pids';

const intervalMs = 100;

/**
 * Calls back once when the group exceeds a limit. A command that ends within the first interval costs nothing.
 *
 * @returns ends the watch
 */
export function watchGroup(group: number, limits: GroupLimits, onExceeded: (limit: ExceededLimit) => void): () => void {
  if (!canSweepTokens) return () => undefined;
  let over = false;
  const look = async (): Promise<void> => {
    const members = await membersOf(group);
    if (over) return;
    const bytes = members.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    const limit = bytes > limits.memory_mb * 2 ** 20 ? 'memory' : members.length > limits.pids ? 'pids' : null;
    if (limit !== null) return end(limit);
    timer = setTimeout(() => void look(), intervalMs);
  };
  const end = (limit: ExceededLimit): void => {
    over = true;
    onExceeded(limit);
  };
  let timer = setTimeout(() => void look(), intervalMs);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
