/** Errors of run control by name, as the page speaks of them, and the code of each. */
import { type ErrorCode, errorCatalogue } from '../../contracts/error.ts';
import { runErrors } from '../../contracts/errors/run.ts';

type RunErrors = typeof runErrors;
export type RunErrorCode = keyof RunErrors;
export type RunErrorName = RunErrors[RunErrorCode]['name'];

const byName = new Map<string, ErrorCode>(
  Object.entries(runErrors).map(([code, { name }]) => [name, code as RunErrorCode]),
);

/** The code of a name; of another area's where run control shares it, OB001 for a name nobody has. */
export function runErrorCode(name: RunErrorName | (string & {})): ErrorCode {
  return byName.get(name) ?? elsewhere(name) ?? 'OB001';
}

function elsewhere(name: string): ErrorCode | undefined {
  return (Object.keys(errorCatalogue) as ErrorCode[]).find((code) => errorCatalogue[code].name === name);
}
