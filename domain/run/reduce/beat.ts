/** What an accepted beat does to a run (runs.md 3, 4.1, 5.5). Any of them heals; what it says of itself may move the run. */
import type { RunStep } from '../../../contracts/run/projection.ts';
import type { CommandType, RunState, RuntimeStatus } from '../../../contracts/run/vocabulary.ts';
import type { RunStatusEdge } from '../../../contracts/run/workflow.ts';
import type { RunMemory } from '../../../contracts/run/memory.ts';
import { isAwaitingConfirmation, isUnfinished } from '../commands/progress.ts';
import { terminateGrace } from '../policy.ts';
import { isTerminalRun, nextRunState, type RunTrigger } from '../states.ts';
import { instantOf } from '../time.ts';
import { answered, heartbeatActor, moveStep, nothing, project } from './changes.ts';
import type { ReduceContext, Reduced } from './types.ts';

export function reduceBeat(memory: RunMemory, beat: RunStatusEdge, context: ReduceContext): Reduced {
  const arrived = instantOf(beat.received_at);
  // Two gateways may send edges in another order than the beats came.
  if (beat.attempt === memory.attempt && memory.last_edge_at !== null && arrived < memory.last_edge_at) {
    return nothing(memory, answered);
  }
  const steps = beatSteps(memory, beat, context);
  const after = beat.attempt === memory.attempt ? { ...memory, last_edge_at: arrived } : memory;
  return steps.length === 0 ? nothing(after, answered) : project(after, steps, context, { effects: [answered] });
}

/** Nothing for a beat of another attempt or of a run that has ended, and for one that changes only telemetry. */
export function beatSteps(memory: RunMemory, beat: RunStatusEdge, context: ReduceContext): readonly RunStep[] {
  const { state } = memory;
  if (state === null || isTerminalRun(state) || beat.attempt !== memory.attempt) return [];
  const shown: RunStep = { step: 'shown', status: beat.status, received_at: beat.received_at };
  const to = nextRunState(state, triggers[beat.status], beat.step);
  const steps: RunStep[] = [
    ...(memory.health === 'healthy' ? [] : [healed]),
    ...(to === null ? [] : [moveStep(to, moveFacts(memory, state, beat, context))]),
    ...(to === 'terminating' ? [agentGrace(memory)] : []),
    ...confirmed(memory, beat.status),
  ];
  // The start of a run is the arrival of this beat, so that a move always says what was shown.
  return memory.runtime_status === beat.status && steps.length === 0 ? [] : [shown, ...steps];
}

const triggers: Readonly<Record<RuntimeStatus, RunTrigger>> = {
  running: 'beat_running',
  paused: 'beat_paused',
  terminating: 'beat_terminating',
  errored: 'beat_errored',
};

const healed: RunStep = { step: 'health', to: 'healthy', cause: 'beat', incident_id: null };

/** Of a terminating that the agent began by itself. */
function agentGrace({ policy }: RunMemory): RunStep {
  return { step: 'terminate_grace', seconds: terminateGrace(policy, null), how: 'set' };
}

function moveFacts(memory: RunMemory, from: RunState, beat: RunStatusEdge, { settings }: ReduceContext) {
  const type = orderedBy[beat.status];
  const now = instantOf(beat.received_at);
  const command = memory.commands.findLast(
    (candidate) => candidate.type === type && isUnfinished(candidate, now, settings.confirmation_s),
  );
  const began = from === 'queued' || from === 'provisioning';
  const reason =
    command !== undefined
      ? `the agent carried out ${command.type} ${command.id}`
      : began && beat.status === 'running'
        ? `first beat with a step above zero: ${String(beat.step)}`
        : `agent-initiated: the agent reported ${beat.status}`;
  return {
    by: 'heartbeat' as const,
    actor: heartbeatActor,
    reason,
    cause_id: command?.id ?? null,
    last_error: beat.status === 'errored' ? (beat.notes ?? reason) : null,
  };
}

const orderedBy: Readonly<Partial<Record<RuntimeStatus, CommandType>>> = { paused: 'pause', running: 'resume' };

/** What was acknowledged and is shown now. */
function confirmed(memory: RunMemory, status: RuntimeStatus): readonly RunStep[] {
  const type = orderedBy[status];
  const awaited = memory.commands.some((command) => command.type === type && isAwaitingConfirmation(command));
  return type !== undefined && awaited ? [{ step: 'confirm', type }] : [];
}
