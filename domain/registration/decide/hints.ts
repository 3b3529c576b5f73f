/** Status edges and pokes (registration.md 4.2): what others saw in Postgres. The row decides, not the hint. */
import type { Poke } from '../../../contracts/node/messages.ts';
import type { LoadedRegistration } from '../../../contracts/node/projection.ts';
import type { RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { decideReceipt } from './ack.ts';
import { answer, drop, isSeen, write } from './decisions.ts';
import { decideDue } from './due.ts';
import { systemActor } from './draft.ts';
import { StepDraft } from './steps.ts';
import type { DecideContext, Decision, RegistrationInput } from './types.ts';

export const edgeApplied = 'applied';
export const edgeIgnored = 'ignored';

type Edge = Extract<RegistrationInput, { kind: 'edge' }>['edge'];

/** A refresh while the node is active and the edge is news; the first beat is news whatever it says. */
export function decideEdge(memory: RegistrationMemory, edge: Edge, context: DecideContext): Decision {
  const { message_id, correlation_id, epoch, status, first, received_at } = edge;
  const ids = message_id === null ? [] : [message_id];
  const known = memory.reported_status === status;
  if (memory.state !== 'active' || memory.epoch !== epoch) return answer(memory, edgeIgnored, ids, context);
  if (message_id !== null && isSeen(memory, message_id)) {
    return answer(memory, known ? edgeApplied : edgeIgnored, [], context);
  }
  const isFirst = first && memory.last_beat_at === null;
  // Both times are the database's: an edge that was overtaken by a later one says nothing any more.
  const overtaken = memory.last_beat_at !== null && Date.parse(received_at) < Date.parse(memory.last_beat_at);
  if (!isFirst && (known || overtaken)) return answer(memory, known ? edgeApplied : edgeIgnored, ids, context);
  const draft = new StepDraft(memory, context);
  const cause = {
    cause_id: message_id,
    correlation_id: correlation_id ?? memory.correlation_id,
    actor: `node:${context.entity_id}`,
  };
  return write(draft.changeHealth(cause, status, isFirst, received_at), { reply: edgeApplied, ids }, context);
}

/** Pokes of another epoch are dropped; deadlines are judged under lock anyway, the rest is read first. */
export function decidePoke(memory: RegistrationMemory, poke: Poke, context: DecideContext): Decision {
  if (memory.state === null || poke.epoch !== memory.epoch) return drop;
  switch (poke.kind) {
    case 'liveness':
    case 'ack':
      return decideDue(memory, poke.kind, poke.incident_id, context);
    case 'receipt':
    case 'edge':
    case 'stuck':
      return { kind: 'look', poke };
  }
}

/** The row as it was read after a poke, beside a memory that knows it already. */
export function decideFound(
  memory: RegistrationMemory,
  poke: Poke,
  { row, liveness }: LoadedRegistration,
  context: DecideContext,
): Decision {
  if (poke.epoch !== memory.epoch || row.epoch !== memory.epoch || liveness?.epoch !== memory.epoch) return drop;
  switch (poke.kind) {
    case 'receipt':
      if (liveness.ack_command_id === null || liveness.attempt_id !== memory.attempt_id) return drop;
      return decideReceipt(memory, liveness.ack_command_id, context);
    case 'edge': {
      const { reported_status: status, last_heartbeat_at: beat } = liveness;
      if (memory.state !== 'active' || status === null || beat === null) return drop;
      const first = row.last_heartbeat_at === null;
      if (!first && status === row.reported_status) return drop;
      const draft = new StepDraft(memory, context);
      // No message is known to have caused it, and time did not.
      const cause = { ...draft.byTime(), cause_id: null, actor: systemActor };
      return write(draft.changeHealth(cause, status, first, beat), {}, context);
    }
    default:
      // Reading brought the deadlines up to date; what is due is judged next.
      return drop;
  }
}
