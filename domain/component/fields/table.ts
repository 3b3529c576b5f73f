/** One reader per field of the normalised model, in the order of the model (registry.md 2.3, 2.4). */
import * as values from '../../../contracts/component-values.ts';
import type { ComponentMetadata } from '../../../contracts/component.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import { quote } from '../../json/values.ts';
import { isUuid, parseReference } from '../../versions/reference.ts';
import { list, type MemberReaders, openMap, set } from '../reading/collections.ts';
import { fail, type Reader } from '../reading/place.ts';
import { boolean, integer, number, oneOf, text } from '../reading/scalars.ts';
import { formatVersions } from './defaults.ts';
import { dependency } from './dependencies/read.ts';
import { entrypoint } from './entrypoint/read.ts';
import { imageReference } from './entrypoint/targets.ts';
import { componentName, componentType, formatVersion, namespace, uuid, version } from './identity.ts';
import { fileType, glob, hexDigits, languageHint, milliseconds, tag, variableName } from './patterns.ts';
import { permission } from './permissions.ts';
import * as structures from './structures.ts';
import { dateOrInstant, instant } from './times.ts';

const lifecycle = oneOf(values.lifecycles, { synonyms: { stable: 'active' }, code: 'LC001' });
const words = set(text());
const globs = list(glob);

/** A name of a state contract or a relative file; anything else is kept with ST001 W. */
const stateContract: Reader<string> = (value, at) => {
  const read = text({ max: 1024 })(value, at);
  const usual = /^(?:state_contract:\/\/[A-Za-z0-9_.-]+|(?![/\\~]|[A-Za-z]:)[^:]*\.(?:yaml|json))$/;
  if (read !== undefined && !usual.test(read)) {
    at.problems.warn('ST001', at.path, `${quote(read)} is no usual state contract`, () => ({
      expected: 'state_contract://NAME or a relative .yaml or .json path',
    }));
  }
  return read;
};

/** The replacement: a uuid or reference. */
const replacement: Reader<string> = (value, at) => {
  const given = text({ max: 512 })(value, at);
  if (given === undefined) return undefined;
  if (isUuid(given)) return given.toLowerCase();
  try {
    parseReference(given);
    return given;
  } catch (error) {
    if (!(error instanceof OmniBaseError)) throw error;
    return fail(at, 'SC007', `${quote(given)} is no uuid or reference: ${String(error.details?.['reason'])}`);
  }
};

export const fieldReaders: MemberReaders<ComponentMetadata> = {
  uuid,
  type: componentType,
  namespace,
  name: componentName,
  version,
  metadata_version: formatVersion(formatVersions.metadata_version, 'MD010'),
  protocol_version: formatVersion(formatVersions.protocol_version, 'SC008'),
  schema_version: formatVersion(formatVersions.schema_version, 'SC008'),
  author: text(),
  owner: text(),
  copyright: text(),
  license: text(),
  created_at: instant,
  last_modified_at: instant,
  description: text({ max: 8192 }),
  state_contract: stateContract,
  lifecycle,
  status: oneOf(values.componentStatuses),
  hash: hexDigits(64),
  hash_algorithm: text(),
  tags: set(tag, { max: 64 }),
  provides: words,
  capabilities_required: set(permission),
  protocols_supported: words,
  base_class: list(text()),
  subgraph: list(text()),
  os_requirements: words,
  compliance_profiles: words,
  dependencies: list(dependency, { max: 256 }),
  parent_id: uuid,
  produced_by: uuid,
  child_ids: set(uuid),
  referenced_artifacts: set(uuid),
  entrypoint,
  idempotent: boolean,
  inputs: structures.ports,
  outputs: structures.ports,
  runtime_language_hint: languageHint,
  environment: set(variableName),
  execution_mode: oneOf(values.executionModes),
  cache: structures.cache,
  tools: structures.tools,
  execution_constraints: openMap,
  security_context: openMap,
  compatibility: openMap,
  architectures: set(oneOf(values.architectures)),
  container_image_reference: imageReference,
  source_repository: structures.sourceRepository,
  testing: structures.testing,
  test_type: oneOf(values.testTypes),
  expected_result: oneOf(values.expectedResults),
  data_handling_declaration: structures.dataHandling,
  logging_config: structures.loggingConfig,
  trust_score: number(0, 1),
  trust_score_stub: openMap,
  signature_block: openMap,
  deprecated_by: replacement,
  archived_reason: text({ max: 8192 }),
  deprecation_date: dateOrInstant,
  end_of_life_date: dateOrInstant,
  archived_date: dateOrInstant,
  files: globs,
  exclude: globs,
  types: set(fileType),
  types_any: set(fileType),
  accepts: set(oneOf(values.acceptedKinds)),
  needs: globs,
  scope: oneOf(values.scopes),
  mode: oneOf(values.modes),
  profiles: set(oneOf(values.profiles)),
  severity: oneOf(values.severityLevels),
  enforcement: oneOf(values.enforcements, { synonyms: { recommended: 'standard' } }),
  performance: oneOf(values.performanceClasses),
  weight: number(0, 100),
  priority: number(0, 100),
  options_schema: openMap,
  timeout_ms: milliseconds,
  retries: integer(0, 9),
  resources: structures.resources,
  isolation: oneOf(values.isolations),
  x_extensions: structures.extensions,
};

export type FieldName = keyof ComponentMetadata;

export const fieldNames = Object.keys(fieldReaders) as readonly FieldName[];
