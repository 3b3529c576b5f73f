/** Answers to nodes and operators (registration.md 4.3): every member is there, null where it means nothing. */
import type { AnswerFields, AnswerReason, EdgeAnswer } from '../../../contracts/node/answers.ts';
import type { NextStep } from '../../../contracts/node/vocabulary.ts';
import type { RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { dueMarginMs, withdrawnCode } from '../memory.ts';
import { isTerminal, requiresAck } from '../states.ts';
import { jittered } from '../../deadlines/intervals.ts';
import type { DecideContext, Reply } from './types.ts';

/** A refused node may ask again after this time, ms (registration.md 3.6). */
export const rejectedRetryMs = 60_000;

/** The answer that follows from where the node stands, with what the decision adds. */
export function answerOf<Result extends string>(
  memory: RegistrationMemory,
  reply: Reply<Result>,
  context: Pick<DecideContext, 'now' | 'random' | 'settings'>,
): AnswerFields<Result> {
  const { state } = memory;
  const now = context.now();
  const offered = state !== null && requiresAck(state);
  const living = state !== null && !isTerminal(state) && reply.leaving !== true;
  const { heartbeat_jitter_percent: jitter } = context.settings;
  return {
    result: reply.result,
    state,
    epoch: state === null ? null : memory.epoch,
    version: state === null ? null : memory.version,
    attempt_id: memory.attempt_id,
    attempt_number: state === null ? null : memory.attempt_number,
    ack_deadline: offered ? memory.ack_deadline : null,
    ack_in_ms: offered && memory.due.ack !== null ? Math.max(0, memory.due.ack - dueMarginMs - now) : null,
    next_heartbeat_in_ms: living ? jittered(memory.interval_ms, jitter, () => context.random()) : null,
    next: reply.leaving === true ? 'stop' : nextStep(memory),
    retry_after_ms: reply.retry_after_ms ?? (reply.leaving === true ? null : retryAfter(memory, now)),
    reason: reply.reason ?? reasonOf(memory),
  };
}

/** Answer of the update `edge`. */
export function edgeAnswerOf(memory: RegistrationMemory, applied: boolean): EdgeAnswer {
  const known = memory.state !== null;
  return {
    applied,
    state: memory.state,
    epoch: known ? memory.epoch : null,
    version: known ? memory.version : null,
  };
}

/** What a node should do next, by its state alone. */
export function nextStep({ state, due }: Pick<RegistrationMemory, 'state' | 'due'>): NextStep {
  switch (state) {
    case 'pending_registration':
      return 'wait';
    case 'accepted':
    case 'awaiting_ack':
      return 'ack';
    case 'ack_received':
    case 'active':
      return 'heartbeat';
    case 'ack_timed_out':
      return due.retry === null ? 'introspect' : 'wait';
    case 'rejected':
    case 'liveness_expired':
    case null:
      return 'introspect';
  }
}

function retryAfter({ state, due }: RegistrationMemory, now: number): number | null {
  if (state === 'rejected') return rejectedRetryMs;
  return state === 'ack_timed_out' && due.retry !== null ? Math.max(0, due.retry - now) : null;
}

function reasonOf({ state, reason_code, rejection_reason, expiry_reason }: RegistrationMemory): AnswerReason | null {
  switch (state) {
    case 'rejected':
      return { code: reason_code ?? 'rejected', text: rejection_reason ?? 'the registration was refused' };
    case 'ack_timed_out':
      return reason_code === withdrawnCode
        ? { code: withdrawnCode, text: 'the registration was withdrawn before it was acknowledged' }
        : { code: 'deadline', text: 'the offer was not acknowledged in time' };
    case 'liveness_expired':
      return { code: expiry_reason ?? 'missed_heartbeats', text: expiryTexts[expiry_reason ?? ''] ?? silent };
    default:
      return null;
  }
}

const silent = 'no heartbeat arrived in time';
const expiryTexts: Readonly<Record<string, string>> = {
  missed_heartbeats: silent,
  deregistered: 'the node was deregistered',
  operator: 'an operator took the node out',
};
