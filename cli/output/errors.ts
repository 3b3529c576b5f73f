/**
 * Errors on stderr (registry.md 14): `ClassName [CODE] message`, one line per issue, one `next:` line; with
 * `--format json` the error object on one line, `error_type` first. stdout stays empty.
 */
import { type Issue, OmniBaseError } from '../../contracts/error.ts';
import { palette } from './colour.ts';
import { safeText } from './safe-text.ts';

export interface ErrorStyle {
  readonly json: boolean;
  readonly colour: boolean;
  /** Adds the stack trace of unexpected errors. */
  readonly debug: boolean;
}

/** Text for stderr, ending with a newline. */
export function renderError(error: OmniBaseError, correlationId: string, style: ErrorStyle): string {
  if (style.json) {
    return `${JSON.stringify({ error_type: error.class, ...error.toBody(), exit_code: error.exitCode, correlation_id: correlationId })}\n`;
  }
  const paint = palette(style.colour);
  const lines = [
    `${paint.bad(`${error.class} [${error.code}]`)} ${safeText(error.message)}`,
    ...(error.issues ?? []).map((issue) => `  ${issueLine(issue)}`),
    ...detailLines(error),
    `next: ${safeText(error.next)}`,
  ];
  if (style.debug) lines.push(...stackLines(error));
  return `${lines.join('\n')}\n`;
}

/** `uuid: a required field is missing [SC003] (line 3, column 1)` */
export function issueLine(issue: Issue): string {
  const place = issue.path === '' ? '(document)' : issue.path;
  const at = issue.line === undefined ? '' : ` at ${issue.line}:${issue.column ?? 1}`;
  const hint = issue.hint === undefined ? '' : `; ${issue.hint}`;
  const level = issue.severity === 'warning' ? 'warning: ' : '';
  return safeText(`${level}${place}: ${issue.message}${got(issue)} [${issue.code}]${at}${hint}`);
}

/** Any thrown value as an error of the catalogue. */
export function asOmniBaseError(thrown: unknown): OmniBaseError {
  if (thrown instanceof OmniBaseError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new OmniBaseError('OB001', { message: `an unexpected error occurred: ${message}`, cause: thrown });
}

function got(issue: Issue): string {
  if (issue.expected === undefined || issue.message.includes(issue.expected)) return '';
  const received = issue.received === undefined ? '' : `, got ${issue.received}`;
  return ` (expected ${issue.expected}${received})`;
}

/** Details that a person needs to go on: both sides of a conflict, candidates, what was changed. */
const shownDetails = [
  'expected',
  'current',
  'theirs',
  'yours',
  'overlapping',
  'candidates',
  'dependents',
  'existing',
  'changed',
  'allowed_states',
] as const;

function detailLines({ details, message }: OmniBaseError): string[] {
  return shownDetails.flatMap((key) => {
    const text = detailText(details?.[key]);
    // Candidates are often told in the message already.
    return text === '' || (key === 'candidates' && message.includes(text)) ? [] : [`  ${key}: ${text}`];
  });
}

function detailText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return Array.isArray(value) ? value.slice(0, 20).map(inline).join(', ') : inline(value);
}

function inline(value: unknown): string {
  return safeText(typeof value === 'string' ? value : JSON.stringify(value));
}

function stackLines(error: Error): string[] {
  const cause = error.cause instanceof Error ? error.cause : error;
  return (cause.stack ?? '').split('\n');
}
