/** What an acknowledgement does (registration.md 3.5): state by the attempt it names. */
import type { Ack } from '../../../contracts/node/messages.ts';
import type { RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { answer, duplicate, isSeen, write } from './decisions.ts';
import { timeOutDraft } from './due.ts';
import type { Cause } from './draft.ts';
import { StepDraft } from './steps.ts';
import type { DecideContext, Decision } from './types.ts';

type Named = 'current' | 'earlier' | 'never_issued' | 'none';

export function decideAck(memory: RegistrationMemory, ack: Ack, context: DecideContext): Decision {
  const ids = [ack.command_id];
  if (memory.state === null) return answer(memory, 'unknown_node', ids, context);
  if (isSeen(memory, ack.command_id)) return duplicate(memory);
  const named = namedBy(memory, ack.attempt_id);
  if (named === 'never_issued') return answer(memory, 'unknown_attempt', ids, context);

  switch (memory.state) {
    case 'pending_registration':
      return answer(memory, named === 'earlier' ? 'too_late' : 'too_early', ids, context);
    case 'accepted':
    case 'awaiting_ack':
      if (named === 'earlier') return answer(memory, 'too_late', ids, context);
      if (named === 'none' && isAnotherOpen(memory, context.now())) {
        return answer(memory, 'ambiguous_attempt', ids, context);
      }
      return activate(memory, causeOf(memory, ack), ack.command_id, 'activated', context);
    case 'ack_received':
    case 'active':
      return answer(memory, named === 'earlier' ? 'too_late' : 'duplicate', ids, context);
    case 'ack_timed_out':
      return answer(memory, 'too_late', ids, context);
    case 'rejected':
    case 'liveness_expired':
      return answer(memory, 'closed', ids, context);
  }
}

/** The receipt of an ack came in time, though the ack itself did not come through: it counts like the ack. */
export function decideReceipt(memory: RegistrationMemory, commandId: string, context: DecideContext): Decision {
  const { state, correlation_id } = memory;
  if (state !== 'accepted' && state !== 'awaiting_ack') return { kind: 'drop' };
  const cause = { cause_id: commandId, correlation_id, actor: `node:${context.entity_id}` };
  return activate(memory, cause, commandId, null, context);
}

/** The deadline ruled before the timer did: the ack is answered, and the time-out is written at once. */
export function decideLateAck(memory: RegistrationMemory, ack: Ack, context: DecideContext): Decision {
  const { state } = memory;
  if (state !== 'accepted' && state !== 'awaiting_ack') return answer(memory, 'too_late', [ack.command_id], context);
  const draft = timeOutDraft(memory, state, context);
  return write(draft, { reply: 'too_late', ids: [ack.command_id], guard: 'ack_overdue' }, context);
}

/** (E3,) E4, E7, if the database finds the ack or its receipt in time. */
function activate(
  memory: RegistrationMemory,
  cause: Cause,
  commandId: string,
  result: 'activated' | null,
  context: DecideContext,
): Decision {
  const draft = new StepDraft(memory, context).offerIfNeeded().activate(cause, commandId);
  return write(
    draft,
    { ...(result === null ? {} : { reply: result }), ids: [commandId], guard: 'ack_in_time' },
    context,
  );
}

function namedBy({ attempt_id: current, attempts }: RegistrationMemory, given: string | null): Named {
  if (given === null) return 'none';
  if (given === current) return 'current';
  return attempts.some(({ attempt_id }) => attempt_id === given) ? 'earlier' : 'never_issued';
}

/** An attempt stays open until its window has elapsed, even when another took its place. */
function isAnotherOpen({ attempt_id: current, attempts }: RegistrationMemory, now: number): boolean {
  return attempts.some(
    ({ attempt_id, open_until }) => attempt_id !== current && open_until !== null && open_until > now,
  );
}

function causeOf(memory: RegistrationMemory, ack: Ack): Cause {
  return {
    cause_id: ack.command_id,
    correlation_id: ack.correlation_id ?? memory.correlation_id,
    actor: `node:${ack.node_id}`,
  };
}
