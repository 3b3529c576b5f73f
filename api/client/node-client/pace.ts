/** What a node does next and how long it waits before: pure rules over what it was told (registration.md 4.3). Times in ms. */
import type { HeartbeatAnswer, RegistrationAnswer } from '../../../contracts/node/answers.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { NextStep } from '../../../contracts/node/vocabulary.ts';
import type { NodePhase } from './node-client.ts';

/** What a node does next. */
export type Step = 'introspect' | 'ack' | 'beat';

/** Nobody is asked more often than this, whatever a broken answer says. */
export const leastPauseMs = 50;
/** First pause after a failure, and between two messages that changed nothing. */
const firstRetryMs = 500;
/** While a decision is open its outcome is looked for at least this often: an offer has to be taken in time. */
const longestWaitMs = 10_000;

/**
 * Pause before the next try after `tries` in a row that led nowhere: doubling, half of it jitter, not before the time the
 * gateway named, at most the told interval.
 */
export function retryPause(
  tries: number,
  intervalMs: number,
  random: () => number,
  error: Error | null = null,
): number {
  const doubled = firstRetryMs * 2 ** Math.min(Math.max(tries, 1) - 1, 20);
  const wanted = Math.max(doubled * (0.5 + random() / 2), askedFor(error) * (1 + random() / 4));
  return Math.max(leastPauseMs, Math.round(Math.min(wanted, intervalMs * (0.5 + random() / 2))));
}

/** `Retry-After` of a refusal. */
function askedFor(error: Error | null): number {
  const details = error instanceof OmniBaseError ? error.details : undefined;
  const seconds = details?.['retry_after_s'] ?? details?.['retry_after_seconds'];
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 0;
}

export interface Progress {
  readonly step: Step;
  readonly answer: RegistrationAnswer | HeartbeatAnswer;
  /** Answers in a row, this one included, that asked to wait or to do the same again; 0 when this one led somewhere. */
  readonly idle: number;
  readonly intervalMs: number;
}

/** Pause before what the answer asks for is done. */
export function nextPause({ step, answer, idle, intervalMs }: Progress, random: () => number): number {
  const told = answer.next_heartbeat_in_ms ?? intervalMs;
  switch (answer.next) {
    case 'ack':
    case 'introspect': {
      const asked = answer.retry_after_ms ?? 0;
      return answer.next === step && idle > 0 && asked === 0 ? retryPause(idle, told, random) : asked;
    }
    case 'wait': {
      // A beat while it waits keeps the telemetry fresh and tells when there is an offer.
      const patient = retryPause(idle, Math.min(told, longestWaitMs), random);
      if (answer.retry_after_ms === null) return patient;
      // What was due and has not come is not asked for without pause: the engine may be away.
      return Math.max(idle > 1 ? patient : leastPauseMs, Math.min(answer.retry_after_ms, told));
    }
    default:
      return Math.max(leastPauseMs, told);
  }
}

/** Whoever is told to wait beats meanwhile. */
export function stepOf(next: NextStep | null): Step {
  switch (next) {
    case 'ack':
    case 'introspect':
      return next;
    default:
      return 'beat';
  }
}

export function phaseOf({ state, next }: RegistrationAnswer | HeartbeatAnswer): NodePhase {
  if (next === 'stop') return 'replaced';
  if (state === 'active') return 'active';
  return state === 'rejected' || state === 'ack_timed_out' ? 'waiting' : 'registering';
}
