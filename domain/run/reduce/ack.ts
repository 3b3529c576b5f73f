/** What an acknowledgement does to the run (runs.md 6.5). The gateway has stored it: only its consequences are left. */
import type { AckNotice } from '../../../contracts/run/workflow.ts';
import type { RunMemory } from '../../../contracts/run/memory.ts';
import { isAwaitingConfirmation } from '../commands/progress.ts';
import { isTerminalRun, nextRunState } from '../states.ts';
import { instantOf } from '../time.ts';
import { heartbeatActor, moveStep, nothing, project } from './changes.ts';
import type { ReduceContext, Reduced } from './types.ts';

export function reduceAck(memory: RunMemory, ack: AckNotice, context: ReduceContext): Reduced {
  const { state } = memory;
  if (state === null || isTerminalRun(state) || ack.late) return nothing(memory);
  const known = memory.commands.some(({ id }) => id === ack.command_id);
  const after = acknowledged(memory, ack);
  const applied = ack.outcome === 'applied';
  const to = ack.type === 'terminate' && applied ? nextRunState(state, 'terminate_applied') : null;
  if (to !== null) {
    const reason = `terminate ${ack.command_id} was acknowledged`;
    const facts = { by: 'ack', actor: heartbeatActor, reason, cause_id: ack.command_id } as const;
    return project(after, [moveStep(to, facts)], context);
  }
  // A beat had shown it before the ack came.
  const shown = applied && (ack.type === 'pause' ? state === 'paused' : ack.type === 'resume' && state === 'running');
  if (shown && (ack.type === 'pause' || ack.type === 'resume')) {
    return project(after, [{ step: 'confirm', type: ack.type }], context);
  }
  // Refused or failed: what is desired falls back, and the mirror with it.
  const falls = !applied && (ack.type === 'pause' || ack.type === 'resume');
  return falls && known ? project(after, [], context) : nothing(after);
}

function acknowledged(memory: RunMemory, ack: AckNotice): RunMemory {
  const commands = memory.commands.flatMap((command) => {
    if (command.id !== ack.command_id) return [command];
    const after = {
      ...command,
      status: 'acknowledged' as const,
      outcome: ack.outcome,
      acknowledged_at: instantOf(ack.acknowledged_at),
    };
    return isAwaitingConfirmation(after) ? [after] : [];
  });
  return { ...memory, commands };
}
