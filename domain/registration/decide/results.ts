/** What comes back from work beside the loop: policy, delivery. Results of an attempt that is over are dropped. */
import type { AdmissionDecision, RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { answer, drop, write } from './decisions.ts';
import { StepDraft } from './steps.ts';
import type { DecideContext, Decision, IntrospectInput } from './types.ts';
import { refuse } from './verdict.ts';

/** An active node may ask again about a change that nobody decided, after ms. */
export const undecidedRetryMs = 5_000;

/** The policy on the open attempt: E1 and E3, E1 and a delivery, or E2. */
export function decideVerdict(
  memory: RegistrationMemory,
  { attempt_id, verdict, awaited }: { attempt_id: string; verdict: AdmissionDecision; awaited: boolean },
  context: DecideContext,
): Decision {
  if (memory.attempt_id !== attempt_id || memory.state !== 'pending_registration') return drop;
  const draft = new StepDraft(memory, context);
  if (verdict.decision === 'reject') return write(refuse(draft, verdict), {}, context);
  return admitted(draft.accept(verdict.policy_revision), awaited, context);
}

/** An accepted attempt whose offer goes with the answer, by a call, or waits to be fetched. */
export function admitted(draft: StepDraft, awaited: boolean, context: DecideContext): Decision {
  if (awaited) return write(draft.offer('answer'), {}, context);
  if (draft.memory.has_control !== true) return write(draft.offer('poll'), {}, context);
  return write(draft, { side: { task: 'deliver' } }, context);
}

/** The offer was posted, or was not: from here on it can be had from heartbeat answers in any case. */
export function decideDelivered(
  memory: RegistrationMemory,
  { attempt_id, delivered }: { attempt_id: string; delivered: boolean },
  context: DecideContext,
): Decision {
  if (memory.attempt_id !== attempt_id || memory.state !== 'accepted') return drop;
  return write(new StepDraft(memory, context).offer(delivered ? 'callback' : 'poll'), {}, context);
}

/** The policy on changed facts of an active node, decided beside the loop: judged as if it came with the message. */
export function decideChange(
  memory: RegistrationMemory,
  input: { attempt_id: string; change: IntrospectInput; verdict: AdmissionDecision | null },
  context: DecideContext,
): Decision {
  const { attempt_id, change, verdict } = input;
  const { verdict: _undecided, ...asked } = change;
  // Meanwhile the node expired, left or started anew: the message is judged as if it came now.
  if (memory.attempt_id !== attempt_id || memory.state !== 'active') return { kind: 'requeue', input: asked };
  if (verdict !== null) return { kind: 'requeue', input: { ...asked, verdict } };
  return answer(memory, { result: 'deciding', retry_after_ms: undecidedRetryMs }, [], context);
}
