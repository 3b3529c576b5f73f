/** From a list of issues to the one error that is thrown (registry.md 5.9). */
import { type ErrorCode, errorCatalogue, type Issue, OmniBaseError } from '../../contracts/error.ts';

/**
 * The error for a refused document: its code is that of the first error among the issues, its message names that
 * issue and how many others there are.
 *
 * A dependency that is missing in strict mode (RG007) belongs to a document here, not to a resolution, so it
 * travels as SC003. Throws a RangeError when no issue is an error.
 */
export function validationError(issues: readonly Issue[]): OmniBaseError {
  const errors = issues.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) throw new RangeError('there is no error among the issues');
  const code = first.code === 'RG007' ? 'SC003' : first.code;
  const where = first.path === '' ? '' : `${first.path}: `;
  const others = errors.length === 1 ? '' : ` (and ${String(errors.length - 1)} more)`;
  return new OmniBaseError(isErrorCode(code) ? code : 'OB001', {
    message: `${where}${first.message}${others}`,
    issues,
    ...(first.code === code ? {} : { details: { code: first.code } }),
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}
