/** Issues that travel beside an answer. */
import type { Issue } from '../../contracts/error.ts';

export function warning(code: string, path: string, message: string, more: Partial<Issue> = {}): Issue {
  return { code, severity: 'warning', path, message, ...more };
}
