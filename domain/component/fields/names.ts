/** Other names under which documents may give a field (registry.md 2.3, 2.4, 2.10). */
import type { FieldName } from './table.ts';

/**
 * Second names that stay valid in documents. `capabilities` is not here: it holds entries of two fields. In an
 * update only the canonical name may be used.
 */
export const fieldSynonyms = {
  meta_type: 'type',
  'x-extensions': 'x_extensions',
  include: 'files',
  profile: 'profiles',
  timeout: 'timeout_ms',
  retry: 'retries',
} as const satisfies Record<string, FieldName>;

/** Old names, read under the new one with SC009 W. */
export const renamedFields = {
  created: 'created_at',
  last_modified: 'last_modified_at',
  modified_at: 'last_modified_at',
  entry_point: 'entrypoint',
  licence: 'license',
  runtime_language: 'runtime_language_hint',
  environment_variables: 'environment',
  replaced_by: 'deprecated_by',
  signature: 'signature_block',
} as const satisfies Record<string, FieldName>;

/** The mixed list that is split into `capabilities_required` and `provides`. */
export const capabilitiesKey = 'capabilities';

/** Fields whose members may be written as dotted keys: `entrypoint.type: node` (registry.md 2.7). */
export const dottedFields: ReadonlySet<string> = new Set([
  'entrypoint',
  'cache',
  'execution_constraints',
  'security_context',
  'compatibility',
  'source_repository',
  'testing',
  'data_handling_declaration',
  'logging_config',
  'trust_score_stub',
  'signature_block',
  'options_schema',
  'retry',
  'resources',
]);
