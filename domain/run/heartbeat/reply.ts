/** What an agent hears after a beat (runs.md 5.6), and after a refusal (5.2). */
import type { HeartbeatReply } from '../../../contracts/run/answers.ts';
import type { RunLivenessRow } from '../../../contracts/run/row.ts';
import type { BeatRefusal } from './judge.ts';

export type ReplyRow = Pick<
  RunLivenessRow,
  | 'run_id'
  | 'run_state'
  | 'desired_state'
  | 'beat_status'
  | 'health'
  | 'attempt'
  | 'step'
  | 'checkpoint_version'
  | 'commands_pending'
  | 'cadence_s'
>;

/** @param statePending the beat is stored, the change it asks for is not */
export function heartbeatReply(row: ReplyRow, statePending: boolean): HeartbeatReply {
  return {
    id: row.run_id,
    state: row.run_state,
    desired_state: row.desired_state,
    runtime_status: row.beat_status,
    health_status: row.health,
    attempt: row.attempt,
    current_step: row.step ?? 0,
    checkpoint_version: row.checkpoint_version ?? 0,
    commands_pending: row.commands_pending,
    next_heartbeat_in_s: row.cadence_s,
    ...(statePending ? { state_pending: true as const } : {}),
  };
}

/** `details` of a refusal. */
export function refusalDetails(refusal: BeatRefusal): Readonly<Record<string, unknown>> {
  const { code: _code, stopped, ...facts } = refusal;
  return stopped ? { ...facts, desired_state: 'stopped' } : facts;
}
