/** Check of a command envelope (runs.md 6.1), where zod is not: the signal `command`, the validator of `submitCommand`. */
import type { CommandEnvelope, CommandOrder } from '../../../contracts/run/command.ts';
import { graceSeconds, longestTuneNotes, tuneBounds } from '../../../contracts/run/limits.ts';
import { commandTypes, type CommandType, tunables } from '../../../contracts/run/vocabulary.ts';
import { isObject } from '../../registration/messages/check.ts';
import { canonicalTime } from '../../registration/messages/timestamp.ts';
import { type CheckedMessage, given, note, openMembers, type Rule, type Violation } from './check.ts';
import { actor, counter, finite, flag, oneOf, reason, runId, text } from './rules.ts';

const envelopeFields = ['id', 'type', 'issued_at', 'actor', 'payload'] as const;
const typeRule = oneOf(commandTypes);

/** A malformed `issued_at` is told apart: it is 400 where everything else is 422. */
export type CheckedCommand = CheckedMessage<CommandEnvelope, 'validation_failed' | 'invalid_issued_at'>;

export function checkCommand(value: unknown): CheckedCommand {
  const violations: Violation[] = [];
  const members = openMembers(value, '', envelopeFields, violations);
  if (!isObject(value)) return { ok: false, code: 'validation_failed', violations };
  const issuedAt = members.optional('issued_at', issuedAtRule, undefined);
  if (violations.some(({ field }) => field === 'issued_at'))
    return { ok: false, code: 'invalid_issued_at', violations };
  const envelope = given({
    id: members.optional('id', runId, undefined),
    issued_at: issuedAt,
    actor: members.optional('actor', actor, undefined),
  });
  const type = members.required('type', typeRule);
  // What a payload should be depends on the type: without one it is not looked at.
  const order = violations.some(({ field }) => field === 'type') ? null : readOrder(type, value['payload'], violations);
  if (order === null || violations.length > 0) return { ok: false, code: 'validation_failed', violations };
  // Payload and type are paired by `readOrder`; the compiler loses it in the union.
  return { ok: true, value: { ...envelope, ...order } as CommandEnvelope };
}

function readOrder(type: CommandType, payload: unknown, violations: Violation[]): CommandOrder {
  switch (type) {
    case 'tune':
      return { type, payload: readTune(payload, violations) };
    case 'terminate':
      return { type, payload: readTerminate(payload, violations) };
    case 'pause':
    case 'resume':
      if (payload !== undefined) openMembers(payload, 'payload', [], violations);
      return { type, payload: {} };
  }
}

type TunePayload = Extract<CommandOrder, { type: 'tune' }>['payload'];
type TerminatePayload = Extract<CommandOrder, { type: 'terminate' }>['payload'];

const tuneRules = {
  learning_rate: finite(tuneBounds.learning_rate, 'a number above 0, at most 1'),
  entropy_coef: finite(tuneBounds.entropy_coef, 'a number from 0 to 0.1'),
  clip_epsilon: finite(tuneBounds.clip_epsilon, 'a number from 0.05 to 0.3'),
} as const;
const tuneNotes = text(0, longestTuneNotes);

function readTune(value: unknown, violations: Violation[]): TunePayload {
  const members = openMembers(value, 'payload', [...tunables, 'notes'], violations);
  const payload = given<TunePayload>({
    learning_rate: members.optional('learning_rate', tuneRules.learning_rate, undefined),
    entropy_coef: members.optional('entropy_coef', tuneRules.entropy_coef, undefined),
    clip_epsilon: members.optional('clip_epsilon', tuneRules.clip_epsilon, undefined),
    notes: members.optional('notes', tuneNotes, undefined),
  });
  if (isObject(value) && tunables.every((key) => value[key] === undefined)) {
    note(violations, 'payload', 'required', `must have at least one of ${tunables.join(', ')}`);
  }
  return payload;
}

const grace = counter(graceSeconds.least, graceSeconds.most);

function readTerminate(value: unknown, violations: Violation[]): TerminatePayload {
  const members = openMembers(value, 'payload', ['reason', 'final_checkpoint', 'grace_seconds'], violations);
  return {
    reason: members.required('reason', reason),
    final_checkpoint: members.optional('final_checkpoint', flag, false),
    ...given({ grace_seconds: members.optional('grace_seconds', grace, undefined) }),
  };
}

const issuedAtRule: Rule<string> = {
  blank: '',
  read(value: unknown, field: string, violations: Violation[]): string {
    const found = typeof value === 'string' ? canonicalTime(value) : null;
    if (found === null) note(violations, field, 'format', 'must be an RFC 3339 time with a zone');
    return found ?? '';
  },
};
