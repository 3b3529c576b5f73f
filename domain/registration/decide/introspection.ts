/** What an introspection does (registration.md 3.4): state by facts by reason. */
import type { Introspection, NodeActor } from '../../../contracts/node/messages.ts';
import { actorText, type RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { decideClosing } from './closing.ts';
import { answer, duplicate, isSeen, write } from './decisions.ts';
import type { Cause } from './draft.ts';
import { StepDraft } from './steps.ts';
import { refusalOf, refuse } from './verdict.ts';
import type { DecideContext, Decision, IntrospectInput } from './types.ts';

export function decideIntrospection(
  memory: RegistrationMemory,
  input: IntrospectInput,
  context: DecideContext,
): Decision {
  const { message, facts } = input;
  if (isSeen(memory, message.message_id)) return duplicate(memory);
  if (message.reason === 'shutdown') return decideClosing(memory, shutdownOf(message), context);

  const same = memory.facts_hash === facts.facts_hash;
  switch (memory.state) {
    case 'pending_registration':
    case 'accepted':
    case 'awaiting_ack':
      return same ? noted(memory, input, 'joined', context) : newEpoch(memory, input, context);
    case 'ack_received': {
      const draft = new StepDraft(memory, context);
      return write(draft.becomeActive(draft.byTime()), { again: true }, context);
    }
    case 'active':
      if (isNewProcess(memory, message)) return newEpoch(memory, input, context);
      return same ? noted(memory, input, 'unchanged', context) : changed(memory, input, context);
    case 'ack_timed_out':
    case 'rejected':
    case 'liveness_expired':
    case null:
      return newEpoch(memory, input, context);
  }
}

/** A start-up is a new process unless it names the instance that is registered: then the same one repeats itself. */
function isNewProcess(memory: RegistrationMemory, { reason, instance_id }: Introspection): boolean {
  return reason === 'startup' && (instance_id === null || instance_id !== memory.instance_id);
}

/** The policy is asked first: mostly it answers at once, and the whole way to the offer is one write. */
function newEpoch(memory: RegistrationMemory, input: IntrospectInput, context: DecideContext): Decision {
  const { message, verdict } = input;
  if (verdict === undefined) return { kind: 'ask', question: { epoch: memory.epoch + 1, message } };
  const ids = [message.message_id];
  const draft = new StepDraft(memory, context).epochStart(input, causeOf(message));
  if (verdict === null) return write(draft, { ids, side: { task: 'consult', message } }, context);
  if (verdict.decision === 'reject') return write(refuse(draft, verdict), { ids, reply: 'rejected' }, context);
  return write(draft.accept(verdict.policy_revision).offer('answer'), { ids, reply: 'started' }, context);
}

/** Other facts of an active node: with the consent of the policy a refresh, else it stays as it is. */
function changed(memory: RegistrationMemory, input: IntrospectInput, context: DecideContext): Decision {
  const { message, verdict } = input;
  if (verdict === undefined) return { kind: 'ask', question: { epoch: memory.epoch, message } };
  if (verdict === null) return { kind: 'ask_beside' };
  const ids = [message.message_id];
  if (verdict.decision === 'reject') {
    const [code, text] = refusalOf(verdict);
    return answer(memory, { result: 'refused_change', reason: { code, text } }, ids, context);
  }
  const draft = new StepDraft(memory, context).changeFacts(input, causeOf(message), verdict.policy_revision);
  return write(draft, { reply: 'refreshed', ids }, context);
}

/** Nothing to write now; path and measurements go with the next step. */
function noted(
  memory: RegistrationMemory,
  { message, path }: IntrospectInput,
  result: 'joined' | 'unchanged',
  context: DecideContext,
): Decision {
  const next = {
    ...memory,
    path,
    performance_metrics: message.performance_metrics ?? memory.performance_metrics ?? null,
  };
  return answer(next, result, [message.message_id], context);
}

/** A node speaks for itself. */
function causeOf({ message_id, correlation_id, node_id }: Introspection): Cause {
  return { cause_id: message_id, correlation_id, actor: actorText(nodeActor(node_id)) };
}

function nodeActor(id: string): NodeActor {
  return { type: 'node', id };
}

function shutdownOf(message: Introspection) {
  return {
    ...causeOf(message),
    cause_id: message.message_id,
    expiry_reason: 'deregistered' as const,
    text: 'the node shut down before the decision',
  };
}
