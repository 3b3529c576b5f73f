/**
 * The metadata document as authors may write it: one schema per dialect (registry.md 2.2-2.6). Shapes only, without
 * transforms, so that the JSON Schema generated from them is complete; how a document becomes the model of
 * `component.ts`, and the rules that compare fields, is `domain/component`. A test holds that both agree.
 */
import { z } from 'zod';
import { edgeSchema, portSchema, resourcesSchema } from './component.ts';
import * as values from './component-values.ts';

/** Absent and null mean the same. */
function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullable().optional();
}

function listOf<Schema extends z.ZodType>(schema: Schema) {
  return optional(z.array(schema));
}

const text = z.string().regex(/\S/).max(255);
const longText = z.string().regex(/\S/).max(8192);
const map = optional(z.record(z.string(), z.unknown()));
const uuid = z.string().regex(/^\s*[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\s*$/);
const namespace = z
  .string()
  .regex(/^\s*[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\s*$/)
  .max(255);
const version = z
  .string()
  .regex(
    /^\s*(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?\s*$/,
  )
  .max(255);
const threeNumbers = z.string().regex(/^\s*(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)\s*$/);
const time = z
  .string()
  .regex(/^\s*\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s?([Zz]|[+-]\d{2}(:?\d{2})?)?\s*$/);
const dateOrTime = z
  .string()
  .regex(/^\s*\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s?([Zz]|[+-]\d{2}(:?\d{2})?)?)?\s*$/);
const hash = z.string().regex(/^\s*[0-9a-fA-F]{64}\s*$/);
const glob = z
  .string()
  .regex(/^\s*(?!!)\S/)
  .max(1024);
const duration = z.string().regex(/^\s*\d{1,12}(\.\d{1,6})?\s?(ms|s|m|h)\s*$/);

const componentType = z.enum([
  ...values.componentTypes,
  ...(Object.keys(values.typeSynonyms) as (keyof typeof values.typeSynonyms)[]),
]);

/** A mapping of any kind, `type@target`, or a bare path, URL or name. Its members are checked by kind. */
const entrypoint = z
  .union([z.string().regex(/\S/), z.looseObject({ kind: z.string() }), z.looseObject({ type: z.string() })])
  .describe('kind: builtin, node, package, command, remote, container or the name of a language, with its members');

const dependency = z.union([
  z.string().regex(/\S/),
  z.looseObject({ id: z.string(), type: optional(componentType) }),
  z.looseObject({ type: z.string(), target: z.string() }),
  edgeSchema.partial({ kind: true, version_spec: true, required: true }),
]);

const port = z.union([text, portSchema.partial({ required: true })]);

/** Fields of both dialects, none of them required here. */
const fields = {
  uuid: optional(uuid),
  type: optional(componentType),
  meta_type: optional(componentType),
  namespace: optional(namespace),
  name: optional(text),
  version: optional(version),
  metadata_version: optional(threeNumbers),
  protocol_version: optional(threeNumbers),
  schema_version: optional(threeNumbers),
  author: optional(text),
  owner: optional(text),
  copyright: optional(text),
  license: optional(text),
  created_at: optional(time),
  last_modified_at: optional(time),
  description: optional(longText),
  state_contract: optional(z.string().regex(/\S/).max(1024)),
  lifecycle: optional(z.enum([...values.lifecycles, 'stable'])),
  status: optional(z.enum(values.componentStatuses)),
  hash: optional(hash),
  hash_algorithm: optional(text),
  tags: optional(
    z
      .array(
        z
          .string()
          .regex(/^\s*[^\s,][^,]*$/)
          .max(64),
      )
      .max(64),
  ),
  provides: listOf(text),
  capabilities_required: listOf(text),
  capabilities: listOf(text),
  protocols_supported: listOf(text),
  base_class: listOf(text),
  subgraph: listOf(text),
  os_requirements: listOf(text),
  compliance_profiles: listOf(text),
  dependencies: optional(z.array(dependency).max(256)),
  parent_id: optional(uuid),
  produced_by: optional(uuid),
  child_ids: listOf(uuid),
  referenced_artifacts: listOf(uuid),
  entrypoint: optional(entrypoint),
  idempotent: optional(z.boolean()),
  inputs: optional(z.array(port).max(128)),
  outputs: optional(z.array(port).max(128)),
  runtime_language_hint: optional(text),
  environment: listOf(
    z
      .string()
      .regex(/^\s*[A-Za-z_][A-Za-z0-9_]*\s*$/)
      .max(255),
  ),
  execution_mode: optional(z.enum(values.executionModes)),
  cache: optional(z.union([z.literal('allow'), z.looseObject({})])),
  tools: optional(z.record(z.string(), z.record(z.string(), z.unknown()))),
  execution_constraints: map,
  security_context: map,
  compatibility: map,
  architectures: listOf(z.enum(values.architectures)),
  container_image_reference: optional(z.string().regex(/\S/).max(512)),
  source_repository: optional(z.looseObject({})),
  testing: optional(z.looseObject({})),
  test_type: optional(z.enum(values.testTypes)),
  expected_result: optional(z.enum(values.expectedResults)),
  data_handling_declaration: optional(z.looseObject({ processes_sensitive_data: z.boolean() })),
  logging_config: optional(z.looseObject({})),
  trust_score: optional(z.number().min(0).max(1)),
  trust_score_stub: map,
  signature_block: map,
  deprecated_by: optional(z.string().regex(/\S/).max(512)),
  archived_reason: optional(longText),
  deprecation_date: optional(dateOrTime),
  end_of_life_date: optional(dateOrTime),
  archived_date: optional(dateOrTime),
  files: listOf(glob),
  include: listOf(glob),
  exclude: listOf(glob),
  types: listOf(text),
  types_any: listOf(text),
  accepts: listOf(z.enum(values.acceptedKinds)),
  needs: listOf(glob),
  scope: optional(z.enum(values.scopes)),
  mode: optional(z.enum(values.modes)),
  profiles: listOf(z.enum(values.profiles)),
  profile: optional(z.union([z.enum(values.profiles), z.array(z.enum(values.profiles))])),
  severity: optional(z.enum(values.severityLevels)),
  enforcement: optional(z.enum([...values.enforcements, 'recommended'])),
  performance: optional(z.enum(values.performanceClasses)),
  weight: optional(z.number().min(0).max(100)),
  priority: optional(z.number().min(0).max(100)),
  options_schema: map,
  timeout_ms: optional(z.number().int().min(100).max(86_400_000)),
  timeout: optional(duration),
  retries: optional(z.number().int().min(0).max(9)),
  retry: optional(z.looseObject({ max_attempts: z.number().int().min(1).max(10) })),
  resources: optional(resourcesSchema.partial()),
  isolation: optional(z.enum(values.isolations)),
  x_extensions: map,
  'x-extensions': map,
} as const;

const crossRules =
  'Also checked at registration: retries above 0 need idempotent: true; deprecated needs deprecated_by, archived needs ' +
  'archived_reason; no two spellings of one field; names of inputs and outputs are unique; no relation to itself; ' +
  'entrypoint members by kind; at most 256 KiB as JSON and 32 levels; x_extensions at most 64 KiB. ';

const requiredInA = { uuid, name: text, version, type: componentType };
const { type: _onlyInA, ...fieldsOfB } = fields;
const requiredInB = {
  uuid,
  name: text,
  namespace,
  author: text,
  created_at: time,
  last_modified_at: time,
  hash,
  entrypoint,
};

const aboutA = `Component metadata, dialect A: documents with the key type. ${crossRules}Types validator, tool, test, agent, node and plugin need an entrypoint.`;
const aboutB = `Component metadata, dialect B: documents without the key type. ${crossRules}`;

/** Documents with the key `type`. Unknown members are accepted, as registration accepts them with a warning. */
export const documentASchema = z.looseObject({ ...fields, ...requiredInA }).describe(aboutA);

/** Documents without the key `type`. */
export const documentBSchema = z.looseObject({ ...fieldsOfB, ...requiredInB }).describe(aboutB);

/** The same without unknown members: what `--strict` accepts. */
export const strictDocumentASchema = z.strictObject({ ...fields, ...requiredInA }).describe(aboutA);
export const strictDocumentBSchema = z.strictObject({ ...fieldsOfB, ...requiredInB }).describe(aboutB);
