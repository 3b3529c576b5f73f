/** A guard did not hold: what the database says instead, and what follows from it (registration.md 7 "persistIf"). */
import type { NotDue } from '../../../contracts/node/projection.ts';
import type { RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { postponed, withNewTime } from '../memory.ts';
import { decideLateAck, decideReceipt } from './ack.ts';
import { answer, drop } from './decisions.ts';
import type { DecideContext, Decision, RegistrationInput } from './types.ts';

export type Reconsidered =
  /** The row is not what the workflow thinks: read it and judge the input again. */
  | { readonly kind: 'reload' }
  | { readonly kind: 'decision'; readonly memory: RegistrationMemory; readonly decision: Decision };

/** A time-out that met a receipt, and a receipt that then came too late, is looked at again after this time, ms. */
const lateRetryMs = 1_000;

export function reconsider(
  memory: RegistrationMemory,
  input: RegistrationInput,
  notDue: NotDue,
  context: DecideContext,
): Reconsidered {
  const now = context.now();
  const deadline = memory.state === 'active' ? 'liveness' : 'ack';
  switch (notDue.why) {
    case 'state_changed':
    case 'epoch_changed':
      return { kind: 'reload' };
    case 'receipt':
      return { kind: 'decision', memory, decision: receiptDecision(memory, input, notDue, context) };
    case 'late': {
      // Judged at once as a time-out: by the ack itself, or by the deadline that is due now.
      const due = postponed(memory, 'ack', now + lateRetryMs);
      const decision = input.kind === 'ack' ? decideLateAck(memory, input.ack, context) : drop;
      return { kind: 'decision', memory: due, decision };
    }
    case 'early':
    case 'hold':
      return {
        kind: 'decision',
        memory: withNewTime(memory, deadline, notDue, now),
        decision: input.kind === 'ack' ? answer(memory, 'too_late', [input.ack.command_id], context) : drop,
      };
  }
}

/** The time-out met a receipt in time: it counts like the ack, and a late ack is then answered from where that leads. */
function receiptDecision(
  memory: RegistrationMemory,
  input: RegistrationInput,
  { receipt }: NotDue,
  context: DecideContext,
): Decision {
  if (receipt === null) return drop;
  const decision = decideReceipt(memory, receipt.command_id, context);
  return decision.kind === 'write' ? { ...decision, again: input.kind === 'ack' } : decision;
}
