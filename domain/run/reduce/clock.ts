/**
 * What time does to a run (runs.md 4, 12): one look at its row, at most one change, then another look until there is
 * nothing left. A firing or a hint is only a reason to look; late, early and repeated ones are harmless. Every verdict
 * carries its evidence, because only the database knows whether it is time.
 */
import type { RunStep } from '../../../contracts/run/projection.ts';
import type { LivenessReading } from '../../../contracts/run/workflow.ts';
import type { RunMemory } from '../../../contracts/run/memory.ts';
import { confirmationDue, desiredState, isAwaitingConfirmation, isOpen } from '../commands/progress.ts';
import { isPageOwed } from '../health/episode.ts';
import { dueHealth } from '../health/judge.ts';
import { isDeaf, silenceLimits } from '../health/silence.ts';
import { absorbReading } from '../memory.ts';
import { isStarting, isTerminalRun, nextRunState } from '../states.ts';
import { instantOrNull, instantText } from '../time.ts';
import { beatSteps } from './beat.ts';
import { moveStep, nothing, project, timerActor } from './changes.ts';
import { policyTerminate, reduceCommand } from './command.ts';
import type { ReduceContext, Reduced } from './types.ts';

export function reduceClock(stale: RunMemory, reading: LivenessReading, context: ReduceContext): Reduced {
  const memory = absorbReading(stale, reading);
  if (memory.state === null) return nothing(memory);
  if (isTerminalRun(memory.state)) return nothing(memory, { effect: 'complete' });
  const reduced = rules.reduce<Reduced | null>(
    (found, rule) => found ?? rule({ memory, reading, now: reading.now, context }),
    null,
  );
  if (reduced === null) return nothing(memory);
  const ends = reduced.effects.some(({ effect }) => effect === 'complete');
  // Nobody waits for what time does.
  const effects = reduced.effects.filter(({ effect }) => effect !== 'answer_summary' && effect !== 'answer_command');
  return { memory: reduced.memory, effects: ends ? effects : [...effects, { effect: 'look' }] };
}

interface Look {
  readonly memory: RunMemory;
  readonly reading: LivenessReading;
  readonly now: number;
  readonly context: ReduceContext;
}
/** One change, or null when the rule finds nothing due. */
type ClockRule = (look: Look) => Reduced | null;

/** An accepted beat that never reached the workflow. */
const repairLostEdge: ClockRule = ({ memory, reading: { beat, stored }, context }) => {
  if (beat === null || beat.status === null || beat.last_heartbeat_at === null) return null;
  // A verdict takes the last beat it knew along into the run row: a later one has not been told of.
  const projected = instantOrNull(stored.run.last_heartbeat_at) ?? Number.NEGATIVE_INFINITY;
  const isHeard = beat.last_heartbeat_at > Math.min(projected, memory.health_since);
  const steps = beatSteps(
    isHeard ? memory : { ...memory, health: 'healthy' },
    {
      attempt: beat.attempt,
      status: beat.status,
      step: beat.step ?? 0,
      checkpoint_version: beat.checkpoint_version ?? 0,
      received_at: instantText(beat.last_heartbeat_at),
      via: beat.via ?? 'gateway',
      notes: null,
    },
    context,
  );
  return steps.length === 0 ? null : project(memory, steps, context);
};

const endGrace: ClockRule = ({ memory, now, context }) => {
  const { state, terminate_deadline_at: deadline } = memory;
  const to = nextRunState(state, 'grace_over');
  if (to === null || deadline === null || now < deadline) return null;
  const step = moveStep(to, {
    by: 'timer',
    actor: timerActor,
    reason: 'the grace of the terminate is over',
    cause_id: memory.terminate_id,
  });
  return project(memory, [step], context, { evidence: { evidence: 'terminate_grace_over' } });
};

const overdueStart: ClockRule = ({ memory, now, context }) => {
  const { state, policy, state_entered_at, status_message } = memory;
  if (state === null || !isStarting(state) || now < state_entered_at + policy.start_timeout_s * 1_000) return null;
  const evidence = { evidence: 'state_since', state, for_s: policy.start_timeout_s } as const;
  const to = policy.on_start_timeout === 'fail' ? nextRunState(state, 'start_timeout') : null;
  if (to === null) {
    return status_message === null ? project(memory, [{ step: 'start_overdue' }], context, { evidence }) : null;
  }
  const reason = `not started after ${String(policy.start_timeout_s)} s`;
  const step = moveStep(to, { by: 'timer', actor: timerActor, reason, last_error: reason });
  return project(memory, [step], context, { evidence });
};

const fallSilent: ClockRule = ({ memory, reading, now, context }) => {
  const { state, health, heard_at, grace_until } = memory;
  if (state === null || heard_at === null) return null;
  const beat = currentBeat(memory, reading);
  const limits = silenceLimits(state, memory.policy, memory.told_cadence_s);
  const deaf = isDeaf({ via: beat?.via ?? null }, reading, now);
  const due = dueHealth({ state, health, silent_since: heard_at, limits, grace_until, deaf }, now);
  const reaches = due.at(-1);
  if (reaches === undefined) return null;
  const incident_id = reading.incident_id;
  const steps = due.map((to): RunStep => ({ step: 'health', to, cause: 'silence', incident_id }));
  const evidence = { evidence: 'silence', last_heartbeat_at: beatText(memory, reading), reaches } as const;
  return project(memory, steps, context, { evidence });
};

const actOnSilence: ClockRule = ({ memory, reading, now, context }) => {
  const { state, health, health_since, policy } = memory;
  const { action, after_s } = policy.on_unresponsive;
  if (state !== 'running' || health !== 'unresponsive' || now < health_since + after_s * 1_000) return null;
  if (action === 'none') return null;
  const last_heartbeat_at = beatText(memory, reading);
  const evidence = { evidence: 'unresponsive_since', last_heartbeat_at, for_s: after_s } as const;
  if (action === 'terminate') {
    const reduced = reduceCommand(memory, policyTerminate(memory, instantText(now)), false, now, context);
    const effects = reduced.effects.map((effect) =>
      effect.effect === 'project' ? { ...effect, change: { ...effect.change, evidence } } : effect,
    );
    return effects.some(({ effect }) => effect === 'project') ? { ...reduced, effects } : null;
  }
  const to = nextRunState(state, 'unresponsive');
  if (to === null) return null;
  const reason = 'unresponsive for longer than the policy allows';
  const step = moveStep(to, { by: 'policy', actor: timerActor, reason, last_error: reason });
  return project(memory, [step], context, { evidence });
};

const expire: ClockRule = ({ memory, now, context }) =>
  memory.commands.some((command) => isOpen(command) && command.expires_at !== null && now >= command.expires_at)
    ? project(memory, [{ step: 'expire' }], context)
    : null;

const giveUpConfirmation: ClockRule = ({ memory, now, context }) => {
  const confirmation = context.settings.confirmation_s;
  return memory.commands.some(
    (command) => isAwaitingConfirmation(command) && now >= confirmationDue(command, confirmation),
  )
    ? project(memory, [{ step: 'unconfirm' }], context)
    : null;
};

/** Commands end at the gateway, too: what is desired follows, even when the message about it was lost. */
const mendDesired: ClockRule = ({ memory, now, context }) => {
  if (memory.state === null) return null;
  const desired = desiredState(memory.state, memory.commands, now, context.settings.confirmation_s);
  return desired === memory.desired_state ? null : project(memory, [], context);
};

/** An acknowledged terminate whose signal was lost shows as a terminating run without it; grace decides. */
const sendHeldPage: ClockRule = ({ memory, context }) =>
  isPageOwed(memory, memory.incident_id) ? project(memory, [{ step: 'page' }], context) : null;

const rules: readonly ClockRule[] = [
  repairLostEdge,
  endGrace,
  overdueStart,
  fallSilent,
  actOnSilence,
  expire,
  giveUpConfirmation,
  mendDesired,
  sendHeldPage,
];

function currentBeat({ attempt }: RunMemory, { beat }: LivenessReading): LivenessReading['beat'] {
  return beat !== null && beat.attempt === attempt ? beat : null;
}

function beatText(memory: RunMemory, reading: LivenessReading): string | null {
  const at = currentBeat(memory, reading)?.last_heartbeat_at ?? null;
  return at === null ? null : instantText(at);
}
