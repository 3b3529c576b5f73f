/** What time does (registration.md 3.1): each write is guarded, because only the database knows whether it is time. */
import type { AdmissionDecision, RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { retryDelay } from '../../deadlines/intervals.ts';
import { drop, write } from './decisions.ts';
import { admitted } from './results.ts';
import { StepDraft } from './steps.ts';
import type { DecideContext, Decision, DueDeadline } from './types.ts';
import { refuse } from './verdict.ts';

export function decideDue(
  memory: RegistrationMemory,
  deadline: DueDeadline,
  incidentId: string | null,
  context: DecideContext,
  verdict?: AdmissionDecision | null,
): Decision {
  const { state } = memory;
  switch (deadline) {
    case 'ack':
      if (state !== 'accepted' && state !== 'awaiting_ack') return drop;
      return write(timeOutDraft(memory, state, context), { guard: 'ack_overdue' }, context);
    case 'liveness': {
      if (state !== 'active') return drop;
      const draft = new StepDraft(memory, context);
      return write(
        draft.expire(draft.byTime(), 'missed_heartbeats', incidentId),
        { guard: 'liveness_overdue' },
        context,
      );
    }
    case 'activation': {
      if (state !== 'ack_received') return drop;
      const draft = new StepDraft(memory, context);
      return write(draft.becomeActive(draft.byTime()), {}, context);
    }
    case 'retry':
      if (state !== 'ack_timed_out' || memory.due.retry === null || memory.withdrawn) return drop;
      return nextAttempt(memory, verdict, context);
    case 'retire':
      return memory.due.retire === null ? drop : { kind: 'complete' };
  }
}

/** E6, with the decision on it when the policy has one. Nobody waits for the offer. */
function nextAttempt(
  memory: RegistrationMemory,
  verdict: AdmissionDecision | null | undefined,
  context: DecideContext,
): Decision {
  if (verdict === undefined) return { kind: 'ask', question: { epoch: memory.epoch + 1, message: null } };
  const draft = new StepDraft(memory, context).retry();
  if (verdict === null) return write(draft, { side: { task: 'consult', message: null } }, context);
  if (verdict.decision === 'reject') return write(refuse(draft, verdict), {}, context);
  return admitted(draft.accept(verdict.policy_revision), false, context);
}

/** (E3,) E5 by time; another attempt follows while the series has one left. */
export function timeOutDraft(
  memory: RegistrationMemory,
  previous: 'accepted' | 'awaiting_ack',
  context: DecideContext,
): StepDraft {
  const { max_attempts, retry_backoff } = context.settings;
  const retries = memory.attempt_number < max_attempts && !memory.withdrawn;
  const delay = retries ? retryDelay(memory.attempt_number, retry_backoff, () => context.random()) : null;
  const draft = new StepDraft(memory, context).offerIfNeeded();
  return draft.timeOut(draft.byTime(), 'deadline', previous, delay);
}
