/** The plain shapes of what the reducer says, so that rules read as rules. */
import type {
  AuditDraft,
  ChangeActor,
  ChangeEvidence,
  RequestOrigin,
  RunChange,
  RunStep,
} from '../../../contracts/run/projection.ts';
import type { AuditAction, AuditVerdict, ChangeSource, RunState } from '../../../contracts/run/vocabulary.ts';
import type { RunMemory } from '../../../contracts/run/memory.ts';
import { payloadHash } from '../audit/entry.ts';
import { isTerminalRun } from '../states.ts';
import type { ReduceContext, Reduced, RunEffect } from './types.ts';

export interface ChangeOptions {
  readonly audit?: readonly AuditDraft[];
  readonly evidence?: ChangeEvidence;
  /** Effects beside the projection. */
  readonly effects?: readonly RunEffect[];
  /** A reset. */
  readonly next_attempt?: boolean;
}

/** A change of the next version of the run. */
export function project(
  memory: RunMemory,
  steps: readonly RunStep[],
  context: ReduceContext,
  options: ChangeOptions = {},
): Reduced {
  const change: RunChange = {
    run_id: memory.run_id,
    change_id: context.newId(),
    attempt: memory.attempt + (options.next_attempt === true ? 1 : 0),
    state_version: memory.state_version + 1,
    steps,
    evidence: options.evidence ?? null,
    audit: options.audit ?? [],
  };
  const ends = steps.some((step) => step.step === 'move' && isTerminalRun(step.to));
  return {
    memory,
    effects: [{ effect: 'project', change }, ...(options.effects ?? []), ...(ends ? [complete] : [])],
  };
}

const complete: RunEffect = { effect: 'complete' };
export const answered: RunEffect = { effect: 'answer_summary' };

/** Nothing is written. */
export function nothing(memory: RunMemory, ...effects: readonly RunEffect[]): Reduced {
  return { memory, effects };
}

export interface MoveFacts {
  readonly by: ChangeSource;
  readonly actor: ChangeActor;
  readonly reason: string;
  readonly cause_id?: string | null;
  readonly last_error?: string | null;
}

export function moveStep(to: RunState, facts: MoveFacts): RunStep {
  return {
    step: 'move',
    to,
    changed_by: facts.by,
    actor: facts.actor,
    reason: facts.reason,
    cause_id: facts.cause_id ?? null,
    last_error: facts.last_error ?? null,
  };
}

export interface AuditFacts {
  readonly action: AuditAction;
  readonly verdict: AuditVerdict;
  readonly actor: ChangeActor;
  readonly origin: RequestOrigin | null;
  readonly payload: unknown;
  readonly command_id?: string;
  readonly error_code?: string;
}

export function auditDraft(facts: AuditFacts): AuditDraft {
  return {
    command_id: facts.command_id ?? null,
    action: facts.action,
    verdict: facts.verdict,
    error_code: facts.error_code ?? null,
    actor: facts.actor,
    origin: facts.origin,
    payload_hash: payloadHash(facts.payload),
  };
}

/** Agents change the state of their run by beats. */
export const heartbeatActor: ChangeActor = { type: 'agent', id: 'heartbeat' };
export const timerActor: ChangeActor = { type: 'system', id: 'orchestrator/timer' };
