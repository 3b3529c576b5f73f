/**
 * The component metadata document in its normalised form, and the record the registry keeps of it
 * (registry.md 2, 5.1).
 *
 * Glossary: a **component** is one version of one thing, identified by its uuid; its **coordinates** are
 * type, namespace, name and version; the **normalised model** is what every operation returns, whatever
 * dialect the author wrote; a **reference** is text that names a component; an **edge** says that one
 * component needs, extends or was made by another; the **fingerprint** is a hash of what matters.
 *
 * The schemas describe shapes only. Rules that compare fields live in `domain/component`.
 */
import { z } from 'zod';
import * as values from './component-values.ts';

export type {
  ComponentStatus,
  ComponentType,
  Lifecycle,
} from './component-values.ts';

/** Every level read-only: a model is a value, changed only by making another one. */
export type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;

const text = z.string().min(1).max(255);
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
const dateOrInstant = z.string().regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}\.\d{3}Z)?$/);
const threeNumbers = z.string().regex(/^\d+\.\d+\.\d+$/);
const exitCode = z.number().int().min(0).max(255);
const glob = z.string().min(1).max(1024);
const openMap = z.record(z.string(), z.unknown());

const componentTypeSchema = z.enum(values.componentTypes);
const lifecycleSchema = z.enum(values.lifecycles);
const componentStatusSchema = z.enum(values.componentStatuses);

/** How a component is started, by kind (registry.md 2.5). */
const entrypointSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('builtin'), id: text }),
  z.object({ kind: z.literal('node'), target: text.describe('./path.js#export') }),
  z.object({ kind: z.literal('package'), target: text.describe('@scope/pkg/sub#export'), version_spec: text }),
  z.object({
    kind: z.literal('command'),
    program: text,
    args: z.array(z.string().max(4096)),
    input: z.exactOptional(z.enum(values.commandInputs)),
    output: z.exactOptional(z.enum(values.commandOutputs)),
    protocol: z.exactOptional(z.enum(values.validatorProtocols)),
    pass_codes: z.exactOptional(z.array(exitCode)),
    fail_codes: z.exactOptional(z.array(exitCode)),
    parse: z.exactOptional(z.enum(values.commandParsers)),
  }),
  z.object({ kind: z.literal('remote'), url: z.string().min(1).max(2048), sha256 }),
  z.object({ kind: z.literal('container'), image: z.string().min(1).max(512) }),
  z.object({ kind: z.literal('foreign'), runtime: text, target: text }),
]);
export type Entrypoint = Immutable<z.infer<typeof entrypointSchema>>;

/**
 * What an edge points to inside the registry. With `uuid` exactly that record. Otherwise `name` is the
 * path of a reference: with `namespace` both are exact; without it `name` may be `namespace.name`, a name
 * or a namespace, tried in this order (registry.md 2.6). Empty when the edge is external.
 */
const edgeTargetSchema = z.object({
  uuid: z.exactOptional(uuid),
  type: z.exactOptional(componentTypeSchema),
  namespace: z.exactOptional(text),
  name: z.exactOptional(z.string().min(1).max(512)),
});
export type EdgeTarget = Immutable<z.infer<typeof edgeTargetSchema>>;

/** One relation to another component or to something outside the registry (registry.md 2.6). */
export const edgeSchema = z.object({
  kind: z.enum(values.edgeKinds),
  target: edgeTargetSchema,
  version_spec: text,
  required: z.boolean(),
  external: z.exactOptional(
    z.object({ type: z.enum(values.externalTypes), name: z.exactOptional(text), target: z.string().min(1).max(2048) }),
  ),
  binding: z.exactOptional(z.enum(values.bindings)),
  protocol_required: z.exactOptional(text),
  description: z.exactOptional(z.string().min(1).max(8192)),
});
export type Edge = Immutable<z.infer<typeof edgeSchema>>;

/** One named input or output. */
export const portSchema = z.object({
  name: text,
  required: z.boolean(),
  schema_ref: z.exactOptional(text),
  format_hint: z.exactOptional(z.enum(values.formatHints)),
  description: z.exactOptional(z.string().min(1).max(8192)),
});
export type Port = Immutable<z.infer<typeof portSchema>>;

export const resourcesSchema = z.object({
  memory_mb: z.number().int().min(16).max(65_536),
  cpu: z.number().min(0.1).max(64),
  disk_mb: z.number().int().min(1).max(1_048_576),
  pids: z.number().int().min(1).max(32_768),
});
export type Resources = Immutable<z.infer<typeof resourcesSchema>>;

const cachePolicySchema = z.object({
  enabled: z.exactOptional(z.boolean()),
  strategy: z.exactOptional(z.enum(values.cacheStrategies)),
  scope: z.exactOptional(z.enum(values.cacheScopes)),
  ttl_seconds: z.number().int().min(0),
  memoization_tier: z.exactOptional(z.enum(values.memoizationTiers)),
});

/** The normalised model: canonical names, defaults applied, sets sorted by UTF-8 bytes. */
export const componentMetadataSchema = z.object({
  uuid,
  type: componentTypeSchema,
  namespace: text,
  name: text,
  version: text.describe('Semantic Versioning 2.0'),
  metadata_version: threeNumbers,
  protocol_version: threeNumbers,
  schema_version: threeNumbers,
  author: z.exactOptional(text),
  owner: z.exactOptional(text),
  copyright: z.exactOptional(text),
  license: z.exactOptional(text),
  created_at: z.exactOptional(instant),
  last_modified_at: z.exactOptional(instant),
  description: z.exactOptional(z.string().min(1).max(8192)),
  state_contract: z.string().min(1).max(1024),
  lifecycle: lifecycleSchema,
  status: componentStatusSchema,
  hash: z.exactOptional(sha256),
  hash_algorithm: z.exactOptional(text),
  tags: z.array(z.string().min(1).max(64)).max(64),
  provides: z.array(text),
  capabilities_required: z.array(text),
  protocols_supported: z.array(text),
  base_class: z.array(text),
  subgraph: z.array(text),
  os_requirements: z.array(text),
  compliance_profiles: z.array(text),
  dependencies: z.array(edgeSchema).max(256),
  parent_id: z.exactOptional(uuid),
  produced_by: z.exactOptional(uuid),
  child_ids: z.exactOptional(z.array(uuid)),
  referenced_artifacts: z.exactOptional(z.array(uuid)),
  entrypoint: z.exactOptional(entrypointSchema),
  idempotent: z.boolean(),
  inputs: z.array(portSchema).max(128),
  outputs: z.array(portSchema).max(128),
  runtime_language_hint: z.exactOptional(text),
  environment: z.array(text),
  execution_mode: z.enum(values.executionModes),
  cache: z.exactOptional(z.union([z.literal('allow'), cachePolicySchema])),
  tools: z.exactOptional(z.record(z.string(), openMap)),
  execution_constraints: z.exactOptional(openMap),
  security_context: z.exactOptional(openMap),
  compatibility: z.exactOptional(openMap),
  architectures: z.exactOptional(z.array(z.enum(values.architectures))),
  container_image_reference: z.exactOptional(z.string().min(1).max(512)),
  source_repository: z.exactOptional(
    z.object({
      url: z.exactOptional(z.string().min(1).max(2048)),
      commit_hash: z.exactOptional(z.string().regex(/^[0-9a-f]{40}$/)),
      path: z.exactOptional(z.string().min(1).max(1024)),
    }),
  ),
  testing: z.exactOptional(
    z.object({
      canonical_test_case_ids: z.exactOptional(z.array(text)),
      required_ci_tiers: z.exactOptional(z.array(z.enum(values.ciTiers))),
      minimum_coverage_percentage: z.exactOptional(z.number().min(0).max(100)),
    }),
  ),
  test_type: z.exactOptional(z.enum(values.testTypes)),
  expected_result: z.exactOptional(z.enum(values.expectedResults)),
  data_handling_declaration: z.exactOptional(
    z.object({
      processes_sensitive_data: z.boolean(),
      data_residency_required: z.exactOptional(text),
      data_classification: z.exactOptional(z.enum(values.dataClassifications)),
    }),
  ),
  logging_config: z.exactOptional(
    z.object({
      level: z.exactOptional(z.enum(values.logLevels)),
      format: z.exactOptional(z.enum(values.logFormats)),
      audit_events: z.exactOptional(z.array(text)),
    }),
  ),
  trust_score: z.exactOptional(z.number().min(0).max(1)),
  trust_score_stub: z.exactOptional(openMap),
  signature_block: z.exactOptional(openMap),
  deprecated_by: z.exactOptional(z.string().min(1).max(512)),
  archived_reason: z.exactOptional(z.string().min(1).max(8192)),
  deprecation_date: z.exactOptional(dateOrInstant),
  end_of_life_date: z.exactOptional(dateOrInstant),
  archived_date: z.exactOptional(dateOrInstant),
  // Fields of 2.4: on validators and tests only …
  files: z.exactOptional(z.array(glob)),
  exclude: z.exactOptional(z.array(glob)),
  types: z.exactOptional(z.array(text)),
  types_any: z.exactOptional(z.array(text)),
  accepts: z.exactOptional(z.array(z.enum(values.acceptedKinds))),
  needs: z.exactOptional(z.array(glob)),
  scope: z.exactOptional(z.enum(values.scopes)),
  mode: z.exactOptional(z.enum(values.modes)),
  profiles: z.exactOptional(z.array(z.enum(values.profiles))),
  severity: z.exactOptional(z.enum(values.severityLevels)),
  enforcement: z.exactOptional(z.enum(values.enforcements)),
  performance: z.exactOptional(z.enum(values.performanceClasses)),
  weight: z.exactOptional(z.number().min(0).max(100)),
  priority: z.exactOptional(z.number().min(0).max(100)),
  options_schema: z.exactOptional(openMap),
  // … and on every executable type.
  timeout_ms: z.exactOptional(z.number().int().min(100).max(86_400_000)),
  retries: z.exactOptional(z.number().int().min(0).max(9)),
  resources: z.exactOptional(resourcesSchema),
  isolation: z.exactOptional(z.enum(values.isolations)),
  x_extensions: openMap,
});
export type ComponentMetadata = Immutable<z.infer<typeof componentMetadataSchema>>;

/** What the registry itself knows of a component. */
const registryFactsSchema = z.object({
  /** Starts at 1 and never restarts, even after a removal. */
  revision: z.number().int().min(1),
  fingerprint: sha256,
  trust_level: z.enum(values.trustLevels),
  quarantined: z.boolean(),
  wip: z.boolean(),
  source: z.object({ kind: z.enum(['file', 'package', 'remote', 'api']), ref: z.string() }),
  registered_at: instant,
  updated_at: instant,
});
export type RegistryFacts = Immutable<z.infer<typeof registryFactsSchema>>;

/** One stored component, the same object from every operation (registry.md 5.1). */
export const componentRecordSchema = z.object({ metadata: componentMetadataSchema, registry: registryFactsSchema });
export type ComponentRecord = Immutable<z.infer<typeof componentRecordSchema>>;
