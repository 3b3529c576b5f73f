/**
 * Errors of the catalogue across the engine: what an activity refused, and what a handler refuses a caller. Everything
 * else that an activity may fail with is repeated by the engine, so it does not arrive here.
 */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { type ErrorBody, OmniBaseError } from '../../contracts/error.ts';

/** The error an activity refused with; null for any other end of it. */
export function readRefusal(error: unknown): OmniBaseError | null {
  // An ordinary activity fails with an ActivityFailure around the cause, a local one mostly with the cause itself.
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return null;
  const [body] = cause.details ?? [];
  return isErrorBody(body) ? OmniBaseError.fromBody(body) : null;
}

/** What a caller gets: the error whole. Temporal's own tools show the text alone, so the problems stand in it as well. */
export function toApplicationFailure(error: OmniBaseError): ApplicationFailure {
  const { code, class: type, issues = [] } = error;
  const problems = issues.slice(0, shownProblems).map(({ path, message }) => `${path}: ${message}`);
  const more = issues.length > shownProblems ? [`and ${issues.length - shownProblems} more`] : [];
  const message = [`[${code}] ${error.message}`, ...problems, ...more].join('\n  ');
  return ApplicationFailure.create({ message, type, nonRetryable: true, details: [error.toBody()] });
}

const shownProblems = 20;

/** Answers of a handler: it throws nothing but failures of the catalogue. */
export async function refusing<T>(answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    throw error instanceof OmniBaseError ? toApplicationFailure(error) : error;
  }
}

/** The same for a validator. */
export function refusingAtOnce(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof OmniBaseError ? toApplicationFailure(error) : error;
  }
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}
