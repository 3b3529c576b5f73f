/**
 * Reads why an activity did not answer (stages.md 6.4): the workflow decides by these kinds and never by messages.
 */
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/workflow';
import { type ErrorBody, OmniBaseError } from '../../contracts/error.ts';

export type Failure =
  | { readonly kind: 'cancelled' }
  /** No worker took the task within the schedule-to-start limit: it has not run. */
  | { readonly kind: 'not-started' }
  /** Heartbeats stopped: it may have run in part. */
  | { readonly kind: 'worker-lost' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'reported'; readonly error: ErrorBody };

/**
 * The kind of failure of one activity call.
 *
 * @returns null when `error` is no failure of an activity: a defect of ours, which must fail the workflow task
 */
export function readFailure(error: unknown): Failure | null {
  // An ordinary activity fails with an ActivityFailure around the cause, a local one with the cause itself.
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof CancelledFailure) return { kind: 'cancelled' };
  if (cause instanceof TimeoutFailure) return { kind: kindOfTimeout(cause) };
  if (cause instanceof ApplicationFailure || cause !== error) return { kind: 'reported', error: bodyOf(cause) };
  return null;
}

/** True for errors that mean "the engine or the database is not there", exit 6 rather than a fault of a component. */
export function isEngineError(error: ErrorBody): boolean {
  return error.class === 'DatabaseUnavailableError' || error.class === 'EngineUnavailableError';
}

function kindOfTimeout(failure: TimeoutFailure): 'not-started' | 'worker-lost' | 'timed-out' {
  // After retries the last time-out is the cause; its own cause tells nothing more.
  if (failure.timeoutType === 'SCHEDULE_TO_START') return 'not-started';
  return failure.timeoutType === 'HEARTBEAT' ? 'worker-lost' : 'timed-out';
}

function bodyOf(cause: unknown): ErrorBody {
  if (cause instanceof ApplicationFailure) {
    const [body] = cause.details ?? [];
    if (isErrorBody(body)) return OmniBaseError.fromBody(body).toBody();
  }
  const message = cause instanceof Error ? cause.message : 'an activity failed without a cause';
  return new OmniBaseError('OB001', { message }).toBody();
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}
