/**
 * What a run answers to `cancel`, `progress` and `awaitProgress` (stages.md 6.3). Handlers only ask and wait; the one
 * loop of `conduct.ts` acts.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { CancelAnswer, CancelCommand, ProgressView, ProgressWait } from '../../contracts/stage-workflow.ts';
import { isTerminal } from '../../domain/stage/transitions.ts';
import type { StageRunPorts } from './ports.ts';
import type { StageRunState } from './run-state.ts';

export const maxWaitMs = 20_000;
export const maxWaiting = 5;
export const maxWaitsPerRun = 100;
const maxText = 1024;

/** Counts the clients that wait; the server would take ten updates in flight, two thousand per run. */
export interface Waits {
  waiting: number;
  total: number;
}

/** @throws OR031 when the run has ended or its end is decided, OB004 on bad input */
export function checkCancel(run: StageRunState, command: CancelCommand): void {
  requireText(command, 'command_id', 1);
  requireText(command, 'reason', 0);
  requireText(command, 'actor', 1);
  const end = run.ending ?? (isTerminal(run.state) ? run.state : null);
  if (end !== null) throw new OmniBaseError('OR031', { details: { state: end, id: run.input.run_id } });
}

/** Answers as soon as the run is stopping, or has ended of itself meanwhile. */
export async function cancel(run: StageRunState, command: CancelCommand): Promise<CancelAnswer> {
  run.requestStop({ kind: 'cancel', reason: command.reason, actor: command.actor });
  await run.when(() => run.state === 'cancelling' || isTerminal(run.state));
  return { state: run.state };
}

/** @throws OR032 when too many wait already, OB004 on bad input */
export function checkWait(waits: Waits, wait: ProgressWait): void {
  requireInteger(wait, 'since_version', Number.MAX_SAFE_INTEGER);
  requireInteger(wait, 'max_wait_ms', maxWaitMs);
  if (waits.waiting >= maxWaiting || waits.total >= maxWaitsPerRun) throw new OmniBaseError('OR032');
}

/** Answers once the version passed `since_version`, the run ended, or the time is up. */
export async function awaitProgress(
  run: StageRunState,
  ports: Pick<StageRunPorts, 'startTimer'>,
  waits: Waits,
  wait: ProgressWait,
): Promise<ProgressView> {
  waits.waiting += 1;
  waits.total += 1;
  const news = (): boolean => run.version > wait.since_version || isTerminal(run.state);
  if (!news() && wait.max_wait_ms > 0) {
    const timer = ports.startTimer(wait.max_wait_ms, 'a client waits for progress');
    await Promise.race([run.when(news), timer.fired]);
    timer.cancel();
  }
  waits.waiting -= 1;
  return run.progress();
}

function requireText(value: unknown, key: string, minimum: number): void {
  const text = memberOf(value, key);
  if (typeof text === 'string' && text.length >= minimum && text.length <= maxText) return;
  throw invalid(key, `a text of ${minimum} to ${maxText} characters`);
}

function requireInteger(value: unknown, key: string, maximum: number): void {
  const number = memberOf(value, key);
  if (Number.isSafeInteger(number) && Number(number) >= 0 && Number(number) <= maximum) return;
  throw invalid(key, `a whole number from 0 to ${maximum}`);
}

/** Arguments come from anyone who can reach the server: they may be anything. */
function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function invalid(key: string, expected: string): OmniBaseError {
  const issue = { code: 'OB004', severity: 'error' as const, path: key, message: `${key} must be ${expected}` };
  return new OmniBaseError('OB004', { message: issue.message, issues: [issue] });
}
