/** Checks a configuration document against the schema and says precisely what is wrong with it. */
import type { Config, JsonSchemaNode } from '../../contracts/config.ts';
import { type Issue, OmniBaseError } from '../../contracts/error.ts';
import type { Locate } from '../component/source/positions.ts';
import { nearest } from '../text/nearest.ts';
import type { ConfigValidation, SchemaIssue } from './parse-project-config.ts';
import { childKeys, schemaAt } from './settings.ts';

export interface CheckContext {
  /** File, variable or flag, named in messages. */
  readonly path: string;
  readonly validation: ConfigValidation;
  readonly locate?: Locate;
}

/**
 * The document as configuration.
 *
 * @throws OB003 listing every problem with its JSON pointer
 */
export function checkConfig(document: unknown, context: CheckContext): Config {
  const result = context.validation.check(document);
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap((issue) => describe(issue, context));
  const [first] = issues;
  const where = first?.line === undefined ? context.path : `${context.path}:${first.line}:${first.column ?? 1}`;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new OmniBaseError('OB003', {
    message: `${where}: ${first?.message ?? 'the configuration is not valid'}${more}`,
    issues,
    details: { path: context.path, pointer: first === undefined ? '' : first.path },
    ...(first?.hint === undefined ? {} : { next: first.hint }),
  });
}

function describe(issue: SchemaIssue, context: CheckContext): Issue[] {
  const path = issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
  if (issue.keys === undefined) return [at([...path], issue.message, context)];
  const parent = schemaAt(context.validation.jsonSchema(), path.map(String));
  return issue.keys.map((key) => unknownKey([...path, key], parent, context));
}

function unknownKey(
  path: readonly (string | number)[],
  parent: JsonSchemaNode | undefined,
  context: CheckContext,
): Issue {
  const key = String(path.at(-1));
  const known = parent === undefined ? [] : childKeys(parent);
  const suggestion = nearest(key, known);
  const hint = suggestion === undefined ? `known keys here: ${known.join(', ')}` : `did you mean ${suggestion}?`;
  return { ...at(path, `unknown key ${path.join('.')}`, context), hint };
}

function at(path: readonly (string | number)[], message: string, context: CheckContext): Issue {
  const position = context.locate?.(path);
  const subject = path.length === 0 || message.startsWith('unknown key') ? '' : `${path.join('.')}: `;
  return {
    code: 'OB003',
    severity: 'error',
    path: pointer(path),
    message: `${subject}${message}`,
    ...(position === undefined ? {} : position),
  };
}

/** RFC 6901. */
function pointer(path: readonly (string | number)[]): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
