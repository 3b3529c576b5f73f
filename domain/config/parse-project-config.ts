/**
 * Reads the text of a configuration file, from the work tree or from a git tree, into checked settings. The
 * schema is handed in, so that this stays free of zod.
 */
import type { Config, JsonSchemaNode } from '../../contracts/config.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { parseMetadataText } from '../component/source/parse.ts';
import { checkConfig } from './check-config.ts';

/** `configValidation` of `contracts/config.ts`. */
export interface ConfigValidation {
  check(
    document: unknown,
  ): { readonly success: true; readonly data: Config } | { readonly success: false; readonly error: SchemaError };
  jsonSchema(): JsonSchemaNode;
}

interface SchemaError {
  readonly issues: readonly SchemaIssue[];
}

/** One problem as the schema library reports it. */
export interface SchemaIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Only of code `unrecognized_keys`. */
  readonly keys?: readonly string[];
}

/**
 * Parses and checks `omnibase.config.yaml`. A file with nothing but comments is an empty configuration; a
 * file that cannot be read never is.
 *
 * @param path named in messages
 * @throws OR016 with line and column when the text is not one YAML document; OB003 with every unknown key and
 *   wrong value, its JSON pointer, position and the nearest known name
 */
export function parseProjectConfig(text: string, path: string, validation: ConfigValidation): Config {
  if (isBlank(text)) return {};
  const { document, issues, locate } = parseMetadataText(text, { format: 'yaml' });
  const [problem] = issues;
  if (problem !== undefined) {
    throw new OmniBaseError('OR016', {
      details: { path, line: problem.line ?? 1, column: problem.column ?? 1, reason: problem.message },
    });
  }
  return checkConfig(document, { path, validation, locate });
}

function isBlank(text: string): boolean {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.trim())
    .every((line) => line === '' || line === '---' || line.startsWith('#'));
}
