/** What the words of the policy come to (registration.md 3.4): code and reason of a refusal. */
import type { AdmissionDecision } from '../../../contracts/node/workflow.ts';
import type { StepDraft } from './steps.ts';

const longestReason = 1024;

/** Code and reason, 1-1024 characters. */
export function refusalOf({ code, reason }: AdmissionDecision): [code: string, text: string] {
  const text = (reason ?? '').slice(0, longestReason).toWellFormed();
  return [code ?? 'refused', text === '' ? 'the admission policy refused the node' : text];
}

/** E2 by the policy. */
export function refuse(draft: StepDraft, verdict: AdmissionDecision): StepDraft {
  return draft.reject(draft.byAttempt(), ...refusalOf(verdict), verdict.policy_revision);
}
