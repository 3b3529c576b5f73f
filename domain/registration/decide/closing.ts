/**
 * A node goes (registration.md 3.4 "shutdown", 4.2 "deregister"): by its own message or by an operator's command, with
 * one table for both.
 */
import type { Deregister } from '../../../contracts/node/messages.ts';
import type { ExpiryReason } from '../../../contracts/node/vocabulary.ts';
import { actorText, type RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { answer, duplicate, isSeen, write } from './decisions.ts';
import { withdrawnCode } from '../memory.ts';
import type { Cause } from './draft.ts';
import { StepDraft } from './steps.ts';
import type { DecideContext, Decision, Reply } from './types.ts';

export interface Closing extends Cause {
  readonly cause_id: string;
  readonly expiry_reason: ExpiryReason;
  /** Why, 1-1024 characters. */
  readonly text: string;
}

/** Deregistration by command. An epoch that is not the present one speaks of an earlier life. */
export function decideDeregistration(
  memory: RegistrationMemory,
  command: Deregister,
  context: DecideContext,
): Decision {
  if (isSeen(memory, command.command_id)) return duplicate(memory);
  if (memory.state !== null && command.epoch !== null && command.epoch !== memory.epoch) {
    return answer(memory, { result: 'stale_epoch', leaving: true }, [command.command_id], context);
  }
  const closing: Closing = {
    cause_id: command.command_id,
    correlation_id: command.correlation_id ?? memory.correlation_id,
    actor: actorText(command.actor),
    expiry_reason: command.actor.type === 'operator' ? 'operator' : 'deregistered',
    text: command.reason,
  };
  return decideClosing(memory, closing, context);
}

export function decideClosing(memory: RegistrationMemory, closing: Closing, context: DecideContext): Decision {
  const ids = [closing.cause_id];
  const draft = new StepDraft(memory, context);
  switch (memory.state) {
    case null:
      return answer(memory, leaving('unknown_node'), ids, context);
    case 'pending_registration':
      return write(draft.reject(closing, withdrawnCode, closing.text), { reply: leaving('withdrawn'), ids }, context);
    case 'accepted':
    case 'awaiting_ack': {
      const previous = memory.state;
      draft.offerIfNeeded().timeOut(closing, 'withdrawn', previous, null);
      return write(draft, { reply: leaving('withdrawn'), ids }, context);
    }
    case 'ack_received':
      draft.becomeActive(draft.byTime()).expire(closing, closing.expiry_reason);
      return write(draft, { reply: leaving('deregistered'), ids }, context);
    case 'active':
      return write(draft.expire(closing, closing.expiry_reason), { reply: leaving('deregistered'), ids }, context);
    case 'ack_timed_out':
      if (memory.due.retry === null) return answer(memory, leaving('already_closed'), ids, context);
      return write(draft.dropRetry(closing), { reply: leaving('already_closed'), ids }, context);
    case 'rejected':
    case 'liveness_expired':
      return answer(memory, leaving('already_closed'), ids, context);
  }
}

function leaving(result: string): Reply {
  return { result, leaving: true };
}
