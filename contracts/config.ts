/**
 * The configuration: `omnibase.config.yaml` of a project, `config.yaml` of a user (platform.md 3).
 *
 * Glossary: a **setting** is one leaf, named by its dotted **key** (`stages.ci.timeout_ms`); its **source**
 * is where the value comes from. Precedence: flag, environment, project file, user file, default. There are
 * no secrets here: those come from the environment alone.
 */
import { z } from 'zod';
import { lifecycles } from './component-values.ts';
import { nodeConfigDefaults, nodeConfigShape } from './config/nodes.ts';
import { severities, stages } from './stage.ts';

const milliseconds = (least: number, most: number) => z.number().int().min(least).max(most);
const references = z.array(z.string().min(1).max(256)).max(200);
const globs = z.array(z.string().min(1).max(1024)).max(500);
const lifecycle = z.enum(lifecycles);
const port = z.number().int().min(1).max(65_535);

const stageSchema = z.strictObject({
  required: references.optional().describe('components that join every selection of the stage and cannot be skipped'),
  tags: z
    .array(z.string().min(1).max(64))
    .max(64)
    .optional()
    .describe('tags that select components, instead of the preset'),
  lifecycle: z.array(lifecycle).max(6).optional().describe('lifecycles that are eligible'),
  profile: z.enum(['fast', 'ci', 'full']).optional().describe('narrows the selection to components of that profile'),
  timeout_ms: milliseconds(1_000, 86_400_000).optional().describe('deadline of the whole stage'),
  concurrency: z.number().int().min(1).max(64).optional().describe('steps that run at once'),
  fail_fast: z.boolean().optional().describe('whether the first failing step ends the run'),
});

const componentSchema = z.strictObject({
  version: z.string().min(1).max(256).optional().describe('version or range to use'),
  options: z
    .record(z.string(), z.json())
    .optional()
    .describe('options handed to the component, checked by its own schema'),
  files: globs.optional().describe('globs of the files it receives, instead of those of its metadata'),
  exclude: globs.optional().describe('globs of files it never receives'),
  timeout_ms: milliseconds(100, 3_600_000).optional().describe('time limit; may exceed the cap of the stage'),
  severity: z
    .partialRecord(z.enum(severities), z.enum(severities))
    .optional()
    .describe('severity → the one it is turned into'),
  rules: z
    .record(z.string(), z.enum(['off', ...severities]))
    .optional()
    .describe('rule → its severity here, or off'),
});

const registrySchema = z.strictObject({
  offline: z
    .enum(['auto', 'always', 'never'])
    .optional()
    .describe('when the file cache answers instead of the database'),
  read_preference: z
    .enum(['authority', 'cache'])
    .optional()
    .describe('whether reads ask the database or a fresh cache first'),
  namespaces: z
    .strictObject({
      allow: z.array(z.string().min(1).max(128)).max(100).optional().describe('namespaces that are visible'),
    })
    .optional(),
  pool: z
    .strictObject({
      max: z.number().int().min(1).max(1_000).optional().describe('database connections of one process'),
      timeout_ms: milliseconds(100, 60_000).optional().describe('longest wait for a free connection'),
    })
    .optional(),
  cache: z
    .strictObject({
      ttl_seconds: z.number().int().min(0).max(86_400).optional().describe('how long a cached record counts as fresh'),
      file: z.boolean().optional().describe('whether the cache is also kept in a file'),
    })
    .optional(),
  resolve: z
    .strictObject({
      lifecycles: z.array(lifecycle).max(6).optional().describe('lifecycles that resolution may pick'),
    })
    .optional(),
});

/** A configuration file, and what all sources together give. Every setting may be absent. */
const configSchema = z.strictObject({
  stages: z
    .strictObject(Object.fromEntries(stages.map((stage) => [stage, stageSchema.optional()])) as StageShape)
    .optional(),
  components: z.record(z.string().min(1).max(256), componentSchema).optional(),
  registry: registrySchema.optional(),
  validation: z
    .strictObject({ strict_mode: z.boolean().optional().describe('whether metadata warnings count as errors') })
    .optional(),
  stack: z
    .strictObject({
      ports: z
        .strictObject({
          api: port.optional().describe('HTTP gateway on 127.0.0.1'),
          temporal: port.optional().describe('Temporal frontend'),
          web_ui: port.optional().describe('Temporal Web UI'),
          postgres: port.optional().describe('Postgres, besides its unix socket'),
        })
        .optional(),
      idle_stop: z
        .union([z.literal('off'), z.string().regex(/^[1-9]\d{0,4}(m|h|d)$/, 'a duration like 30m, 8h or 2d')])
        .optional()
        .describe('stops the local stack after so long without use'),
    })
    .optional(),
  ...nodeConfigShape,
  format: z
    .enum(['human', 'json', 'jsonl', 'yaml', 'sarif', 'junit', 'github'])
    .optional()
    .describe('output of commands when none is asked for'),
});

type StageShape = Record<(typeof stages)[number], z.ZodOptional<typeof stageSchema>>;

export type Config = z.infer<typeof configSchema>;

/** What holds when no source says otherwise. Stage presets and limits have their tables in `domain/stage`. */
export const configDefaults = {
  registry: {
    offline: 'auto',
    read_preference: 'authority',
    namespaces: { allow: ['*'] },
    pool: { max: 20, timeout_ms: 2_000 },
    cache: { ttl_seconds: 3_600, file: true },
  },
  validation: { strict_mode: false },
  stack: { idle_stop: 'off' },
  ...nodeConfigDefaults,
} as const satisfies Config;

/** Name of the project file, searched from the working directory up to the root of the repository. */
export const projectFileName = 'omnibase.config.yaml';
/** Name of the user file in the configuration directory. */
export const userFileName = 'config.yaml';

/** Where a value comes from, strongest first. */
export type ConfigSource = 'flag' | 'environment' | 'project' | 'user' | 'default';

let publishedSchema: JsonSchemaNode | undefined;

/** The schema as JSON Schema 2020-12, as it is published; also what tells which keys exist where. */
export function configJsonSchema(): JsonSchemaNode {
  publishedSchema ??= z.toJSONSchema(configSchema) as JsonSchemaNode;
  return publishedSchema;
}

/** The part of JSON Schema that the configuration uses. */
export interface JsonSchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchemaNode[];
  readonly items?: JsonSchemaNode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly additionalProperties?: boolean | JsonSchemaNode;
}

/** What `domain/config` needs to check a document: it never loads zod itself. */
export const configValidation = {
  check: (document: unknown) => configSchema.safeParse(document),
  jsonSchema: configJsonSchema,
} as const;
