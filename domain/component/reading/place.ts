/** Where a reader is in the document, and how it reports from there. */
import { describeValue } from '../../json/values.ts';
import type { Path } from '../source/positions.ts';
import type { IssueFacts, Problems } from './problems.ts';

export interface Place {
  readonly path: Path;
  readonly problems: Problems;
}

/**
 * Turns one value of the document into its normalised form. Undefined means that there is nothing to keep:
 * a problem was reported.
 */
export type Reader<T> = (value: unknown, at: Place) => T | undefined;

/** The place of a member or item. */
export function inside(at: Place, segment: string | number): Place {
  return { path: [...at.path, segment], problems: at.problems };
}

/** Reports an error here and yields nothing. */
export function fail(at: Place, code: string, message: string, facts?: () => IssueFacts): undefined {
  at.problems.error(code, at.path, message, facts);
  return undefined;
}

/** Reports SC004: the value is not of the kind `expected`. */
export function failType(at: Place, expected: string, value: unknown, hint?: string): undefined {
  return fail(at, 'SC004', `${expected} is needed, not ${describeValue(value)}`, () => ({
    expected,
    received: describeValue(value),
    ...(hint === undefined ? {} : { hint }),
  }));
}
