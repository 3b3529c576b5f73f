/**
 * Answers where no workflow runs (registration.md 9: "else answered from the row"): the row is closed or absent, and what
 * is said to it changes nothing. The history tells which ids were issued or handled before.
 */
import type {
  AckAnswer,
  AnswerFields,
  AnswerReason,
  DeregisterAnswer,
  IntrospectionAnswer,
} from '../../contracts/node/answers.ts';
import type { Ack, Deregister, Introspection } from '../../contracts/node/messages.ts';
import type { NodeRow, TransitionRow } from '../../contracts/node/row.ts';
import type { AckResult } from '../../contracts/node/vocabulary.ts';
import { rejectedRetryMs } from '../../domain/registration/heartbeat.ts';

/** A row that is closed, and its transitions, newest first. */
export interface ClosedNode {
  readonly row: NodeRow;
  readonly history: readonly TransitionRow[];
}

export function closedIntrospection(node: ClosedNode | null, message: Introspection): IntrospectionAnswer {
  if (node === null) return unknownAnswer('unknown_node');
  return closedAnswer(node, wasHandled(node, message.message_id) ? 'duplicate' : 'already_closed');
}

export function closedDeregistration(node: ClosedNode | null, message: Deregister): DeregisterAnswer {
  if (node === null) return unknownAnswer('unknown_node');
  if (wasHandled(node, message.command_id)) return closedAnswer(node, 'duplicate');
  const stale = message.epoch !== null && message.epoch !== node.row.epoch;
  return closedAnswer(node, stale ? 'stale_epoch' : 'already_closed');
}

export function closedAck(node: ClosedNode | null, message: Ack): AckAnswer {
  return node === null ? unknownAnswer('unknown_node') : closedAnswer(node, ackResult(node, message));
}

function ackResult(node: ClosedNode, { attempt_id, command_id }: Ack): AckResult {
  if (wasHandled(node, command_id)) return 'duplicate';
  const issued =
    attempt_id === null ||
    attempt_id === node.row.attempt_id ||
    node.history.some((transition) => transition.attempt_id === attempt_id);
  return issued ? 'closed' : 'unknown_attempt';
}

function wasHandled({ history }: ClosedNode, id: string): boolean {
  return history.some(({ cause_id }) => cause_id === id);
}

function closedAnswer<Result extends string>({ row }: ClosedNode, result: Result): AnswerFields<Result> {
  return {
    ...unknownAnswer(result),
    state: row.current_state,
    epoch: row.epoch,
    version: row.version,
    attempt_id: row.attempt_id,
    attempt_number: row.attempt_number,
    retry_after_ms: row.current_state === 'rejected' ? rejectedRetryMs : null,
    reason: reasonOf(row),
  };
}

function unknownAnswer<Result extends string>(result: Result): AnswerFields<Result> {
  return {
    result,
    state: null,
    epoch: null,
    version: null,
    attempt_id: null,
    attempt_number: null,
    ack_deadline: null,
    ack_in_ms: null,
    next_heartbeat_in_ms: null,
    next: 'introspect',
    retry_after_ms: null,
    reason: null,
  };
}

function reasonOf({ current_state, reason_code, rejection_reason, expiry_reason }: NodeRow): AnswerReason {
  return current_state === 'rejected'
    ? { code: reason_code ?? 'rejected', text: rejection_reason ?? 'the registration was refused' }
    : { code: expiry_reason ?? 'missed_heartbeats', text: 'the registration has ended' };
}
