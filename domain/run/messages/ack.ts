/** Check of an acknowledgement (runs.md 6.5). Unknown members are ignored; no body means applied. */
import type { CommandAck } from '../../../contracts/run/command.ts';
import { largestApplied, longestAckMessage } from '../../../contracts/run/limits.ts';
import { commandOutcomes } from '../../../contracts/run/vocabulary.ts';
import type { DirectAck } from '../../../contracts/run/workflow.ts';
import { type CheckedMessage, given, type Members, openMembers, outcome, type Violation } from './check.ts';
import { counter, jsonDocument, oneOf, runId, text } from './rules.ts';

const outcomeRule = oneOf(commandOutcomes);
const message = text(0, longestAckMessage);
const applied = jsonDocument(largestApplied);
const step = counter(0);
const attempt = counter(1);

export function checkAck(value: unknown): CheckedMessage<CommandAck> {
  const violations: Violation[] = [];
  const ack = readAck(openMembers(value ?? {}, '', null, violations));
  return outcome(ack(), violations);
}

/** The signal `ack`: the same with the id of the command. */
export function checkDirectAck(value: unknown): CheckedMessage<DirectAck> {
  const violations: Violation[] = [];
  const members = openMembers(value, '', null, violations);
  const ack: DirectAck = { command_id: members.required('command_id', runId), ...readAck(members)() };
  return outcome(ack, violations);
}

function readAck(members: Members): () => CommandAck {
  return () =>
    ({
      outcome: members.optional('outcome', outcomeRule, 'applied' as const),
      ...given({
        message: members.optional('message', message, undefined),
        applied: members.optional('applied', applied, undefined),
        step: members.optional('step', step, undefined),
        attempt: members.optional('attempt', attempt, undefined),
      }),
    }) as CommandAck;
}
