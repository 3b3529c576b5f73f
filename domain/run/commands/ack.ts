/**
 * What an acknowledgement does to its command (runs.md 6.5). The first one counts; a repeat changes nothing; what comes
 * after expiry, supersede, run end, or from an older attempt is recorded as late and has no effect on the run.
 */
import type { CommandAck } from '../../../contracts/run/command.ts';
import type { CommandOutcome, CommandStatus, RunState, TuneState } from '../../../contracts/run/vocabulary.ts';
import { isTerminalRun } from '../states.ts';

export interface AckFacts {
  readonly status: CommandStatus;
  readonly acknowledged_at: number | null;
  readonly outcome: CommandOutcome | null;
  readonly delivered_at: number | null;
  readonly late: boolean;
  /** Of the run. */
  readonly run_state: RunState;
  readonly run_attempt: number;
}

export type AckVerdict =
  /** Same outcome again: 200, same time, no event. */
  | { readonly verdict: 'repeat' }
  | { readonly verdict: 'conflict'; readonly outcome: CommandOutcome }
  | {
      readonly verdict: 'store';
      readonly late: boolean;
      /** Kept when late. */
      readonly status: CommandStatus;
      /** Set for a command that was never offered. */
      readonly delivered_at: number;
      readonly event: 'command.acknowledged' | 'command.rejected';
      /** What becomes of the rows of a tune. */
      readonly tune: TuneState | null;
      /** Whether the workflow is told. */
      readonly notifies: boolean;
    };

export function judgeAck(facts: AckFacts, ack: Pick<CommandAck, 'outcome' | 'attempt'>, now: number): AckVerdict {
  if (facts.outcome !== null) {
    return facts.outcome === ack.outcome ? { verdict: 'repeat' } : { verdict: 'conflict', outcome: facts.outcome };
  }
  const open = facts.status === 'queued' || facts.status === 'delivered';
  const older = ack.attempt !== undefined && ack.attempt < facts.run_attempt;
  const late = !open || older || isTerminalRun(facts.run_state);
  return {
    verdict: 'store',
    late,
    status: late ? facts.status : 'acknowledged',
    delivered_at: facts.delivered_at ?? now,
    event: ack.outcome === 'applied' ? 'command.acknowledged' : 'command.rejected',
    tune: late ? null : ack.outcome === 'applied' ? 'applied' : 'rejected',
    notifies: !late,
  };
}

/** Value a tuned parameter has now: as the agent set it, which may be clamped, else as it was asked for. */
export function appliedValue(applied: CommandAck['applied'], path: string, requested: unknown): unknown {
  return applied !== undefined && Object.hasOwn(applied, path) ? applied[path] : requested;
}
