/**
 * Errors across Temporal (platform.md 7): an error of the catalogue travels as an `ApplicationFailure` whose type is its
 * class, whose first detail is its body, and which is retried only where the catalogue says so.
 */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { type ErrorBody, OmniBaseError } from '../contracts/error.ts';
import { isUnavailable } from '../db/failure.ts';

export interface FailureOptions {
  /** Delay before the next attempt, ms; the retry policy decides when absent. */
  readonly nextRetryDelayMs?: number;
  /** Overrides the catalogue: the caller knows that a further attempt may help. */
  readonly retryable?: boolean;
}

/** What an activity throws for `error`. Cancellation stays cancellation. */
export function toFailure(error: unknown, options: FailureOptions = {}): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const known = toCatalogued(error);
  return ApplicationFailure.create({
    message: known.message,
    type: known.class,
    nonRetryable: !(options.retryable ?? known.retryable),
    details: [known.toBody()],
    ...(error instanceof Error ? { cause: error } : {}),
    ...(options.nextRetryDelayMs === undefined ? {} : { nextRetryDelay: options.nextRetryDelayMs }),
  });
}

/** The error of the catalogue for anything thrown: OB015 when the database is away, OB001 for a defect of ours. */
export function toCatalogued(error: unknown): OmniBaseError {
  if (error instanceof OmniBaseError) return error;
  if (isUnavailable(error)) return new OmniBaseError('OB015', { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new OmniBaseError('OB001', { message: `an unexpected error occurred: ${message}`, cause: error });
}

/** The error that an `ApplicationFailure` of ours carries, or null for others. */
export function fromFailure(failure: unknown): OmniBaseError | null {
  if (!(failure instanceof ApplicationFailure)) return null;
  const [body]: unknown[] = failure.details ?? [];
  if (typeof body !== 'object' || body === null || !('code' in body)) return null;
  return OmniBaseError.fromBody(body as Partial<ErrorBody>);
}
