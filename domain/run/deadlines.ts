/**
 * What the one timer of a run stands for (runs.md 4.3, 12): all that is due some time, by the clock of the database. In
 * fleet mode a backstop replaces the deadlines of silence; the rest is watched precisely in both.
 */
import type { RunSettings } from '../../contracts/run/settings.ts';
import { type RunDeadlineKind, runDeadlineKinds } from '../../contracts/run/vocabulary.ts';
import type { DbInstant, RunMemory } from '../../contracts/run/memory.ts';
import { confirmationDue, isAwaitingConfirmation, isOpen } from './commands/progress.ts';
import { nextHealthEdge } from './health/judge.ts';
import { silenceLimits } from './health/silence.ts';
import { isStarting } from './states.ts';

export interface RunDeadline {
  readonly kind: RunDeadlineKind;
  readonly at: DbInstant;
}

export type DeadlineSettings = Pick<RunSettings, 'backstop_s' | 'confirmation_s'>;

/** The earliest; of several at once the first kind of the list. Null when nothing is due ever. */
export function earliestDeadline(memory: RunMemory, settings: DeadlineSettings): RunDeadline | null {
  return runDeadlines(memory, settings).reduce<RunDeadline | null>(
    (first, deadline) => (first === null || deadline.at < first.at ? deadline : first),
    null,
  );
}

/** Each kind at most once, in the order of the list. */
export function runDeadlines(memory: RunMemory, settings: DeadlineSettings): readonly RunDeadline[] {
  return runDeadlineKinds.flatMap((kind) => {
    const at = deadlineOf[kind](memory, settings);
    return at === null ? [] : [{ kind, at }];
  });
}

const deadlineOf: Readonly<
  Record<RunDeadlineKind, (memory: RunMemory, settings: DeadlineSettings) => DbInstant | null>
> = {
  /** Announced or acted upon once: what was announced shows as a message. */
  start: ({ state, status_message, state_entered_at, policy }) =>
    state !== null && isStarting(state) && status_message === null
      ? state_entered_at + policy.start_timeout_s * 1_000
      : null,
  liveness: (memory) => (memory.policy.deadlines.mode === 'precise' ? livenessDeadline(memory) : null),
  backstop: (memory, { backstop_s }) =>
    memory.policy.deadlines.mode === 'fleet' && isListenedTo(memory) ? memory.looked_at + backstop_s * 1_000 : null,
  override_grace: ({ state, grace_until }) => (state === 'running' ? grace_until : null),
  expiry: ({ commands }) =>
    least(commands.filter(isOpen).flatMap(({ expires_at }) => (expires_at === null ? [] : [expires_at]))),
  confirmation: ({ state, commands }, { confirmation_s }) =>
    state === 'running' || state === 'paused'
      ? least(commands.filter(isAwaitingConfirmation).map((command) => confirmationDue(command, confirmation_s)))
      : null,
  terminate_grace: ({ state, terminate_deadline_at }) => (state === 'terminating' ? terminate_deadline_at : null),
  policy: ({ state, health, health_since, policy: { on_unresponsive: rule } }) =>
    state === 'running' && health === 'unresponsive' && rule.action !== 'none'
      ? health_since + rule.after_s * 1_000
      : null,
};

function livenessDeadline(memory: RunMemory): DbInstant | null {
  const { state, health, heard_at, grace_until, look_again_at } = memory;
  if (state === null || heard_at === null) return null;
  const limits = silenceLimits(state, memory.policy, memory.told_cadence_s);
  const facts = { state, health, silent_since: heard_at, limits, grace_until, deaf: false };
  const edge = nextHealthEdge(facts);
  if (edge === null) return null;
  // An override holds only the second edge back, and has a deadline of its own.
  const held = health === 'heartbeat_stale' ? Math.max(edge, grace_until ?? edge) : edge;
  return Math.max(held, look_again_at ?? held);
}

function isListenedTo({ state }: RunMemory): boolean {
  return state === 'running' || state === 'paused';
}

function least(instants: readonly DbInstant[]): DbInstant | null {
  return instants.length === 0 ? null : instants.reduce((first, at) => Math.min(first, at));
}
