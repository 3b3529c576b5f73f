/**
 * The reducer of a registration (registration.md 3): what each message, result and deadline does in each state. Pure:
 * the workflow writes what it says and hands back what the database answered.
 */
import type { RegistrationMemory } from '../../../contracts/node/workflow.ts';
import { decideAck, decideReceipt } from './ack.ts';
import { decideDeregistration } from './closing.ts';
import { drop, write } from './decisions.ts';
import { decideDue } from './due.ts';
import { decideEdge, decideFound, decidePoke } from './hints.ts';
import { decideIntrospection } from './introspection.ts';
import { decideChange, decideDelivered, decideVerdict } from './results.ts';
import { StepDraft } from './steps.ts';
import type { DecideContext, Decision, RegistrationInput } from './types.ts';
import { isTerminal } from '../states.ts';

/**
 * @throws ND007 for a step outside the table: nothing is written, and the workflow goes on
 */
export function decide(memory: RegistrationMemory, input: RegistrationInput, context: DecideContext): Decision {
  switch (input.kind) {
    case 'introspect':
      return decideIntrospection(memory, input, context);
    case 'ack':
      return decideAck({ ...memory, path: input.path }, input.ack, context);
    case 'deregister':
      return decideDeregistration(memory, input.command, context);
    case 'edge':
      return decideEdge({ ...memory, path: input.path }, input.edge, context);
    case 'poke':
      return decidePoke(memory, input.poke, context);
    case 'found':
      return decideFound(memory, input.poke, input.loaded, context);
    case 'decided':
      return decideVerdict(memory, input, context);
    case 'change_decided':
      return decideChange(memory, input, context);
    case 'delivered':
      return decideDelivered(memory, input, context);
    case 'receipt':
      return decideReceipt(memory, input.command_id, context);
    case 'due':
      return decideDue(memory, input.deadline, input.incident_id, context, input.verdict);
    case 'heal':
      return memory.state === null || isTerminal(memory.state)
        ? drop
        : write(new StepDraft(memory, context).heal(), {}, context);
  }
}
