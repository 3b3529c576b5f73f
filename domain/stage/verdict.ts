/**
 * From statuses to the verdict, from the end of a run to its exit code (stages.md 2, 6.2, 12, 13).
 */
import { type ErrorBody, errorCatalogue, worstExitCode } from '../../contracts/error.ts';
import type { RunState, Status } from '../../contracts/stage.ts';

/** Worst first: `error` says more about a run than `fail`, and `skip` says least. */
const statusOrder = ['error', 'fail', 'warn', 'pass', 'skip'] as const satisfies readonly Status[];

/** The worst of several statuses; `skip` for none. */
export function verdictOf(statuses: Iterable<Status>): Status {
  const seen = new Set(statuses);
  return statusOrder.find((status) => seen.has(status)) ?? 'skip';
}

/** What the exit code of a run depends on. */
export interface RunEnding {
  readonly state: RunState;
  /** Why it was cancelled: a signal's name or free text; null otherwise. */
  readonly reason: string | null;
  /** Errors of the run itself: bad input, resolution, engine. */
  readonly errors: readonly Pick<ErrorBody, 'code'>[];
  readonly results: readonly { readonly status: Status; readonly errors: readonly Pick<ErrorBody, 'code'>[] }[];
  /** True when a deprecated component was selected. */
  readonly deprecated: boolean;
  readonly fail_on: readonly ('warning' | 'deprecated')[];
}

/**
 * Exit code of a run: interrupted before deadline before engine, then the highest of what was found (stages.md 13).
 * A run that has not ended counts as cancelled: its caller went away.
 */
export function exitCodeOf(ending: RunEnding): number {
  const found = [...ending.errors.map(exitOfEnd), ...ending.results.map(exitOfResult), exitOfFailOn(ending)];
  switch (ending.state) {
    case 'completed':
      return worstExitCode(found);
    case 'timed_out':
      return worstExitCode([124, ...found]);
    case 'errored':
      // Without an error of its own the run lost its engine.
      return worstExitCode(ending.errors.length === 0 ? [6, ...found] : found);
    default:
      return isTermination(ending.reason) ? 143 : 130;
  }
}

/** Exit code of one component: 0 unless it failed or could not answer. */
export function exitOfResult(result: RunEnding['results'][number]): number {
  if (result.status === 'fail') return 1;
  // Errors beside another status are notes of an informational component.
  return result.status === 'error' ? worstExitCode([1, ...result.errors.map(exitOfError)]) : 0;
}

/** Exit code of an error; 1 for a code this version does not know. */
export function exitOfError(error: Pick<ErrorBody, 'code'>): number {
  return Object.hasOwn(errorCatalogue, error.code) ? errorCatalogue[error.code].exit : 1;
}

/** What ended the run: without its database a run has lost its engine, whatever the code means elsewhere. */
function exitOfEnd(error: Pick<ErrorBody, 'code'>): number {
  return error.code === 'OB015' ? errorCatalogue.OB010.exit : exitOfError(error);
}

function exitOfFailOn(ending: RunEnding): number {
  const warned = ending.fail_on.includes('warning') && ending.results.some(({ status }) => status === 'warn');
  const deprecated = ending.fail_on.includes('deprecated') && ending.deprecated;
  return warned || deprecated ? 1 : 0;
}

function isTermination(reason: string | null): boolean {
  return reason !== null && /^(SIGTERM|SIGHUP)$/i.test(reason);
}
