/**
 * What nodes, operators and the product's own parts say to a registration (registration.md 4.1, 4.2), as it is
 * published. The gateway's hot path and the workflow, which cannot load zod, use the checkers of
 * `domain/registration/messages`; a property test holds both to the same verdicts.
 */
import { z } from 'zod';
import {
  contractTypes,
  defaultNodeDomain,
  introspectionReasons,
  nodeTypes,
  pokeKinds,
  type ReportedStatus,
  reportedStatuses,
} from './vocabulary.ts';

/** Sizes of the border, bytes of JSON (registration.md 4). */
export const nodeBatchLimit = 1024 * 1024;
export const nodeBatchItems = 1000;

/** Any version; upper case is accepted and lowered. */
const uuid = z
  .string()
  // Without a flag: the OpenAPI document shows the pattern alone.
  .regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/)
  .toLowerCase();
/** RFC 3339 with a zone. */
const timestamp = z.iso.datetime({ offset: true });
const nodeDomain = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/);
/** Strict semver without a leading `v`. */
const semver = z
  .string()
  .max(64)
  .regex(
    /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/,
  );
const text = (maximum: number) =>
  z
    .string()
    .min(1)
    .max(maximum)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u);
const texts = z.array(text(128)).max(256);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const jsonObject = (bytes: number) =>
  z
    .record(z.string(), z.json())
    .refine((value) => new TextEncoder().encode(JSON.stringify(value)).length <= bytes, `at most ${bytes} bytes`);

/** An object of any members; those with a name of 4.1 have its type. */
const capabilities = z.looseObject({
  postgres: z.boolean().optional(),
  read: z.boolean().optional(),
  write: z.boolean().optional(),
  database: z.boolean().optional(),
  transactions: z.boolean().optional(),
  processing: z.boolean().optional(),
  routing: z.boolean().optional(),
  feature: z.boolean().optional(),
  batch_size: z.number().int().nullable().optional(),
  max_batch: z.number().int().nullable().optional(),
  supported_types: texts.optional(),
  config: z.record(z.string(), z.json()).optional(),
});

const contractCapabilities = z.strictObject({
  contract_type: z.enum(contractTypes).nullable().default(null),
  contract_version: text(64).nullable().default(null),
  intent_types: texts.default([]),
  protocols: texts.default([]),
  capability_tags: texts.default([]),
});

const component = z.union([z.strictObject({ id: uuid }), z.strictObject({ name: text(256), version: text(128) })]);

/** Scheme and host, no user info. */
const endpoint = z
  .string()
  .max(2048)
  .refine((value) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    return url !== null && url.host !== '' && url.username === '' && url.password === '';
  }, 'must be a URL with scheme and host and without user info');

export const introspectionSchema = z.strictObject({
  message_id: uuid.optional(),
  correlation_id: uuid,
  node_id: uuid,
  domain: nodeDomain.default(defaultNodeDomain),
  node_name: text(128).nullable().optional(),
  node_type: z.enum(nodeTypes),
  node_version: semver.default('1.0.0'),
  reason: z.enum([...introspectionReasons, 'heartbeat']).default('startup'),
  status: z.enum(reportedStatuses).nullable().optional(),
  timestamp,
  instance_id: text(128).nullable().optional(),
  component: component.nullable().optional(),
  declared_capabilities: capabilities.default({}),
  discovered_capabilities: capabilities.default({}),
  contract_capabilities: contractCapabilities.nullable().default(null),
  endpoints: z
    .record(text(128), endpoint)
    .refine((value) => Object.keys(value).length <= 16, 'at most 16 endpoints')
    .default({}),
  subscribe_topics: texts.nullable().default(null),
  publish_topics: texts.nullable().default(null),
  metadata: jsonObject(16 * 1024).default({}),
  feature_flags: z
    .record(text(128), z.boolean())
    .refine((value) => Object.keys(value).length <= 256, 'at most 256 flags')
    .default({}),
  performance_metrics: jsonObject(4 * 1024)
    .nullable()
    .default(null),
});

/** As a client may write it. */
export type IntrospectionInput = z.input<typeof introspectionSchema>;
/** Checked, defaults filled in, `message_id` = `correlation_id` where none was given, reason never `heartbeat`. */
export type Introspection = Readonly<
  Omit<
    z.output<typeof introspectionSchema>,
    'message_id' | 'node_name' | 'status' | 'instance_id' | 'component' | 'reason'
  >
> & {
  readonly message_id: string;
  readonly node_name: string | null;
  readonly status: ReportedStatus | null;
  readonly instance_id: string | null;
  readonly component: { readonly id: string } | { readonly name: string; readonly version: string } | null;
  readonly reason: (typeof introspectionReasons)[number];
};

export const heartbeatSchema = z.strictObject({
  node_id: uuid,
  domain: nodeDomain.default(defaultNodeDomain),
  timestamp,
  epoch: count.min(1).nullable().optional(),
  message_id: uuid.nullable().optional(),
  correlation_id: uuid.nullable().optional(),
  node_version: semver.nullable().optional(),
  status: z.enum(reportedStatuses).default('healthy'),
  uptime_seconds: z.number().min(0),
  active_operations_count: count.max(2_147_483_647).default(0),
  memory_usage_mb: z.number().min(0).nullable().optional(),
  cpu_usage_percent: z.number().min(0).max(100).nullable().optional(),
  sequence: count.nullable().optional(),
  note: z.string().max(256).nullable().optional(),
});
/** Checked; what was left out is null. */
export interface Heartbeat {
  readonly node_id: string;
  readonly domain: string;
  readonly timestamp: string;
  readonly epoch: number | null;
  readonly message_id: string | null;
  readonly correlation_id: string | null;
  readonly node_version: string | null;
  readonly status: ReportedStatus;
  readonly uptime_seconds: number;
  readonly active_operations_count: number;
  readonly memory_usage_mb: number | null;
  readonly cpu_usage_percent: number | null;
  readonly sequence: number | null;
  readonly note: string | null;
}

export const ackSchema = z.strictObject({
  command_id: uuid.optional(),
  node_id: uuid,
  domain: nodeDomain.default(defaultNodeDomain),
  attempt_id: uuid.nullable().default(null),
  /** The attempt's own when missing or malformed. */
  correlation_id: z.unknown().optional(),
  timestamp,
});
export interface Ack {
  readonly command_id: string;
  readonly node_id: string;
  readonly domain: string;
  readonly attempt_id: string | null;
  readonly correlation_id: string | null;
  readonly timestamp: string;
}

export const actorSchema = z.strictObject({ type: z.enum(['node', 'operator', 'system']), id: text(128) });
export type NodeActor = z.infer<typeof actorSchema>;

export const deregisterSchema = z.strictObject({
  command_id: uuid.optional(),
  node_id: uuid,
  domain: nodeDomain.default(defaultNodeDomain),
  reason: text(1024),
  actor: actorSchema,
  correlation_id: uuid.nullable().optional(),
  epoch: count.min(1).nullable().default(null),
});
export interface Deregister {
  readonly command_id: string;
  readonly node_id: string;
  readonly domain: string;
  readonly reason: string;
  readonly actor: NodeActor;
  readonly correlation_id: string | null;
  readonly epoch: number | null;
}

/** Gateway → workflow: the beat is stored already. */
export const statusEdgeSchema = z.strictObject({
  message_id: uuid,
  /** Of the beat; the attempt's when null. */
  correlation_id: uuid.nullable().default(null),
  epoch: count.min(1),
  status: z.enum(reportedStatuses),
  first: z.boolean(),
  /** Database clock. */
  received_at: timestamp,
});
export type StatusEdge = Readonly<Omit<z.output<typeof statusEdgeSchema>, 'correlation_id'>> & {
  readonly correlation_id?: string | null;
};

/** Sweeper → workflow: a hint only. The workflow reads again before it acts, and drops pokes of another epoch. */
export const pokeSchema = z.strictObject({
  kind: z.enum(pokeKinds),
  epoch: count,
  incident_id: uuid.nullable(),
});
export type Poke = Readonly<z.output<typeof pokeSchema>>;
