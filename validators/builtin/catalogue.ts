/** The built-in validators of this release. */
import type { BuiltinDefinition } from './definition.ts';
import { endOfFile } from './end-of-file/check.ts';
import { json } from './json/check.ts';
import { largeFiles } from './large-files/check.ts';
import { mergeConflict } from './merge-conflict/check.ts';
import { metadataFile } from './metadata-file/check.ts';
import { privateKey } from './private-key/check.ts';
import { toml } from './toml/check.ts';
import { trailingWhitespace } from './trailing-whitespace/check.ts';
import { yaml } from './yaml/check.ts';

/** All of them, by id. */
export const builtinCatalogue: readonly BuiltinDefinition[] = [
  endOfFile,
  json,
  largeFiles,
  mergeConflict,
  metadataFile,
  privateKey,
  toml,
  trailingWhitespace,
  yaml,
];

/** The definition with this id. */
export function findBuiltin(
  id: string,
  catalogue: readonly BuiltinDefinition[] = builtinCatalogue,
): BuiltinDefinition | undefined {
  return catalogue.find((definition) => definition.id === id);
}
