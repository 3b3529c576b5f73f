/**
 * Closed lists of the metadata document (registry.md 2.3-2.6), free of any library so that pure rules
 * and workflow code may use them at run time. The schemas of `component.ts` are built from these.
 */

export const componentTypes = [
  'validator',
  'tool',
  'test',
  'agent',
  'model',
  'schema',
  'plugin',
  'node',
  'pipeline',
  'artifact',
  'data_artifact',
  'ignore_config',
] as const;
export type ComponentType = (typeof componentTypes)[number];

/** Other spellings of a type that documents may use. */
export const typeSynonyms = {
  testcase: 'test',
  test_case: 'test',
  composite: 'pipeline',
  testdata: 'data_artifact',
} as const satisfies Record<string, ComponentType>;

/** Types that need an entrypoint and take the rows of 2.4 from `timeout_ms` on. */
export const executableTypes = ['validator', 'tool', 'test', 'agent', 'node', 'plugin'] as const;

/** Types that take the whole of 2.4. */
export const checkingTypes = ['validator', 'test'] as const;

export const lifecycles = ['draft', 'experimental', 'canary', 'active', 'deprecated', 'archived'] as const;
/** Maturity of a component (registry.md 3). */
export type Lifecycle = (typeof lifecycles)[number];

export const componentStatuses = ['active', 'inactive', 'pending_review'] as const;
/** Operational switch: only `active` is ever resolved or run. */
export type ComponentStatus = (typeof componentStatuses)[number];

export const trustLevels = ['unverified', 'signed', 'verified'] as const;

export const entrypointKinds = ['builtin', 'node', 'package', 'command', 'remote', 'container', 'foreign'] as const;
export type EntrypointKind = (typeof entrypointKinds)[number];

/** Other words for a kind of entrypoint; any further language means `foreign`. */
export const entrypointSynonyms = {
  module: 'node',
  cli: 'command',
  docker: 'container',
} as const satisfies Record<string, EntrypointKind>;

export const commandInputs = ['stdin-json', 'args', 'none'] as const;
export const commandOutputs = ['json', 'text', 'none'] as const;
export const commandParsers = ['text', 'unix', 'sarif', 'eslint-json', 'checkstyle'] as const;
export const validatorProtocols = ['omnibase.validator/1'] as const;

export const edgeKinds = ['depends_on', 'inherits_from', 'generated_by'] as const;

/** Things outside the registry that a component may depend on; `unknown` is free text kept as it came. */
export const externalTypes = [
  'library',
  'binary',
  'external_service',
  'protocol_adherence',
  'data_source',
  'unknown',
] as const;

export const bindings = [
  'injection',
  'runtime_lookup',
  'environment_variable',
  'implicit',
  'compile_time',
  'config_file',
] as const;

export const formatHints = ['json', 'yaml', 'text', 'binary', 'stream', 'file_path', 'directory_path'] as const;
export const executionModes = ['sync', 'async', 'batched', 'streaming'] as const;
export const cacheStrategies = ['memoize', 'passthrough', 'immutable'] as const;
export const cacheScopes = ['node', 'composite', 'global'] as const;
export const memoizationTiers = ['shallow', 'deep'] as const;
export const architectures = ['amd64', 'arm64', 'ppc64le'] as const;
export const ciTiers = ['mock', 'integration', 'external'] as const;
export const testTypes = ['unit', 'integration', 'e2e', 'canary', 'regression'] as const;
export const expectedResults = ['pass', 'fail', 'skip'] as const;
export const dataClassifications = ['public', 'internal', 'confidential', 'restricted'] as const;
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'critical', 'none'] as const;
export const logFormats = ['json', 'text', 'key-value'] as const;
export const acceptedKinds = ['deleted', 'binary', 'symlink', 'gitlink'] as const;
export const scopes = ['file', 'batch', 'project'] as const;
export const modes = ['read', 'fix'] as const;
export const profiles = ['fast', 'ci', 'full'] as const;
export const severityLevels = ['error', 'warning', 'info'] as const;
export const enforcements = ['required', 'standard', 'informational'] as const;
export const performanceClasses = ['fast', 'standard', 'heavy'] as const;
export const isolations = ['process', 'container'] as const;

/** Permissions a component may ask for (registry.md 11.1), each with its upper-case alias. */
export const permissionAliases = {
  'registry.read': 'REGISTRY_READ',
  'registry.write': 'REGISTRY_WRITE',
  admin: 'REGISTRY_ADMIN',
  'file.read': 'FILE_READ',
  'file.write': 'FILE_WRITE',
  'network.connect': 'NETWORK_CONNECT',
  'database.read': 'DATABASE_READ',
  'database.write': 'DATABASE_WRITE',
  'artifact.read': 'ARTIFACT_READ',
  'artifact.write': 'ARTIFACT_WRITE',
  'process.execute': 'EXTERNAL_COMMAND',
  'secret.access': 'SECRET_ACCESS',
} as const;
export type Permission = keyof typeof permissionAliases;

/** Numbers that bound a document (registry.md 2.3). */
export const documentLimits = {
  /** UTF-8 bytes of the document as JSON. */
  bytes: 262_144,
  /** Containers inside one another, the document itself being the first. */
  nesting: 32,
  /** UTF-8 bytes of `x_extensions` as JSON. */
  extension_bytes: 65_536,
  /** Nodes that all YAML aliases of a document may stand for together. */
  alias_nodes: 100,
  /** Characters of source text; more than the document itself because comments may be long. */
  source_characters: 1_048_576,
} as const;
