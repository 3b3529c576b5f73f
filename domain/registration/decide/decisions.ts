/** The plain shapes of decisions, so that rules read as rules. */
import type { RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { heard } from '../memory.ts';
import type { StepDraft } from './steps.ts';
import type { DecideContext, Decision, Reply, SideTask } from './types.ts';
import type { WriteGuard } from '../../../contracts/node/projection.ts';

export const drop: Decision = { kind: 'drop' };

/** Nothing is written; the message counts as handled. */
export function answer(
  memory: RegistrationMemory,
  reply: Reply | string,
  ids: readonly string[],
  context: DecideContext,
): Decision {
  return {
    kind: 'answer',
    reply: typeof reply === 'string' ? { result: reply } : reply,
    memory: heard(memory, ids, context.settings, context.now()),
  };
}

/** A message seen before: where the node stands now, and nothing else. */
export function duplicate(memory: RegistrationMemory): Decision {
  return { kind: 'answer', reply: { result: 'duplicate' }, memory };
}

export interface WriteOptions {
  readonly reply?: Reply | string;
  /** Of messages that are handled once the write is applied. */
  readonly ids?: readonly string[];
  readonly guard?: WriteGuard;
  readonly side?: SideTask;
  readonly again?: boolean;
}

export function write(draft: StepDraft, options: WriteOptions, context: DecideContext): Decision {
  const { reply, ids = [], guard, side, again } = options;
  const change = draft.change(guard ?? null);
  return {
    kind: 'write',
    change: { ...change, memory: heard(change.memory, ids, context.settings, context.now()) },
    reply: typeof reply === 'string' ? { result: reply } : (reply ?? null),
    side: side ?? null,
    again: again ?? false,
  };
}

export function isSeen(memory: RegistrationMemory, id: string): boolean {
  return memory.seen.includes(id);
}
