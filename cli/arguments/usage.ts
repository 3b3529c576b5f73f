/**
 * Refusals of a command line: what was not understood and the one thing to type instead. The nearest
 * valid word is always offered; nothing runs.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import { nearest } from '../../domain/text/nearest.ts';

/** Code of usage errors: `OR001` in the area of stage runs (stages.md 18), `OB002` everywhere else. */
export type UsageCode = 'OB002' | 'OR001';

/** A refusal with its own sentence and next step; exit code 2. */
export function usageError(message: string, next: string, code: UsageCode = 'OB002'): OmniBaseError {
  return new OmniBaseError(code, { message, next });
}

/**
 * A word that is not among the allowed ones.
 *
 * @param what what the word was meant to be, e.g. `option`, `command`
 * @param help the command that lists the allowed words
 */
export function unknownWord(
  what: string,
  word: string,
  allowed: readonly string[],
  help: string,
  code: UsageCode = 'OB002',
): OmniBaseError {
  const best = nearest(word, allowed);
  const next = best === undefined ? help : `did you mean ${best}? See ${help}`;
  return new OmniBaseError(code, {
    message: `unknown ${what} ${JSON.stringify(word)}`,
    details: { value: word, option: what, allowed, ...(best === undefined ? {} : { suggestions: [best] }) },
    next,
  });
}

/** A value outside a closed set: names the option, the nearest value and all values. */
export function unknownValue(
  option: string,
  value: string,
  allowed: readonly string[],
  code: UsageCode = 'OB002',
): OmniBaseError {
  const best = nearest(value, allowed);
  return new OmniBaseError(code, {
    message: `unknown value ${JSON.stringify(value)} for ${option}`,
    details: { value, option, allowed, ...(best === undefined ? {} : { suggestions: [best] }) },
    next: `${best === undefined ? '' : `did you mean ${best}? `}valid values: ${allowed.join(', ')}`,
  });
}
