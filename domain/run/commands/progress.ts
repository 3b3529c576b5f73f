/** Where commands stand (runs.md 3, 6.2): which are open, which unfinished, and what the control plane wants by them. */
import type { CommandRow } from '../../../contracts/run/row.ts';
import type { CommandStatus, DesiredState, RunState } from '../../../contracts/run/vocabulary.ts';
import type { RememberedCommand } from '../../../contracts/run/memory.ts';
import { isTerminalRun } from '../states.ts';
import { instantOrNull } from '../time.ts';

export function isOpen({ status }: { readonly status: CommandStatus }): boolean {
  return status === 'queued' || status === 'delivered';
}

/** Legal steps of a status; each is written only while the status it leaves still stands. */
export const commandTransitions: Readonly<Record<CommandStatus, readonly CommandStatus[]>> = {
  queued: ['delivered', 'acknowledged', 'expired', 'superseded', 'skipped'],
  delivered: ['acknowledged', 'expired', 'superseded'],
  acknowledged: [],
  expired: [],
  superseded: [],
  skipped: [],
};

type Progress = Pick<RememberedCommand, 'type' | 'status' | 'outcome' | 'acknowledged_at'>;

/** A pause or resume while open, and after an `applied` ack until a beat confirms it or the time for that is over. */
export function isUnfinished(command: Progress, now: number, confirmationS: number): boolean {
  if (command.type !== 'pause' && command.type !== 'resume') return false;
  return isOpen(command) || (isAwaitingConfirmation(command) && now < confirmationDue(command, confirmationS));
}

/** Carried out by the word of the agent, and no beat has shown it yet. */
export function isAwaitingConfirmation({ type, status, outcome }: Progress): boolean {
  return (type === 'pause' || type === 'resume') && status === 'acknowledged' && outcome === 'applied';
}

/** When a beat must have confirmed it, ms. */
export function confirmationDue({ acknowledged_at }: Progress, confirmationS: number): number {
  return (acknowledged_at ?? 0) + confirmationS * 1_000;
}

/**
 * What the control plane wants. Derived, never set: a command that ends without effect falls back by itself.
 *
 * @param commands open or awaiting confirmation
 */
export function desiredState(
  state: RunState,
  commands: readonly (Progress & { readonly seq: number })[],
  now: number,
  confirmationS: number,
): DesiredState {
  if (state === 'terminating' || isTerminalRun(state)) return 'stopped';
  const newest = commands
    .filter((command) => isUnfinished(command, now, confirmationS))
    .reduce<(Progress & { readonly seq: number }) | null>(
      (found, command) => (found === null || command.seq > found.seq ? command : found),
      null,
    );
  if (newest !== null) return newest.type === 'pause' ? 'paused' : 'running';
  return state === 'paused' ? 'paused' : 'running';
}

/** A stored command as decisions see it; null when it is of no more consequence. */
export function rememberCommand(row: CommandRow): RememberedCommand | null {
  const remembered: RememberedCommand = {
    id: row.id,
    seq: row.seq,
    type: row.type,
    payload: row.payload,
    status: row.status,
    expires_at: instantOrNull(row.expires_at),
    acknowledged_at: instantOrNull(row.acknowledged_at),
    outcome: row.outcome,
  };
  const awaited = isAwaitingConfirmation(remembered) && !row.late && row.closed_reason === null;
  return isOpen(row) || awaited ? remembered : null;
}
