/** What a request meets in each state (runs.md 3 "Request guards", 6.1, 6.4). Tested after duplicate detection. */
import type { RunErrorName } from '../errors.ts';
import { mostOpenCommands } from '../../../contracts/run/limits.ts';
import type { CommandType, DesiredState, ReportKind, RunState } from '../../../contracts/run/vocabulary.ts';
import type { RememberedCommand } from '../../../contracts/run/memory.ts';
import { isTerminalRun } from '../states.ts';
import { isOpen, isUnfinished } from './progress.ts';

export interface Refusal {
  readonly code: RunErrorName;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What a guard looks at. */
export interface GuardView {
  readonly state: RunState;
  readonly desired_state: DesiredState;
  /** Open or awaiting confirmation. */
  readonly commands: readonly RememberedCommand[];
  /** First terminate of the run. */
  readonly terminate_id: string | null;
}

export type CommandVerdict =
  | { readonly verdict: 'accept' }
  /** A later terminate: the first one answers for it. */
  | { readonly verdict: 'merge'; readonly into: string }
  | ({ readonly verdict: 'refuse' } & Refusal);

export function judgeCommand(view: GuardView, type: CommandType, now: number, confirmationS: number): CommandVerdict {
  const { state, commands } = view;
  if (isTerminalRun(state)) return refuse('run_terminal', view);
  if (type === 'terminate') {
    if (state === 'terminating' && view.terminate_id !== null) return { verdict: 'merge', into: view.terminate_id };
    // Never too many: what was not offered yet is superseded by it, and a full queue must not keep a run from ending.
    return { verdict: 'accept' };
  }
  if (!allowedIn[type].includes(state)) return refuse('invalid_state', view);
  const pending = commands.find((command) => command.type === type && isUnfinished(command, now, confirmationS));
  if (pending !== undefined) return refuse('command_pending', view, { type, command_id: pending.id });
  return commands.filter(isOpen).length < mostOpenCommands ? { verdict: 'accept' } : tooMany(view);
}

/** Where each type is allowed; terminate in every state that is not terminal. */
const allowedIn: Readonly<Record<Exclude<CommandType, 'terminate'>, readonly RunState[]>> = {
  pause: ['running'],
  resume: ['paused'],
  tune: ['running', 'paused'],
};

/** Reset and override: any state but a terminal one. */
export function judgeOpenRun(view: Pick<GuardView, 'state' | 'desired_state'>): Refusal | null {
  return isTerminalRun(view.state) ? refusal('run_terminal', view) : null;
}

export type ReportVerdict = { readonly verdict: 'accept' | 'unchanged' } | ({ readonly verdict: 'refuse' } & Refusal);

/** @param attempt as the report names it; undefined = unnamed */
export function judgeReport(
  view: Pick<GuardView, 'state' | 'desired_state'> & { readonly attempt: number },
  kind: ReportKind,
  attempt: number | undefined,
): ReportVerdict {
  if (view.state === kind && isTerminalRun(view.state)) return { verdict: 'unchanged' };
  if (isTerminalRun(view.state)) return refuse('run_terminal', view);
  if (attempt !== undefined && attempt !== view.attempt) {
    return refuse('stale_attempt', view, { current: view.attempt, received: attempt });
  }
  if (view.state === kind) return { verdict: 'unchanged' };
  const from: RunState | null = kind === 'provisioning' ? 'queued' : kind === 'completed' ? 'running' : null;
  return from === null || view.state === from ? { verdict: 'accept' } : refuse('invalid_state', view);
}

function tooMany(view: GuardView): CommandVerdict {
  return refuse('too_many_commands', view, { limit: mostOpenCommands });
}

function refuse(
  code: RunErrorName,
  view: Pick<GuardView, 'state' | 'desired_state'>,
  more: Refusal['details'] = {},
): { readonly verdict: 'refuse' } & Refusal {
  return { verdict: 'refuse', ...refusal(code, view, more) };
}

function refusal(
  code: RunErrorName,
  { state, desired_state }: Pick<GuardView, 'state' | 'desired_state'>,
  more: Refusal['details'] = {},
): Refusal {
  return { code, details: { state, desired_state: isTerminalRun(state) ? 'stopped' : desired_state, ...more } };
}
