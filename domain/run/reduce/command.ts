/** What a submitted command does (runs.md 6.2, 6.4): duplicate, refused, merged, or accepted with its effects. */
import { autoSloActor, cancellationActor } from '../../../contracts/run/vocabulary.ts';
import type { Command } from '../../../contracts/run/command.ts';
import type { RunStep } from '../../../contracts/run/projection.ts';
import type { SubmitCommand } from '../../../contracts/run/workflow.ts';
import type { RunMemory } from '../../../contracts/run/memory.ts';
import { judgeCommand, type Refusal } from '../commands/guards.ts';
import { runErrorCode } from '../errors.ts';
import { commandBodyHash, derivedId } from '../hash.ts';
import { rememberRecent } from '../memory.ts';
import { terminateGrace } from '../policy.ts';
import { isStarting, nextRunState } from '../states.ts';
import { auditDraft, moveStep, nothing, project } from './changes.ts';
import type { ReduceContext, Reduced, RunEffect } from './types.ts';

export function reduceCommand(
  memory: RunMemory,
  submit: SubmitCommand,
  direct: boolean,
  now: number,
  context: ReduceContext,
): Reduced {
  const known = memory.recent_commands.find(({ id }) => id === submit.command.id);
  if (known !== undefined) {
    if (known.body_hash !== submit.body_hash) {
      return refused(memory, submit, direct, { code: 'command_id_reused', details: { id: known.id } });
    }
    const merged = known.merged_into !== null;
    return nothing(memory, {
      effect: 'answer_command',
      command_id: known.merged_into ?? known.id,
      nonce: known.nonce,
      disposition: merged ? 'merged' : 'existing',
    });
  }
  const verdict = judgeSubmit(memory, submit, now, context);
  switch (verdict.verdict) {
    case 'refuse':
      return refused(memory, submit, direct, verdict);
    case 'merge':
      return merge(memory, submit, verdict.into, context);
    case 'accept':
      return accept(memory, submit, context);
  }
}

/** The guard alone, for the validator of the update: it writes nothing. */
export function judgeSubmit(memory: RunMemory, { command }: SubmitCommand, now: number, context: ReduceContext) {
  const { state } = memory;
  if (state === null) return { verdict: 'refuse', code: 'run_not_found', details: { id: memory.run_id } } as const;
  const known = { ...memory, state };
  return judgeCommand(known, command.type, now, context.settings.confirmation_s);
}

function accept(memory: RunMemory, submit: SubmitCommand, context: ReduceContext): Reduced {
  const { command, body_hash, nonce } = submit;
  const steps: RunStep[] = [
    { step: 'command', command, body_hash, expiry_s: context.settings.expiry_s[command.type] },
    ...(command.type === 'terminate' ? terminateSteps(memory, command) : []),
  ];
  const remembered = rememberRecent(memory, { id: command.id, body_hash, nonce, merged_into: null });
  return project(remembered, steps, context, {
    audit: [audited(submit, 'accepted')],
    effects: [{ effect: 'answer_command', command_id: command.id, nonce, disposition: 'created' }],
  });
}

/** At once, before delivery: there is nobody to ask, or the grace begins. */
function terminateSteps(memory: RunMemory, command: Extract<Command, { type: 'terminate' }>): readonly RunStep[] {
  const { state, policy } = memory;
  const to = nextRunState(state, 'terminate_accepted');
  const moved: readonly RunStep[] =
    to === null
      ? []
      : [
          moveStep(to, {
            by: command.actor.id === autoSloActor ? 'policy' : 'command',
            actor: command.actor,
            reason: command.payload.reason,
            cause_id: command.id,
          }),
        ];
  if (state !== null && isStarting(state)) return [{ step: 'skip', command_id: command.id }, ...moved];
  return [
    { step: 'supersede', except: command.id, reason: `terminate ${command.id}` },
    ...moved,
    { step: 'terminate_grace', seconds: terminateGrace(policy, command.payload), how: 'set' },
  ];
}

/** Stores no row; an earlier deadline moves the grace forward, 0 forces the end now. */
function merge(memory: RunMemory, submit: SubmitCommand, into: string, context: ReduceContext): Reduced {
  const { command, body_hash, nonce } = submit;
  const seconds = command.type === 'terminate' ? command.payload.grace_seconds : undefined;
  const steps: RunStep[] = seconds === undefined ? [] : [{ step: 'terminate_grace', seconds, how: 'earlier' }];
  const remembered = rememberRecent(memory, { id: command.id, body_hash, nonce, merged_into: into });
  return project(remembered, steps, context, {
    audit: [audited(submit, 'merged')],
    effects: [{ effect: 'answer_command', command_id: into, nonce, disposition: 'merged' }],
  });
}

function refused(memory: RunMemory, submit: SubmitCommand, direct: boolean, { code, details }: Refusal): Reduced {
  const audits: readonly RunEffect[] = direct
    ? [{ effect: 'audit', entry: audited(submit, 'rejected', runErrorCode(code)) }]
    : [];
  return nothing(memory, { effect: 'refuse', code, details }, ...audits);
}

function audited({ command, origin }: SubmitCommand, verdict: 'accepted' | 'merged' | 'rejected', errorCode?: string) {
  const { type: action, id: command_id, actor, payload } = command;
  const facts = { action, verdict, actor, origin, payload, command_id };
  return auditDraft(errorCode === undefined ? facts : { ...facts, error_code: errorCode });
}

/** The terminate that a policy orders for a silent run: one per episode. */
export function policyTerminate(memory: RunMemory, issuedAt: string): SubmitCommand {
  const id = derivedId('auto-slo', memory.run_id, memory.attempt, memory.episode);
  return systemTerminate(id, autoSloActor, 'unresponsive for longer than the policy allows', issuedAt);
}

/** The terminate that a cancellation in Temporal stands for. */
export function cancelTerminate(id: string, issuedAt: string): SubmitCommand {
  return systemTerminate(id, cancellationActor, 'the workflow was cancelled', issuedAt);
}

function systemTerminate(id: string, actorId: string, reason: string, issuedAt: string): SubmitCommand {
  const command: Extract<Command, { type: 'terminate' }> = {
    id,
    type: 'terminate',
    issued_at: issuedAt,
    actor: { type: 'system', id: actorId },
    payload: { reason, final_checkpoint: false },
  };
  return { command, body_hash: commandBodyHash(command), nonce: id, origin: null };
}
